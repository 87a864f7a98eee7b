"""Apply a partial answer, a diff or search/replace blocks, to the code it is about. Pure; whole lines, and never a guess.

A block must fit at exactly one place, indentation and white space at line ends apart. Line numbers in diffs are ignored:
models cannot count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_server.actions.records import Refusal
from lsp_server.actions.reply import Fence

_SEARCH = re.compile(
    r"^[ \t]*<{5,9}[ \t]*(?:SEARCH|ORIGINAL|OLD|HEAD|BEFORE)?[^\n]*\n(?P<old>.*?)^[ \t]*={5,9}[ \t]*\n(?P<new>.*?)"
    r"^[ \t]*>{5,9}[ \t]*(?:REPLACE|UPDATED|NEW|AFTER)?[^\n]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MARKER = re.compile(
    r"^[ \t]*(?:<{5,9}|>{5,9})[ \t]*(?:SEARCH|ORIGINAL|OLD|HEAD|BEFORE|REPLACE|UPDATED|NEW|AFTER)\b", re.MULTILINE
)
_HEADER = re.compile(r"^(?:diff --git |index [0-9a-f]+\.\.|--- \S|\+\+\+ \S|new file mode|\\ No newline)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines to find and lines to put there."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def search_replace(reply: str) -> list[Hunk]:
    """The search/replace blocks of a reply."""
    return [Hunk(_lines(one["old"]), _lines(one["new"])) for one in _SEARCH.finditer(reply)]


def has_markers(text: str) -> bool:
    """Whether marks of search/replace blocks stand in a text: where they were not understood they are no code."""
    return _MARKER.search(text) is not None


def _lines(block: str) -> tuple[str, ...]:
    lines = block.split("\n")
    lines = lines[:-1] if lines and not lines[-1].strip() else lines
    # A block inside of a fence may carry a fence of its own around the code.
    return tuple(line for line in lines if not re.fullmatch(r"[ \t]*```[\w+#.-]*[ \t]*", line))


def diff(blocks: Sequence[Fence], reply: str) -> list[Hunk] | None:
    """The hunks of the first diff among the blocks of a reply, or of the whole reply where it is one; None where none is.

    A diff that changes nothing has no hunks.
    """
    texts = [one.text for one in blocks if one.tag in ("diff", "patch")]
    texts += [one.text for one in blocks if one.tag not in ("diff", "patch") and _looks_like_diff(one.text)]
    if not blocks and _looks_like_diff(reply):
        texts.append(reply)
    return _hunks(texts[0]) if texts else None


def _looks_like_diff(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    if any(re.match(r"@@ .*@@|@@$", line) for line in lines):
        return True
    marked = [line[0] for line in lines]
    return "+" in marked and "-" in marked and all(mark in "+- " for mark in marked)


def _hunks(text: str) -> list[Hunk]:
    found: list[Hunk] = []
    old: list[str] = []
    new: list[str] = []

    def close() -> None:
        if old != new:
            found.append(Hunk(tuple(old), tuple(new)))
        old.clear()
        new.clear()

    body = text.split("\n")
    first = next((number for number, line in enumerate(body) if line.startswith("@@")), None)
    for line in body if first is None else body[first:]:
        if line.startswith("@@"):
            close()
        elif _HEADER.match(line):
            continue
        elif line.startswith("-"):
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        else:
            # Models forget the space in front of a context line.
            context = line[1:] if line.startswith(" ") else line
            old.append(context)
            new.append(context)
    close()
    return found


def apply(hunks: Sequence[Hunk], code: str) -> str | Refusal:
    """The code with every hunk made, or why one of them does not fit."""
    lines = code.split("\n")
    for hunk in hunks:
        old, new = _trimmed(hunk)
        if not old:
            return _unplaced("has no line that says where it belongs")
        places = _places(old, lines)
        if len(places) != 1:
            return _unplaced("is not in the code" if not places else f"fits at {len(places)} places")
        at = places[0]
        lines[at : at + len(old)] = _shifted(old, new, lines[at : at + len(old)])
    return "\n".join(lines)


def _unplaced(why: str) -> Refusal:
    return Refusal(
        "unplaced",
        f"A part of the answer {why}.",
        f"A part of your answer {why}. Answer with the complete code, not with parts of it.",
    )


def _trimmed(hunk: Hunk) -> tuple[list[str], list[str]]:
    """Without blank context at both ends, which models add and drop at will."""
    old, new = list(hunk.old), list(hunk.new)
    while old and new and not old[0].strip() and not new[0].strip():
        old, new = old[1:], new[1:]
    while old and new and not old[-1].strip() and not new[-1].strip():
        old, new = old[:-1], new[:-1]
    return old, new


def _places(old: Sequence[str], lines: Sequence[str]) -> list[int]:
    exact = [line.rstrip() for line in old]
    starts = range(len(lines) - len(old) + 1)
    found = [at for at in starts if [line.rstrip() for line in lines[at : at + len(old)]] == exact]
    if found:
        return found
    loose = [line.strip() for line in old]
    return [at for at in starts if [line.strip() for line in lines[at : at + len(old)]] == loose]


def _shifted(old: Sequence[str], new: Sequence[str], there: Sequence[str]) -> list[str]:
    """New lines, moved by as much as the code is indented differently from the block's own idea of it.

    Lines that the block keeps stay exactly as they are in the code.
    """
    said, real = next(((said, real) for said, real in zip(old, there, strict=True) if said.strip()), ("", ""))
    said_indent, real_indent = _indent(said), _indent(real)
    kept = {said.rstrip(): real for said, real in zip(old, there, strict=True)}
    moved = []
    for line in new:
        if line.rstrip() in kept:
            moved.append(kept[line.rstrip()])
        elif line.strip() and said_indent != real_indent:
            moved.append(
                real_indent + line.removeprefix(said_indent) if line.startswith(said_indent) else real_indent + line.lstrip()
            )
        else:
            moved.append(line)
    return moved


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
