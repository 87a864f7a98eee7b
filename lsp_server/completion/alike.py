"""The part of a document that is most like some code: the one that uses the most of the same names. Pure; knows no index."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsp_server.documents import DocumentSnapshot

LINES, STEP = 16, 8
"""A part's length and how far the next one starts behind it: a function, and no function lies across two parts only."""

MOST_LINES = 800
"""Looked at from the top: 1.4 ms on the event loop the first time a document is asked about."""

LEAST_SHARED = 3
"""Names. Any two files of a language share one or two; fewer say nothing."""

_NAME = re.compile(r"[^\W\d]\w{3,}")
"""Shorter ones are keywords and counters more often than names of something."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a document, the first counted from 0, and the names in them."""

    first: int
    last: int
    names: frozenset[str]


def parts(document: DocumentSnapshot) -> tuple[Part, ...]:
    """A document cut into overlapping parts; the same for the same text, so that it is worth keeping."""
    count = min(len(document.line_starts), MOST_LINES)
    named = [frozenset(_NAME.findall(document.line_text(number))) for number in range(count)]
    return tuple(
        Part(first, min(first + LINES, count) - 1, frozenset().union(*named[first : first + LINES]))
        for first in range(0, max(count - STEP, 1), STEP)
    )


def most_alike(found: tuple[Part, ...], near: str) -> Part | None:
    """The part that shares the most names with some code, in proportion to what both use; None where none shares enough."""
    names = frozenset(_NAME.findall(near))
    fit = [part for part in found if len(part.names & names) >= LEAST_SHARED]
    return max(fit, key=lambda part: len(part.names & names) / len(part.names | names), default=None)
