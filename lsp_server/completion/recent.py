"""Where the user worked last: the places of other documents in which ghost text was asked for. Memory only; asks nobody.

Ghost text is asked for at every key, so the newest place of a document is where it was edited last. What is written there goes
together with what is written now more often than anything an index finds by likeness.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from indexer.credentials import redacted
from indexer.records import Hit
from lsp_server.documents import DocumentSnapshot

DOCUMENTS = 8
"""Remembered, the newest last; a prompt has room for one or two."""

ABOVE, BELOW = 12, 4
"""Lines around a place: the statement that was written and what it stands in."""


class Recent:
    """The last place in each of a few documents."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, tuple[DocumentSnapshot, int]] = OrderedDict()

    def note(self, snapshot: DocumentSnapshot, offset: int) -> None:
        """Somebody works here now. Keeps the snapshot: cutting it up is left to whoever asks."""
        self._places[snapshot.uri] = (snapshot, offset)
        self._places.move_to_end(snapshot.uri)
        while len(self._places) > DOCUMENTS:
            self._places.popitem(last=False)

    def elsewhere(self, uri: str) -> Sequence[Hit]:
        """The places in other documents, the newest first, without credentials."""
        return [_hit(*place) for other, place in reversed(self._places.items()) if other != uri]

    def clear(self) -> None:
        """Forget all places."""
        self._places.clear()


def _hit(snapshot: DocumentSnapshot, offset: int) -> Hit:
    line = snapshot.line_of(offset)
    first, last = max(line - ABOVE, 0), min(line + BELOW, len(snapshot.line_starts) - 1)
    text, _ = redacted("\n".join(snapshot.line_text(number) for number in range(first, last + 1)).strip("\n"))
    return Hit(snapshot.path, first + 1, last + 1, "", "code", 0.0, text)
