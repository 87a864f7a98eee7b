"""Fit long code into a budget by its outline: bodies that are furthest from what matters give way to their signatures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.completion.comments import line_comment


@dataclass(frozen=True, slots=True)
class Abridged:
    """Code that fits. `left_out` names what is not shown, each a phrase for the user; empty where all of it is."""

    text: str
    left_out: tuple[str, ...] = ()


def abridge(code: str, language: str, characters: int, keep_line: int = 0) -> Abridged:
    """Code in at most about `characters`: whole where it fits, else without the bodies of some definitions.

    `keep_line` (0-based) is what matters: the definition around it loses its body last. Where no body is left to give,
    lines far from that line go, and the user is told which.
    """
    if len(code) <= characters:
        return Abridged(code)
    lines = code.split("\n")
    bodies = _bodies(code, language)
    # Inner definitions before the ones that hold them, far ones before near ones: what is around the kept line goes last.
    order = sorted(bodies, key=lambda one: (one.first <= keep_line <= one.last, one.holds, -_distance(one, keep_line)))
    gone: list[_Body] = []
    size = len(code)
    for body in order:
        if size <= characters:
            break
        if any(other.first <= body.first and body.last <= other.last for other in gone):
            continue
        inside = [other for other in gone if body.first <= other.first and other.last <= body.last]
        gone = [other for other in gone if other not in inside]
        size -= body.saves - sum(other.saves for other in inside)
        gone.append(body)
    text = _without(lines, gone, language)
    left_out = _named(gone)
    if len(text) > characters:
        text, more = _windowed(text, characters, keep_line)
        left_out += more
    return Abridged(text, tuple(left_out))


MOST_NAMED = 6
"""Of bodies that are named one by one: of a whole file there may be a hundred."""


def _named(gone: Sequence[_Body]) -> list[str]:
    if len(gone) <= MOST_NAMED:
        return [f"the body of `{one.name}` (lines {one.first + 1}–{one.last + 1} of the selection)" for one in gone]
    largest = sorted(gone, key=lambda one: one.first - one.last)
    names = ", ".join(f"`{one.name}`" for one in largest[:MOST_NAMED])
    lines = sum(one.last - one.first + 1 for one in gone)
    return [f"the bodies of {names} and {len(gone) - MOST_NAMED} more definitions ({lines:,} lines of the selection)"]


def parts(code: str, language: str, characters: int) -> list[Symbol] | None:
    """The definitions that code consists of, each small enough to be rewritten on its own, in order.

    Those too long give way to the ones inside of them. None where nothing in the code is small enough.
    """
    symbols = [one for one in _outline(code, language) if one.kind in ("function", "method", "class", "interface", "type")]
    lines = code.split("\n")
    fitting: list[Symbol] = []
    for one in symbols:
        if fitting and one.start_line <= fitting[-1].end_line:
            continue
        size = sum(len(line) + 1 for line in lines[one.start_line - 1 : one.end_line])
        whole = one.start_line == 1 and one.end_line == len(lines)
        if size <= characters and not whole:
            fitting.append(one)
    return fitting or None


@dataclass(frozen=True, slots=True)
class _Body:
    """The lines of a definition that its signature can stand for; 0-based, inclusive. `saves` counts characters."""

    name: str
    first: int
    last: int
    saves: int
    holds: bool


def _outline(code: str, language: str) -> Sequence[Symbol]:
    row, tree = known(language), parse(code, language)
    return outline(tree, row.name, "") if row is not None and tree is not None else []


def _bodies(code: str, language: str) -> list[_Body]:
    lines = code.split("\n")
    symbols = [one for one in _outline(code, language) if one.kind not in ("constant",) and one.end_line - one.start_line >= 3]
    found = []
    for one in symbols:
        first = _behind_signature(lines, one)
        last = one.end_line - 1
        if lines[last].strip().strip(")]};,").strip() in ("", "end"):
            last -= 1
        if last > first:
            saves = sum(len(line) + 1 for line in lines[first : last + 1]) - len(_stand_in(lines, first, last, language)) - 1
            holds = any(
                other is not one and one.start_line <= other.start_line and other.end_line <= one.end_line for other in symbols
            )
            if saves > 0:
                found.append(_Body(one.qualified_name, first, last, saves, holds))
    return found


def _behind_signature(lines: Sequence[str], symbol: Symbol) -> int:
    """The first line of a body: behind the line that ends the signature, at most ten lines down."""
    for number in range(symbol.start_line - 1, min(symbol.start_line + 9, symbol.end_line)):
        if lines[number].rstrip().endswith((":", "{", "do", "=", "->", "where", "then")) and symbol.name in "".join(
            lines[symbol.start_line - 1 : number + 1]
        ):
            return number + 1
    return symbol.start_line


def _distance(body: _Body, line: int) -> int:
    return max(body.first - line, line - body.last, 0)


def _without(lines: Sequence[str], gone: Sequence[_Body], language: str) -> str:
    kept: list[str] = []
    at = 0
    for body in sorted(gone, key=lambda one: one.first):
        kept += lines[at : body.first]
        kept.append(_stand_in(lines, body.first, body.last, language))
        at = body.last + 1
    return "\n".join([*kept, *lines[at:]])


def _stand_in(lines: Sequence[str], first: int, last: int, language: str) -> str:
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    return f"{indent}{line_comment(language)} {last - first + 1} lines not shown"


def _windowed(text: str, characters: int, keep_line: int) -> tuple[str, list[str]]:
    """The lines around one line that fit: the last resort, for code that has no definitions."""
    lines = text.split("\n")
    low = high = min(keep_line, len(lines) - 1)
    size = len(lines[low])
    if size > characters:
        return lines[low][:characters], ["most of the selection: its lines are too long"]
    while True:
        up = low > 0 and size + len(lines[low - 1]) + 1 <= characters
        down = high + 1 < len(lines) and size + len(lines[high + 1]) + 1 <= characters
        if not up and not down:
            break
        if down and (not up or high - keep_line <= keep_line - low):
            high += 1
            size += len(lines[high]) + 1
        else:
            low -= 1
            size += len(lines[low]) + 1
    told = []
    if low > 0:
        told.append(f"{low} lines above what is shown")
    if high + 1 < len(lines):
        told.append(f"{len(lines) - high - 1} lines below what is shown")
    return "\n".join(lines[low : high + 1]), told
