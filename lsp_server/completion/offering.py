"""What may stand behind the dot at a cursor, looked up while the model reads. Asks the index under a budget; knows no model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.errors import IndexerError
from indexer.members import MARKS
from indexer.records import Contents
from lsp_server.completion.clues import surroundings
from lsp_server.completion.context import receiver
from lsp_server.completion.likely import agree, likely, written_behind
from lsp_server.completion.members import Offered, begun_behind_dot, may_be_more
from lsp_server.completion.names import OWN, RECEIVER
from lsp_server.completion.records import Repository
from lsp_server.documents import DocumentSnapshot

if TYPE_CHECKING:
    from tree_sitter import Tree


SOON_S = 0.02
"""How long a model is not asked yet: what others write is counted in 15 ms, and mostly known by the time the prompt is."""


class Offering:
    """One look-up, begun at once; make it inside a running event loop. `budget_ms` counts from when its answer is wanted."""

    def __init__(
        self,
        repository: Repository,
        snapshot: DocumentSnapshot,
        before: str,
        after: str,
        tree: Callable[[], Awaitable[Tree | None]],
        budget_ms: int,
    ) -> None:
        self._repository, self._snapshot, self._before, self._after = repository, snapshot, before, after
        self._tree, self._budget_s = tree, budget_ms / 1000
        self._listed: Offered | None = None
        self._looked_up = asyncio.create_task(self._look_up())
        self._looked_up.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody may have asked for it

    def close(self) -> None:
        """End the look-up; nobody asks from now on."""
        self._looked_up.cancel()

    async def soon(self) -> Offered | None:
        """The names, if they are known before a model would have read anything."""
        await asyncio.wait({self._looked_up}, timeout=SOON_S)
        return self._looked_up.result() if self._looked_up.done() else None

    async def offered(self) -> Offered | None:
        """The names, with how likely each is if that is known in time; None where nobody knows them all."""
        await asyncio.wait({self._looked_up}, timeout=self._budget_s)
        return self._looked_up.result() if self._looked_up.done() else self._listed

    async def _look_up(self) -> Offered | None:
        begun = begun_behind_dot(self._before)
        if begun is None:
            return None
        try:
            found = await receiver(self._repository, self._snapshot, self._before, await self._tree())
            if found is None:
                return None
            used, held = found
            if used.spoken in OWN:  # every class says `self`: what others write behind it tells nothing
                return None
            members = {member.name: member for one in held for member in one.members}
            are_all = _are_complete(held, self._snapshot.path) and not may_be_more(used.spoken, self._before)
            self._listed = Offered(frozenset(members), begun, are_all)
            last = used.spoken.rpartition(".")[2]
            elsewhere = await self._repository.written_behind(last, self._snapshot.path)
        except IndexerError:
            return self._listed
        line = self._before[self._before.rfind("\n") + 1 :]
        place = RECEIVER.search(line)
        line = line[: place.start()] if place else line
        written = written_behind(last, elsewhere, self._after)
        are_all = are_all and agree(members, written)
        around = surroundings(last, self._before, line, self._after)
        return replace(self._listed, are_all=are_all, likely=likely(members, are_all, written, line, around))


def _are_complete(held: Sequence[Contents], path: str) -> bool:
    """Whether these classes have no other members: those of the document itself inherit only from what was found as well."""
    inherits = {base for one in held if one.path == path for base in one.bases} - MARKS - {one.name for one in held}
    return all(one.complete for one in held) and not inherits
