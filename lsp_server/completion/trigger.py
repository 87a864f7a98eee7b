"""Decide whether ghost text is wanted at a cursor, and how much of it. Pure: sees text, asks no model."""

from __future__ import annotations

import re
from enum import Enum

from lsp_server.completion.records import Trigger


class Extent(Enum):
    """How much may be suggested: the rest of this statement, or the block that starts here."""

    LINE = "line"
    BLOCK = "block"


_REST_MAY_STAND = re.compile(r"[\s)\]}>\"'`]*[:{;,]?\s*")
"""What may follow the cursor on its line when nobody asked: closers an editor typed by itself, and an end of statement."""

_OPENER = re.compile(r"(?:[:{(\[]|=>|->|\b(?:do|then|else|begin|where|of|try)|\|[\w\s,]*\|)$")
"""Ends of a line after which a block follows, in the languages of `indexer.languages` taken together."""


def extent_at(before: str, after: str, trigger: Trigger) -> Extent | None:
    """How much to suggest between two texts, or None where a suggestion would be in the way.

    `before` and `after` are the document up to and from the cursor. An automatic request is refused inside a word and
    in front of code on the same line; an explicit one is refused nowhere.
    """
    line = before[before.rfind("\n") + 1 :]
    rest = after.split("\n", 1)[0].rstrip("\r")
    if trigger == "automatic":
        if rest[:1].isidentifier() or rest[:1].isdigit():
            return None
        if not _REST_MAY_STAND.fullmatch(rest):
            return None
        if not before.strip() and not after.strip():
            return None  # an empty file says nothing about what its author wants
    if rest.strip():
        return Extent.LINE
    head = line.rstrip()
    return Extent.BLOCK if not head or _OPENER.search(head) else Extent.LINE
