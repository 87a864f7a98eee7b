"""Cut holes into installed packages: a member after `name.`, the arguments of a call, a whole line. Knows no engine, no model.

The cutter reads Python with the standard library's own parser, not with what is measured. A member counts only where the name's
type is certain (an import, an annotation, a call of a class), is defined in another file of the same package, really has that
member, and the member's name stands nowhere above the cursor.
"""

from __future__ import annotations

import ast
import random
import re
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Literal

Kind = Literal["member", "arguments", "line"]

PACKAGES: Mapping[str, tuple[str, str]] = {
    "rich": ("rich", "15.0.0"),
    "httpx": ("httpx", "0.28.1"),
    "click": ("click", "8.5.1"),
    "pytest": ("_pytest", "9.2.0"),
    "urllib3": ("urllib3", "2.8.0"),
    "tomlkit": ("tomlkit", "0.15.2"),
    "pygls": ("pygls", "2.1.1"),
    "hatchling": ("hatchling", "1.33.0"),
}
"""Distribution: its folder, and the version that docs/benchmarks.md measured (locked in tests/requirements.txt)."""

MOST_A_FILE = 4
"""Holes of one kind: a large file must not be half of the benchmark."""

_CLOSERS = re.compile(r"\)[)\]}]*[:,]?")
_SHORTEST_LINE = 8
_LEAST_ABOVE = 400
"""Characters above a hole: at the top of a file nobody, model or person, knows what comes."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A document with a piece taken out at the cursor: `before`, `after`, and the `answer` that stood between them.

    The rest of the cursor's line is taken out too, except for closing brackets, which editors write by themselves. `path` is
    relative to the folder that holds the package.
    """

    kind: Kind
    package: str
    path: str
    before: str
    after: str
    answer: str

    def is_right(self, suggestion: str) -> bool:
        """A member by its name; arguments and lines letter by letter, white space apart."""
        if self.kind == "member":
            found = re.match(r"\w+", suggestion)
            return bool(found) and found[0] == self.answer
        written = suggestion if self.kind == "arguments" else suggestion.strip().split("\n", 1)[0]
        return "".join(written.split()) == "".join(self.answer.split())


def folder(package: str) -> Path:
    """Where a distribution of `PACKAGES`, or any other folder of packages by its name, is installed."""
    return Path(sysconfig.get_path("purelib")) / PACKAGES.get(package, (package, ""))[0]


def other_versions() -> list[str]:
    """What is installed in another version than the one that was measured: figures then differ."""
    return [f"{name} {version(name)}, not {wanted}" for name, (_, wanted) in PACKAGES.items() if version(name) != wanted]


def cut(
    kind: Kind, count: int, seed: int = 0, packages: Iterable[str] = PACKAGES, most_a_file: int = MOST_A_FILE
) -> list[Hole]:
    """`count` holes of a kind, spread over the packages; the same ones for the same versions and seed."""
    rng = random.Random(f"{kind} {seed}")
    shelves = [_of_package(name, kind, rng, most_a_file) for name in packages]
    found: list[Hole] = []
    while any(shelves) and len(found) < count:
        for shelf in shelves:
            if shelf and len(found) < count:
                found.append(shelf.pop())
    return found


def _of_package(package: str, kind: Kind, rng: random.Random, most_a_file: int) -> list[Hole]:
    sources = Sources(folder(package))
    holes: list[Hole] = []
    for path in sorted(sources.trees):
        some = list(_CUTTERS[kind](package, path, sources))
        rng.shuffle(some)
        holes += some[:most_a_file]
    rng.shuffle(holes)
    return holes


class Sources:
    """The files of one package, parsed. Paths start with the package's own folder."""

    def __init__(self, place: Path) -> None:
        self.texts: dict[str, str] = {}
        self.trees: dict[str, ast.Module] = {}
        self._imported: dict[str, dict[str, tuple[str, str]]] = {}
        for file in sorted(place.rglob("*.py")):
            path = file.relative_to(place.parent).as_posix()
            text = file.read_text(encoding="utf-8")
            if "vendored" not in path and "_vendor" not in path:
                self.texts[path], self.trees[path] = text, ast.parse(text)

    def module(self, dotted: str) -> str | None:
        """The file of a module by its full name."""
        stem = dotted.replace(".", "/")
        return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self.trees), None)

    def imported(self, path: str) -> dict[str, tuple[str, str]]:
        """Names that a file imports from other files of the package: name -> (file, name there; empty for the whole file)."""
        if path not in self._imported:
            self._imported[path] = self._imports_of(path)
        return self._imported[path]

    def _imports_of(self, path: str) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        own = path.removesuffix(".py").removesuffix("/__init__").split("/")
        package = own if path.endswith("__init__.py") else own[:-1]
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    target = self.module(alias.name)
                    if target and (alias.asname or "." not in alias.name):
                        found[alias.asname or alias.name] = (target, "")
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                dotted = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    name = alias.asname or alias.name
                    if target := self.module(f"{dotted}.{alias.name}"):
                        found[name] = (target, "")
                    elif target := self.module(dotted):
                        found[name] = (target, alias.name)
        return found

    def class_of(self, path: str, name: str, depth: int = 3) -> tuple[str, ast.ClassDef] | None:
        """The class that a name means in a file, followed through imports."""
        for node in self.trees[path].body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return path, node
        target = self.imported(path).get(name) if depth else None
        return self.class_of(*target, depth - 1) if target and target[1] else None

    def members(self, path: str, node: ast.ClassDef, depth: int = 3) -> set[str]:
        """Methods, class variables and attributes set on `self`, those of bases in the package included."""
        found: set[str] = set()
        for one in ast.walk(node):
            if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) and _is_self(one.value):
                found.add(one.attr)
        for one in node.body:
            found |= _bound(one)
        for base in node.bases:
            if depth and isinstance(base, ast.Name) and (there := self.class_of(path, base.id)):
                found |= self.members(*there, depth - 1)
        return found


