"""Text -> chunks along its syntax tree; windows of lines where there is no tree. Pure; knows no table and no vector.

`cutting` makes pieces; here small neighbours inside the same definition are put together, and each chunk is called after what
it holds. So every line with something on it is in exactly one chunk, and no chunk begins in the middle of a statement unless
that statement alone is larger than a chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from indexer.cutting import MAX_SIZE, Ruler, pieces
from indexer.records import Chunk, Symbol

if TYPE_CHECKING:
    from tree_sitter import Tree

SMALL_SIZE = 12
"""Pieces below this are put together with their small neighbours: alone they say too little to be found."""

MERGED_SIZE = 40
"""What pieces put together may come to."""

TINY_SIZE = 2
"""A class's first line, a closing brace: never alone, even where the chunk is then too large."""

_UNDIVIDED = frozenset({"function", "method", "constant"})
"""Definitions whose parts are put together up to `MERGED_SIZE`: a long function reads better in few pieces. Of a class, each
method of some size stays alone."""

_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"{3}|'{3})")
"""How a string begins that stands first in a definition."""


def chunk(text: str, path: str, language: str | None, tree: Tree | None, symbols: Sequence[Symbol], prose: bool) -> list[Chunk]:
    """Cut a text. `symbols` are its definitions as `outline` gives them; `prose` says whether it is read rather than run.

    A line ends at a line feed; `text` of the chunks put together is the file without its blank borders.
    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        return []
    ruler = Ruler(lines)
    found = pieces(lines, ruler, tree, prose=prose)
    return list(_chunks(found, lines, ruler, symbols, path, language, "text" if prose or language is None else "code"))


def _chunks(
    stretches: list[tuple[int, int]],
    lines: list[str],
    ruler: Ruler,
    symbols: Sequence[Symbol],
    path: str,
    language: str | None,
    plain: str,
) -> Iterator[Chunk]:
    near = _Nearby(symbols)
    for piece in _merged(stretches, ruler, symbols):
        first, last = _without_blank_borders(piece, lines)
        if first > last:
            continue
        symbol, kind = _label(near.touching(first + 1, last + 1), first + 1, last + 1, ruler)
        yield Chunk(path, first + 1, last + 1, "\n".join(lines[first : last + 1]), symbol, kind or plain, language)


def _without_blank_borders(piece: tuple[int, int], lines: list[str]) -> tuple[int, int]:
    first, last = piece
    while first <= last and not lines[first].strip():
        first += 1
    while last > first and not lines[last].strip():
        last -= 1
    return first, last


def _merged(stretches: list[tuple[int, int]], ruler: Ruler, symbols: Sequence[Symbol]) -> Iterator[tuple[int, int]]:
    """Put small neighbours together, inside the same definition only."""
    near = _Nearby(symbols)
    held: tuple[int, int] | None = None
    held_owner: Symbol | None = None
    for first, last in stretches:
        owner = _owner(near.touching(first + 1, last + 1), first + 1, last + 1)
        if held is not None:
            sizes = ruler.size(*held), ruler.size(first, last), ruler.size(held[0], last)
            ends = owner is not None and owner.end_line == last + 1
            documented = owner is not None and held[0] < owner.start_line and bool(_DOCSTRING.match(ruler.lines[first]))
            if _belong(*sizes, held_owner, owner, ends=ends, documented=documented):
                held = (held[0], last)
                continue
            yield held
        held, held_owner = (first, last), owner
    if held is not None:
        yield held


def _belong(
    held: int, new: int, both: int, held_owner: Symbol | None, owner: Symbol | None, *, ends: bool, documented: bool
) -> bool:
    """Whether two neighbours of these sizes are one chunk; `ends` says that the second ends its definition, `documented` that
    the first is its head and the second its docstring."""
    if not held or not new:  # blank lines
        return True
    if owner is not held_owner:
        return False
    if documented or held <= TINY_SIZE < new or (ends and new <= TINY_SIZE):
        return both <= MAX_SIZE + SMALL_SIZE
    small = max(held, new) < SMALL_SIZE or (owner is not None and owner.kind in _UNDIVIDED)
    return small and both <= MERGED_SIZE


class _Nearby:
    """Definitions that touch a stretch of lines, for stretches that only move forward."""

    __slots__ = ("_next", "_open", "_symbols")

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self._symbols, self._next, self._open = symbols, 0, list[Symbol]()

    def touching(self, first: int, last: int) -> list[Symbol]:
        """Definitions with a line between `first` and `last` (1-based, inclusive), outer before inner."""
        while self._next < len(self._symbols) and self._symbols[self._next].start_line <= last:
            self._open.append(self._symbols[self._next])
            self._next += 1
        self._open = [one for one in self._open if one.end_line >= first]
        return self._open


def _owner(touching: list[Symbol], first: int, last: int) -> Symbol | None:
    """The innermost definition that reaches beyond these lines."""
    for symbol in reversed(touching):
        if symbol.end_line > last or symbol.start_line < first:
            return symbol
    return None


def _label(touching: list[Symbol], first: int, last: int, ruler: Ruler) -> tuple[str, str]:
    """What a chunk is called: the one definition that fills most of it, else the definition it is a part of."""
    half = ruler.size(first - 1, last - 1) / 2
    for symbol in touching:
        within = symbol.start_line >= first and symbol.end_line <= last
        if within and ruler.size(symbol.start_line - 1, symbol.end_line - 1) >= half:
            return symbol.qualified_name, symbol.kind
    owner = _owner(touching, first, last)
    return (owner.qualified_name, owner.kind) if owner is not None else ("", "")
