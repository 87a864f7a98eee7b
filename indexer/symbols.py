"""Definitions, references and imports as one commit has them, exactly as written. Ranks nothing; reads through a `View`.

Nothing is loaded ahead and no index is kept: the table has one row a file, and a look through all of them is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from indexer.ranking import path_factor
from indexer.records import Import, Reference, Symbol
from indexer.resolving import Repository
from indexer.tables import quoted

if TYPE_CHECKING:
    from indexer.store import View

MOST_FILES = 1_000_000
"""No bound: LanceDB wants one."""

_DEFINITIONS = ("path", "language", "names", "kinds", "containers", "signatures", "start_lines", "end_lines", "name_lines")

_OPEN_TYPES = frozenset({"go", "rust", "csharp", "swift", "kotlin", "ruby", "cpp", "c", "haskell", "elixir"})
"""Languages in which a type's members may stand in other files than the type."""


class Symbols:
    """What one version of the table says. Made anew for each commit."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._repository: Repository | None = None

    def defined(self, names: Sequence[str], k: int) -> list[Symbol]:
        """At most k definitions of these names, in the order of the names; of one name, those of tests and the like last.

        A dotted name (`Shelf.add`) is looked for by its last part, below what the others say.
        """
        wanted = {name: at for at, name in reversed(list(enumerate(names))) if name}
        if not wanted or k <= 0:
            return []
        last = sorted({name.rpartition(".")[2] for name in wanted})
        condition = f"array_has_any(names, [{', '.join(map(quoted, last))}])"
        found = []
        for symbol in self._definitions(condition):
            ranks = [wanted[one] for one in _names_of(symbol) if one in wanted]
            if ranks:
                found.append((min(ranks), -path_factor(symbol.path, ""), symbol.path, symbol.start_line, symbol))
        return [row[-1] for row in sorted(found, key=lambda row: row[:-1])[:k]]

    def members(self, of: Symbol, k: int) -> list[Symbol]:
        """At most k definitions directly inside of another one, in the order of the text; its own file first."""
        same = f"path = {quoted(of.path)}"
        inside = f"array_has(containers, {quoted(of.qualified_name)})"
        found = self._inside(f"{same} AND {inside}", of)
        language = self._language(of.path)
        if language in _OPEN_TYPES and len(found) < k:
            elsewhere = f"language = {quoted(language)} AND path <> {quoted(of.path)} AND {inside}"
            found += self._inside(elsewhere, of)
        return found[:k]

    def outline(self, path: str) -> list[Symbol]:
        """All definitions of a file, in the order of the text."""
        return list(self._definitions(f"path = {quoted(path)}"))

    def references(self, name: str, k: int) -> list[Reference]:
        """At most k lines that use a name (the last part of a dotted one), by path and line; those of tests last."""
        name = name.rpartition(".")[2]
        if not name or k <= 0:
            return []
        found = []
        for row in self._view.symbols(f"array_has(used, {quoted(name)})", ("path", "used", "used_lines"), MOST_FILES):
            lines = row["used_lines"][row["used"].index(name)]
            found += [Reference(row["path"], line) for line in lines]
        found.sort(key=lambda one: (-path_factor(one.path, ""), one.path, one.line))
        return found[:k]

    def users(self, names: Iterable[str]) -> list[str]:
        """Files that use any of these names in code, in no order."""
        condition = f"array_has_any(used, [{', '.join(map(quoted, sorted(names)))}])"
        return [row["path"] for row in self._view.symbols(condition, ("path",), MOST_FILES)]

    def imports(self, path: str) -> list[Import]:
        """What a file imports, in the order of the text, each with the files of the repository that are meant."""
        columns = ("language", "modules", "imported", "import_lines")
        rows = self._view.symbols(f"path = {quoted(path)}", columns, 1)
        found = []
        for row in rows:
            for module, names, line in zip(row["modules"], row["imported"], row["import_lines"], strict=True):
                one = Import(module, tuple(names), line)
                found.append(Import(module, one.names, line, self._files().resolve(one, path, row["language"])))
        return found

    def resolve(self, one: Import, path: str, language: str) -> tuple[str, ...]:
        """The files that an import means in a document, which need not be indexed as it is now."""
        return self._files().resolve(one, path, language)

    def _inside(self, condition: str, of: Symbol) -> list[Symbol]:
        held = [one for one in self._definitions(condition) if one.container == of.qualified_name]
        return sorted(held, key=lambda one: (one.path, one.start_line))

    def _language(self, path: str) -> str:
        rows = self._view.symbols(f"path = {quoted(path)}", ("language",), 1)
        return str(rows[0]["language"]) if rows else ""

    def _definitions(self, condition: str) -> Iterator[Symbol]:
        for row in self._view.symbols(condition, _DEFINITIONS, MOST_FILES):
            yield from _symbols(row)

    def _files(self) -> Repository:
        """All files by what others call them; read when an import is first resolved."""
        if self._repository is None:
            rows = self._view.symbols("", ("path", "package"), MOST_FILES)
            self._repository = Repository({row["path"]: row["package"] for row in rows})
        return self._repository


def _symbols(row: dict[str, Any]) -> Iterator[Symbol]:
    columns = (row[name] for name in _DEFINITIONS[2:])
    for name, kind, container, signature, start, end, name_line in zip(*columns, strict=True):
        yield Symbol(name, kind, row["path"], start, end, container, signature, name_line)


def _names_of(symbol: Symbol) -> Iterator[str]:
    """What somebody may call a definition: `add`, `Shelf.add`, `library.Shelf.add`."""
    parts = symbol.qualified_name.split(".")
    for start in range(len(parts) - 1, -1, -1):
        yield ".".join(parts[start:])
