"""How often the files of a repository write which name behind the dot of another.

Counts what is written and knows no types. Only indexed files are read, as they are on the disk now. Belongs to one thread.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from indexer.following import shared_folders
from indexer.symbols import Symbols

MOST_FILES = 64
"""Files read for one question, the nearest first: 64 of 12 KB take 15 ms, once. What is further away has other habits."""

FILES_KEPT = 512
"""Counts of files in memory, some 20 KB each."""

LARGEST_FILE = 400_000
"""Bytes. What is larger is not written by hand, and says nothing about habits."""

_BEHIND = re.compile(r"\b(\w+)(?=(?:\?\.|\.|->|::)([^\W\d]\w*))")
"""A name and the one behind its dot: `a.b.c` is two pairs. Behind a call or an index nothing is counted."""


def count(text: str) -> Mapping[str, Counter[str]]:
    """Name before a dot -> how often each name stands behind it in a text. `console.print(a.b)` -> print and b, once each."""
    found: dict[str, Counter[str]] = {}
    for before, behind in _BEHIND.findall(text):
        found.setdefault(before, Counter())[behind] += 1
    return found


class Usage:
    """Answers for one root. `counted` outlives commits: files are read again when they changed."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._last: tuple[Symbols, str, Sequence[str]] | None = None
        self._counted: OrderedDict[str, tuple[tuple[int, int], Mapping[str, Counter[str]]]] = OrderedDict()

    def behind(self, symbols: Symbols, spoken: str, path: str) -> Mapping[str, int]:
        """What stands behind the dot of this name, in the files nearest to `path` that use it.

        `path` is the document that asks: what it holds on the disk is older than the buffer, so it is not counted.
        """
        files = [one for one in self._users(symbols, spoken) if one != path]
        files.sort(key=lambda one: (-shared_folders(one, path), one))
        found = Counter[str]()
        for file in files[:MOST_FILES]:
            found.update(self._pairs(file).get(spoken, ()))
        return found

    def _users(self, symbols: Symbols, spoken: str) -> Sequence[str]:
        """The files that use a name, looked up once for as long as the next keys ask for the same one of the same commit."""
        if self._last is None or (self._last[0], self._last[1]) != (symbols, spoken):
            self._last = symbols, spoken, symbols.users([spoken])
        return self._last[2]

    def _pairs(self, path: str) -> Mapping[str, Counter[str]]:
        place = self._root / path
        try:
            status = place.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            held = self._counted.get(path)
            if held is None or held[0] != stamp:
                text = place.read_text("utf-8", "replace") if status.st_size <= LARGEST_FILE else ""
                self._counted[path] = held = (stamp, count(text))
        except OSError:
            return {}
        self._counted.move_to_end(path)
        while len(self._counted) > FILES_KEPT:
            self._counted.popitem(last=False)
        return held[1]
