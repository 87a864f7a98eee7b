"""A syntax tree, or lines without one -> stretches of rows, none larger than a chunk. Pure; knows no definition and no chunk.

From the root down, a node that fits is one piece, a larger one is cut where its children begin; a comment or an attribute stays
with what it stands above. What has no children is cut into windows: a string is, only if it is larger than a chunk itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_SIZE = 60
"""A chunk's upper bound, in lines of `LINE_CHARACTERS`: more than a screen is more than a reader or a prompt wants."""

WINDOW_SIZE = 40
"""Lines of a window where nothing tells where to cut."""

LINE_CHARACTERS = 50
"""A line counts once, and once more for every 50 characters beyond: source averages 35 to 40 with its indentation."""

MAX_DEPTH = 150
"""Deeper nesting than any hand writes; cut into windows there, so that a hostile file cannot exhaust the stack."""

_DESCENT = 2
"""Nodes between a list of imports and the comment that ended up in its last import."""

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


def pieces(lines: list[str], ruler: Ruler, tree: Tree | None, *, prose: bool) -> list[tuple[int, int]]:
    """The stretches that a text falls into: first and last row of each (0-based, inclusive), every row in exactly one."""
    if tree is None:
        return list(_windows(0, len(lines) - 1, ruler, headings=prose))
    found: list[tuple[int, int]] = []
    _cut(tree.root_node, 0, len(lines) - 1, ruler, found, 0)
    return found


class Ruler:
    """How large a stretch of rows is (0-based, inclusive), in lines of ordinary length; blank lines weigh nothing."""

    __slots__ = ("characters", "filled", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.characters = [0, *accumulate(map(len, lines))]
        self.filled = [0, *accumulate(map(bool, map(str.strip, lines)))]

    def size(self, first: int, last: int) -> int:
        """Lines, or as many as its characters would fill, whichever is more."""
        filled = self.filled[last + 1] - self.filled[first]
        return max(filled, (self.characters[last + 1] - self.characters[first]) // LINE_CHARACTERS)


def _cut(node: Node, first: int, last: int, ruler: Ruler, pieces: list[tuple[int, int]], depth: int) -> None:
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
            _cut_plain(start, end, node.start_point[0], ruler, pieces)
        else:
            _cut(child, start, end, ruler, pieces, depth + 1)


def _cut_plain(first: int, last: int, head: int, ruler: Ruler, pieces: list[tuple[int, int]]) -> None:
    """Append rows that no node fills: one piece if they fit, so that no string that fits is torn; else cut above row `head`,
    where the documentation of a definition ends, or into windows."""
    if ruler.size(first, last) <= MAX_SIZE:
        pieces.append((first, last))
    elif first < head <= last:
        _cut_plain(first, head - 1, first, ruler, pieces)
        _cut_plain(head, last, head, ruler, pieces)
    else:
        pieces.extend(_windows(first, last, ruler))


def _cuts(node: Node, first: int, last: int) -> tuple[list[tuple[int, Node | None]], Node | None]:
    """The rows where parts of a node begin, each with the largest child in that part; and the largest child of all."""
    cuts: list[tuple[int, Node | None]] = []
    height, widest, widest_height = -1, None, -1
    covered, above = first - 1, -1  # the last row of what was seen; where a run of leading nodes began
    before: tuple[Node, int] | None = None  # the part before, and its last row
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
            begins = above if above >= 0 else start
            if above < 0 and before is not None and start == covered + 1:
                # The parser may have given this comment to the node before, as Kotlin's and Haskell's do after imports.
                borrowed = _comments_at_end(*before)
                begins = borrowed if borrowed > first else start
            if child.type in _LEADING:
                above = begins
            else:
                cuts.append((begins, child))
                above, height, before = -1, end - start, (child, end)
        elif cuts and end - start > height:
            cuts[-1] = (cuts[-1][0], child)
            height = end - start
        covered = max(covered, end)
    if above >= 0:
        cuts.append((above, None))
    return _from(first, last, node, cuts, widest), widest


def _from(
    first: int, last: int, node: Node, cuts: list[tuple[int, Node | None]], widest: Node | None
) -> list[tuple[int, Node | None]]:
    """Cuts of the rows `first` to `last`, the first of which begins at `first`."""
    if not cuts:
        return [(first, widest)]
    if cuts[0][0] <= node.start_point[0]:  # what stands above a definition stays with its head
        cuts[0] = (first, cuts[0][1])
    elif cuts[0][0] > first:
        cuts.insert(0, (first, None))
    return [cut for cut in cuts if first <= cut[0] <= last]


def _comments_at_end(node: Node, end: int) -> int:
    """The row where the comments begin that end a node on row `end`, where it is more than they; else -1."""
    for _ in range(_DESCENT):
        children = node.named_children
        at = -1
        for child in reversed(children):
            row, column = child.end_point
            row -= column == 0 and row > child.start_point[0]
            if child.type not in _LEADING or row < (end if at < 0 else at - 1):
                break
            at = child.start_point[0]
        if at >= 0 or not children:
            return at if at > node.start_point[0] else -1
        node = children[-1]
    return -1


def _windows(first: int, last: int, ruler: Ruler, *, headings: bool = False) -> Iterator[tuple[int, int]]:
    """Cut rows where nothing tells how: at the last blank line before a window is full, in prose before a heading."""
    while first <= last:
        end = first
        while end < last and ruler.size(first, end + 1) <= WINDOW_SIZE:
            end += 1
        if end < last:
            end = _border(first, end, ruler, headings)
        yield first, end
        first = end + 1


def _border(first: int, full: int, ruler: Ruler, headings: bool) -> int:
    """The best last row for a window that is full at `full`: in its second half, or `full` itself."""
    blank = 0
    for row in range(full, first + (full - first) // 2, -1):
        if headings and row + 1 < len(ruler.lines) and ruler.lines[row + 1].startswith(("# ", "## ", "### ", "= ", "== ")):
            return row
        if not blank and not ruler.lines[row].strip():
            blank = row
    return blank or full
