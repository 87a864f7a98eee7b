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
from indexer.footprint import TABLES, Piece, footprint, verify
from indexer.inventory import Inventory
from indexer.kept_vectors import KEPT, KeptVectors
from indexer.lance import return_memory
from indexer.manifest import (
    MANIFEST,
    MAX_CHANGES,
    MAX_REMOVALS,
    SCHEMA,
    Entry,
    Manifest,
    Removal,
    commit,
    load_inventory,
    load_manifest,
    unwritable,
)
from indexer.records import SourceFile
from indexer.versions import forget_versions
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
        self.inventory = Inventory()
        self.manifest = Manifest(SCHEMA, embedder.identity, embedder.dimensions, str(root), uuid4().hex, "", {})
        self._location = location
        self._committed: Manifest | None = None
        self._store: Store | None = None
        self._pieces: Mapping[str, Piece] = {}
        self._kept = KeptVectors(location, embedder.dimensions)
        self.begin()
        known = load_manifest(location)
        if known is not None and (known.embedder, known.dimensions) == (embedder.identity, embedder.dimensions):
            verify(location, known.footprint or {})
            self.inventory = Inventory(load_inventory(location, known), known.changes)
            self._committed = self.manifest = known
        else:  # of another embedder or schema, or what is left of one
            wipe(location)

    def begin(self) -> None:
        """Another run begins: it counts its own files, and goes on from the last commit whatever a killed writer left."""
        if self._store is not None and self._committed is not None:
            self._store.return_to(self._committed.tables)
        self.added = self.replaced = self.deleted = 0
        self._looked_at = time.time_ns()

    @property
    def is_new(self) -> bool:
        """Whether nothing was committed yet."""
        return self._committed is None

    def known_vectors(self, keys: Collection[bytes]) -> Mapping[bytes, NDArray[np.float16]]:
        """Vectors by the keys of their texts, of those that any file has now or had before."""
        known = self._opened().vectors_by_key(keys) if self.manifest.chunks and keys else {}
        return known | self._kept.of([key for key in keys if key not in known])

    def keep_vectors(self, vectors: Mapping[bytes, NDArray[np.float16]]) -> None:
        """Keep what was made for a commit that will not come."""
        self._kept.add(vectors)

    def record(
        self,
        several: Sequence[Analysed],
        files: Mapping[str, SourceFile],
        gone: Collection[str],
        skipped: Mapping[str, int],
        *,
        keep: bool = False,
    ) -> None:
        """Replace what these files brought, forget those that are gone, and make it count: one commit.

        `keep` the vectors of what goes, because it may come back and they were dear.
        """
        done = joined(several)
        written = [facts for facts in done.files if not facts.same]
        stale = [path for path in (*gone, *(facts.path for facts in written)) if self.inventory.has_rows(path)]
        old = [self.inventory[path] for path in stale]
        removals = [Removal(self.manifest.commits + 1, one.first_chunk, one.chunks) for one in old if one.chunks]
        if stale and keep:
            written_now = set(done.rows.chunks["key"])
            self._kept.add({key: one for key, one in self._vectors_of(stale).items() if key not in written_now})
        count = len(done.rows.embedded)
        first = self.manifest.next_id
        if stale or count:
            self._opened().replace(stale, done.rows, done.vectors, first)
        self._count(written, gone)
        for path in gone:
            self.inventory.enter(path, None)
        for facts in done.files:
            self.inventory.enter(facts.path, self._entry(facts, files[facts.path], first))
            first += facts.chunks
        changed = bool(stale or count)
        before = self.manifest
        self._settle(
            replace(
                before,
                skipped=skipped,
                next_id=before.next_id + count,
                unindexed=before.unindexed + count,
                writes=before.writes + changed,
                removals=(*before.removals, *removals),
            )
        )
        if self._store is not None:
            forget_versions(self._location / TABLES, self.manifest.tables)

    def _vectors_of(self, paths: Collection[str]) -> Mapping[bytes, NDArray[np.float16]]:
        old = [path for path in paths if path in self.inventory and self.inventory[path].chunks]
        return self._opened().vectors_of(old) if old else {}

    def tidy(self, *, words: bool) -> None:
        """Small pieces, old versions and, if `words`, the word index. What is deleted at the end does not count any more since
        the commit before."""
        store = self._opened()
        if words and not self.manifest.full_text:
            store.tidy()  # first, because words are indexed faster in one piece than put together again
            store.index_words()
        finished = store.tidy()
        tidied = replace(self.manifest, full_text=words, writes=0, unindexed=0, tidied=self.manifest.commits + 1, removals=())
        self._settle(replace(tidied, removals_after=tidied.tidied), whole=not finished, tidied=True)
        if finished:
            store.prune()
            self._settle(self.manifest, tidied=True)
        return_memory()

    def _settle(self, manifest: Manifest, *, whole: bool = True, tidied: bool = False) -> None:
        """Commit. `whole`: nothing is about to be deleted; `tidied`: nothing else has been written since."""
        if self._store is not None or self._committed is None:
            tables = self._opened().versions
            files = footprint(self._location, tables, self.manifest.footprint or self._pieces)
            self._pieces = files
            manifest = replace(manifest, tables=tables, footprint=files if whole else None)
            if tidied or not manifest.tidied_bytes:
                manifest = replace(manifest, tidied_bytes=sum(one.size for one in files.values()))
        removals, after = manifest.removals, manifest.removals_after
        if len(removals) > MAX_REMOVALS:
            after = removals[-MAX_REMOVALS].commit
            removals = tuple(one for one in removals if one.commit > after)
        inventory = self.inventory
        listed = self._committed is None or len(inventory.changes) > MAX_CHANGES
        if listed:
            inventory.changes.clear()
        manifest = replace(
            manifest,
            files=inventory.files,
            chunks=inventory.chunks,
            symbols=inventory.symbols,
            lines=inventory.lines,
            changes=dict(inventory.changes),
            commits=manifest.commits + 1,
            removals=removals,
            removals_after=after,
        )
        self.manifest = commit(self._location, manifest, self._committed, inventory if listed else None)
        self._committed = self.manifest

    def _opened(self) -> Store:
        if self._store is None:
            from indexer.store import Store

            folder = self._location / TABLES
            if self._committed is not None:
                self._store = Store.open(folder, self._committed.tables)
                self._store.return_to(self._committed.tables)
            else:
                self._store = Store.create(folder, self.manifest.dimensions)
        return self._store

    def _entry(self, facts: FileFacts, file: SourceFile, first: int) -> Entry:
        racy = self._looked_at - file.modified_ns < RACY_NS
        modified = 0 if racy or facts.reason == UNREADABLE else file.modified_ns
        if facts.same:
            return self.inventory[facts.path]._replace(size=file.size, modified_ns=modified)
        counted = (facts.lines, facts.chunks, facts.symbols, first, facts.credentials)
        return Entry(file.size, modified, facts.digest.hex(), facts.reason, *counted)

    def _count(self, written: Sequence[FileFacts], gone: Collection[str]) -> None:
        for path in gone:
            self.deleted += self.inventory.holds(path)
        for facts in written:
            if facts.reason:
                self.deleted += self.inventory.holds(facts.path)
            elif self.inventory.holds(facts.path):
                self.replaced += 1
            else:
                self.added += 1


def wipe(location: Path) -> None:
    """Forget an index. The manifest goes first: without it there is none. Raises IndexUnwritableError."""
    try:
        (location / MANIFEST).unlink(missing_ok=True)
        (location / KEPT).unlink(missing_ok=True)
        shutil.rmtree(location / TABLES, ignore_errors=True)
        for old in location.glob("inventory-*.json"):
            old.unlink()
    except OSError as error:
        raise unwritable(location, error) from error
