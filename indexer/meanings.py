"""What the names in a document mean in the repository: classes and files with what they hold, functions with their heads.

Names are followed through the document's imports (`following` says how), not guessed, where it has such imports. Only files
that are indexed are read, as they are on the disk now. Belongs to one thread, like the reader it serves.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.following import Following, shared_folders
from indexer.languages import known, parse
from indexer.members import MARKS, MOST_MEMBERS, contents, member
from indexer.records import Contents, Import, Name, Symbol
from indexer.symbols import Symbols

if TYPE_CHECKING:
    from tree_sitter import Tree

LARGEST_FILE = 400_000
"""Bytes. Reading a tree of this size takes 40 ms; what is larger is not written by hand."""

FILES_KEPT = 32
"""Trees in memory: the files that the code near a cursor imports. About 1 MB each."""

MOST_FOUND = 5
"""Answers to one question: one more than a prompt shows, since the nearest may stand in it already."""

MOST_REMEMBERED = 256
"""Classes and files with what they hold, some 10 KB each."""

DEEPEST = 3
"""Bases of bases that are looked up: deeper trees exist, but the nearest members are the ones that are used."""

_RESULT = re.compile(r"->\s*[\"'&]?(?:Optional\[)?(?:\w+(?:\.|::))*(\w+)|\)\s*:\s*(?:Promise<)?(\w+)")
"""`-> Page`, and TypeScript's `): Page`."""

_TYPES = frozenset({"class", "interface", "type", "module"})
_CALLED = frozenset({"function", "method"})


