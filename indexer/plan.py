"""Decide which files need reading. Pure: what is on disk and what the index holds in, a plan out; opens no file, no table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from indexer.manifest import Entry
from indexer.records import SourceFile
from indexer.workers import Job


@dataclass(frozen=True, slots=True)
class Plan:
    """`read`: files to analyse, new or perhaps changed. `gone`: paths the index holds and the disk does not."""

    read: tuple[Job, ...]
    gone: tuple[str, ...]


def plan(files: Collection[SourceFile], inventory: Mapping[str, Entry]) -> Plan:
    """Compare by size and time. Where they differ the file is read, and its digest decides whether anything is done."""
    read = []
    for file in files:
        entry = inventory.get(file.path)
        if entry is None:
            read.append(Job(file.path, file.language, file.size))
        elif entry.modified_ns != file.modified_ns or entry.size != file.size or not entry.modified_ns:
            read.append(Job(file.path, file.language, file.size, bytes.fromhex(entry.digest)))
    there = {file.path for file in files}
    return Plan(tuple(read), tuple(path for path in inventory if path not in there))
