"""Show code at the margin and put answers back at the code's own indentation and line endings. Pure: text in, text out.

`fit(shown(code).text, ...)` is `code` again, whatever it holds. Lines that begin inside of a string are never moved, since
their white space is data; but for docstrings, whose readers take the indentation off.
"""

from __future__ import annotations

import re
from collections import Counter
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
    """Code at the margin, with line feeds, the indentation that was taken away, and its unit ("" where nothing tells).

    `fixed` are docstrings that hang out to the left of the code and so were left where they are.
    """

    text: str
    base: str
    unit: str = ""
    fixed: frozenset[str] = frozenset()


def shown(code: str, language: str) -> Shown:
    """A region's code as a model sees it."""
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    strings = _strings("\n".join(lines), language)
    base = _common(line for number, line in enumerate(lines) if line.strip() and not strings.holds(number))
    hanging = [one for one in strings.docstrings if not all(line.startswith(base) for line in _filled(lines, one))]
    still = strings.data.union(*hanging)
    moves = [bool(line.strip()) and number not in still for number, line in enumerate(lines)]
    margin = [line.removeprefix(base) if one else line for line, one in zip(lines, moves, strict=True)]
    unit = unit_of("\n".join(line for number, line in enumerate(margin) if not strings.holds(number)))
    return Shown("\n".join(margin), base, unit, frozenset(_body(lines, one) for one in hanging))


def fit(answer: str, code: str, document: str, language: str) -> str:
    """An answer in the place of `code`: its indentation, its tabs or spaces, its line endings.

    `code` is what the region holds now, `document` the whole text, from which the unit of indentation is read.
    """
    before = shown(code, language)
    lines = _without_blank_ends(answer.replace("\r\n", "\n").replace("\r", "").split("\n"))
    if not lines:
        return ""
    strings = _strings("\n".join(lines), language)
    still = strings.data.union(*(one for one in strings.docstrings if _body(lines, one) in before.fixed))
    loose = frozenset[int]().union(*strings.docstrings) - still
    lines = _in_unit(lines, still, loose, before.unit or unit_of(document))
    lines = _at_margin(lines, still, loose, before.base, before.unit or unit_of(document) or _DEFAULT_UNIT)
    moved = [before.base + line if line.strip() and number not in still else line for number, line in enumerate(lines)]
    # A line of white space alone is what the code has where the code has it; elsewhere it is noise.
    kept = {line for line in code.replace("\r\n", "\n").split("\n") if not line.strip()}
    tidy = [line if line.strip() or number in still or line in kept else "" for number, line in enumerate(moved)]
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


def _at_margin(lines: list[str], still: frozenset[int], loose: frozenset[int], base: str, unit: str) -> list[str]:
    """Lines moved so that the first is at the margin. Where only the first one lost its indentation, only the rest moves."""
    movable = [number for number, line in enumerate(lines) if line.strip() and number not in still]
    firm = [number for number in movable if number not in loose]
    taken = _common(lines[number] for number in firm)
    rest = [_indent(lines[number]) for number in firm[1:]]
    if not _indent(lines[0]) and rest and base:
        least = min(rest, key=len)
        # The body stands where it stands in the file, the head at the margin: "def f():" over "        return 1".
        if least in (base, base + unit) and least != unit:
            taken = base
    return [line.removeprefix(taken) if number in movable else line for number, line in enumerate(lines)]


def _in_unit(lines: list[str], still: frozenset[int], loose: frozenset[int], wanted: str) -> list[str]:
    """Indentation rewritten from the answer's unit to the code's, where all of it is a multiple of one unit."""
    movable = [number for number, line in enumerate(lines) if line.strip() and number not in still]
    common = _common(lines[number] for number in movable)
    said = unit_of("\n".join(lines[number].removeprefix(common) for number in movable if number not in loose))
    if not wanted or not said or said == wanted:
        return lines
    made = list(lines)
    for number in movable:
        indent = _indent(lines[number].removeprefix(common))
        depth, odd = divmod(len(indent), len(said))
        if (odd or indent != said * depth) and number not in loose:
            return lines  # aligned by hand somewhere: rewriting would tear it apart
        made[number] = wanted * depth + " " * odd + lines[number].lstrip(" \t")
    return made


def unit_of(text: str) -> str:
    """One level of indentation as a text has it: a tab, or the step by which spaces mostly grow; "" where nothing tells.

    Mostly, not at least: a docstring or an argument list that is aligned by hand grows by whatever it needs.
    """
    tabs, previous = 0, 0
    steps: Counter[int] = Counter()
    for line in text.split("\n"):
        if not line.strip():
            continue
        indent = _indent(line)
        if indent.startswith("\t"):
            tabs += 1
            continue
        if 2 <= len(indent) - previous <= 8:
            steps[len(indent) - previous] += 1
        previous = len(indent)
    if tabs > steps.total():
        return "\t"
    return " " * min(steps, key=lambda step: (-steps[step], step), default=0)


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


@dataclass(frozen=True, slots=True)
class _Strings:
    """0-based numbers of the lines that begin inside of a string: those whose white space is data, and each docstring's."""

    data: frozenset[int]
    docstrings: tuple[range, ...]

    def holds(self, number: int) -> bool:
        return number in self.data or any(number in one for one in self.docstrings)


def _strings(text: str, language: str) -> _Strings:
    tree = parse(text, language)
    if tree is None:
        return _Strings(frozenset(), ())
    data: set[int] = set()
    docstrings: list[range] = []
    waiting: list[Node] = [tree.root_node]
    while waiting:
        node = waiting.pop()
        first, last = node.start_point[0], node.end_point[0]
        if first == last:
            continue
        if not node.is_named or node.is_error or not _TEXTS.search(node.type):
            waiting.extend(node.children)
        elif _is_docstring(node):
            docstrings.append(range(first + 1, last + 1))
        else:
            data.update(range(first + 1, last + 1))
    return _Strings(frozenset(data), tuple(docstrings))


def _is_docstring(node: Node) -> bool:
    """A string that is a statement of its own, as only Python has it."""
    return node.type == "string" and node.parent is not None and node.parent.type in ("block", "module", "expression_statement")


def _filled(lines: Sequence[str], numbers: range) -> list[str]:
    return [lines[number] for number in numbers if lines[number].strip()]


def _body(lines: Sequence[str], numbers: range) -> str:
    return "\n".join(lines[number] for number in numbers)
