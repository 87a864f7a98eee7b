"""Syntax tree -> what a file imports, and the package it says it belongs to. Pure; which file is meant, `resolving` knows.

One tree-sitter query a language. `@module` marks what is imported, `@name` each name taken from it. `@package` marks the name
under which others import this file, where the file says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from indexer.languages import grammar, known
from indexer.records import Import

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

MAX_IMPORTS = 500
"""Of one file: a hand-written list has a hundred at most."""

_SCRIPT = """
(import_statement source: (string) @module)
(import_statement (import_clause (identifier) @default) source: (string) @module)
(import_statement (import_clause (namespace_import) @all) source: (string) @module)
(import_statement (import_clause (named_imports (import_specifier name: (_) @name))) source: (string) @module)
(export_statement source: (string) @module)
(export_statement (export_clause (export_specifier name: (_) @name)) source: (string) @module)
(call_expression function: (import) arguments: (arguments . (string) @module))
((call_expression function: (identifier) @_does arguments: (arguments . (string) @module)) (#eq? @_does "require"))
"""

IMPORTS: Mapping[str, str] = {
    "python": """
(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module))
(import_from_statement module_name: (_) @module)
(import_from_statement module_name: (_) @module name: (dotted_name) @name)
(import_from_statement module_name: (_) @module name: (aliased_import name: (dotted_name) @name))
(import_from_statement module_name: (_) @module (wildcard_import) @all)
""",
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": "(import_spec path: (_) @module)",
    "rust": """
(use_declaration argument: (_) @tree)
(mod_item name: (identifier) @own !body)
(extern_crate_declaration name: (identifier) @module)
""",
    "java": """
(package_declaration [(scoped_identifier) (identifier)] @package)
(import_declaration [(scoped_identifier) (identifier)] @module)
(import_declaration [(scoped_identifier) (identifier)] @module (asterisk) @all)
""",
    "c": "(preproc_include path: (_) @module)",
    "cpp": "(preproc_include path: (_) @module)",
    "csharp": """
(namespace_declaration name: (_) @package)
(file_scoped_namespace_declaration name: (_) @package)
(using_directive !name [(qualified_name) (identifier)] @module)
(using_directive name: (_) (_) @module)
""",
    "ruby": """
((call method: (identifier) @_does arguments: (argument_list . (string) @module)) (#any-of? @_does "require" "load"))
((call method: (identifier) @_does arguments: (argument_list . (string) @beside)) (#eq? @_does "require_relative"))
""",
    "php": """
(namespace_definition name: (_) @package)
(namespace_use_declaration (namespace_use_clause . [(qualified_name) (name)] @module))
(namespace_use_declaration (namespace_name) @module body: (namespace_use_group (namespace_use_clause (_) @name)))
[(require_expression (_) @beside) (require_once_expression (_) @beside) (include_expression (_) @beside)
 (include_once_expression (_) @beside)]
""",
    "kotlin": """
(package_header (identifier) @package)
(import_header (identifier) @module)
(import_header (identifier) @module (wildcard_import) @all)
""",
    "swift": "(import_declaration (identifier) @module)",
    "scala": "(package_clause name: (_) @package) (import_declaration) @tree",
    "lua": '((function_call name: (identifier) @_does arguments: (arguments . (string) @module)) (#eq? @_does "require"))',
    "haskell": """
(import module: (module) @module)
(import module: (module) @module names: (import_list name: (import_name . (_) @name)))
""",
    "elixir": """
((call target: (identifier) @_does (arguments . (alias) @module)) (#any-of? @_does "alias" "import" "use" "require"))
((call target: (identifier) @_does (arguments . (dot left: (alias) @module right: (tuple (alias) @name))))
  (#eq? @_does "alias"))
""",
    "zig": """
((SuffixExpr (BUILTINIDENTIFIER) @_does (FnCallArguments (ErrorUnionExpr (SuffixExpr (STRINGLITERALSINGLE) @module))))
  (#eq? @_does "@import"))
""",
    "bash": '((command name: (command_name) @_does . argument: (_) @beside) (#any-of? @_does "source" "."))',
}
"""Language -> query. `@own` is a module of this file's folder, `@beside` a path from there, `@all` everything in a module,
`@default` what a module gives without a name, `@tree` a list of imports that is taken apart as text."""

_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_BRACES = re.compile(r"^(?P<head>.*?)\{(?P<inside>.*)\}\s*$", re.DOTALL)
_ALIAS = re.compile(r"\s+as\s+.*|\s*=>.*", re.DOTALL)

ALL, DEFAULT = "*", "default"
"""Names of an import: everything in a module, and JavaScript's name for what has none."""


def imports(tree: Tree, language: str) -> list[Import]:
    """What a file imports, in the order of the text, one entry for each module a statement names."""
    query = _query(language)
    if query is None:
        return []
    from tree_sitter import QueryCursor

    return imported(captures for _, captures in QueryCursor(query).matches(tree.root_node))


def imported(matches: Iterable[dict[str, list[Node]]]) -> list[Import]:
    """The same from what `import_query` matched: the captures of each match."""
    found: dict[int, tuple[str, int, dict[str, None]]] = {}
    several: list[tuple[int, Import]] = []
    for captures in matches:
        if "tree" in captures:
            node = captures["tree"][0]
            several += [(node.start_byte, Import(module, names, _line(node))) for module, names in _taken_apart(_text(node))]
            continue
        kind = next((one for one in ("module", "own", "beside") if one in captures), "")
        if not kind:
            continue
        node = captures[kind][0]
        _, _, names = found.setdefault(node.start_byte, (_module(kind, _text(node)), _line(node), {}))
        for one in captures.get("name", ()):
            names[_text(one)] = None
        if "all" in captures:
            names[ALL] = None
        if "default" in captures:
            names[DEFAULT] = None
    several += [(at, Import(module, tuple(names), line)) for at, (module, line, names) in found.items() if module]
    return [one for _, one in sorted(several, key=lambda pair: pair[0])][:MAX_IMPORTS]


def package(matches: Iterable[dict[str, list[Node]]], language: str | None, path: str, text: str) -> str:
    """The name under which a file's package is imported, where the file says it: `package a.b`, a `go.mod`'s module.

    `matches` are the captures of each match of `import_query`.
    """
    if path.rsplit("/", 1)[-1] == "go.mod":
        said = _GO_MODULE.search(text)
        return said[1] if said else ""
    marked = sorted((node for captures in matches for node in captures.get("package", ())), key=lambda node: node.start_byte)
    return ".".join(map(_text, marked if language == "scala" else marked[:1]))  # Scala's clauses go on with each other


def _module(kind: str, written: str) -> str:
    """What a statement names, without quotes. A C header that is looked for in the system's folders keeps its brackets."""
    module = written.strip().strip("\"'`")
    if kind == "own":
        return f"self::{module}"
    return f"./{module}" if kind == "beside" and not module.startswith(("/", ".")) else module


def _taken_apart(written: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Rust's `a::{b, c::{d, e as f}}` and Scala's `a.{b, c => d}, e.f`: each module with the names taken from it."""
    text = written.removeprefix("import ").strip()
    dot = "::" if "::" in text or "." not in text else "."
    for part in _split(text):
        names: dict[str, dict[str, None]] = {}
        for module, name in _leaves(part, "", dot):
            names.setdefault(module, {})[name] = None
        for module, taken in names.items():
            yield module, tuple(taken)


def _leaves(text: str, head: str, dot: str) -> Iterator[tuple[str, str]]:
    text = text.strip()
    if braces := _BRACES.match(text):
        inner = head + braces["head"].strip()
        for part in _split(braces["inside"]):
            yield from _leaves(part, inner, dot)
        return
    full = head + _ALIAS.sub("", text)
    module, _, name = full.rpartition(dot)
    if name == "self":  # `a::{self, b}`: the module itself
        yield module, ALL
    elif name:
        yield module or name, ALL if name == "_" or not module else name


def _split(text: str) -> list[str]:
    """At the commas that stand in no braces."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def import_query(language: str) -> str:
    """The query for a language's imports; empty where there is none."""
    row = known(language)
    return IMPORTS.get(row.name, "") if row is not None else ""


@cache
def _query(language: str) -> Query | None:
    row, written = known(language), import_query(language)
    if row is None or not written:
        return None
    from tree_sitter import Query

    return Query(grammar(row.grammar), written)
