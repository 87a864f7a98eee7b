"""What is open at each line of an answer: brackets, and texts over several lines, as the grammar reads them. Pure.

Indentation tells where a block ends only in some languages, and in none of them inside a string or between brackets. The
tokens of the syntax tree tell it everywhere: a bracket in a string or a comment is no token, and an unfinished answer, which
has no sound tree yet, has tokens all the same.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

WINDOW_LINES = 100
"""Above the cursor, in which the bracket around it is looked for: with the answer 1 to 2 ms for each line that is written."""

_DEFINITION = re.compile(
    r"\s*(?:[a-z]+ ){0,3}(?:def|defp|class|func|function|fn|module|defmodule|impl|interface)\b.*(?:[:{(,)]|\bdo)\s*$"
)
"""The head of one, by its word and its end: prose seldom has both."""

_OPENING, _CLOSING = "([{", ")]}"
_PATTERNS = frozenset({"case_item"})
"""What a lone `)` stands behind in a shell."""

_TOGGLES = frozenset({"`", '"""', "'''"})
"""Quotes that go over lines and look the same at both ends; Python's have names of their own for each end."""

_PAIRS = {"string_start": 1, "string_end": -1}


@dataclass(frozen=True, slots=True)
class Line:
    """`depth` is how many brackets are open at a line's end, 0 being those at the cursor; `lowest` the least within the line.

    `goes_on` says that the line begins inside a string or a comment of the text's own. One around the cursor does not count:
    where it begins above the window, or ends there, code and string look the other way round.
    """

    depth: int
    lowest: int
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Brackets:
    """`braced`: the innermost bracket around the cursor is a brace. `own`: brackets that the cursor's line itself left open."""

    lines: tuple[Line, ...]
    braced: bool
    own: int


def brackets(text: str, before: str, language: str) -> Brackets | None:
    """What is open at the lines of `text`, which goes on behind `before`; None without a grammar."""
    from indexer.languages import parse

    above = _window(before)
    tree = parse(above + text, language)
    if tree is None:
        return None
    cursor = len(above.encode("utf-8", "replace"))
    line = len(above[: above.rfind("\n") + 1].encode("utf-8", "replace"))
    stack: list[str] = []
    outer = depth = lowest = quotes = 0  # `outer`: how many of the stack are from above the cursor's line
    around = 0  # of the quotes, those that are open at the cursor
    goes_on, found = False, list[Line]()
    ends = [*_line_ends(text, cursor), sys.maxsize]
    for token in _tokens(tree.root_node):
        while token.start_byte >= ends[len(found)]:
            found.append(Line(depth, lowest, goes_on))
            lowest, goes_on = depth, quotes > around
        opens = 0 if quotes else _opens(token)  # what stands inside of a string closes again inside of it
        if language == "bash" and opens < 0 and token.type == ")" and depth <= 0 and stack[-1:] != ["("]:
            opens = 0  # a pattern of a case that the grammar cannot tell yet
        if token.start_byte < cursor:
            stack = [*stack, token.type[-1]] if opens > 0 else stack[: len(stack) + opens]
            outer = len(stack) if token.start_byte < line else min(outer, len(stack))
        else:
            depth += opens
            lowest = min(lowest, depth)
        quotes = max(quotes + _quotes(token, quotes), 0)
        around = quotes if token.start_byte < cursor else min(around, quotes)
        while token.end_byte > ends[len(found)]:  # a string or a comment that is one token over several lines
            found.append(Line(depth, lowest, goes_on))
            lowest, goes_on = depth, token.start_byte >= cursor
    while len(found) + 1 < len(ends):
        found.append(Line(depth, lowest, goes_on))
        lowest, goes_on = depth, quotes > around
    return Brackets(tuple(found), stack[-1:] == ["{"], len(stack) - outer)


def _window(before: str) -> str:
    """The last lines of a document, from the head of a definition on where one stands in the upper half of them: a window that
    begins inside a documentation takes all that is text for code, and all code for text."""
    lines = before.rsplit("\n", WINDOW_LINES)[-WINDOW_LINES:]
    if len(lines) == WINDOW_LINES:
        start = next((at for at, line in enumerate(lines[: WINDOW_LINES // 2]) if _DEFINITION.match(line)), 0)
        lines = lines[start:]
    return "\n".join(lines)


def _line_ends(text: str, cursor: int) -> Iterator[int]:
    """Byte offsets of the line feeds that end the lines of a text, and of its end."""
    at = cursor
    for line in text.split("\n"):
        at += len(line.encode("utf-8", "replace"))
        yield at
        at += 1


def _tokens(root: Node) -> Iterator[Node]:
    """The leaves of a tree, in order. What the grammar only missed is not there."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count:
            waiting.extend(reversed(node.children))
        elif not node.is_missing:
            yield node


def _opens(token: Node) -> int:
    """1 for a token that opens a bracket (`{`, `[[`, and `${` inside a string), -1 for one that closes it."""
    if token.is_named or (token.type == ")" and token.parent is not None and token.parent.type in _PATTERNS):
        return 0
    if not token.type or token.type.isalnum():
        return 0
    opens, closes = (any(one in token.type for one in some) for some in (_OPENING, _CLOSING))
    return (opens and token.type[-1] in _OPENING) - (closes and not opens)


def _quotes(token: Node, quotes: int) -> int:
    if token.type in _TOGGLES:
        return -1 if quotes else 1
    return _PAIRS.get(token.type, 0)