class Files:
    """The trees of indexed files, read again when they changed."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._kept: OrderedDict[str, tuple[tuple[int, int], Tree]] = OrderedDict()

    def tree(self, path: str, language: str) -> Tree | None:
        """The tree of a file of the root; None where it is gone, too large or has no grammar."""
        place = self._root / path
        try:
            status = place.stat()
            if status.st_size > LARGEST_FILE:
                return None
            stamp = (status.st_mtime_ns, status.st_size)
            held = self._kept.get(path)
            if held is not None and held[0] == stamp:
                self._kept.move_to_end(path)
                return held[1]
            tree = parse(place.read_bytes(), language)
        except OSError:
            return None
        if tree is not None:
            self._kept[path] = (stamp, tree)
            while len(self._kept) > FILES_KEPT:
                self._kept.popitem(last=False)
        return tree


class Meanings:
    """Answers for one commit of an index, remembered: the next key asks the same again. `files` outlives commits."""

    def __init__(self, symbols: Symbols, files: Files) -> None:
        self._symbols = symbols
        self._following = Following(symbols)
        self._files = files
        self._held: dict[tuple[str, str, int], tuple[Tree, Contents | None]] = {}

    def of(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str, most: int = MOST_FOUND
    ) -> list[Contents | Symbol | None]:
        """What each of these names means in the document `path` with these imports; None for nothing in the repository.

        What the document itself defines is its own affair. After `most` answers the rest of the names is not looked at.
        """
        row = known(language)
        language = row.name if row is not None else language
        taken = {name: one for one in imports for name in one.names}
        plain = [one.name for one in names if not one.module]
        defined: dict[str, list[Symbol]] = {}
        for symbol in self._symbols.defined(plain, k=20 * len(plain)) if plain else ():
            defined.setdefault(symbol.name, []).append(symbol)
        found: list[Contents | Symbol | None] = []
        for one in names:
            enough = sum(answer is not None for answer in found) >= most
            found.append(None if enough else self._meant(one, taken, imports, defined.get(one.name, []), path, language))
        return found

    def _meant(
        self,
        name: Name,
        taken: dict[str, Import],
        imports: Sequence[Import],
        defined: Sequence[Symbol],
        path: str,
        language: str,
    ) -> Contents | Symbol | None:
        if name.module:
            for one in imports:
                if one.module == name.module:
                    for file in self._symbols.resolve(one, path, language):
                        if (whole := self._contents(file, language, "")) is not None:
                            return whole
            return None
        taken_by = taken.get(name.name)
        if taken_by is None:
            nearest: Sequence[Symbol] = sorted(defined, key=lambda one: -shared_folders(one.path, path))
        else:
            files = self._following.files(name.name, taken_by, path, language)
            for file in files:
                if file.rsplit("/", 1)[-1].split(".", 1)[0] == name.name:
                    return self._contents(file, language, "")
            nearest = self._following.meant(name.name, taken_by, path, language, defined)
        for symbol in nearest:
            if symbol.path == path or not _may_mean(symbol, imported=taken_by is not None):
                continue
            if symbol.kind in _TYPES:
                return self._contents(symbol.path, language, symbol.name)
            return self._result(symbol, imports, path, language) if name.result else symbol
        return None

    def _result(self, function: Symbol, imports: Sequence[Import], path: str, language: str) -> Contents | Symbol:
        """What a function says it returns, or its head where it does not say or nobody knows that."""
        found = _RESULT.search(function.signature)
        meant = self.of([Name(found[1] or found[2])], imports, path, language)[0] if found else None
        return meant or function

    def _contents(self, path: str, language: str, name: str, depth: int = DEEPEST) -> Contents | None:
        """A definition with what it inherits, as far as the bases are found."""
        tree = self._files.tree(path, language)
        if tree is None:
            return None
        key = (path, name, depth)
        remembered = self._held.get(key)
        if remembered is None or remembered[0] is not tree:
            if len(self._held) >= MOST_REMEMBERED:
                self._held.clear()
            self._held[key] = remembered = (
                tree,
                self._with_inherited(contents(tree, language, path, name), path, language, depth),
            )
        return remembered[1]

    def _with_inherited(self, held: Contents | None, path: str, language: str, depth: int) -> Contents | None:
        if held is None:
            return held
        members = {one.name: one for one in held.members}
        inherits = set(held.bases) - MARKS
        for base in self._bases(held, language) if depth else ():
            inherited = self._contents(base.path, language, base.name, depth - 1)
            if inherited is not None and inherited.complete:
                inherits.discard(base.name)
            for one in inherited.members if inherited is not None else ():
                members.setdefault(one.name, one)
        complete = held.complete and not inherits and len(members) < MOST_MEMBERS
        if not depth:
            return replace(held, complete=complete)
        if held.kind == "class":
            for symbol in self._symbols.members(_symbol(held), k=MOST_MEMBERS) if language in ("go", "rust") else ():
                if symbol.path != path:
                    members.setdefault(symbol.name, member(symbol))
        return replace(held, members=tuple(members.values())[:MOST_MEMBERS], complete=complete)

    def _bases(self, held: Contents, language: str) -> Iterator[Symbol]:
        if not held.bases:
            return
        imports = self._following.imports(held.path)
        files = {file for one in imports for file in one.paths}
        for base in held.bases:
            there = [one for one in self._symbols.defined([base], k=20) if one.kind in _TYPES]
            taken_by = next((one for one in imports if base in one.names), None)
            if taken_by is not None and not any(one.path == held.path for one in there):
                there = self._following.meant(base, taken_by, held.path, language, there)
            there.sort(key=lambda one: (one.path != held.path, one.path not in files, -shared_folders(one.path, held.path)))
            if there and (there[0].path, there[0].name) != (held.path, held.name):
                yield there[0]


def _may_mean(symbol: Symbol, *, imported: bool) -> bool:
    """A name that is imported means something at the top of a file; a bare one may be a method called on something."""
    return symbol.kind in _TYPES or (symbol.kind in _CALLED and (not imported or not symbol.container))


def _symbol(held: Contents) -> Symbol:
    return Symbol(held.name, "class", held.path, held.start_line, held.end_line, "", "")
