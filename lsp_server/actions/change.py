"""A change to a document, and what its syntax trees say of it: errors, definitions inside and around. Pure; judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.actions.records import Promise, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


@dataclass(frozen=True)
class Change:
    """A document before and after, and the part of each that differs on purpose.

    `renames` allows names of the part to go where `asked`, what the user wrote, speaks of such a thing. `truncated` says that
    the model was cut off. `imports` are the lines that were added to the document's other ones.
    """

    before: str
    after: str
    old: Span
    new: Span
    language: str
    renames: bool = False
    asked: str = ""
    promise: Promise = ""
    truncated: bool = False
    imports: tuple[Span, ...] = field(default=())

    @property
    def was(self) -> str:
        """The part as it was."""
        return self.old.of(self.before)

    @property
    def becomes(self) -> str:
        """The part as it would be."""
        return self.new.of(self.after)

    @cached_property
    def trees(self) -> tuple[Tree, Tree] | None:
        """Both documents parsed; None without a grammar."""
        one, other = parse(self.before, self.language), parse(self.after, self.language)
        return None if one is None or other is None else (one, other)

    @cached_property
    def symbols(self) -> tuple[Sequence[Symbol], Sequence[Symbol]]:
        """The definitions of both documents."""
        row = known(self.language)
        if self.trees is None or row is None:
            return [], []
        one, other = self.trees
        return outline(one, row.name, ""), outline(other, row.name, "")


def errors(tree: Tree) -> list[tuple[int, int]]:
    """Byte ranges of what a grammar could not read; going down only where tree-sitter says there is some."""
    found: list[tuple[int, int]] = []
    waiting: list[Node] = [tree.root_node]
    while waiting:
        one = waiting.pop()
        if not one.has_error:
            continue
        if one.is_error or one.is_missing:
            found.append((one.start_byte, one.end_byte))
        waiting.extend(one.children)
    return found


def touching(places: Sequence[tuple[int, int]], text: str, span: Span) -> bool:
    """Whether one of these byte ranges meets a stretch of the text, which counts characters."""
    if not places:
        return False
    start = len(text[: span.start].encode("utf-8", "replace"))
    end = start + len(span.of(text).encode("utf-8", "replace"))
    return any(first <= end and start <= last for first, last in places)


def outside(symbols: Sequence[Symbol], text: str, parts: Sequence[Span]) -> Counter[tuple[str, str]]:
    """The definitions that do not lie in a part and do not hold it, by name and kind."""
    rows = [rows_of(text, part) for part in parts]
    return Counter(
        (one.qualified_name, one.kind)
        for one in symbols
        if all(one.end_line <= first or last < one.start_line - 1 or _holds(one, first, last) for first, last in rows)
    )


def inside(symbols: Sequence[Symbol], text: str, part: Span) -> list[Symbol]:
    """The definitions that lie in a part, whole."""
    first, last = rows_of(text, part)
    return [one for one in symbols if first <= one.start_line - 1 and one.end_line - 1 <= last]


def _holds(one: Symbol, first: int, last: int) -> bool:
    """Whether a definition reaches beyond a part on either side."""
    return one.start_line - 1 < first or last < one.end_line - 1


def rows_of(text: str, part: Span) -> tuple[int, int]:
    """The 0-based first and last line of a part."""
    first = text.count("\n", 0, part.start)
    return first, first + text.count("\n", part.start, part.end)
