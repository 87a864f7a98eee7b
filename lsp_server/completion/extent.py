"""Decide, while a model still writes, where a suggestion ends. Pure: text in, the end of the useful part out."""

from __future__ import annotations

import re
from enum import Enum

from lsp_server.completion.brackets import Brackets
from lsp_server.completion.closers import Edge, closes, goes_on, indentation, is_remark, may_decide
from lsp_server.completion.trigger import Extent

MAX_LINES = 16
"""Longer ghost text is read by nobody: it hides the code below it, and a wrong start is only repeated."""

MOST_BLANK = 2
"""Blank lines before anything is written: a model that leaves more has nothing to say, and goes on with white space."""

MOST_GAP = 1
"""Blank lines in a row within a block; two stand between blocks."""

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
"""A whole string on one line: brackets in it open nothing."""

_HEAD = re.compile(r"(?:[:{(\[]|\b(?:do|then|else|begin))$")
"""How a line ends whose block is still to come."""


def end_of_suggestion(
    text: str, before: str, extent: Extent, read: Brackets | None = None, edge: Edge | None = None
) -> int | None:
    """Offset in `text` behind the last character that belongs to the suggestion, or None while more may belong to it.

    `before` is the document up to the cursor, `read` what its grammar says of the whole lines of `text`, None for nothing, and
    `edge` the line that the block around the cursor still lacks. A line ends at its line feed once the brackets it opened are
    closed. A block between braces ends with the brace that closes it, another where a line is indented less than the block; it
    belongs to the block where a word closes what the cursor's line opened (`end`, `fi`) or goes on with it (`else`). A blank
    line ends a block that stands there already, once the answer has a statement, and none that was only just opened. No
    line is judged that begins inside a bracket or a string of the answer's own. Only whole lines are judged, but for one thing:
    an unfinished line that is indented less and can be none of those words ends a block without braces as it begins.
    """
    lines = text.split("\n")
    if extent is Extent.LINE:
        return _end_of_statement(lines, read)
    return _Block(before[before.rfind("\n") + 1 :], read, edge).end(lines)


def _end_of_statement(lines: list[str], read: Brackets | None) -> int | None:
    depth, at = 0, 0
    for number, line in enumerate(lines[:-1]):
        if read is None:
            depth += sum(_BRACKETS.get(character, 0) for character in _STRING.sub("", line))
        else:
            depth = read.lines[number].depth + read.lines[number + 1].goes_on
        at += len(line)
        if depth <= 0 or number + 1 >= MAX_LINES:
            return at
        at += 1
    return None


class _Is(Enum):
    """What a line is to the block: part of it, its last line, nothing that decides, the first behind it, not to be told yet."""

    PART, LAST, GAP, OUTSIDE, UNKNOWN = range(5)


class _Block:
    """One look at an answer that is a block. `head` is the cursor's line up to the cursor."""

    def __init__(self, head: str, read: Brackets | None, edge: Edge | None) -> None:
        self._opened = bool(head.strip())  # "def f():|" opens a block below; on a blank line the block is at its own indent
        self._base = indentation(head)
        self._read, self._edge = read, edge
        self._is_said = self._is_stated = False  # the answer has text, and text that is no remark
        self._awaits_body = False
        self._gap = 0  # blank lines since the last that was none

    def end(self, lines: list[str]) -> int | None:
        """The end of the block's last line, None while that may be another."""
        at = kept = 0
        for number, line in enumerate(lines):
            whole = number + 1 < len(lines)
            found = self._take(number, line, whole=whole)
            if found is _Is.LAST:
                return at + len(line)
            if found is _Is.OUTSIDE:
                return kept
            if found is _Is.UNKNOWN or not whole:
                return None
            if found is _Is.PART:
                kept = at + len(line)
            if number + 1 >= MAX_LINES:
                return kept
            at += len(line) + 1
        return None

    def _take(self, number: int, line: str, *, whole: bool) -> _Is:
        read, said = self._read, line.strip()
        inside = read is not None and _is_inside(read, number)
        if whole and number and not inside and self._edge is not None and self._edge.is_closed_by(line):
            return _Is.LAST
        if whole and read is not None and (found := self._by_brackets(read, number)) is not None:
            return found
        if inside:
            self._is_said, self._gap, self._awaits_body = True, 0, False
            return _Is.PART
        if not said:
            return self._blank(number) if whole else _Is.UNKNOWN
        floor = self._base + self._opened
        # The first line continues the cursor's line, so its indentation is already in the document.
        if number and indentation(line) < floor and (not (read and read.braced) or self._is_words_end(line)):
            return self._dedented(line, whole=whole)
        return self._part(said)

    def _is_words_end(self, line: str) -> bool:
        """Whether a line inside of braces may end a block that has none of its own: `fi` in a function of a shell."""
        at_head = self._opened and indentation(line) == self._base
        return at_head and self._read is not None and not self._read.own and may_decide(line.strip())

    def _by_brackets(self, read: Brackets, number: int) -> _Is | None:
        """Whether a line closes a bracket around the block, or the last of those that the cursor's line had opened."""
        line, own = read.lines[number], read.own if self._opened else 0
        if line.lowest < -own:
            return _Is.OUTSIDE
        return _Is.LAST if own and read.braced and line.depth == -own else None

    def _part(self, said: str) -> _Is:
        self._is_said, self._gap = True, 0
        self._is_stated = self._is_stated or not is_remark(said)
        self._awaits_body = _HEAD.search(said) is not None
        return _Is.PART

    def _blank(self, number: int) -> _Is:
        if not self._is_said:
            return _Is.OUTSIDE if number >= MOST_BLANK else _Is.GAP
        self._gap += 1
        is_new = self._opened or (self._edge is not None and self._edge.is_fresh)
        goes_on = is_new or self._awaits_body or not self._is_stated
        return _Is.GAP if goes_on and self._gap <= MOST_GAP else _Is.OUTSIDE

    def _dedented(self, line: str, *, whole: bool) -> _Is:
        said, width = line.strip(), indentation(line)
        is_at_head = self._opened and width == self._base
        is_at_edge = self._edge is not None and width == self._edge.indentation
        if not whole and (is_at_head or is_at_edge) and may_decide(said):
            return _Is.UNKNOWN
        if is_at_head and closes(said):
            return _Is.LAST
        if (is_at_head or is_at_edge) and goes_on(said):
            return self._part(said)
        # A remark may stand further to the left than its block; behind a blank line it is about what comes next.
        if is_remark(said) and self._is_stated and not self._gap:
            return _Is.GAP
        return _Is.OUTSIDE


def _is_inside(read: Brackets, number: int) -> bool:
    """Whether a line begins inside a string or a bracket that the answer itself has opened."""
    return read.lines[number].goes_on or (number > 0 and read.lines[number - 1].depth > 0)
