"""A stretch of a parsed document, node by node and token by token. Pure; judges nothing and knows no language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lsp_server.actions.records import Span

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


@dataclass(frozen=True, slots=True)
class Step:
    """A node on the way down a tree. `field` is what its parent calls it, `depth` counts the nodes around it."""

    node: Node
    field: str = ""
    above: Step | None = None
    depth: int = 0

    @property
    def type(self) -> str:
        """The grammar's word for it."""
        return self.node.type

    @property
    def said(self) -> str:
        """Its text."""
        return said(self.node)

    @property
    def is_leaf(self) -> bool:
        """Whether it is a token."""
        return self.node.child_count == 0

    def up(self) -> Iterator[Step]:
        """Itself, then each node around it."""
        step: Step | None = self
        while step is not None:
            yield step
            step = step.above


def said(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def walk(root: Node, start: int, end: int) -> Iterator[Step]:
    """The nodes that meet a stretch of bytes, each in front of what it holds; comments are looked into no further."""
    waiting = [Step(root)]
    while waiting:
        step = waiting.pop()
        node = step.node
        if node.end_byte <= start or node.start_byte >= end:
            continue
        yield step
        if "comment" not in node.type:
            fields = (node.field_name_for_child(at) or "" for at in range(node.child_count))
            inside = [Step(one, name, step, step.depth + 1) for one, name in zip(node.children, fields, strict=True)]
            waiting += reversed(inside)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a parsed document; `span` counts characters."""

    text: str
    tree: Tree
    span: Span

    @property
    def bytes(self) -> tuple[int, int]:
        """Where it starts and ends in UTF-8."""
        start = len(self.text[: self.span.start].encode("utf-8", "replace"))
        return start, start + len(self.span.of(self.text).encode("utf-8", "replace"))

    def nodes(self) -> list[Step]:
        """All of it but comments, a token's white space and commas in front of a closing bracket, which are style."""
        found = [
            one
            for one in walk(self.tree.root_node, *self.bytes)
            if "comment" not in one.type and not (one.is_leaf and not one.said.strip())
        ]
        leaves = [one for one in found if one.is_leaf]
        commas = {one.node.id for one, behind in pairwise(leaves) if one.said == "," and behind.said in (")", "]", "}")}
        return [one for one in found if one.node.id not in commas]

    def leaves(self) -> list[Node]:
        """Its tokens in order."""
        return [one.node for one in self.nodes() if one.is_leaf]

    def comments(self) -> list[str]:
        """What its comments say, each line without the white space around it."""
        found = (one.said for one in walk(self.tree.root_node, *self.bytes) if "comment" in one.type)
        return ["\n".join(line.strip() for line in one.strip().splitlines()) for one in found]
