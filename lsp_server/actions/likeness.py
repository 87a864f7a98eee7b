"""Hold an answer to what its action promises, token by token: nothing but names changed, or types, or not the signature.

Pure: leaves of two syntax trees are compared. For renaming and for types this proves that the code does what it did, whoever
wrote it; no test could say more. Comments do not count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.definitions import BODIES
from lsp_server.actions.records import Promise, Refusal, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_NAMES = frozenset({"identifier", "simple_identifier", "variable", "variable_name", "name", "IDENTIFIER"})
"""Leaves that can be a local name. Those of attributes, fields and types have types of their own in most grammars."""

_ACCESS = frozenset({".", "?.", "->", "::", "&.", "?->", "!!."})
"""What stands in front of a member: it is not a local name, whatever its leaf is called."""

_QUOTES = frozenset({"'", '"'})
"""One may stand for the other: where that changes the string (C, Ruby, shells) the leaves between them differ in type."""

_FIXED_PARENTS = re.compile(
    r"global|nonlocal|import|dotted_name|keyword_argument|field_access|selector|label|pair$|attribute_item"
)
_HOLDERS = re.compile(
    r"pattern|expression_list|variable_list|identifier_list|destructuring|tuple|array|left_assignment|multi_variable"
)
_BINDERS = re.compile(
    r"assign|declar|let|for|with|as_pattern|named_expression|var|short|param|binding|lambda|closure|catch|except|resc|generator|clause"
)
_BOUND_FIELDS = ("left", "name", "pattern", "declarator", "alias", "names", "parameters", "parameter")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a parsed document, in bytes of UTF-8."""

    text: str
    tree: Tree
    span: Span

    def leaves(self) -> list[Node]:
        """Its tokens in order, without comments."""
        start = len(self.text[: self.span.start].encode("utf-8", "replace"))
        end = start + len(self.span.of(self.text).encode("utf-8", "replace"))
        found: list[Node] = []
        waiting = [self.tree.root_node]
        while waiting:
            node = waiting.pop()
            if node.end_byte <= start or node.start_byte >= end or "comment" in node.type:
                continue
            if node.child_count:
                waiting.extend(reversed(node.children))
            elif node.end_byte > node.start_byte and _said(node).strip():
                found.append(node)
        return [one for one, behind in zip(found, [*found[1:], None], strict=True) if not _is_last_comma(one, behind)]


def _is_last_comma(leaf: Node, behind: Node | None) -> bool:
    """A comma in front of a closing bracket: style, which models change without being asked."""
    return behind is not None and _said(leaf) == "," and _said(behind) in (")", "]", "}")


def kept(promise: Promise, before: Part, after: Part, definitions: tuple[Part, Part] | None = None) -> Refusal | None:
    """The first way in which a promise is broken. `definitions` is the one that the part is, before and after, if it is one."""
    if promise == "":
        return None
    if promise != "types" and definitions is not None:
        one, other = (_head(part) for part in definitions)
        if one != other:
            said = "The answer changes the signature."
            return Refusal("signature", said, f"Keep the signature exactly as it is: {' '.join(one)}")
    check = _CHECKS.get(promise)
    return check(before, after) if check else None


def _head(part: Part) -> list[str]:
    """The tokens of a definition in front of its body, decorators and all."""
    leaves = part.leaves()
    start = leaves[0].start_byte if leaves else 0
    tokens: list[str] = []
    for leaf in leaves:
        if _in_a_body(leaf, start):
            break
        tokens.append(_said(leaf))
    return tokens


def _in_a_body(leaf: Node, start: int) -> bool:
    node = leaf
    while (parent := node.parent) is not None and parent.start_byte >= start:
        body = parent.child_by_field_name("body")
        if node.type in BODIES or (body is not None and body.start_byte <= node.start_byte):
            return True
        node = parent
    return False


# -- nothing but names -------------------------------------------------------------------------------------------------


