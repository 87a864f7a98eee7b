"""Where a project keeps the tests of a file, and how a test joins those that are there. Reads names only, through a port."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from indexer.languages import known
from lsp_server.actions.records import Files

FOLDERS = ("tests", "test", "spec", "__tests__", "Tests")
"""Where tests are kept, at the root or beside the code."""

MOST_NAMES = 4000
"""Of files looked at for one answer: a bound for repositories with whole trees of fixtures."""


@dataclass(frozen=True, slots=True)
class Convention:
    """A language's habits. `names` are patterns of test files, `{}` is the stem of the file under test.

    `joins` says where a further test goes: at the end, inside the last container, or beside the code in its own file.
    `habit` is where the first test of a project goes: a folder at the root, or "." for beside the code.
    """

    names: tuple[str, ...]
    framework: str
    test: str
    joins: Literal["end", "inside", "own file"] = "end"
    habit: str = "tests"

    def is_test(self, text: str) -> bool:
        """Whether a text holds at least one test."""
        return re.search(self.test, text, re.MULTILINE) is not None


_JS = r"^\s*(?:test|it|describe)(?:\.\w+)*\s*\("
_JS_RUNNER = "the project's own runner (Jest, Vitest)"
_JUNIT = r"@(?:Test|ParameterizedTest)\b"

CONVENTIONS: Mapping[str, Convention] = {
    "python": Convention(("test_{}.py", "{}_test.py"), "pytest", r"^\s*(?:async )?def test\w*\(|^class \w*Test\w*"),
    "javascript": Convention(("{}.test.js", "{}.spec.js", "{}.test.mjs", "{}.test.jsx"), _JS_RUNNER, _JS, habit="."),
    "typescript": Convention(("{}.test.ts", "{}.spec.ts"), _JS_RUNNER, _JS, habit="."),
    "tsx": Convention(("{}.test.tsx", "{}.spec.tsx", "{}.test.ts"), _JS_RUNNER, _JS, habit="."),
    "go": Convention(("{}_test.go",), "the testing package", r"^func (?:Test|Benchmark|Fuzz|Example)\w*\(", habit="."),
    "rust": Convention((), "the built-in test attribute", r"#\[(?:\w+::)?test\]", "own file"),
    "zig": Convention((), "test blocks", r"^\s*test\b", "own file"),
    "java": Convention(("{}Test.java", "{}Tests.java"), "JUnit", _JUNIT, "inside", "src/test/java"),
    "kotlin": Convention(("{}Test.kt", "{}Tests.kt"), "JUnit", _JUNIT, "inside", "src/test/kotlin"),
    "csharp": Convention(("{}Tests.cs", "{}Test.cs"), "xUnit", r"\[(?:Fact|Theory|Test|TestMethod|TestCase)\b", "inside"),
    "php": Convention(("{}Test.php",), "PHPUnit", r"function test\w*\(|@test\b|#\[Test\]", "inside"),
    "ruby": Convention(
        ("{}_spec.rb", "{}_test.rb", "test_{}.rb"), "the project's own (RSpec, Minitest)",
        r"^\s*(?:it|describe|test)\b|def test_", "inside", "spec",
    ),
    "elixir": Convention(("{}_test.exs",), "ExUnit", r"^\s*test\s+\"", "inside", "test"),
    "swift": Convention(("{}Tests.swift",), "XCTest", r"func test\w*\(|@Test\b", "inside", "Tests"),
    "lua": Convention(("{}_spec.lua", "test_{}.lua"), "busted", r"^\s*(?:it|describe)\s*\(", "inside", "spec"),
}  # fmt: skip
"""Languages for which tests are offered. C, C++ and the others have no habit that one could count on."""


@dataclass(frozen=True, slots=True)
class TestFile:
    """Where tests for a file go. `exists` tells whether they join others there."""

    __test__ = False  # a name that pytest would take for a class of tests

    path: str
    exists: bool
    convention: Convention


def convention_of(language: str) -> Convention | None:
    """A language's habits by any name an editor has for it."""
    row = known(language)
    return CONVENTIONS.get(row.name) if row else None


