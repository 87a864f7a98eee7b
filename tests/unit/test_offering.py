"""What is offered behind the dot at a cursor (`ˇ`), whether it is all there is, and whether it is told in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.errors import IndexDamagedError
from indexer.languages import parse
from indexer.records import Contents, Import, Member, Name, Symbol
from lsp_server.completion.members import Offered
from lsp_server.completion.offering import Offering
from lsp_server.documents import DocumentSnapshot
from tests.support.repositories import Nothing

if TYPE_CHECKING:
    from tree_sitter import Tree

CONSOLE = Contents(
    "console.py",
    "Console",
    "class",
    3,
    90,
    "python",
    (Member("file"), Member("log", "text"), Member("rule", "")),
    complete=True,
)
TYPED = "from console import Console\n\ndef f(out: Console):\n    x = "
LOGS = frozenset({"file", "log", "rule"})


class Shelf(Nothing):
    """A repository with one class; what it counts comes when `counted` is set, and fails where it is `damaged`."""

    def __init__(self, written: Mapping[str, int] | None = None, *, complete: bool = True, damaged: bool = False) -> None:
        self.console = replace(CONSOLE, complete=complete)
        self.written, self.damaged = written or {}, damaged
        self.counted, self.asked = asyncio.Event(), asyncio.Event()
        self.counted.set()

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        return [self.console if name.name == "Console" else None for name in names]

    async def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        self.asked.set()
        await self.counted.wait()
        if self.damaged:
            raise IndexDamagedError("broken")
        assert (spoken, path) == ("out", "main.py")
        return self.written


def begun(picture: str, shelf: Shelf, *, budget_ms: int = 60_000) -> Offering:
    before, _, after = picture.partition("ˇ")
    snapshot = DocumentSnapshot("file:///main.py", "main.py", None, "python", 1, before + after)

    async def tree() -> Tree | None:
        return parse(before + after, "python")

    return Offering(shelf, snapshot, before, after, tree, budget_ms)


async def offered(picture: str, shelf: Shelf | None = None) -> tuple[frozenset[str], str, bool] | None:
    """Names, the start that stands there, whether they are all."""
    found = await begun(picture, shelf or Shelf()).offered()
    return found and (found.names, found.begun, found.are_all)


async def test_what_may_stand_behind_a_dot_is_what_the_class_has() -> None:
    assert await offered(TYPED + "out.ˇ") == (LOGS, "", True)
    assert await offered(TYPED + "out.loˇ") == (LOGS, "lo", True)


async def test_there_may_be_more_where_a_class_or_its_name_is_not_known_in_full() -> None:
    assert await offered(TYPED + "out.ˇ", Shelf(complete=False)) == (LOGS, "", False)
    assert await offered(TYPED.replace(": Console", ": Console | Other") + "out.ˇ") == (LOGS, "", False)


async def test_nothing_is_known_of_a_name_that_only_sounds_like_a_class() -> None:
    assert await offered("def f(out):\n    out.ˇ") is None
    assert await offered(TYPED + "f(out).ˇ") is None
    assert await offered(TYPED + "outˇ") is None


async def test_of_the_own_object_nothing_is_offered_since_every_class_says_self() -> None:
    own = "class Page:\n    def turn(self): ...\n\n    def back(self):\n        x = self.ˇ"
    assert await offered(own) is None


async def test_a_class_of_the_document_is_complete_if_its_bases_are() -> None:
    own = "class Page:\n    def turn(self): ...\n\n\ndef f(page: Page):\n    page.ˇ"
    shelf = Shelf()
    shelf.damaged = True
    assert await offered(own, shelf) == (frozenset({"turn"}), "", True)
    assert await offered(own.replace("Page:", "Page(Sheet):"), shelf) == (frozenset({"turn"}), "", False)


async def test_what_the_repository_writes_there_is_likely() -> None:
    assert await offered(TYPED + "out.ˇ", Shelf({"log": 5, "color": 5})) == (LOGS, "", False)  # or of another class
    found = await begun(TYPED + "out.ˇ\n\nout.rule()", Shelf({"log": 50})).offered()
    assert found is not None
    assert sorted(found.likely, key=lambda name: found.likely[name]) == ["file", "rule", "log"]


async def test_a_list_is_told_without_counts_that_come_too_late_or_fail() -> None:
    late = Shelf()
    late.counted.clear()
    offering = begun(TYPED + "out.ˇ", late, budget_ms=1)
    await late.asked.wait()
    assert await offering.offered() == Offered(LOGS)
    late.counted.set()
    assert await begun(TYPED + "out.ˇ", Shelf(damaged=True)).offered() == Offered(LOGS)
