"""Which files of the repository an import means, from names alone. Pure: paths and packages in, paths out; opens no file.

What cannot be known without running a build is left unresolved: path aliases of bundlers, packages that are installed.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import commonprefix, dirname, normpath

from indexer.imports import ALL
from indexer.records import Import

SOURCE_FOLDERS = frozenset({"", "src", "lib", "python", "include"})
"""Folders whose content is imported without naming them."""

MOST_PATHS = 64
"""Files of one package: a Go or Java package of more is not read file by file."""

_SCRIPT_ENDS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs")
_SCRIPT_INDEX = tuple(f"/index{end}" for end in _SCRIPT_ENDS)
_WRITTEN_FOR = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript imports the file that its own will be compiled to."""


class Repository:
    """The files of one commit, by what others call them. `files` maps a path to the package it says it belongs to."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_folder: dict[str, list[str]] = defaultdict(list)
        self._python_packages: dict[str, list[str]] = defaultdict(list)
        self._by_package: dict[str, list[str]] = defaultdict(list)
        self._go_modules: list[tuple[str, str]] = []  # module, its folder
        for path, package in files.items():
            folder, _, name = path.rpartition("/")
            self._by_name[name].append(path)
            self._by_folder[folder].append(path)
            if name == "go.mod":
                self._go_modules.append((package, folder))
            elif package:
                self._by_package[package].append(path)
        for folder, there in self._by_folder.items():
            if any(path.endswith((".py", ".pyi")) for path in there):
                self._python_packages[folder.rsplit("/", 1)[-1]].append(folder)
        self._go_modules.sort(key=lambda pair: -len(pair[0]))

    def resolve(self, one: Import, path: str, language: str) -> tuple[str, ...]:
        """The files that an import in the file `path` means; empty where it lies outside or cannot be known."""
        find = _RULES.get(language)
        found = dict.fromkeys(find(self, one, path)) if find else {}
        found.pop(path, None)
        return tuple(found)[:MOST_PATHS]

    # -- one rule a family of languages --------------------------------------------------------------------------------

    def python(self, one: Import, path: str) -> Iterator[str]:
        """`a.b` below the nearest folder that is no package itself; a name taken from a package may be a file of its own."""
        dots = len(one.module) - len(one.module.lstrip("."))
        parts = [part for part in one.module.lstrip(".").split(".") if part]
        if dots:
            folder = dirname(path)
            for _ in range(dots - 1):
                if not folder:
                    return
                folder = dirname(folder)
            base = "/".join([folder, *parts] if folder else parts)
        else:
            root = next(self._python_roots(parts, path), None)
            if root is None:
                return
            base = "/".join([root, *parts] if root else parts)
        taken = {name: self._first(_python_names(f"{base}/{name}" if base else name)) for name in one.names}
        if not taken or None in taken.values():
            whole = self._first(_python_names(base))
            if whole is not None:
                yield whole
        yield from (file for file in taken.values() if file is not None)

    def _python_roots(self, parts: list[str], path: str) -> Iterator[str]:
        """Folders below which a module of this name lies, the nearest to the importing file first.

        A folder with Python files is a package: its `__init__.py` is often empty, and empty files are not indexed.
        """
        if not parts or parts[0] in sys.stdlib_module_names:
            return
        end = "/".join(parts)
        files = [f"{parts[-1]}.py", f"{parts[-1]}.pyi"]
        found = [file.rsplit(".", 1)[0] for name in files for file in self._by_name.get(name, ())]
        found += self._python_packages.get(parts[-1], ())
        roots = {one[: -len(end)].rstrip("/") for one in found if f"/{one}".endswith(f"/{end}")}
        for root in sorted(roots, key=lambda root: (-_shared(root, path), root)):
            above = not root or path.startswith(f"{root}/")
            if not self._is_package(root) and (above or len(parts) > 1 or root.rsplit("/", 1)[-1] in SOURCE_FOLDERS):
                yield root

    def _is_package(self, folder: str) -> bool:
        return f"{folder}/__init__.py" in self._files if folder else False

    def script(self, one: Import, path: str) -> Iterator[str]:
        """A path from the importing file, with the ending left out or the one it is compiled to."""
        if not one.module.startswith("."):
            return
        base = _beside(path, one.module)
        ends: list[str] = [base]
        for written, others in _WRITTEN_FOR.items():
            if base.endswith(written):
                ends += [base.removesuffix(written) + other for other in others]
        ends += [base + end for end in (*_SCRIPT_ENDS, *_SCRIPT_INDEX)]
        yield from self._one(ends)

    def go(self, one: Import, path: str) -> Iterator[str]:  # noqa: ARG002  rules are called alike
        """The files of a folder, which a `go.mod` above it gives its name."""
        for module, folder in self._go_modules:
            if one.module == module or one.module.startswith(f"{module}/"):
                below = f"{folder}/{one.module[len(module) + 1 :]}".strip("/")
                for file in self._by_folder.get(below, ()):
                    if file.endswith(".go") and not file.endswith("_test.go"):
                        yield file
                return

    def rust(self, one: Import, path: str) -> Iterator[str]:
        """`crate::`, `self::` and `super::` along the files of a crate; other crates of the same workspace by their folder."""
        head, *rest = one.module.split("::")
        source, module = self._crate(path)
        if head == "crate":
            start = rest
        elif head == "self":
            start = [*module, *rest]
        elif head == "super":
            supers = 1 + next((at for at, part in enumerate(rest) if part != "super"), len(rest))
            start = [*module[: max(len(module) - supers, 0)], *rest[supers - 1 :]]
        else:
            roots = [folder for name in (head, head.replace("_", "-")) for folder in self._crates_named(name)]
            inside = "/".join([*([source] if source else []), *module, head])
            if roots:
                source, start = roots[0], rest
            elif {f"{inside}.rs", f"{inside}/mod.rs"} & self._files.keys():  # a module of this one, as `pub use` names it
                start = [*module, head, *rest]
            else:
                return
        for name in one.names or ("",):
            parts = [*start, name] if name and name != ALL else start
            yield from self._rust_file(source, parts)

    def _rust_file(self, source: str, parts: list[str]) -> Iterator[str]:
        below = f"{source}/" if source else ""
        for length in range(len(parts), 0, -1):
            base = below + "/".join(parts[:length])
            found = self._first((f"{base}.rs", f"{base}/mod.rs"))
            if found is not None:
                yield found
                return
        yield from self._one((f"{below}lib.rs", f"{below}main.rs"))

    def _crate(self, path: str) -> tuple[str, list[str]]:
        """The folder of a crate's sources, and a file's module in it."""
        folder = dirname(path)
        while folder and not ({f"{folder}/lib.rs", f"{folder}/main.rs"} & self._files.keys()):
            folder = dirname(folder)
        inside = path[len(folder) + 1 if folder else 0 :].removesuffix(".rs").split("/")
        return folder, inside[:-1] if inside[-1] in ("mod", "lib", "main") else inside

    def _crates_named(self, name: str) -> Iterator[str]:
        for file in self._by_name.get("lib.rs", ()):
            if f"/{file}".endswith(f"/{name}/src/lib.rs"):
                yield dirname(file)

    def packaged(self, one: Import, path: str) -> Iterator[str]:
        """A class by its package and its file's name, the deepest package first; or all files of a package."""
        dot = "\\" if "\\" in one.module else "."
        written = one.module.strip(dot)
        if ALL in one.names or (not one.names and path.endswith(".cs")):
            yield from self._by_package.get(written, ())
        for name in one.names or ("",):
            parts = [*written.split(dot), *([name] if name and name != ALL else [])]
            for length in range(len(parts) - 1, 0, -1):
                files = self._by_package.get(dot.join(parts[:length]), ())
                found = [file for file in files if _stem(file) == parts[length]]
                if found:
                    yield from found
                    break

    def header(self, one: Import, path: str) -> Iterator[str]:
        """A path from the including file, or the end of one path of the repository."""
        name = one.module.strip("<>")
        if not one.module.startswith("<") and (beside := _beside(path, name)) in self._files:
            yield beside
            return
        found = list(self._ending(name, path))
        if found and ("/" in name or not one.module.startswith("<") or dirname(found[0]).rsplit("/", 1)[-1] in SOURCE_FOLDERS):
            yield found[0]

    def pathed(self, one: Import, path: str, ends: tuple[str, ...], dot: str = "/") -> Iterator[str]:
        """A path without its ending: from the importing file where it begins with a dot, else the end of one."""
        written = one.module if dot == "/" else one.module.replace(dot, "/")
        for end in ends:
            if written.startswith("."):
                found = self._first((_beside(path, written + end),))
            else:
                found = next(self._ending(written + end, path), None)
            if found is not None:
                yield found
                return

    # -- finding -------------------------------------------------------------------------------------------------------

    def _first(self, paths: Iterable[str]) -> str | None:
        return next((path for path in paths if path in self._files), None)

    def _one(self, paths: Iterable[str]) -> Iterator[str]:
        found = self._first(paths)
        if found is not None:
            yield found

    def _ending(self, end: str, path: str) -> Iterator[str]:
        """Files whose path ends like this, the nearest to `path` first."""
        end = normpath(end).lstrip("./")
        files = [file for file in self._by_name.get(end.rsplit("/", 1)[-1], ()) if f"/{file}".endswith(f"/{end}")]
        yield from sorted(files, key=lambda file: (-_shared(file, path), file))


