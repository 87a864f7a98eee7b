"""Hold an answer to what its action promises, token by token: nothing but names changed, or types, or not the signature.

Pure: two syntax trees are compared. For renaming and for types this shows that the code does what it did, whoever wrote it; no
test could say more. What renaming may change is told in `renaming`.
"""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING

from indexer.definitions import BODIES
from lsp_server.actions.records import Promise, Refusal
from lsp_server.actions.renaming import comments_changed, more, only_names
from lsp_server.actions.tokens import Part, said

if TYPE_CHECKING:
    from tree_sitter import Node


def kept(
    promise: Promise, language: str, before: Part, after: Part, definitions: tuple[Part, Part] | None = None
) -> Refusal | None:
    """The first way in which a promise is broken. `definitions` is the one that the part is, before and after, if it is one."""
    if promise == "":
        return None
    if promise != "types" and definitions is not None:
        one, other = (_head(part) for part in definitions)
        if one != other:
            sentence = "The answer changes the signature."
            return Refusal("signature", sentence, f"Keep the signature exactly as it is: {' '.join(one)}")
    if promise == "names":
        return only_names(before, after, language)
    return _only_types(before, after) if promise == "types" else None


def _head(part: Part) -> list[str]:
    """The tokens of a definition in front of its body, decorators and all."""
    leaves = part.leaves()
    start = leaves[0].start_byte if leaves else 0
    tokens: list[str] = []
    for leaf in leaves:
        if _in_a_body(leaf, start):
            break
        tokens.append(said(leaf))
    return tokens


def _in_a_body(leaf: Node, start: int) -> bool:
    node = leaf
    while (parent := node.parent) is not None and parent.start_byte >= start:
        body = parent.child_by_field_name("body")
        if node.type in BODIES or (body is not None and body.start_byte <= node.start_byte):
            return True
        node = parent
    return False


# -- nothing but types -------------------------------------------------------------------------------------------------


def _only_types(before: Part, after: Part) -> Refusal | None:
    if before.tree.root_node.type == "module":  # Python
        same = _without_annotations(before.text) == _without_annotations(_without_new_imports(before, after))
        return (None if same else more("types")) or _comments(before, after) or _unknown_types(before, after)
    return (None if _untyped(before) == _untyped(after) else more("types")) or _comments(before, after)


def _comments(before: Part, after: Part) -> Refusal | None:
    """Whether a comment changed; those that are types may become annotations."""
    one, other = ([text for text in part.comments() if not _TYPE_COMMENT.match(text)] for part in (before, after))
    return None if one == other else comments_changed()


def _unknown_types(before: Part, after: Part) -> Refusal | None:
    """A type that nothing in the file defines or imports: Python looks for it as soon as the file is imported."""
    try:
        old, new = ast.parse(before.text), ast.parse(after.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    bound = {one.id for one in ast.walk(new) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for node in ast.walk(new):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(one.asname or one.name).split(".")[0] for one in node.names}
    unknown = _names_in_annotations(new) - _names_in_annotations(old) - bound - set(dir(builtins))
    if not unknown or "*" in bound:
        return None
    name = min(unknown)
    hint = f"`{name}` is not imported. Import it above the code, or use a built-in type."
    return Refusal("more", f"The answer uses the type `{name}`, which the file does not know.", hint)


def _names_in_annotations(tree: ast.AST) -> set[str]:
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
    return {one.id for root in found if root is not None for one in ast.walk(root) if isinstance(one, ast.Name)}


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
    """An annotated assignment as the plain one, but in classes that are made from their annotations."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The fields of a dataclass or a model stay: there an annotation is what makes a field."""
        if not node.decorator_list and not node.bases and not node.keywords:
            return self.generic_visit(node)
        node.body = [one if isinstance(one, ast.AnnAssign) else self.visit(one) for one in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """`x: int = 1` as `x = 1`; a bare annotation as it is."""
        if node.value is None:
            return node
        return ast.Assign([node.target], node.value)


_TYPE_COMMENT = re.compile(r"#\s*type:(?!\s*ignore)")

_TYPES = re.compile(r"type_annotation|_type$|type_arguments|type_parameters|^type$|type_identifier")

_NO_TYPES = frozenset({"cast_type", "type_list"})
"""What converts a value, and what says which errors are caught, is no annotation."""


def _untyped(part: Part) -> list[str]:
    """Tokens that are not part of a type, and no colon or question mark in front of one."""
    return [said(leaf) for leaf in part.leaves() if not _in_a_type(leaf) and said(leaf) not in (":", "?")]


def _in_a_type(leaf: Node) -> bool:
    node: Node | None = leaf
    for _ in range(8):
        if node is None:
            return False
        if _TYPES.search(node.type):
            return node.type not in _NO_TYPES and (node.parent is None or node.parent.type not in _NO_TYPES)
        node = node.parent
    return False
