"""Which files of a directory tree count. Looks at names, sizes and times only: opens no file but the ignore files.

What a file's content says (binary, generated, minified) is judged in `reading.py`, when it is read anyway.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import RootUnreadableError
from indexer.filenames import name_reason
from indexer.ignore import IGNORE_FILES, IgnoreRules, compile_rules, rules_from_outside, rules_of_directory
from indexer.languages import language_of
from indexer.records import SourceFile
from indexer.settings import IndexSettings

SKIP_REASONS: Mapping[str, str] = {
    "ignored": "an ignore file or the exclude setting names it (a directory counts once)",
    "tooling": "a directory that tools fill: dependencies, caches, version control (counts once)",
    "lock": "a lock file of a package manager",
    "secret": "its name or its first line says that it holds a key or a password",
    "data": "a table, a log, a picture in text, or markup too large to be written by hand",
    "oversized": "larger than the limit",
    "beyond": "the folder holds more than one index may: code and small files were taken first",
    "binary": "not text",
    "minified": "lines no one can read",
    "generated": "its name or its head says that a program wrote it",
    "empty": "nothing in it",
    "link": "a symbolic link; what it points to is indexed where it is",
    "special": "a pipe, a socket or a device",
    "unreadable": "the system refused to open it",
}
"""Why a file is left out: the keys are what a report counts, the sentences what a user reads."""

TOOLING_DIRECTORIES = frozenset(
    """
    .git .hg .svn .jj node_modules bower_components __pycache__ .tox .nox .venv .mypy_cache .ruff_cache .pytest_cache
    .hypothesis .gradle .terraform .next .nuxt .svelte-kit .parcel-cache .cache .idea .vs .eggs .ipynb_checkpoints
    .bundle .dart_tool .stack-work .zig-cache zig-cache .elixir_ls _opam
    """.split()
)
"""Left out wherever they are, with or without an ignore file. A virtual environment is also known by its pyvenv.cfg."""

MARKUP = frozenset({"json", "yaml", "xml", "toml", "ini", "html", "text"})

MAX_MARKUP_BYTES = 131_072
"""Markup beyond 128 KiB is fixtures, dumps and translations; by hand one writes less."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk found: the files that count, sorted by path; how many were left out, by reason; sentences for the user."""

    files: tuple[SourceFile, ...]
    skipped: Mapping[str, int]
    messages: tuple[str, ...]


