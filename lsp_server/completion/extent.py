"""Decide, while a model still writes, where a suggestion ends. Pure: text in, the end of the useful part out."""

from __future__ import annotations

import re

from lsp_server.completion.trigger import Extent

MAX_LINES = 16
"""Longer ghost text is read by nobody: it hides the code below it, and a wrong start is only repeated."""

MOST_BLANK = 2
"""Blank lines before anything is written: a model that leaves more has nothing to say, and goes on with white space."""

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
"""A whole string on one line: brackets in it open nothing."""

_CLOSERS = (")", "]", "}", "end", "fi", "done", "esac")


def end_of_suggestion(text: str, before: str, extent: Extent) -> int | None:
    """Offset in `text` behind the last character that belongs to the suggestion, or None while more may belong to it.

    `before` is the document up to the cursor. A line ends at its line feed once the brackets it opened are closed; a block
    ends where a line is indented less than the block, or at a blank line once something stands in it. Only whole lines are
    judged, but for one thing: an unfinished line that is indented less and closes nothing ends the block as it begins.
    """
    lines = text.split("\n")
    head = before[before.rfind("\n") + 1 :]
    if extent is Extent.LINE:
        return _end_of_statement(lines)
    return _end_of_block(lines, head)


def _end_of_statement(lines: list[str]) -> int | None:
    depth, at = 0, 0
    for number, line in enumerate(lines[:-1]):
        depth += sum(_BRACKETS.get(character, 0) for character in _STRING.sub("", line))
        at += len(line)
        if depth <= 0 or number + 1 >= MAX_LINES:
            return at
        at += 1
    return None


def _end_of_block(lines: list[str], head: str) -> int | None:
    opened = bool(head.strip())  # "def f():|" opens a block below; on a blank line the block is at the cursor's own indent
    base = _indent(head)
    floor = base + 1 if opened else base
    at, written = 0, False
    for number, line in enumerate(lines[:-1]):
        first = number == 0
        if line.strip():
            # The first line continues the cursor's line, so its indentation is already in the document.
            if not first and _indent(line) < floor:
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
    last = lines[-1].strip()
    if len(lines) > 1 and last and _indent(lines[-1]) < floor and not (opened and _may_close(last)):
        return max(at - 1, 0)
    return None


def _may_close(start: str) -> bool:
    """Whether a line that starts so may still become the end of a block."""
    return any(start.startswith(closer) or closer.startswith(start) for closer in _CLOSERS)


def _indent(line: str) -> int:
    """Width of the leading white space, a tab counting as four columns; only comparisons within one file matter."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