def is_test_file(path: str, convention: Convention) -> bool:
    """Whether a path is itself one of tests."""
    name = PurePosixPath(path).name
    return any(_pattern(one).fullmatch(name) for one in convention.names)


def find(path: str, language: str, files: Files) -> TestFile | None:
    """Where tests for a file go: the file that has some, else a new one where the project keeps such; None without a habit."""
    convention = convention_of(language)
    if convention is None:
        return None
    if convention.joins == "own file" or is_test_file(path, convention):
        return TestFile(path, True, convention)
    source = PurePosixPath(path)
    wanted = {one.format(source.stem): order for order, one in enumerate(convention.names)}
    kept = _kept(source, convention, files)
    same = [one for one in kept if one.name in wanted]
    if same:
        best = min(same, key=lambda one: (-_shared(one, source), wanted[one.name], len(one.parts)))
        return TestFile(best.as_posix(), True, convention)
    return TestFile(_new(source, convention, kept).as_posix(), False, convention)


def _kept(source: PurePosixPath, convention: Convention, files: Files) -> list[PurePosixPath]:
    """The project's test files of this language: beside the source, and in folders of tests at the root and on the way up."""
    patterns = [_pattern(one) for one in convention.names]
    starts = [PurePosixPath()] if source.parent == PurePosixPath() else [source.parent, *source.parent.parents]
    found: dict[PurePosixPath, None] = {}
    left = MOST_NAMES
    for start in starts:
        folders = [start / name for name in (*FOLDERS, convention.habit) if name != "."]
        for folder, names in [*_walk([start], files, deep=False), *_walk(folders, files, deep=True)]:
            left -= len(names)
            found.update(dict.fromkeys(folder / name for name in names if any(one.fullmatch(name) for one in patterns)))
            if left < 0:
                return list(found)
    return list(found)


def _walk(starts: Sequence[PurePosixPath], files: Files, *, deep: bool) -> Iterator[tuple[PurePosixPath, Sequence[str]]]:
    waiting = list(dict.fromkeys(starts))
    looked = 0
    while waiting and looked < MOST_NAMES:
        folder = waiting.pop(0)
        names = files.names("" if folder == PurePosixPath() else folder.as_posix())
        looked += 1 + len(names)
        yield folder, [name for name in names if not name.endswith("/")]
        if deep:
            waiting += [folder / name[:-1] for name in names if name.endswith("/") and not name.startswith(".")]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\{\}", r"(?P<stem>.+)"))


def _shared(one: PurePosixPath, source: PurePosixPath) -> int:
    """How many folders two files have in common, wherever they stand in the path."""
    return len(set(one.parent.parts) & set(source.parent.parts))


def _new(source: PurePosixPath, convention: Convention, kept: Sequence[PurePosixPath]) -> PurePosixPath:
    """A new test file, named and placed like most of the project's own."""
    patterns = {name: sum(_pattern(name).fullmatch(one.name) is not None for one in kept) for name in convention.names}
    name = max(convention.names, key=lambda one: patterns[one]).format(source.stem)
    if not kept:
        return _by_habit(source, convention) / name
    nearest = max(kept, key=lambda one: (_shared(one, source), -len(one.parts)))
    if nearest.parent == source.parent:
        return source.parent / name
    folder = nearest.parent
    # The folder of tests mirrors the source's folders: go as far as the source's own ones say.
    while folder.parts and folder.name not in FOLDERS and folder.name not in source.parent.parts:
        folder = folder.parent
    return (folder if folder.parts else nearest.parent) / name


def _by_habit(source: PurePosixPath, convention: Convention) -> PurePosixPath:
    if convention.habit == ".":
        return source.parent
    main = PurePosixPath(convention.habit.replace("/test/", "/main/"))
    if source.is_relative_to(main):
        return PurePosixPath(convention.habit) / source.parent.relative_to(main)
    return PurePosixPath(convention.habit)
