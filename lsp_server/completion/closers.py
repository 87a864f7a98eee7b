"""Words and brackets that close a block or go on with it, and which of them a document still lacks. Pure; asks no grammar.

Blocks of Ruby, Lua, Elixir and shells end with a word on a line of its own, at the indentation of the line that opened them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENDS = ("end", "fi", "done", "esac", "until")
_PARTS = ("else", "elsif", "elif", "elseif", "except", "finally", "rescue", "ensure", "catch", "after")

_NOT_A_NAME = r"(?![\w?!])(?!\s*(?:[-+*/|&]?=(?!=)|[(\[:,]))"
"""A keyword, and neither a part of a longer word nor a variable that is called so in another language."""

_CLOSES = re.compile(rf"[)\]}}]|(?:end|(?:fi|done|esac|until)(?!\s*\.)){_NOT_A_NAME}|end[,)]")
_CLOSES_ALONE = re.compile(r"[)\]}]+[;,]*$|(?:end|fi|done|esac)[)\]};,]*$")
_GOES_ON = re.compile(rf"(?:{'|'.join(_PARTS)})(?:{_NOT_A_NAME}|\s*:|(?<=except)\s*\(|(?<=elif)\s*\()")
_REMARK = re.compile(r"#(?:[\s!#:]|$)|//|--(?:[\s\[]|$)|[rR]?(?:\"{3}|'{3})|/\*|\*(?:\s|/|$)")


@dataclass(frozen=True, slots=True)
class Edge:
    """The line that the block around a cursor still lacks: one that closes it, at this indentation (see `indentation`).

    `is_fresh`: nothing of the block stands there yet but its head.
    """

    indentation: int
    is_fresh: bool = False

    def is_closed_by(self, line: str) -> bool:
        """Whether a line is that one, and nothing more."""
        return indentation(line) == self.indentation and _CLOSES_ALONE.match(line.strip()) is not None


def closes(said: str) -> bool:
    """Whether a line without its indentation begins with what closes a block."""
    return _CLOSES.match(said) is not None


def goes_on(said: str) -> bool:
    """Whether it begins another part of the statement that the block above it belongs to: `else`, `rescue`."""
    return _GOES_ON.match(said) is not None


def may_decide(said: str) -> bool:
    """Whether the start of a line may still become one of those."""
    return closes(said) or goes_on(said) or any(word.startswith(said) for word in (*_ENDS, *_PARTS))


def is_remark(said: str) -> bool:
    """Whether a line begins as a comment or a documentation does."""
    return _REMARK.match(said) is not None


def missing_edge(before: str, after: str) -> Edge | None:
    """What is lacking around a cursor on a blank line: nothing where the block goes on below, or is closed there already.

    By indentation alone: the block was opened by the nearest line above that is indented less.
    """
    base = _indentation_of_blank(before[before.rfind("\n") + 1 :])
    line, _, below = after.partition("\n")
    if base is None or line.strip():
        return None
    opened, between = _nearest_outside(before, base)
    if opened is None:
        return None
    following = next((one for one in below.split("\n", _FAR)[:_FAR] if one.strip()), "")
    if following.strip():
        there, said = indentation(following), following.strip()
        if there > opened or (there == opened and (closes(said) or goes_on(said))):
            return None
    return Edge(opened, is_fresh=not between)


_FAR = 200
"""Lines in which the borders of a block are looked for."""


def _nearest_outside(before: str, base: int) -> tuple[int | None, int]:
    """The indentation of the nearest line above the cursor's that is indented less, and how many others stand between."""
    end, between = before.rfind("\n"), 0
    for _ in range(_FAR):
        if end < 0:
            break
        start = before.rfind("\n", 0, end) + 1
        line = before[start:end]
        if line.strip():
            if (found := indentation(line)) < base:
                return found, between
            between += 1
        end = start - 1
    return None, between


def _indentation_of_blank(line: str) -> int | None:
    return None if line.strip() else indentation(line)


def indentation(line: str) -> int:
    """Width of the leading white space, a tab counting as four columns; only comparisons within one file matter."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
