"""An index being written: tables, inventory and manifest changed together, commit by commit. Knows no directory and no grammar.

The caller holds the writer's lock (`manifest.writing`).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from indexer.analysis import FileFacts
from indexer.embedding import Embedder
from indexer.manifest import (
    MANIFEST,
    SCHEMA,
    TABLES,
    Entry,
    Manifest,
    commit,
    footprint,
    load_inventory,
    load_manifest,
    unwritable,
    verify,
)
from indexer.records import SourceFile
from indexer.workers import Analysed, joined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.store import Store

RACY_NS = 100_000_000
"""A file changed less than 0.1 s before it was looked at may change again within one tick of the file system's clock."""

UNREADABLE = "unreadable"
"""The reason of a file that is tried again in every build."""


class Ledger:
    """What an index holds. Opening it loads no table: a run that finds nothing to do never pays for LanceDB."""

    def __init__(self, root: Path, location: Path, embedder: Embedder) -> None:
        """The last commit for this embedder, or the state before the first. Raises IndexDamagedError."""
        self.inventory: dict[str, Entry] = {}
        self.manifest = Manifest(SCHEMA, embedder.identity, embedder.dimensions, str(root), uuid4().hex, "", {})
        self.added = self.replaced = self.deleted = 0
        self._location = location
        self._looked_at = time.time_ns()
        self._committed: Manifest | None = None
        self._store: Store | None = None
        known = load_manifest(location)
        if known is not None and (known.embedder, known.dimensions) == (embedder.identity, embedder.dimensions):
            verify(location, known)
            self.inventory = load_inventory(location, known)
            self._committed = self.manifest = known
        elif known is not None:
            wipe(location)

    @property
    def is_new(self) -> bool:
        """Whether nothing was committed yet."""
        return self._committed is None

    def known_vectors(self, paths: Collection[str]) -> Mapping[object, NDArray[np.float16]]:
        """Vectors of the chunks that these files have now, by key."""
        old = [path for path in paths if path in self.inventory and self.inventory[path].chunks]
        return self._opened().vectors_of(old) if old else {}

    def record(
        self, several: Sequence[Analysed], files: Mapping[str, SourceFile], gone: Collection[str], skipped: Mapping[str, int]
    ) -> None:
        """Replace what these files brought, forget those that are gone, and make it count: one commit."""
        done = joined(several)
        written = [facts for facts in done.files if not facts.same]
        stale = [path for path in (*gone, *(facts.path for facts in written)) if self._has_rows(path)]
        if stale:
            self._opened().delete(stale)
        count = len(done.rows.embedded)
        if done.vectors is not None and count:
            self._opened().write(done.rows, done.vectors, self.manifest.next_id)
        self._count(written, gone)
        for path in gone:
            self.inventory.pop(path, None)
        for facts in done.files:
            self.inventory[facts.path] = self._entry(facts, files[facts.path])
        changed = bool(stale or count)
        self._settle(
            replace(
                self.manifest,
                skipped=skipped,
                next_id=self.manifest.next_id + count,
                unindexed=self.manifest.unindexed + count,
                writes=self.manifest.writes + changed,
            )
        )

    def tidy(self, *, words: bool) -> None:
        """Small pieces, old versions and, if `words`, the word index. What is deleted at the end does not count any more since
        the commit before."""
        store = self._opened()
        if words and not self.manifest.full_text:
            store.tidy()  # first, because words are indexed faster in one piece than put together again
            store.index_words()
        finished = store.tidy()
        self._settle(replace(self.manifest, full_text=words, writes=0, unindexed=0), listed=False, whole=not finished)
        if finished:
            store.prune()
            self._settle(self.manifest, listed=False)

    def _settle(self, manifest: Manifest, *, listed: bool = True, whole: bool = True) -> None:
        """Commit. `listed`: files changed; `whole`: nothing is about to be deleted."""
        entries = self.inventory.values()
        if self._store is not None or self._committed is None:
            tables = self._opened().versions
            manifest = replace(manifest, tables=tables, footprint=footprint(self._location) if whole else None)
        manifest = replace(
            manifest,
            files=sum(1 for one in entries if not one.reason),
            chunks=sum(one.chunks for one in entries),
            symbols=sum(one.symbols for one in entries),
            lines=sum(one.lines for one in entries),
        )
        self.manifest = commit(self._location, manifest, self._committed, self.inventory if listed else None)
        self._committed = self.manifest

    def _opened(self) -> Store:
        if self._store is None:
            from indexer.store import Store

            folder = self._location / TABLES
            if self._committed is not None:
                self._store = Store.open(folder, self._committed.tables)
            else:
                self._store = Store.create(folder, self.manifest.dimensions)
        return self._store

    def _entry(self, facts: FileFacts, file: SourceFile) -> Entry:
        racy = self._looked_at - file.modified_ns < RACY_NS
        modified = 0 if racy or facts.reason == UNREADABLE else file.modified_ns
        if facts.same:
            return self.inventory[facts.path]._replace(size=file.size, modified_ns=modified)
        return Entry(file.size, modified, facts.digest.hex(), facts.reason, facts.lines, facts.chunks, facts.symbols)

    def _count(self, written: Sequence[FileFacts], gone: Collection[str]) -> None:
        for path in gone:
            self.deleted += self._is_in(path)
        for facts in written:
            if facts.reason:
                self.deleted += self._is_in(facts.path)
            elif self._is_in(facts.path):
                self.replaced += 1
            else:
                self.added += 1

    def _is_in(self, path: str) -> bool:
        entry = self.inventory.get(path)
        return entry is not None and not entry.reason

    def _has_rows(self, path: str) -> bool:
        entry = self.inventory.get(path)
        return entry is not None and bool(entry.chunks or entry.symbols)


def wipe(location: Path) -> None:
    """Forget an index. The manifest goes first: without it there is none. Raises IndexUnwritableError."""
    try:
        (location / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(location / TABLES, ignore_errors=True)
        for old in location.glob("inventory-*.json"):
            old.unlink()
    except OSError as error:
        raise unwritable(location, error) from error
