"""The files of an index while it is written: what each came to, the sums, and what differs from the list on disk. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.manifest import Entry


class Inventory(dict[str, Entry]):
    """Path to entry. Changed by `enter` only, which keeps the sums: adding up ten thousand files with every save costs more
    than the save's own work."""

    def __init__(self, entries: Mapping[str, Entry] | None = None, changes: Mapping[str, Entry | None] | None = None) -> None:
        super().__init__(entries or {})
        self.changes: dict[str, Entry | None] = dict(changes or {})
        self.files = sum(1 for one in self.values() if not one.reason)
        self.chunks = sum(one.chunks for one in self.values())
        self.symbols = sum(one.symbols for one in self.values())
        self.lines = sum(one.lines for one in self.values())

    def enter(self, path: str, entry: Entry | None) -> None:
        """A file is so now, or gone."""
        old = self.pop(path, None)
        if entry is not None:
            self[path] = entry
        if entry != old:
            self.changes[path] = entry
        for one, sign in ((old, -1), (entry, 1)):
            if one is not None:
                self.files += sign * (not one.reason)
                self.chunks += sign * one.chunks
                self.symbols += sign * one.symbols
                self.lines += sign * one.lines

    def holds(self, path: str) -> bool:
        """Whether a file is in the index, not only known as one that is left out."""
        entry = self.get(path)
        return entry is not None and not entry.reason

    def has_rows(self, path: str) -> bool:
        """Whether tables hold something of a file."""
        entry = self.get(path)
        return entry is not None and bool(entry.chunks or entry.symbols)