def _is_self(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "self"


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _cut_members(package: str, path: str, sources: Sources) -> Iterator[Hole]:
    imported, seen, text = sources.imported(path), set[str](), Lines(sources.texts[path])
    for function in _functions(sources.trees[path]):
        types = _types(function)
        for node in ast.walk(function):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)) or node.lineno != node.end_lineno:
                continue
            if node.attr.startswith("__") or node.attr in seen:
                continue
            if node.attr not in _members_elsewhere(node.value.id, types, path, imported, sources):
                continue
            line, start = text.line(node.lineno), text.column(node.lineno, node.value.end_col_offset) + 1
            hole = text.hole("member", package, path, (node.lineno, start, len(line)), node.attr)
            known = len(hole.before) < _LEAST_ABOVE or re.search(rf"\b{node.attr}\b", hole.before)
            if line[start:].startswith(node.attr) and not known:
                seen.add(node.attr)
                yield hole


def _members_elsewhere(
    name: str, types: Mapping[str, str], path: str, imported: Mapping[str, tuple[str, str]], sources: Sources
) -> set[str]:
    """The members of what a name means, if another file of the package defines it; else none."""
    meant = types.get(name, name)
    if meant == "":  # bound in the function to something unknown
        return set()
    target = imported.get(meant)
    if target and not target[1]:
        return set().union(*(_bound(one) for one in sources.trees[target[0]].body)) if meant == name else set()
    found = sources.class_of(path, meant)
    return sources.members(*found) if found and found[0] != path else set()


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _types(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """Names bound in a function -> the class they are certainly of; an empty text where that is not certain."""
    types: dict[str, str] = {}

    def bind(name: str, value: str) -> None:
        types[name] = value if types.get(name, value) == value else ""

    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    for argument in every:
        bind(argument.arg, _annotated(argument.annotation))
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            bind(node.targets[0].id, _called(node.value))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            bind(node.target.id, _annotated(node.annotation))
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            bind(node.optional_vars.id, _called(node.context_expr))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in types:
            bind(node.id, "")
    return types


def _annotated(annotation: ast.expr | None) -> str:
    """The class an annotation names, also as `X | None`, `Optional[X]` or in quotes; empty for anything else."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.right, ast.Constant) and annotation.right.value is None:
        annotation = annotation.left
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name) and annotation.value.id == "Optional":
        annotation = annotation.slice
    return annotation.id if isinstance(annotation, ast.Name) else ""


def _called(value: ast.expr) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id[:1].isupper():
        return value.func.id
    return ""


def _cut_arguments(package: str, path: str, sources: Sources) -> Iterator[Hole]:
    text = Lines(sources.texts[path])
    for node in ast.walk(sources.trees[path]):
        if not isinstance(node, ast.Call) or not (node.args or node.keywords) or node.lineno != node.end_lineno:
            continue
        line = text.line(node.lineno)
        start = line.find("(", text.column(node.lineno, node.func.end_col_offset)) + 1
        end = text.column(node.lineno, node.end_col_offset) - 1
        if start > 0 and _CLOSERS.fullmatch(line[end:]) and line[start:end].strip():
            hole = text.hole("arguments", package, path, (node.lineno, start, end), line[start:end])
            if len(hole.before) >= _LEAST_ABOVE:
                yield hole


def _cut_lines(package: str, path: str, sources: Sources) -> Iterator[Hole]:
    text = Lines(sources.texts[path])
    for function in _functions(sources.trees[path]):
        for node in ast.walk(function):
            simple = isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Raise | ast.Expr | ast.AnnAssign)
            if not simple or node.lineno != node.end_lineno or isinstance(getattr(node, "value", None), ast.Constant):
                continue
            line = text.line(node.lineno)
            start, end = text.column(node.lineno, node.col_offset), text.column(node.lineno, node.end_col_offset)
            if end - start >= _SHORTEST_LINE and not line[:start].strip() and end == len(line):
                hole = text.hole("line", package, path, (node.lineno, start, end), line.strip())
                if len(hole.before) >= _LEAST_ABOVE:
                    yield hole


_CUTTERS: Mapping[Kind, Callable[[str, str, Sources], Iterator[Hole]]] = {
    "member": _cut_members,
    "arguments": _cut_arguments,
    "line": _cut_lines,
}


class Lines:
    """A text by the line numbers and byte columns of the parser. Not `splitlines`: form feeds end no line for it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def line(self, number: int) -> str:
        """A line, counted from 1."""
        return self._lines[number - 1]

    def column(self, number: int, byte: int | None) -> int:
        """A byte column as characters."""
        return len(self.line(number).encode()[: byte or 0].decode())

    def offset(self, number: int, column: int) -> int:
        """Where a column of a line is, in characters from the start."""
        return self._starts[number - 1] + column

    def hole(self, kind: Kind, package: str, path: str, place: tuple[int, int, int], answer: str) -> Hole:
        """The text of a line (its number, start and end in characters) taken out."""
        number, start, end = place
        at = self._starts[number - 1]
        return Hole(kind, package, path, self.text[: at + start], self.text[at + end :], answer)


def summary(holes: Sequence[Hole]) -> str:
    """How many of which package."""
    return ", ".join(f"{name} {sum(hole.package == name for hole in holes)}" for name in PACKAGES)
