"""Which definitions of a name an import means: those in its files, or where these have the name from. Reads no file itself.

A file often only passes a name on: a package's `__init__`, an `index`, a `pub use`. And a name that is imported from outside of
the repository means nothing in it, whatever else there is called so: a wrong definition is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.imports import ALL, DEFAULT
from indexer.records import Import, Symbol
from indexer.symbols import Symbols

DEEPEST = 3
"""Files that pass a name on, one after the other."""

MOST_FILES = 16
"""Looked at at each depth: an `index` may name a hundred, each a millisecond, and a prompt waits 30."""

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_FOLLOWED = _SCRIPTS | {"python", "rust"}
"""Languages whose imports name the file. In the others a name's package is known and often not its file."""

_RUSTS_OWN = frozenset({"std", "core", "alloc", "proc_macro", "test"})


class Following:
    """For one commit of an index; a file's imports are looked up once."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._imports: dict[str, list[Import]] = {}

    def files(self, name: str, taken_by: Import, path: str, language: str) -> tuple[str, ...]:
        """The files that an import in the file `path` means where it takes this name."""
        return self._symbols.resolve(replace(taken_by, names=(name,)), path, language)

    def imports(self, path: str) -> list[Import]:
        """What a file imports."""
        if path not in self._imports:
            self._imports[path] = self._symbols.imports(path)
        return self._imports[path]

    def meant(self, name: str, taken_by: Import, path: str, language: str, defined: Sequence[Symbol]) -> list[Symbol]:
        """Those of the definitions of a name that its import in the file `path` may mean, the likeliest first."""
        if not defined:
            return []
        files = self.files(name, taken_by, path, language)
        if language not in _FOLLOWED:
            return sorted(defined, key=lambda one: (one.path not in files, -shared_folders(one.path, path)))
        if not files:
            outside = [one for one in defined if _may_lie_in(one.path, taken_by.module, language)]
            return sorted(outside, key=lambda one: -shared_folders(one.path, path))
        seen: set[str] = set()
        for _ in range(DEEPEST + 1):
            if found := [one for one in defined if one.path in files]:
                return found
            seen.update(files)
            passed = dict.fromkeys(there for file in files for there in self._passed_on(name, file, language))
            files = tuple(there for there in passed if there not in seen)[:MOST_FILES]
        return []

    def _passed_on(self, name: str, file: str, language: str) -> Iterator[str]:
        """Where a file has a name from that others take from it. `export *` names nothing, and a default has another name."""
        for one in self.imports(file):
            whole = ALL in one.names or (language in _SCRIPTS and (not one.names or DEFAULT in one.names))
            if whole or name in one.names:
                yield from self._symbols.resolve(one if whole else replace(one, names=(name,)), file, language)


def _may_lie_in(path: str, module: str, language: str) -> bool:
    """Whether a file may be the module of an import that names no known file: an alias of a bundler, a package or a crate of
    the same repository. Its own name has to stand in the path. Python has no such names."""
    if language == "python" or module.startswith("."):
        return False
    parts = [part for part in module.replace("::", "/").split("/") if part]
    if not parts or (language == "rust" and parts[0] in _RUSTS_OWN):
        return False
    return parts[-1].split(".", 1)[0] in path.rsplit(".", 1)[0].split("/")


def shared_folders(one: str, other: str) -> int:
    """How many folders two paths have in common."""
    count = 0
    for a, b in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count
