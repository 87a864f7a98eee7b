"""Show code at the margin and put answers back at the code's own indentation and line endings. Pure: text in, text out.

`fit(shown(code).text, ...)` is `code` again, whatever it holds: lines that begin inside of a string are never moved, since
their white space is data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.languages import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tree_sitter import Node

_TEXTS = re.compile(r"string|heredoc|template_literal|text_block|char_literal|^raw_text$|quoted_content")
_DEFAULT_UNIT = "    "


@dataclass(frozen=True, slots=True)
class Shown:
    """Code at the margin, with line feeds, and the indentation that was taken away."""

    text: str
    base: str


def shown(code: str, language: str) -> Shown:
    """A region's code as a model sees it."""
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    inside = _inside_strings("\n".join(lines), language)
    movable = [line for number, line in enumerate(lines) if line.strip() and number not in inside]
    base = _common(movable)
    moves = [bool(line.strip()) and number not in inside for number, line in enumerate(lines)]
    text = "\n".join(line.removeprefix(base) if one else line for line, one in zip(lines, moves, strict=True))
    return Shown(text, base)


def fit(answer: str, code: str, document: str, language: str) -> str:
    """An answer in the place of `code`: its indentation, its tabs or spaces, its line endings.

    `code` is what the region holds now, `document` the whole text, from which the unit of indentation is read.
    """
    before = shown(code, language)
    lines = _without_blank_ends(answer.replace("\r\n", "\n").replace("\r", "").split("\n"))
    if not lines:
        return ""
    inside = _inside_strings("\n".join(lines), language)
    lines = _in_unit(lines, inside, before.text, document)
    lines = _at_margin(lines, inside, before.base, unit_of(document) or _DEFAULT_UNIT)
    moved = [before.base + line if line.strip() and number not in inside else line for number, line in enumerate(lines)]
    # A line of white space alone is what the code has where the code has it; elsewhere it is noise.
    kept = {line for line in code.replace("\r\n", "\n").split("\n") if not line.strip()}
    tidy = [line if line.strip() or number in inside or line in kept else "" for number, line in enumerate(moved)]
    return "\n".join(tidy).replace("\n", _newline_of(code, document))


def fit_inline(answer: str, head: str, tail: str) -> str:
    """An answer in the place of a piece of one line, without the rest of the line, which models like to repeat.

    `head` and `tail` are the line before and behind the piece.
    """
    text = answer.strip()
    head, tail = head.strip(), tail.strip()
    if head and tail and text.startswith(head) and text.endswith(tail) and len(text) > len(head) + len(tail):
        return text[len(head) : -len(tail)].strip()
    if head and not tail and text.startswith(head) and (len(head) > 3 or not head[-1].isalnum()):
        return text[len(head) :].strip()
    return text


def _newline_of(code: str, document: str) -> str:
    """The line ending of the code itself, else of the document: in a mixed file the neighbours decide."""
    for text in (code, document):
        at = text.find("\n")
        if at >= 0:
            return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
    return "\n"


def _without_blank_ends(lines: Sequence[str]) -> list[str]:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def _at_margin(lines: list[str], inside: frozenset[int], base: str, unit: str) -> list[str]:
    """Lines moved so that the first is at the margin. Where only the first one lost its indentation, only the rest moves."""
    movable = [number for number, line in enumerate(lines) if line.strip() and number not in inside]
    first = _indent(lines[0])
    rest = [_indent(lines[number]) for number in movable[1:]]
    if not first and rest and base:
        least = min(rest, key=len)
        # The body stands where it stands in the file, the head at the margin: "def f():" over "        return 1".
        if least in (base, base + unit) and least != unit and len(least) >= len(base):
            first = base
            return [line.removeprefix(first) if number in movable else line for number, line in enumerate(lines)]
    common = _common([lines[number] for number in movable])
    return [line.removeprefix(common) if number in movable else line for number, line in enumerate(lines)]


def _in_unit(lines: list[str], inside: frozenset[int], code: str, document: str) -> list[str]:
    """Indentation rewritten from the answer's unit to the file's, where all of it is a multiple of one unit."""
    wanted = unit_of(code) or unit_of(document)
    movable = [number for number, line in enumerate(lines) if line.strip() and number not in inside]
    common = _common([lines[number] for number in movable])
    inner = [lines[number].removeprefix(common) for number in movable]
    said = unit_of("\n".join(inner))
    if not wanted or not said or said == wanted:
        return lines
    depths: dict[int, int] = {}
    for number, line in zip(movable, inner, strict=True):
        indent = _indent(line)
        depth, odd = divmod(len(indent), len(said))
        if odd or indent != said * depth:
            return lines  # aligned by hand somewhere: rewriting would tear it apart
        depths[number] = depth
    return [wanted * depths[number] + line.lstrip(" \t") if number in depths else line for number, line in enumerate(lines)]


def unit_of(text: str) -> str:
    """One level of indentation as a text has it: a tab, or the smallest step by which spaces grow; "" where nothing tells."""
    tabs = steps = 0
    smallest = 0
    previous = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        indent = _indent(line)
        if indent.startswith("\t"):
            tabs += 1
            continue
        grown = len(indent) - previous
        previous = len(indent)
        if 2 <= grown <= 8:
            steps += 1
            smallest = min(smallest or grown, grown)
    if tabs > steps:
        return "\t"
    return " " * smallest


def _common(lines: Iterable[str]) -> str:
    indents = [_indent(line) for line in lines]
    if not indents:
        return ""
    least, most = min(indents), max(indents)
    size = next(
        (at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), min(len(least), len(most))
    )
    return least[:size]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _inside_strings(text: str, language: str) -> frozenset[int]:
    """0-based numbers of the lines that begin inside of a string."""
    tree = parse(text, language)
    if tree is None:
        return frozenset()
    found: set[int] = set()
    waiting: list[Node] = [tree.root_node]
    while waiting:
        node = waiting.pop()
        first, last = node.start_point[0], node.end_point[0]
        if first == last:
            continue
        if node.is_named and _TEXTS.search(node.type) and not node.is_error:
            found.update(range(first + 1, last + 1))
        else:
            waiting.extend(node.children)
    return frozenset(found)
