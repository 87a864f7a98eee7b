"""Text -> chunks along its syntax tree; windows of lines where there is no tree. Pure; knows no table and no vector.

A text is first cut into pieces: from the root down, a node that fits is one piece, a larger one is cut where its children
begin, a comment or an attribute staying with what it stands above. Then small neighbours inside the same definition are
put together. So every line with something on it is in exactly one chunk, and no chunk begins in the middle of a statement
unless that statement alone is larger than a chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from indexer.records import Chunk, Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_SIZE = 60
"""A chunk's upper bound, in lines of `LINE_CHARACTERS`: more than a screen is more than a reader or a prompt wants."""

SMALL_SIZE = 12
"""Pieces below this are put together with their small neighbours: alone they say too little to be found."""

MERGED_SIZE = 40
"""What pieces put together may come to."""

TINY_SIZE = 2
"""A class's first line, a closing brace: never alone, even where the chunk is then too large."""

_UNDIVIDED = frozenset({"function", "method", "constant"})
"""Definitions whose parts are put together up to `MERGED_SIZE`: a long function reads better in few pieces. Of a class, each
method of some size stays alone."""

WINDOW_SIZE = 40
"""Lines of a window where nothing tells where to cut."""

LINE_CHARACTERS = 50
"""A line counts once, and once more for every 50 characters beyond: source averages 35 to 40 with its indentation."""

MAX_DEPTH = 150
"""Deeper nesting than any hand writes; cut into windows there, so that a hostile file cannot exhaust the stack."""

_LEADING = frozenset(
    {
        "attribute_item",
        "attribute_list",
        "annotation",
        "block_comment",
        "comment",
        "decorator",
        "doc_comment",
        "haddock",
        "line_comment",
        "multiline_comment",
        "pragma",
        "signature",
        "template_parameter_list",
        "unary_operator",
    }
)
"""Nodes that belong to what follows them: comments, attributes, Haskell's signatures, Elixir's `@doc`."""


