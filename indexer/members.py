"""Syntax tree -> what a class or a file offers behind a dot: methods with their parameters, fields, attributes. Pure.

`outline` says where names are defined; here are also those that are only assigned, since a reader of `client.` wants them all.
Inherited members are left to whoever can look up the bases, which are named.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from indexer.languages import grammar, known
from indexer.outline import outline
from indexer.records import Contents, Member, Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

MOST_MEMBERS = 200
"""Of one definition: generated classes have thousands, and no prompt holds them."""

FIELDS: Mapping[str, str] = {
    "python": "(class_definition body: (block [(assignment left: (identifier) @name)"
    " (expression_statement (assignment left: (identifier) @name))]))",
    "javascript": "(field_definition property: (_) @name)",
    "typescript": "(public_field_definition name: (_) @name) (property_signature name: (_) @name)"
    " (enum_body [(property_identifier) @name (enum_assignment name: (_) @name)])",
    "tsx": "(public_field_definition name: (_) @name) (property_signature name: (_) @name)",
    "go": "(field_declaration name: (field_identifier) @name)",
    "rust": "(field_declaration name: (_) @name) (enum_variant name: (_) @name)",
    "java": "(field_declaration declarator: (variable_declarator name: (_) @name)) (enum_constant name: (_) @name)"
    " (record_declaration parameters: (formal_parameters (formal_parameter name: (_) @name)))",
    "c": "(field_declaration declarator: (field_identifier) @name) (enumerator name: (_) @name)",
    "cpp": "(field_declaration declarator: (field_identifier) @name) (enumerator name: (_) @name)",
    "csharp": "(property_declaration name: (_) @name) (enum_member_declaration name: (_) @name)"
    " (field_declaration (variable_declaration (variable_declarator name: (_) @name)))",
    "php": "(property_element name: (_) @name)",
    "kotlin": "(class_parameter (simple_identifier) @name)"
    " (property_declaration (variable_declaration (simple_identifier) @name))",
}
"""Language -> the names inside of a definition that are no definitions of their own."""

_MORE = re.compile(
    r"^[ \t]*\(?self\.\w+[ \t]*,(?:.*[ \t]=[ \t]|[ \t]*self\.\w+\)?=)"
    r"|\b(?:as|for)[ \t]+self\.|\bsetattr\([ \t]*(?:self|cls)\b|\bself\.__dict__|\bvars\(self"
    r"|^(?: {4}|\t)(?:(?:if|try|with|for)\b|\w+[ \t]*,.*=)",
    re.MULTILINE,
)
"""Ways in which a class of Python gets members that no pattern here sees: two at once, by name, under a condition."""

MARKS = frozenset({"ABC", "Generic", "Protocol"})
"""Bases outside of the repository that give a class of Python no members to call."""

_SELF: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"\bself\.(\w+)\s*(?::[^=\n]+)?=(?!=)"),
    **dict.fromkeys(("javascript", "typescript", "tsx"), re.compile(r"\bthis\.(\w+)\s*=(?!=)")),
    "ruby": re.compile(r"\battr_(?:reader|writer|accessor)\s+:(\w+)"),
}
"""What code assigns to its own object."""

_BASES: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"class\s+\w+\s*(?:\[[^]]*\])?\(([^)]*)\)"),
    **dict.fromkeys(("javascript", "typescript", "tsx", "java", "php", "scala"), re.compile(r"\bextends\s+([\w.]+)")),
    **dict.fromkeys(
        ("kotlin", "swift", "csharp"), re.compile(r"\b(?:class|struct|interface)\s+\w+(?:\([^)]*\))?\s*:\s*([\w., ]+)")
    ),
    "cpp": re.compile(r"\b(?:class|struct)\s+\w+\s*:\s*([\w:, ]+)"),
    "ruby": re.compile(r"class\s+\w+\s*<\s*([\w:]+)"),
}
_NAME = re.compile(r"[A-Za-z_]\w*$")
_PROPERTY = re.compile(r"@(?:[\w.]*property\b|\w+\.(?:setter|getter|deleter))")
_PARAMETERS = re.compile(r"\((.*?)(?:\)[^)]*$|$)", re.DOTALL)
"""The last closing bracket is the parameters' own unless a result follows; a very long head has none."""
_OWN = re.compile(r"^\s*(?:self|cls|&(?:mut )?self|mut self)\s*(?:,|$)")


