"""Where the user worked last: the places in which ghost text was asked for, then what is open beside. Memory only; asks nobody.

Ghost text is asked for at every key, so the newest place of a document is where it was edited last. What is written there goes
together with what is written now more often than anything an index finds by likeness. Of a document that was opened and not
edited no place is known; what counts of it is the part most like the code at the cursor.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from indexer.credentials import redacted
from indexer.records import Hit
from lsp_server.completion.alike import Part, most_alike, parts
from lsp_server.documents import DocumentSnapshot

DOCUMENTS = 8
"""Remembered, the newest last; a prompt has room for one or two."""

ABOVE, BELOW = 12, 4
"""Lines around a place: the statement that was written and what it stands in."""


NEAR = 1_500
"""Characters before the cursor that say what somebody works on: about a function."""

OPENED = 3
"""Documents opened last that are looked at: each costs a millisecond or two once, and older tabs are left open, not used."""


class Recent:
    """The last place in each of a few documents, and the documents that are open beside them."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, tuple[DocumentSnapshot, int]] = OrderedDict()
        self._opened: tuple[DocumentSnapshot, ...] = ()
        self._parts: dict[str, tuple[str, tuple[Part, ...]]] = {}  # uri -> the text that was cut, and its parts

    def note(self, snapshot: DocumentSnapshot, offset: int, opened: Sequence[DocumentSnapshot] = ()) -> None:
        """Somebody works here now, with these documents open, the one opened last at the end.

        Keeps the snapshots: cutting them up is left to whoever asks.
        """
        self._opened = tuple(opened)
        self._places[snapshot.uri] = (snapshot, offset)
        self._places.move_to_end(snapshot.uri)
        while len(self._places) > DOCUMENTS:
            self._places.popitem(last=False)

    def elsewhere(self, uri: str, before: str = "") -> Sequence[Hit]:
        """The places in other documents, the newest first; then of what was only opened the parts like the end of `before`, the
        text up to the cursor. Without credentials."""
        places = [_hit(*place) for other, place in reversed(self._places.items()) if other != uri]
        beside = [one for one in reversed(self._opened) if one.uri != uri and one.uri not in self._places][:OPENED]
        self._parts = {one.uri: self._cut(one) for one in beside}
        found = [(one, most_alike(self._parts[one.uri][1], before[-NEAR:])) for one in beside]
        return places + [_lines(one, part.first, part.last) for one, part in found if part is not None]

    def clear(self) -> None:
        """Forget all places."""
        self._places.clear()
        self._opened, self._parts = (), {}

    def _cut(self, document: DocumentSnapshot) -> tuple[str, tuple[Part, ...]]:
        known = self._parts.get(document.uri)
        return known if known is not None and known[0] == document.text else (document.text, parts(document))


def _hit(snapshot: DocumentSnapshot, offset: int) -> Hit:
    line = snapshot.line_of(offset)
    return _lines(snapshot, max(line - ABOVE, 0), min(line + BELOW, len(snapshot.line_starts) - 1))


def _lines(snapshot: DocumentSnapshot, first: int, last: int) -> Hit:
    text, _ = redacted("\n".join(snapshot.line_text(number) for number in range(first, last + 1)).strip("\n"))
    return Hit(snapshot.path, first + 1, last + 1, "", "code", 0.0, text)
