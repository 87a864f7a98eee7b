"""Ignore rules in gitignore's language, compiled so that ten thousand paths are judged in a blink. Walks no directory.

`pathspec` translates each pattern; here the patterns of one file are joined into few regular expressions, because asking
them one by one costs more than reading the directories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from indexer import gitfiles

IGNORE_FILES = (".gitignore", ".ignore", ".hearthignore")
"""Read in every directory; a later one of these, and a deeper directory, has the last word."""

_DIRECTORY_MARK = "(?P<ps_d>/)"
"""pathspec names the slash after a directory; a name may not occur twice in one expression."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules of one directory. `base` is its path relative to the index's root, with a slash at the end, or empty;
    a rule from above the root has the way down to the root in `above` ("project/src/") and an empty base."""

    base: str
    above: str
    runs: tuple[tuple[re.Pattern[str], bool], ...]

    def verdict(self, path: str) -> bool | None:
        """True: ignored. False: taken back in by a `!` rule. None: no rule speaks of it.

        `path` is relative to the index's root; a directory's ends with a slash.
        """
        subject = self.above + path[len(self.base) :]
        for expression, ignored in self.runs:
            if expression.search(subject):
                return ignored
        return None


def compile_rules(lines: Iterable[str], base: str = "", above: str = "") -> IgnoreRules | None:
    """Rules from the lines of an ignore file, or None when it has none. A pattern that git would discard is discarded."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    patterns: list[tuple[str, bool]] = []
    for line in lines:
        try:
            expression, ignored = GitIgnoreSpecPattern.pattern_to_regex(line.rstrip("\r\n"))
            if expression is None or ignored is None:
                continue
            expression = expression.replace(_DIRECTORY_MARK, "/")
            re.compile(expression)
        except (GitIgnorePatternError, re.error):
            continue
        patterns.append((expression, ignored))
    # The last pattern that matches decides, so runs of one verdict are asked from the end.
    runs = tuple(
        (re.compile("|".join(f"(?:{expression})" for expression, _ in run)), ignored)
        for ignored, run in groupby(reversed(patterns), key=lambda pattern: pattern[1])
    )
    return IgnoreRules(base, above, runs) if runs else None


def rules_of_directory(directory: Path, names: Iterable[str], base: str, above: str = "") -> list[IgnoreRules]:
    """The rules in a directory's own ignore files, of those that `names` says are there; weakest first."""
    there = set(names)
    found = (compile_rules(_lines(directory / name), base, above) for name in IGNORE_FILES if name in there)
    return [rules for rules in found if rules is not None]


def rules_from_outside(root: Path) -> list[IgnoreRules]:
    """What holds for a root from elsewhere, weakest first: the user's global excludes, the repository's
    `.git/info/exclude`, and the ignore files of the directories between the repository's top and the root."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    down = "" if top is None or top == root else f"{root.relative_to(top).as_posix()}/"
    found = [compile_rules(_lines(gitfiles.global_excludes()), "", down)]
    if top is not None:
        found.append(compile_rules(_lines(gitfiles.common_folder(top) / "info" / "exclude"), "", down))
        folder = top
        while folder != root:
            found += rules_of_directory(folder, IGNORE_FILES, "", f"{root.relative_to(folder).as_posix()}/")
            folder = folder / root.relative_to(folder).parts[0]
    there = [rules for rules in found if rules is not None]
    # Who asks for a directory that its repository ignores means it: those rules would leave nothing.
    return [rules for rules in there if not rules.above or not _names_root(rules)]


def _names_root(rules: IgnoreRules) -> bool:
    parts = rules.above.rstrip("/").split("/")
    return any(
        any(expression.search("/".join(parts[:depth]) + "/") for expression, ignored in rules.runs if ignored)
        for depth in range(1, len(parts) + 1)
    )


def _lines(path: Path) -> list[str]:
    return gitfiles.text_of(path).splitlines()