def contents(tree: Tree, language: str, path: str, name: str = "") -> Contents | None:
    """What a definition of this name holds, or a whole file for an empty name; None where there is no such definition.

    Of several definitions with one name the one with the most in it is meant: the others are overloads and declarations.
    """
    symbols = outline(tree, language, path)
    # The root starts at the first token, which need not stand on the first line.
    source = b"\n" * tree.root_node.start_point[0] + (tree.root_node.text or b"")
    if not name:
        members = _whole(symbols, source)
        return Contents(path, path, "module", 1, source.count(b"\n") + 1, language, members) if members else None
    holders = [one for one in symbols if one.name == name and one.kind in ("class", "interface", "type", "module")]
    if not holders:
        return None
    holder = max(holders, key=lambda one: one.end_line - one.start_line)
    text = _lines(source, holder)
    inside = [one for one in symbols if one.container == holder.qualified_name]
    found = {one.name: one for one in _fields(tree, language, holder)}
    found |= {one.name: one for one in _methods(inside, source) if one.name not in found}
    if pattern := _SELF.get(language):
        for attribute in pattern.findall(text):
            found.setdefault(attribute, Member(attribute))
    kind = "module" if holder.kind == "module" else "class"
    members = tuple(found.values())[:MOST_MEMBERS]
    complete = language == "python" and kind == "class" and _is_closed(found, text)
    bases = _bases(text, language)
    return Contents(path, name, kind, holder.start_line, holder.end_line, language, members, bases, complete)


def _is_closed(found: Mapping[str, Member], text: str) -> bool:
    """Whether a class of Python has no other members than these, and those it inherits."""
    if len(found) >= MOST_MEMBERS or not found.keys().isdisjoint(("__getattr__", "__getattribute__")):
        return False
    return not _MORE.search(textwrap.dedent(text))


def _whole(symbols: Iterable[Symbol], source: bytes) -> tuple[Member, ...]:
    top = [one for one in symbols if not one.container]
    return tuple({one.name: one for one in _methods(top, source)}.values())[:MOST_MEMBERS]


def _methods(symbols: Iterable[Symbol], source: bytes) -> Iterator[Member]:
    rows = source.split(b"\n")
    for one in symbols:
        if not _NAME.match(one.name):
            continue
        head = b"\n".join(rows[one.start_line - 1 : one.name_line]).decode("utf-8", "replace") if one.name_line else ""
        yield replace(member(one), call=None) if _PROPERTY.search(head) else member(one)


def member(symbol: Symbol) -> Member:
    """A definition as a member of what it is in."""
    called = symbol.kind in ("function", "method")
    return Member(
        symbol.name,
        _parameters(symbol.signature, symbol.name, symbol.path.endswith(".go")) if called else None,
        symbol.signature,
    )


def _parameters(signature: str, name: str, first: bool = False) -> str:
    """`def get(self, url: str, *, limit: int = 3) -> Page` -> `url, limit`. `first`: the name stands before its type (Go)."""
    found = _PARAMETERS.search(signature[signature.find(name) + len(name) :])
    if not found:
        return ""
    inside = _OWN.sub("", found[1].partition(") ->")[0])
    names = []
    for part in _split(inside):
        words = re.findall(r"\w+", part.partition("=")[0].partition(":")[0])
        if words:
            names.append(words[0] if first else words[-1])
    return ", ".join(names)


def _split(inside: str) -> Iterator[str]:
    """At the commas that stand in no bracket."""
    depth, start = 0, 0
    for at, character in enumerate(inside):
        depth += (character in "([{<") - (character in ")]}>")
        if character == "," and depth == 0:
            yield inside[start:at]
            start = at + 1
    yield inside[start:]


def _fields(tree: Tree, language: str, holder: Symbol) -> Iterator[Member]:
    query = _query(language)
    if query is None:
        return
    from tree_sitter import QueryCursor

    cursor = QueryCursor(query)
    cursor.set_point_range((holder.start_line - 1, 0), (holder.end_line, 0))
    nodes: list[Node] = cursor.captures(tree.root_node).get("name", [])
    for node in sorted(nodes, key=lambda one: one.start_byte):
        name = (node.text or b"").decode("utf-8", "replace")
        if _NAME.match(name):
            yield Member(name)


def _bases(text: str, language: str) -> tuple[str, ...]:
    pattern = _BASES.get(language)
    found = pattern.search(text[:2000]) if pattern else None
    written = _split(found[1]) if found else ()
    names = [re.split(r"[\[<(]", one.strip())[0].strip() for one in written if "=" not in one]
    return tuple(re.split(r"\.|::|\s", one)[-1] for one in names if one and one != "object")


def _lines(source: bytes, symbol: Symbol) -> str:
    return b"\n".join(source.split(b"\n")[symbol.start_line - 1 : symbol.end_line]).decode("utf-8", "replace")


@cache
def _query(language: str) -> Query | None:
    row = known(language)
    if row is None or row.name not in FIELDS:
        return None
    from tree_sitter import Query

    return Query(grammar(row.grammar), FIELDS[row.name])