def _python_names(base: str) -> tuple[str, ...]:
    return (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi", f"{base}/__init__.pyi") if base else ("__init__.py",)


def _beside(path: str, written: str) -> str:
    return normpath(f"{dirname(path)}/{written}").lstrip("/")


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def _shared(one: str, other: str) -> int:
    """How much of the way down two paths have in common."""
    return len(commonprefix([one, other]))


def _pathed(*ends: str, dot: str = "/") -> Callable[[Repository, Import, str], Iterator[str]]:
    return lambda files, one, path: files.pathed(one, path, ends, dot)


_RULES: Mapping[str, Callable[[Repository, Import, str], Iterator[str]]] = {
    "python": Repository.python,
    "javascript": Repository.script,
    "typescript": Repository.script,
    "tsx": Repository.script,
    "go": Repository.go,
    "rust": Repository.rust,
    "java": Repository.packaged,
    "kotlin": Repository.packaged,
    "scala": Repository.packaged,
    "php": lambda files, one, path: files.pathed(one, path, ("",)) if "/" in one.module else files.packaged(one, path),
    "csharp": Repository.packaged,
    "c": Repository.header,
    "cpp": Repository.header,
    "ruby": _pathed(".rb", ""),
    "lua": _pathed(".lua", "/init.lua", dot="."),
    "haskell": _pathed(".hs", dot="."),
    "zig": _pathed(""),
    "bash": _pathed(""),
}
"""Swift's modules and Elixir's names say nothing about files."""
