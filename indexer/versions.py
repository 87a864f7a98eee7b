"""The versions of LanceDB's tables by the names of their files, and how old ones are forgotten. Opens no table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

KEPT_VERSIONS = 8
"""Versions that stay when others are forgotten: a reader that opens one needs a few milliseconds."""

REWRITTEN = "latest_version_hint.json"
"""The one file that LanceDB writes over and can do without: its size says nothing about a commit."""

_NUMBERED = re.compile(r"(\d+)(?:\.manifest$|-[0-9a-f-]+\.txn$)")


def version_of(name: str) -> int | None:
    """The version that a file is for, None for any other: `3.manifest` counts up, `18446744073709551612.manifest` down from
    2**64 - 1, and a transaction is called by the version that it began with."""
    found = _NUMBERED.match(name)
    if found is None:
        return None
    number = int(found[1])
    return 2**64 - 1 - number if number > 2**63 else number


def belongs(name: str, tables: Mapping[str, int]) -> bool:
    """Whether a file below the tables' folder may be needed by these versions of the tables."""
    table, _, inside = name.partition("/")
    kind, _, file = inside.partition("/")
    if kind == "_transactions" or file == REWRITTEN:
        return False
    return kind != "_versions" or version_of(file) == tables.get(table.removesuffix(".lance"))


def count_versions(folder: Path) -> int:
    """The most versions that a table in this folder has."""
    return max((sum(1 for _ in one.glob("*.manifest")) for one in folder.glob("*.lance/_versions")), default=0)


def newest_version(folder: Path, table: str) -> int | None:
    """The newest version of a table in this folder, whoever wrote it."""
    numbers = (version_of(file.name) for file in (folder / f"{table}.lance" / "_versions").iterdir())
    return max((number for number in numbers if number is not None), default=None)


def forget_versions(folder: Path, tables: Mapping[str, int]) -> None:
    """Delete all but the last few versions before these. What only they needed goes with the next `Store.prune`.

    A version is one file that nothing else refers to. LanceDB's own way rewrites every table that has changed, which takes
    five seconds at 130,000 chunks.
    """
    for table, version in tables.items():
        for kind in ("_versions", "_transactions"):
            inside = folder / f"{table}.lance" / kind
            for file in inside.iterdir() if inside.is_dir() else ():
                number = version_of(file.name)
                if number is not None and number < version - KEPT_VERSIONS:
                    file.unlink(missing_ok=True)