def _only_names(before: Part, after: Part) -> Refusal | None:
    one, other = before.leaves(), after.leaves()
    if len(one) != len(other):
        return _more("names of local variables")
    new_names: dict[str, str] = {}
    old_names: set[str] = {_said(leaf) for leaf in one}
    for index, (old, new) in enumerate(zip(one, other, strict=True)):
        was, becomes = _said(old), _said(new)
        if not _is_local_name(old, one[index - 1] if index else None):
            if (was, old.type) != (becomes, new.type) and not {was, becomes} <= _QUOTES:
                return _more("names of local variables")
            continue
        if old.type != new.type or new_names.setdefault(was, becomes) != becomes:
            return Refusal(
                "more", f"The answer renames `{was}` in some places only.", f"Rename `{was}` everywhere, or nowhere."
            )
    return _names_are_sound(new_names, old_names, one)


def _names_are_sound(new_names: Mapping[str, str], old_names: set[str], leaves: Sequence[Node]) -> Refusal | None:
    changed = {was: becomes for was, becomes in new_names.items() if was != becomes}
    bound = {_said(leaf) for leaf in leaves if leaf.type in _NAMES and _is_bound(leaf)}
    for was, becomes in changed.items():
        if was not in bound:
            return Refusal(
                "more",
                f"The answer renames `{was}`, which is no local variable.",
                f"Keep the name `{was}`: it is defined elsewhere.",
            )
        if becomes in old_names or list(new_names.values()).count(becomes) > 1:
            return Refusal(
                "more",
                f"The answer renames `{was}` to `{becomes}`, which is taken.",
                f"`{becomes}` is taken. Find another name.",
            )
    return None


def _is_local_name(leaf: Node, previous: Node | None) -> bool:
    if leaf.type not in _NAMES or (previous is not None and _said(previous) in _ACCESS):
        return False
    parent = leaf.parent
    if parent is None or not _FIXED_PARENTS.search(parent.type):
        return True
    # The value of a keyword argument or of a pair is a name like any other; what stands in front is not.
    return parent.type in ("keyword_argument", "pair") and parent.children[-1].start_byte == leaf.start_byte


def _is_bound(leaf: Node) -> bool:
    """Whether a leaf is where its name gets a value, inside of the code that is looked at."""
    node, parent = leaf, leaf.parent
    while parent is not None and _HOLDERS.search(parent.type) and not _BINDERS.search(parent.type):
        node, parent = parent, parent.parent
    if parent is None or not _BINDERS.search(parent.type):
        return False
    if _HOLDERS.search(parent.type) and parent.parent is not None and not parent.child_by_field_name("left"):
        return True
    fields = [found for name in _BOUND_FIELDS for found in parent.children_by_field_name(name)]
    if any(one.start_byte == node.start_byte and one.end_byte == node.end_byte for one in fields):
        return True
    return not fields and parent.named_children[:1] == [node]


# -- nothing but types -------------------------------------------------------------------------------------------------


def _only_types(before: Part, after: Part) -> Refusal | None:
    python = before.tree.root_node.type == "module"
    if python:
        same = _without_annotations(before.text) == _without_annotations(_without_new_imports(before, after))
    else:
        same = _untyped(before) == _untyped(after)
    return None if same else _more("types")


def _without_new_imports(before: Part, after: Part) -> str:
    """The document after, with everything outside of the part as it was: an import that types need is no other change."""
    return before.text[: before.span.start] + after.span.of(after.text) + before.text[before.span.end :]


def _without_annotations(text: str) -> str:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            node.type_comment = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(_Plain().visit(tree))


class _Plain(ast.NodeTransformer):
    """An annotated assignment as the plain one."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """`x: int = 1` as `x = 1`; a bare annotation as it is."""
        if node.value is None:
            return node
        return ast.Assign([node.target], node.value)


_TYPES = re.compile(r"type_annotation|_type$|type_arguments|type_parameters|^type$|type_identifier|accessibility")


def _untyped(part: Part) -> list[str]:
    """Tokens that are not part of a type, and no colon or question mark in front of one."""
    return [_said(leaf) for leaf in part.leaves() if not _in_a_type(leaf) and _said(leaf) not in (":", "?")]


def _in_a_type(leaf: Node) -> bool:
    node: Node | None = leaf
    for _ in range(8):
        if node is None:
            return False
        if _TYPES.search(node.type):
            return True
        node = node.parent
    return False


def _more(only: str) -> Refusal:
    return Refusal("more", f"The answer changes more than {only}.", f"Change nothing but {only}: every other word stays.")


_CHECKS: Mapping[Promise, Callable[[Part, Part], Refusal | None]] = {"names": _only_names, "types": _only_types}


def _said(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
