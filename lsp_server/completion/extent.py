"""Decide, while a model still writes, where a suggestion ends. Pure: text in, the end of the useful part out."""

from __future__ import annotations

import re
from enum import Enum

from lsp_server.completion.brackets import Brackets
from lsp_server.completion.trigger import Extent

MAX_LINES = 16
"""Longer ghost text is read by nobody: it hides the code below it, and a wrong start is only repeated."""

MOST_BLANK = 2
"""Blank lines before anything is written: a model that leaves more has nothing to say, and goes on with white space."""

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
"""A whole string on one line: brackets in it open nothing."""

_CLOSERS = (")", "]", "}", "end", "fi", "done", "esac")


def end_of_suggestion(text: str, before: str, extent: Extent, read: Brackets | None = None) -> int | None:
    """Offset in `text` behind the last character that belongs to the suggestion, or None while more may belong to it.

    `before` is the document up to the cursor, `read` what its grammar says of the whole lines of `text`, None for nothing. A
    line ends at its line feed once the brackets it opened are closed. A block between braces ends with the brace that closes
    it, another where a line is indented less than the block, each at a blank line once something stands in it; no line is
    judged that begins inside a bracket or a string of the answer's own. Only whole lines are judged, but for one thing: an
    unfinished line that is indented less and closes nothing ends a block without braces as it begins.
    """
    lines = text.split("\n")
    head = before[before.rfind("\n") + 1 :]
    if extent is Extent.LINE:
        return _end_of_statement(lines, read)
    return _end_of_block(lines, head, read)


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


def _end_of_block(lines: list[str], head: str, read: Brackets | None) -> int | None:
    opened = bool(head.strip())  # "def f():|" opens a block below; on a blank line the block is at the cursor's own indent
    base = _indent(head)
    floor = base + 1 if opened else base
    at, written = 0, False
    for number, line in enumerate(lines[:-1]):
        first = number == 0
        if read is not None and (ends := _by_brackets(read, number, opened=opened)) is not None:
            return max(at - 1, 0) if ends is _Ends.BEFORE else at + len(line)
        if read is not None and _is_inside(read, number):
            written = True
        elif line.strip():
            # The first line continues the cursor's line, so its indentation is already in the document.
            if not first and _indent(line) < floor and not (read and read.braced):
                closes = opened and _indent(line) == base and line.strip().startswith(_CLOSERS)
                return at + len(line) if closes else max(at - 1, 0)
            written = True
        elif written and not first:
            return at - 1
        elif number >= MOST_BLANK:
            return 0
        if number + 1 >= MAX_LINES:
            return at + len(line)
        at += len(line) + 1
    if read is not None and (read.braced or _is_inside(read, len(lines) - 1)):
        return None
    last = lines[-1].strip()
    if len(lines) > 1 and last and _indent(lines[-1]) < floor and not (opened and _may_close(last)):
        return max(at - 1, 0)
    return None


class _Ends(Enum):
    BEFORE, WITH = 1, 2


def _by_brackets(read: Brackets, number: int, *, opened: bool) -> _Ends | None:
    """Whether a line ends the block: it closes a bracket around it, or the last of those that the cursor's line had opened."""
    line, own = read.lines[number], read.own if opened else 0
    if line.lowest < -own:
        return _Ends.BEFORE
    return _Ends.WITH if own and read.braced and line.depth == -own else None


def _is_inside(read: Brackets, number: int) -> bool:
    """Whether a line begins inside a string or a bracket that the answer itself has opened."""
    return read.lines[number].goes_on or (number > 0 and read.lines[number - 1].depth > 0)


def _may_close(start: str) -> bool:
    """Whether a line that starts so may still become the end of a block."""
    return any(start.startswith(closer) or closer.startswith(start) for closer in _CLOSERS)


def _indent(line: str) -> int:
    """Width of the leading white space, a tab counting as four columns; only comparisons within one file matter."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
