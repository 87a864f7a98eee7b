"""What a syntax tree says of a cursor: in text or in code, behind a finished statement, at the start of a block. Pure.

Grammars name their nodes in one of a few ways, so tables of words decide for all of them. Where a tree has an error around the
cursor it says nothing (None), and the rules for plain text in `trigger` decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Tree

_TEXT = re.compile(r"string|comment|heredoc|char(?:acter)?_literal|^char$|rune_literal|regex|quoted_content|STRING|LINESTRING")
_NOT_TEXT = re.compile(r"concatenated|interpolat|substitution|expansion|^string_(?:start|end)$|_expression$")
_COMMENT_ENDS = (b"*/", b"-}", b"]]", b"=end", b"]=]")

_BODY = re.compile(
    r"(?:^|_)(?:block|body|chunk|program|module|source_file|source|translation_unit|compilation_unit|statements|group)$"
    r"|^(?:declaration_list|field_declaration_list|statement_list|compound_statement|body_statement|closure|enum_variant_list)$|^Block$"
)
"""Nodes whose children are statements or declarations."""

_HEADED = re.compile(r"_(?:statement|definition|clause|declaration|item)$|^(?:class|method|module|if|elsif|else|unless|while)$")
"""Nodes that a colon or a keyword opens a block of."""

_BRACKETED = re.compile(
    r"argument|parameter|^(?:list|array|tuple|dict|dictionary|set|object|hash|table|call|parenthes\w+|composite_literal)$"
    r"|literal_value|initializer|_literal$|expression_list|import_list|list_expression|table_constructor|array_creation"
    r"|^(?:list|set|dictionary|generator)_(?:comprehension|splat)$|generator_expression"
)
"""Nodes inside of which an expression goes on over several lines."""

_BLOCK_WORDS = frozenset({"do", "then", "else", "begin", "try", "of", "where", "=>", "->", "in", "ensure", "finally"})
_HEADS = frozenset({("|", "block_parameters"), (")", "method_parameters"), (")", "parameters")})
"""Last tokens of heads that no word follows: blocks and methods of Ruby, and functions of Lua, whose root is called a chunk."""

_ENDINGS = re.compile(rb"[)\]}\"'`;]$|\d$|\b(?:pass|break|continue|true|false|True|False|None|null|nil|undefined|end)$")
"""How a statement ends that nobody goes on with: a name may still be a part of a longer one, these may not."""


@dataclass(frozen=True, slots=True)
class Spot:
    """`text` is "string" or "comment" where the cursor is inside one. `finished`: a whole statement ends at the cursor.

    `block` says whether what follows is a block of statements (True) or the rest of an expression (False), None where the tree
    does not tell.
    """

    text: str = ""
    finished: bool = False
    block: bool | None = None


def spot(tree: Tree, before: str) -> Spot:
    """Where the end of `before` is in the tree of a document that starts with it."""
    head = before.encode("utf-8", "replace")
    at = len(head)
    if text := _text_around(tree.root_node, at):
        return Spot(text=text)
    code = len(head.rstrip(b" \t"))
    fresh = code == 0 or head[code - 1 : code] == b"\n"
    if fresh:
        return Spot(block=_on_fresh_line(tree.root_node, len(head.rstrip()), at))
    nodes = list(_upwards(tree.root_node, code))
    if code == at and _is_finished(nodes, head):
        return Spot(finished=True)
    return Spot(block=_opens_block(nodes, head[:code]))


def _upwards(root: Node, end: int) -> Iterator[Node]:
    """The token that ends at a byte, and all that it is in, innermost first."""
    node = root.descendant_for_byte_range(max(end - 1, 0), end)
    while node is not None:
        yield node
        node = node.parent


def _text_around(root: Node, at: int) -> str:
    """The kind of text that a byte offset is in the middle of."""
    if at == 0:
        return ""
    node = root.descendant_for_byte_range(at - 1, at)
    while node is not None:
        if "interpolation" in node.type or "substitution" in node.type:
            return ""
        if node.is_named and _TEXT.search(node.type) and not _NOT_TEXT.search(node.type) and node.start_byte < at:
            comment = "comment" in node.type
            if node.end_byte > at or (comment and _goes_on(node)):
                return "comment" if comment else "string"
        node = node.parent
    return ""


def _goes_on(comment: Node) -> bool:
    """Whether what is typed behind a comment belongs to it: it ends with its line, or is not closed yet."""
    text = comment.text or b""
    return not text.rstrip(b" ").endswith(_COMMENT_ENDS) and not text.endswith(b"\n")


def _is_finished(nodes: list[Node], head: bytes) -> bool:
    if not _ENDINGS.search(head):
        return False
    for node in nodes:
        if node.end_byte != len(head) or node.has_error:
            return False
        parent = node.parent
        if parent is not None and _BODY.search(parent.type) and node.is_named:
            return True
        if node.type == ";":
            return parent is not None and not parent.has_error
    return False


def _opens_block(nodes: list[Node], head: bytes) -> bool | None:
    token, parent = nodes[0], nodes[0].parent
    if parent is None or parent.type == "ERROR" or token.end_byte != len(head):
        return None
    if token.type in ("(", "[", ",") or (token.type == "{" and _BRACKETED.search(parent.type)):
        return False
    if token.type == "{":
        return True
    if token.type == ":":
        return bool(_HEADED.search(parent.type))
    if token.type in _BLOCK_WORDS:
        return None
    return (token.type, parent.type) in _HEADS and (parent.type != "parameters" or _root(parent).type == "chunk")


def _root(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _on_fresh_line(root: Node, last: int, at: int) -> bool | None:
    """On a line of its own: statements follow, unless a bracket is open around it."""
    for node in _upwards(root, last):
        if node.type == "ERROR":
            return None
        if node.end_byte > at or node.parent is None:
            return not _BRACKETED.search(node.type)
    return True
