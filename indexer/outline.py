"""Syntax tree -> the definitions in it, in the order of the text. Pure; never looks at another file and ranks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from indexer.definitions import BODIES, DEFINITIONS, WRAPPERS
from indexer.languages import grammar, known
from indexer.records import Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

MAX_SIGNATURE = 240
"""Characters of a signature that are kept: the longest hand-written ones fit, generated ones need not."""

_BODY_DEPTH = 3
"""Wrappers between a definition and its body: export, declaration, declarator."""

_TYPE_PARAMETERS = re.compile(r"<[^<>]*>")
_NAME_PARTS = re.compile(r"::|[.:\\]")
_NOT_A_CONTAINER = frozenset({"prototype", "module", "exports", "this", "self", "window", "global"})
"""What JavaScript assigns members to without saying whose they are."""

_CLAUSES = frozenset({"haskell", "elixir"})
"""Languages that write one function as several clauses, one below the other: one symbol."""

_HOLDERS = frozenset({"class", "interface", "type", "scope"})


def outline(tree: Tree, language: str, path: str) -> list[Symbol]:
    """The definitions of a tree, outer before inner, earlier before later. A language without a query has none."""
    query = _query(language)
    if query is None:
        return []
    from tree_sitter import QueryCursor

    return defined(QueryCursor(query).matches(tree.root_node), tree, language, path)


def defined(matches: Iterable[tuple[int, dict[str, list[Node]]]], tree: Tree, language: str, path: str) -> list[Symbol]:
    """The same from what `definition_query` matched in the tree: pattern and captures of each match, in their order."""
    found: dict[int, tuple[int, dict[str, list[Node]]]] = {}
    wrappers: dict[int, list[Node]] = {}
    for pattern, captures in matches:
        if "_wrapper" in captures:
            wrapper = captures["_wrapper"][0]
            wrappers.setdefault(wrapper.end_byte, []).append(wrapper)
            continue
        key = captures["name" if "name" in captures else "declarator"][0].start_byte
        if key not in found or pattern < found[key][0]:
            found[key] = (pattern, captures)
    source = tree.root_node.text or b""
    definitions = (_found(captures, wrappers) for _, captures in found.values())
    return _symbols([one for one in definitions if one is not None], path, source, language in _CLAUSES)


class _Found:
    """One match of a query, before it is known what it lies in."""

    __slots__ = ("container", "end", "end_row", "holds", "kind", "name", "name_row", "node", "start", "start_row")

    def __init__(self, node: Node, outer: Node, kind: str, name: str, container: str, name_row: int) -> None:
        self.kind, self.name, self.container, self.name_row = kind, name, container, name_row
        # Decorators are part of a definition, not of its signature.
        self.node = node if outer.type == "decorated_definition" else outer
        self.holds = (
            node.type != "type_definition"
        )  # C's `typedef struct shelf {...} shelf_t` is two names, not one in the other
        self.start, self.end = outer.byte_range
        self.start_row = outer.start_point[0]
        end_row, end_column = outer.end_point
        self.end_row = end_row - 1 if end_column == 0 and end_row > self.start_row else end_row


def _found(captures: dict[str, list[Node]], wrappers: dict[int, list[Node]]) -> _Found | None:
    name_node, node, kind, container = None, None, "", ""
    for capture, nodes in captures.items():
        if capture == "name":
            name_node = nodes[0]
        elif capture == "declarator":
            name_node = _declared(nodes[0])
        elif capture == "container":
            container = _text(nodes[0])
        elif not capture.startswith("_"):
            node, kind = nodes[0], capture
    if name_node is None or node is None:
        return None
    outer, name = _split(_text(name_node))
    row = name_node.end_point[0]
    return _Found(node, _wrapped(node, wrappers), kind, name, container or outer, row) if name else None


def _symbols(found: list[_Found], path: str, source: bytes, clauses: bool) -> list[Symbol]:
    found.sort(key=lambda one: (one.start, -one.end))
    symbols: list[Symbol] = []
    around: list[tuple[int, str, str]] = []  # end, qualified name, kind of each definition that is still open
    for one in found:
        while around and around[-1][0] <= one.start:
            around.pop()
        inside, holder = (around[-1][1], around[-1][2]) if around else ("", "")
        container = ".".join(part for part in (inside, one.container) if part)
        qualified = f"{container}.{one.name}" if container else one.name
        if one.holds:
            around.append((one.end, qualified, one.kind))
        if one.kind == "scope":
            continue
        kind = "method" if one.kind == "function" and (one.container or holder in _HOLDERS) else one.kind
        if clauses and symbols and _continues(symbols[-1], one, container):
            symbols[-1] = _extended(symbols[-1], one.end_row + 1)
        else:
            symbols.append(
                Symbol(
                    one.name,
                    kind,
                    path,
                    one.start_row + 1,
                    one.end_row + 1,
                    container,
                    _signature(one.node, source),
                    one.name_row + 1,
                )
            )
    return symbols


def _continues(last: Symbol, one: _Found, container: str) -> bool:
    near = last.end_line < one.start_row + 1 <= last.end_line + 2
    return near and one.kind == "function" and last.name == one.name and last.container == container


def _extended(symbol: Symbol, end_line: int) -> Symbol:
    return replace(symbol, end_line=end_line)


def _wrapped(node: Node, wrappers: dict[int, list[Node]]) -> Node:
    """The node with its decorators, its `export` and the like, as long as it is the last and only thing in them.

    Found by the end they share, because asking a node for its parent takes longer the more siblings it has.
    """
    for end in (node.end_byte, node.end_byte + 1):  # with or without a semicolon
        for wrapper in reversed(wrappers.get(end, ())):  # inner before outer: matches come in the order of their starts
            last = wrapper.named_child(wrapper.named_child_count - 1)
            if (
                last is not None
                and last.id == node.id
                and (wrapper.type != "type_declaration" or wrapper.named_child_count == 1)
            ):
                node = wrapper
    return node


def _declared(node: Node) -> Node:
    """The name inside a C declarator: `*const (*names[4])(int)` -> `names`."""
    while True:
        inner = node.child_by_field_name("declarator")
        if inner is None and node.type in {"reference_declarator", "parenthesized_declarator"}:
            inner = node.named_child(node.named_child_count - 1) if node.named_child_count else None
        if inner is None:
            return node
        node = inner


def _split(written: str) -> tuple[str, str]:
    """A written name as (container, name): `Shelf<T>::add` -> `Shelf`, `add`; `"a test"` -> ``, `a test`."""
    if written[:1] in "\"'":
        return "", written.strip("\"'")
    if written.isidentifier():
        return "", written
    if "operator" in written:
        scope, _, name = written.rpartition("operator")
        return ".".join(filter(None, _NAME_PARTS.split(_TYPE_PARAMETERS.sub("", scope)))), f"operator{name}"
    while (shorter := _TYPE_PARAMETERS.sub("", written)) != written:
        written = shorter
    parts = [part.strip() for part in _NAME_PARTS.split(written)]
    parts = [part for part in parts[:-1] if part and part not in _NOT_A_CONTAINER] + parts[-1:]
    return ".".join(parts[:-1]), parts[-1]


def _signature(node: Node, source: bytes) -> str:
    """A definition's head on one line: up to its body, or its first line where the grammar has no body."""
    body = _body(node)
    start, end = node.start_byte, (body.start_byte if body is not None else node.end_byte)
    text = source[start : min(end, start + 4 * MAX_SIGNATURE)].decode("utf-8", "replace")
    if body is None:
        text = text.lstrip().partition("\n")[0]
    return " ".join(text.split())[:MAX_SIGNATURE].rstrip(" {:=")


def _body(node: Node) -> Node | None:
    for holder in (
        node,
        node.child_by_field_name("value"),
        node.child_by_field_name("type"),
        node.child_by_field_name("right"),
    ):
        if holder is None:
            continue
        if (body := holder.child_by_field_name("body")) is not None:
            return body
        if holder is not node and holder.type in BODIES:
            return holder
    for child in node.named_children:
        if child.type in BODIES:
            return child
    return None


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def definition_query(language: str) -> str:
    """The query for a language's definitions; empty where there is none."""
    row = known(language)
    if row is None or row.name not in DEFINITIONS:
        return ""
    of = grammar(row.grammar)
    wrappers = " ".join(f"({kind})" for kind in WRAPPERS if of.id_for_node_kind(kind, True) is not None)
    return DEFINITIONS[row.name] + (f"[{wrappers}] @_wrapper" if wrappers else "")


@cache
def _query(language: str) -> Query | None:
    row, written = known(language), definition_query(language)
    if row is None or not written:
        return None
    from tree_sitter import Query

    return Query(grammar(row.grammar), written)