def walk(root: Path, settings: IndexSettings) -> Walk:
    """Visit a directory tree. About 10,000 files in 0.3 s. What cannot be read is counted, not raised, except for the root: a
    folder that was moved, or a disk that is not mounted, holds no fewer files than before.

    Raises RootUnreadableError.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise RootUnreadableError(
            f"The folder {root} cannot be read: {error.strerror or error}. Its index stays as it is.",
            "Where it was moved, open it at its new place.",
        ) from error
    return _Walker(root, settings).walk()


def counts(root: Path, settings: IndexSettings, path: str) -> SourceFile | str | None:
    """What `walk` would say of one path (relative, with `/`): the file, the reason it is left out, or None if it is gone."""
    return _Walker(root, settings).judge(path)


def below(root: Path, settings: IndexSettings, path: str) -> tuple[SourceFile, ...]:
    """What `walk` would find in one directory (relative, with `/`); nothing where that is none or does not count."""
    return _Walker(root, settings).below(path)


class _Walker:
    def __init__(self, root: Path, settings: IndexSettings) -> None:
        self._root = str(root)
        self._settings = settings
        self._outside = rules_from_outside(root)
        own = compile_rules(settings.exclude)
        self._last_word = [own] if own is not None else []
        self._files: list[SourceFile] = []
        self._skipped: Counter[str] = Counter()
        self._messages: list[str] = []

    def walk(self, start: str = "", rules_there: list[IgnoreRules] | None = None) -> Walk:
        waiting = [(start, self._outside if rules_there is None else rules_there)]
        while waiting:
            base, rules = waiting.pop()
            entries = self._entries(base)
            rules = self._with_own(base, rules, [entry.name for entry in entries])
            for entry in entries:
                path = base + entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        reason = self._directory_reason(path, entry.name, rules)
                        if not reason:
                            waiting.append((f"{path}/", rules))
                    else:
                        reason = self._file_reason(path, entry.name, entry.is_symlink(), rules) or self._take(path, entry)
                except OSError:
                    reason = "unreadable"
                if reason:
                    self._skipped[reason] += 1
        return Walk(tuple(sorted(self._files, key=lambda file: file.path)), dict(self._skipped), tuple(self._messages))

    def judge(self, path: str) -> SourceFile | str | None:
        """One path, by the same rules, without visiting its neighbours."""
        parts = path.split("/")
        if not all(parts) or ".." in parts:
            return None
        base, rules, reason = self._enter(parts[:-1])
        if reason:
            return reason
        rules = self._with_own(base, rules, IGNORE_FILES)
        try:
            with os.scandir(os.path.join(self._root, base)) as entries:
                entry = next((one for one in entries if one.name == parts[-1]), None)
            if entry is None or entry.is_dir(follow_symlinks=False):
                return None
            reason = self._file_reason(path, entry.name, entry.is_symlink(), rules) or self._take(path, entry)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return "unreadable"
        return reason or self._files.pop()

    def below(self, path: str) -> tuple[SourceFile, ...]:
        """The files in one directory, by the same rules."""
        parts = path.split("/")
        base, rules, reason = self._enter(parts) if all(parts) and ".." not in parts else ("", [], "no directory")
        return () if reason or not os.path.isdir(os.path.join(self._root, base)) else self.walk(base, rules).files

    def _enter(self, parts: Sequence[str]) -> tuple[str, list[IgnoreRules], str]:
        """A directory with `/` behind it, the rules that come from above it, and why it does not count."""
        base, rules = "", self._outside
        for part in parts:
            rules = self._with_own(base, rules, IGNORE_FILES)
            reason = self._directory_reason(base + part, part, rules)
            base += f"{part}/"
            if reason or os.path.islink(os.path.join(self._root, base[:-1])):
                return base, rules, reason or "link"
        return base, rules, ""

    def _entries(self, base: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self._root, base)) as found:
                return list(found)
        except OSError as error:
            self._skipped["unreadable"] += 1
            self._messages.append(f"The directory {base or '.'} cannot be read: {error.strerror or error}.")
            return []

    def _with_own(self, base: str, rules: list[IgnoreRules], names: Iterable[str]) -> list[IgnoreRules]:
        own = rules_of_directory(Path(self._root, base), names, base)
        return [*rules, *own] if own else rules

    def _directory_reason(self, path: str, name: str, rules: list[IgnoreRules]) -> str:
        if name in TOOLING_DIRECTORIES or os.path.exists(os.path.join(self._root, path, "pyvenv.cfg")):
            return "tooling"
        return "ignored" if self._ignored(f"{path}/", rules) else ""

    def _file_reason(self, path: str, name: str, is_link: bool, rules: list[IgnoreRules]) -> str:
        if self._ignored(path, rules):
            return "ignored"
        if name == ".git":  # a worktree's, or a submodule's: it points to the folder
            return "tooling"
        return "link" if is_link else name_reason(name)

    def _ignored(self, path: str, rules: list[IgnoreRules]) -> bool:
        for one in (*self._last_word, *reversed(rules)):
            verdict = one.verdict(path)
            if verdict is not None:
                return verdict
        return False

    def _take(self, path: str, entry: os.DirEntry[str]) -> str:
        """Keep a file, or say why its size forbids it."""
        if not entry.is_file(follow_symlinks=False):
            return "special"
        if not path.isascii() and path != path.encode("utf-8", "replace").decode():
            return "unreadable"  # the name is not UTF-8, and a table can hold no other
        status = entry.stat(follow_symlinks=False)
        if status.st_size == 0:
            return "empty"
        if status.st_size > self._settings.max_file_bytes:
            return "oversized"
        language = language_of(path)
        if status.st_size > MAX_MARKUP_BYTES and language in MARKUP:
            return "data"
        self._files.append(SourceFile(path, language, status.st_size, status.st_mtime_ns))
        return ""
