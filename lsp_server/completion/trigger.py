"""Decide whether ghost text is wanted at a cursor, and how much of it. Pure: sees text and its tree, asks no model.

The syntax tree decides where there is one and it has no error at the cursor; rules for plain text decide elsewhere.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from lsp_server.completion.records import Trigger
from lsp_server.completion.spot import Spot, spot

if TYPE_CHECKING:
    from tree_sitter import Tree


class Extent(Enum):
    """How much may be suggested: the rest of this statement, or the block that starts here."""

    LINE = "line"
    BLOCK = "block"


_REST_MAY_STAND = re.compile(r"[\s)\]}>\"'`]*[:{;,]?\s*")
"""What may follow the cursor on its line when nobody asked: closers an editor typed by itself, and an end of statement."""

_OPENER = re.compile(r"(?:[:{]|=>|->|\b(?:do|then|else|begin|where|of|try|ensure|repeat|case\b.*\bin)|\|[\w\s,]*\|)$")
"""Ends of a line after which a block follows, in the languages of `indexer.languages` taken together."""

_MARK = re.compile(r"\s*(?:(?:#+|//[/!]?|--+|;+|%+|\*|/\*\*?|\"{3}|'{3})\s*)?")
"""What starts a line of a comment or of a docstring: behind it nothing of the line's own text stands yet."""

_OPEN_STRING = re.compile(r"""(?:[^"\\]|\\.|"(?:[^"\\\n]|\\.)*")*"(?:[^"\\]|\\.)*""")
"""A line that ends inside a string in double quotes: what an unfinished string looks like, which a tree cannot tell."""


def extent_at(before: str, after: str, trigger: Trigger, tree: Tree | None = None) -> Extent | None:
    """How much to suggest between two texts, or None where a suggestion would be in the way.

    `before` and `after` are the document up to and from the cursor, `tree` is the document's. An automatic request is refused
    inside a word, in front of code on the same line, behind a finished statement, and in the middle of a string or a comment:
    a line of a comment or docstring that holds nothing yet is not the middle. An explicit one is refused nowhere.
    """
    line = before[before.rfind("\n") + 1 :]
    rest = after.split("\n", 1)[0].rstrip("\r")
    if trigger == "automatic" and _is_in_the_way(before, after, rest):
        return None
    seen = spot(tree, before) if tree is not None else Spot()
    broken = tree is not None and tree.root_node.has_error
    if trigger == "automatic" and (_is_quiet(seen, line, rest) or (broken and _ends_in_string(line))):
        return None
    if rest.strip() or seen.text:
        return Extent.LINE
    if seen.block is not None:
        return Extent.BLOCK if seen.block else Extent.LINE
    head = line.rstrip()
    return Extent.BLOCK if not head or _OPENER.search(head) else Extent.LINE


def _is_in_the_way(before: str, after: str, rest: str) -> bool:
    """What text alone tells: a word goes on, code follows, or an empty file says nothing about what its author wants."""
    if rest[:1].isidentifier() or rest[:1].isdigit():
        return True
    if not _REST_MAY_STAND.fullmatch(rest):
        return True
    return not before.strip() and not after.strip()


def _is_quiet(seen: Spot, line: str, rest: str) -> bool:
    """What the tree tells: somebody writes text, or has finished a statement and not begun another."""
    if seen.text:
        return not _MARK.fullmatch(line)
    return seen.finished and not rest.strip()


def _ends_in_string(line: str) -> bool:
    return '"""' not in line and _OPEN_STRING.fullmatch(line) is not None
