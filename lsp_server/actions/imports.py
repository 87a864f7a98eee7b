"""Take imports out of an answer and find their place in a file: answers bring them along in front of the code. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.languages import known, parse

if TYPE_CHECKING:
    from tree_sitter import Node

IMPORTS: Mapping[str, frozenset[str]] = {
    "python": frozenset({"import_statement", "import_from_statement", "future_import_statement"}),
    **dict.fromkeys(("javascript", "typescript", "tsx"), frozenset({"import_statement"})),
    **dict.fromkeys(("go", "java", "scala", "swift"), frozenset({"import_declaration"})),
    "kotlin": frozenset({"import_list", "import_header"}),
    "csharp": frozenset({"using_directive"}),
    "php": frozenset({"namespace_use_declaration"}),
    "rust": frozenset({"use_declaration"}),
    **dict.fromkeys(("c", "cpp"), frozenset({"preproc_include"})),
    "haskell": frozenset({"imports"}),
}
"""Nodes at the top of a tree that import. Languages that import by calling a function have none: such lines stay code."""

_HEADS = frozenset({"package_clause", "package_declaration", "package_header", "php_tag", "namespace_definition", "header"})
"""What stands above imports, besides comments, and a string in Python."""


@dataclass(frozen=True, slots=True)
class Parted:
    """An answer's import lines, and its other lines."""

    imports: tuple[str, ...]
    rest: str


def part(code: str, language: str) -> Parted:
    """Imports and package lines at the top of an answer, and the rest. A package line is in every file already: it goes."""
    nodes = _nodes(language)
    tree = parse(code, language)
    if tree is None or not nodes:
        return Parted((), code)
    lines = code.split("\n")
    taken: set[int] = set()
    imports: list[str] = []
    for child in tree.root_node.children:
        first, last = _rows(child)
        if child.type in nodes:
            imports += ["\n".join(lines[first : last + 1])] if child.type != "import_list" else lines[first : last + 1]
            taken.update(range(first, last + 1))
        elif child.type in _HEADS and child.type != "namespace_definition":
            taken.update(range(first, last + 1))
        elif "comment" not in child.type:
            break
    rest = [line for number, line in enumerate(lines) if number not in taken]
    return Parted(tuple(one for one in imports if one.strip()), "\n".join(rest).strip("\n"))


def missing(imports: tuple[str, ...], document: str) -> tuple[str, ...]:
    """Those that a document does not have, word for word, at the start of a line."""
    have = {line.strip() for line in document.splitlines()}
    return tuple(one for one in imports if any(line.strip() not in have for line in one.split("\n") if line.strip()))


def place(document: str, language: str) -> int:
    """Offset of the line start where a new import belongs: below the last one at the top, else below the file's head."""
    tree = parse(document, language)
    nodes = _nodes(language)
    if tree is None:
        return 0
    row = 0
    for child in tree.root_node.children:
        if "comment" in child.type:
            continue
        documents = row == 0 and child.type in ("string", "expression_statement") and _is_string(child)
        if child.type not in nodes and child.type not in _HEADS and not documents:
            break
        row = _rows(child)[1] + 1
    starts = document.split("\n")
    return min(sum(len(line) + 1 for line in starts[:row]), len(document))


def _is_string(node: Node) -> bool:
    return node.type == "string" or bool(node.named_children and node.named_children[0].type == "string")


def _rows(node: Node) -> tuple[int, int]:
    """First and last row; a node that ends at the start of a row does not reach into it."""
    last = node.end_point[0] - (1 if node.end_point[1] == 0 and node.end_point[0] > node.start_point[0] else 0)
    return node.start_point[0], last


def _nodes(language: str) -> frozenset[str]:
    row = known(language)
    return IMPORTS.get(row.name, frozenset()) if row else frozenset()
