"""What of a folder is indexed when it holds more than the limit for one index. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from indexer.languages import known
from indexer.manifest import Entry
from indexer.records import SourceFile

BEYOND = "beyond"
"""The reason of a file that found no room."""


def within(files: Collection[SourceFile], limit: int) -> tuple[SourceFile, ...]:
    """The files that fit into so many bytes, sorted by path: code before text and data, small before large.

    The same files whatever was indexed before, so that two builds agree.
    """
    if sum(file.size for file in files) <= limit:
        return tuple(files)
    kept, left = [], limit
    for file in sorted(files, key=lambda one: (not _is_code(one), one.size, one.path)):
        if file.size > left:
            break
        kept.append(file)
        left -= file.size
    return tuple(sorted(kept, key=lambda one: one.path))


def fitting(files: Mapping[str, SourceFile], inventory: Mapping[str, Entry], limit: int) -> dict[str, SourceFile]:
    """Of some files by path those that are indexed already, and new ones as long as there is room, until the next whole build
    decides again."""
    if files.keys() <= inventory.keys():
        return dict(files)
    left = limit - sum(entry.size for entry in inventory.values())
    kept = {}
    for path, file in files.items():
        if path not in inventory:
            if file.size > left:
                continue
            left -= file.size
        kept[path] = file
    return kept


def _is_code(file: SourceFile) -> bool:
    row = known(file.language) if file.language else None
    return row is not None and bool(row.grammar)