def chunk(text: str, path: str, language: str | None, tree: Tree | None, symbols: Sequence[Symbol], prose: bool) -> list[Chunk]:
    """Cut a text. `symbols` are its definitions as `outline` gives them; `prose` says whether it is read rather than run.

    A line ends at a line feed; `text` of the chunks put together is the file without its blank borders.
    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        return []
    ruler = _Ruler(lines)
    if tree is None:
        pieces = list(_windows(0, len(lines) - 1, ruler, headings=prose))
    else:
        pieces = []
        _cut(tree.root_node, 0, len(lines) - 1, ruler, pieces, 0)
    return list(_chunks(pieces, lines, ruler, symbols, path, language, "text" if prose or language is None else "code"))


class _Ruler:
    """How large a stretch of rows is (0-based, inclusive), in lines of ordinary length; blank lines weigh nothing."""

    __slots__ = ("characters", "filled", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.characters = [0, *accumulate(map(len, lines))]
        self.filled = [0, *accumulate(0 if not line or line.isspace() else 1 for line in lines)]

    def size(self, first: int, last: int) -> int:
        """Lines, or as many as its characters would fill, whichever is more."""
        filled = self.filled[last + 1] - self.filled[first]
        return max(filled, (self.characters[last + 1] - self.characters[first]) // LINE_CHARACTERS)


def _cut(node: Node, first: int, last: int, ruler: _Ruler, pieces: list[tuple[int, int]], depth: int) -> None:
    """Append the pieces of the rows `first` to `last`, which `node` fills."""
    if ruler.size(first, last) <= MAX_SIZE:
        pieces.append((first, last))
        return
    cuts, widest = _cuts(node, first, last)
    if depth >= MAX_DEPTH or widest is None:
        pieces.extend(_windows(first, last, ruler))
        return
    if len(cuts) == 1:
        _cut(widest, first, last, ruler, pieces, depth + 1)
        return
    for at, (start, child) in enumerate(cuts):
        end = cuts[at + 1][0] - 1 if at + 1 < len(cuts) else last
        if child is None:
            pieces.extend(_windows(start, end, ruler))
        else:
            _cut(child, start, end, ruler, pieces, depth + 1)


def _cuts(node: Node, first: int, last: int) -> tuple[list[tuple[int, Node | None]], Node | None]:
    """The rows where parts of a node begin, each with the largest child in that part; and the largest child of all."""
    cuts: list[tuple[int, Node | None]] = []
    height, widest, widest_height = -1, None, -1
    covered, above = first - 1, -1  # the last row of what was seen; where a run of leading nodes began
    for child in node.named_children:
        start = child.start_point[0]
        end, column = child.end_point
        if column == 0 and end > start:
            end -= 1
        if end - start > widest_height:
            widest, widest_height = child, end - start
        if start > covered:
            if above >= 0 and start > covered + 1:  # a blank line: that comment was about something else
                cuts.append((above, None))
                above = -1
            if child.type in _LEADING:
                above = start if above < 0 else above
            else:
                cuts.append((above if above >= 0 else start, child))
                above, height = -1, end - start
        elif cuts and end - start > height:
            cuts[-1] = (cuts[-1][0], child)
            height = end - start
        covered = max(covered, end)
    if above >= 0:
        cuts.append((above, None))
    if not cuts:
        return [(first, widest)], widest
    if cuts[0][0] > first:
        cuts.insert(0, (first, None))
    return [cut for cut in cuts if first <= cut[0] <= last], widest


def _windows(first: int, last: int, ruler: _Ruler, *, headings: bool = False) -> Iterator[tuple[int, int]]:
    """Cut rows where nothing tells how: at the last blank line before a window is full, in prose before a heading."""
    while first <= last:
        end = first
        while end < last and ruler.size(first, end + 1) <= WINDOW_SIZE:
            end += 1
        if end < last:
            end = _border(first, end, ruler, headings)
        yield first, end
        first = end + 1


def _border(first: int, full: int, ruler: _Ruler, headings: bool) -> int:
    """The best last row for a window that is full at `full`: in its second half, or `full` itself."""
    blank = 0
    for row in range(full, first + (full - first) // 2, -1):
        if headings and row + 1 < len(ruler.lines) and ruler.lines[row + 1].startswith(("# ", "## ", "### ", "= ", "== ")):
            return row
        if not blank and not ruler.lines[row].strip():
            blank = row
    return blank or full


def _chunks(
    pieces: list[tuple[int, int]],
    lines: list[str],
    ruler: _Ruler,
    symbols: Sequence[Symbol],
    path: str,
    language: str | None,
    plain: str,
) -> Iterator[Chunk]:
    near = _Nearby(symbols)
    for piece in _merged(pieces, ruler, symbols):
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


def _merged(pieces: list[tuple[int, int]], ruler: _Ruler, symbols: Sequence[Symbol]) -> Iterator[tuple[int, int]]:
    """Put small neighbours together, inside the same definition only."""
    near = _Nearby(symbols)
    held: tuple[int, int] | None = None
    held_owner: Symbol | None = None
    for first, last in pieces:
        owner = _owner(near.touching(first + 1, last + 1), first + 1, last + 1)
        if held is not None:
            sizes = ruler.size(*held), ruler.size(first, last), ruler.size(held[0], last)
            ends = owner is not None and owner.end_line == last + 1
            if _belong(*sizes, held_owner, owner, ends=ends):
                held = (held[0], last)
                continue
            yield held
        held, held_owner = (first, last), owner
    if held is not None:
        yield held


def _belong(held: int, new: int, both: int, held_owner: Symbol | None, owner: Symbol | None, *, ends: bool) -> bool:
    """Whether two neighbours of these sizes are one chunk; `ends` says that the second ends its definition."""
    if not held or not new:  # blank lines
        return True
    if owner is not held_owner:
        return False
    if held <= TINY_SIZE < new or (ends and new <= TINY_SIZE):
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


def _label(touching: list[Symbol], first: int, last: int, ruler: _Ruler) -> tuple[str, str]:
    """What a chunk is called: the one definition that fills most of it, else the definition it is a part of."""
    half = ruler.size(first - 1, last - 1) / 2
    for symbol in touching:
        within = symbol.start_line >= first and symbol.end_line <= last
        if within and ruler.size(symbol.start_line - 1, symbol.end_line - 1) >= half:
            return symbol.qualified_name, symbol.kind
    owner = _owner(touching, first, last)
    return (owner.qualified_name, owner.kind) if owner is not None else ("", "")
