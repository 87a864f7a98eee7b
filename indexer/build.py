"""Bring an index up to date with its directory: walk, plan, analyse, embed, store. Knows no editor; ranks nothing.

Both entry points are synchronous and hold the writer's lock while they run. Work is committed every few seconds, and a
commit is never half of a file, so that whatever ends a build, the next one goes on from the last commit.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from indexer.analysis import FileFacts
from indexer.embedding import Embedder
from indexer.errors import BuildCancelledError, IndexDamagedError, NoIndexError
from indexer.ignore import IGNORE_FILES
from indexer.manifest import (
    MANIFEST,
    SCHEMA,
    TABLES,
    Entry,
    Manifest,
    bytes_on_disk,
    commit,
    footprint,
    load_inventory,
    load_manifest,
    unwritable,
    verify,
    writing,
)
from indexer.plan import Plan, plan
from indexer.records import BuildReport, Progress, SourceFile
from indexer.settings import IndexSettings
from indexer.walk import Walk, counts, walk
from indexer.workers import Analysed, analyse_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.store import Store

OnProgress = Callable[[Progress], None]
Cancelled = Callable[[], bool]

COMMIT_CHUNKS = 8192
"""Chunks of a commit: with their words and vectors about 30 MB in memory; fewer would make more pieces on disk to tidy."""

COMMIT_SECONDS = 20.0
"""A slow embedder commits this often, so that a killed build has lost less than that."""

EMBED_AT_ONCE = 256
"""Chunks between two looks at whether the asker gave up."""

MAX_UNINDEXED = 1000
"""New chunks that full text reads one by one (18 microseconds each) before they are taken into the index."""

MAX_WRITES = 24
"""Commits between two tidyings. Each makes at most two versions of a table, so there are never fifty."""

RACY_NS = 100_000_000
"""A file changed less than 0.1 s before it was read may change again within the same tick of the file system's clock."""

MAX_MESSAGES = 20
"""Sentences about single files in a report; the rest is counted."""


def build(
    root: Path,
    location: Path,
    settings: IndexSettings,
    embedder: Embedder,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> BuildReport:
    """Index a directory, reading only what changed since the last time. An index that is damaged, of another schema or of
    another embedder is built anew.

    Raises IndexLockedError, IndexUnwritableError, EmbedderError, BuildCancelledError.
    """
    started = time.monotonic()
    with writing(location):
        try:
            return _Build(root, location, embedder, on_progress, cancelled).everything(settings, started)
        except IndexDamagedError:
            _wipe(location)
            return _Build(root, location, embedder, on_progress, cancelled).everything(settings, started)


def update(root: Path, location: Path, settings: IndexSettings, embedder: Embedder, paths: Collection[str]) -> BuildReport:
    """Bring a few files up to date: saved, made, deleted or renamed (both names), relative to the root with `/`.

    Raises NoIndexError where there is no index for this embedder yet, and what `build` raises.
    """
    if any(path.rsplit("/", 1)[-1] in IGNORE_FILES for path in paths):  # other files may count now
        return build(root, location, settings, embedder)
    started = time.monotonic()
    with writing(location):
        return _Build(root, location, embedder, None, None).some(settings, paths, started)


class _Build:
    """One run under the writer's lock: the state of the index in memory, and what was done to it."""

    def __init__(
        self, root: Path, location: Path, embedder: Embedder, on_progress: OnProgress | None, cancelled: Cancelled | None
    ) -> None:
        self._root = root.resolve()
        self._location = location
        self._embedder = embedder
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._started_ns = time.time_ns()
        self._store: Store | None = None
        self._added = self._replaced = self._deleted = 0
        self._messages: list[str] = []
        self._pending = Analysed()
        self._vectors: list[NDArray[np.float32]] = []
        self._gone: list[str] = []
        self._inventory: dict[str, Entry] = {}
        self._before: Manifest | None = None
        self._manifest = Manifest(SCHEMA, embedder.identity, embedder.dimensions, str(self._root), uuid4().hex, "", {})
        if (known := load_manifest(location)) is not None:
            if known.embedder == embedder.identity and known.dimensions == embedder.dimensions:
                verify(location, known)
                self._inventory = load_inventory(location, known)
                self._before = self._manifest = known
            else:
                _wipe(location)

    def everything(self, settings: IndexSettings, started: float) -> BuildReport:
        """The whole directory."""
        self._tell("looking", 0, 0)
        found = walk(self._root, settings)
        self._messages += found.messages
        self._manifest = replace(self._manifest, skipped=found.skipped)
        self._run(found.files, plan(found.files, self._inventory))
        if self._manifest.tables and (not self._manifest.full_text or self._manifest.unindexed > MAX_UNINDEXED):
            self._tidy()
        return self._report(started, found)

    def some(self, settings: IndexSettings, paths: Collection[str], started: float) -> BuildReport:
        """Only these paths."""
        if self._before is None:
            raise NoIndexError("Nothing is indexed for this folder yet.", "Run `lsp_server index` in it.")
        files: list[SourceFile] = []
        gone: set[str] = set()
        for path in dict.fromkeys(paths):
            file = counts(self._root, settings, path)
            if isinstance(file, SourceFile):
                files.append(file)
                continue
            gone.update(one for one in self._inventory if one == path or (file is None and one.startswith(f"{path}/")))
        gone = {path for path in gone if not isinstance(counts(self._root, settings, path), SourceFile)}
        known = {file.path: self._inventory[file.path] for file in files if file.path in self._inventory}
        self._run(files, Plan(plan(files, known).read, tuple(gone)))
        if self._manifest.writes >= MAX_WRITES or self._manifest.unindexed > MAX_UNINDEXED or not self._manifest.full_text:
            self._tidy()
        return self._report(started, None)

    def _run(self, files: Sequence[SourceFile], todo: Plan) -> None:
        sizes = {file.path: file for file in files}
        self._gone = list(todo.gone)
        done, last = 0, time.monotonic()
        for analysed in analyse_all(self._root, todo.read):
            self._take(analysed)
            done += len(analysed.files)
            self._tell("indexing", done, len(todo.read))
            full = len(self._pending.rows.embedded) >= COMMIT_CHUNKS
            if full or time.monotonic() - last > COMMIT_SECONDS:
                self._commit(sizes)
                last = time.monotonic()
        if self._pending.files or self._gone or self._before is None or self._manifest.skipped != self._before.skipped:
            self._commit(sizes)

    def _take(self, analysed: Analysed) -> None:
        """Embed what some files brought and keep it for the next commit."""
        self._messages += [facts.message for facts in analysed.files if facts.message]
        vectors = self._embedded(analysed)
        pending = self._pending
        pending.files.extend(analysed.files)
        pending.rows.extend(analysed.rows)
        if vectors is not None:
            self._vectors.append(vectors)

    def _embedded(self, analysed: Analysed) -> NDArray[np.float32] | None:
        import numpy as np

        texts = analysed.rows.embedded
        if not texts:
            return None
        keys = analysed.rows.chunks["key"]
        known = self._known_vectors([facts.path for facts in analysed.files])
        vectors = np.zeros((len(texts), self._embedder.dimensions), dtype=np.float32)
        missing = []
        for at, key in enumerate(keys):
            if (vector := known.get(key)) is not None:  # type: ignore[call-overload] # keys are bytes
                vectors[at] = vector
            else:
                missing.append(at)
        for start in range(0, len(missing), EMBED_AT_ONCE):
            self._stop_if_cancelled()
            some = missing[start : start + EMBED_AT_ONCE]
            vectors[some] = self._embedder.embed_documents([texts[at] for at in some])
        return vectors

    def _known_vectors(self, paths: Sequence[str]) -> Mapping[bytes, NDArray[np.float16]]:
        """Vectors of the chunks that these files have in the index now."""
        old = [path for path in paths if path in self._inventory and self._inventory[path].chunks]
        return self._opened().vectors_of(old) if old else {}

    def _commit(self, files: Mapping[str, SourceFile]) -> None:
        """Write what is pending and make it count."""
        import numpy as np

        pending, vectors = self._pending, self._vectors
        self._pending, self._vectors = Analysed(), []
        written = [facts for facts in pending.files if not facts.same]
        old = [path for path in [*self._gone, *(facts.path for facts in written)] if path in self._inventory]
        store = self._opened()
        stale = [path for path in old if self._inventory[path].chunks or self._inventory[path].symbols]
        if stale:
            store.delete(stale)
        count = len(pending.rows.embedded)
        if count:
            store.write(pending.rows, np.concatenate(vectors), self._manifest.next_id)
        self._count(written)
        for path in self._gone:
            self._deleted += self._inventory.pop(path, None) is not None
        self._gone = []
        for facts in pending.files:
            self._inventory[facts.path] = self._entry(facts, files[facts.path])
        changed = bool(stale) + bool(count)
        self._settle(
            replace(
                self._manifest,
                next_id=self._manifest.next_id + count,
                unindexed=self._manifest.unindexed + count,
                writes=self._manifest.writes + (1 if changed else 0),
            )
        )

    def _settle(self, manifest: Manifest, *, listed: bool = True, whole: bool = True) -> None:
        """Commit the manifest. `listed`: the files changed; `whole`: nothing is being deleted under it."""
        entries = self._inventory.values()
        manifest = replace(
            manifest,
            tables=self._opened().versions,
            footprint=footprint(self._location) if whole else None,
            files=sum(1 for one in entries if not one.reason),
            chunks=sum(one.chunks for one in entries),
            symbols=sum(one.symbols for one in entries),
            lines=sum(one.lines for one in entries),
        )
        self._manifest = commit(self._location, manifest, self._before, self._inventory if listed else None)
        self._before = self._manifest

    def _tidy(self) -> None:
        """Indexes, small pieces, old versions. The commit between makes sure that what is deleted does not count any more."""
        self._tell("tidying", 0, 0)
        store = self._opened()
        store.tidy()
        if not self._manifest.full_text:
            store.index_words()
        self._settle(replace(self._manifest, full_text=True, writes=0, unindexed=0), listed=False, whole=False)
        store.prune()
        self._settle(self._manifest, listed=False)

    def _opened(self) -> Store:
        if self._store is None:
            from indexer.store import Store

            folder = self._location / TABLES
            if self._manifest.tables:
                self._store = Store.open(folder, self._manifest.tables)
            else:
                self._store = Store.create(folder, self._embedder.dimensions)
        return self._store

    def _entry(self, facts: FileFacts, file: SourceFile) -> Entry:
        racy = self._started_ns - file.modified_ns < RACY_NS
        modified = 0 if racy or facts.reason == "unreadable" else file.modified_ns
        if facts.same:
            return replace(self._inventory[facts.path], size=file.size, modified_ns=modified)
        return Entry(file.size, modified, facts.digest.hex(), facts.reason, facts.lines, facts.chunks, facts.symbols)

    def _count(self, written: Sequence[FileFacts]) -> None:
        for facts in written:
            before = self._inventory.get(facts.path)
            was_in = before is not None and not before.reason
            if facts.reason:
                self._deleted += was_in
            elif was_in:
                self._replaced += 1
            else:
                self._added += 1

    def _report(self, started: float, found: Walk | None) -> BuildReport:
        one = self._manifest
        skipped = Counter(found.skipped if found is not None else one.skipped)
        skipped.update(entry.reason for entry in self._inventory.values() if entry.reason)
        return BuildReport(
            files=one.files,
            chunks=one.chunks,
            symbols=one.symbols,
            seconds=time.monotonic() - started,
            bytes_on_disk=bytes_on_disk(self._location),
            added=self._added,
            replaced=self._replaced,
            deleted=self._deleted,
            lines=one.lines,
            skipped=dict(skipped),
            messages=_few(self._messages),
        )

    def _stop_if_cancelled(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise BuildCancelledError("Indexing was cancelled.", "What was indexed so far is kept and used.")

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._stop_if_cancelled()
        if self._on_progress is not None:
            self._on_progress(Progress(stage, done, total))


def _wipe(location: Path) -> None:
    """Forget an index. The manifest goes first: without it there is none."""
    try:
        (location / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(location / TABLES, ignore_errors=True)
        for old in location.glob("inventory-*.json"):
            old.unlink()
    except OSError as error:
        raise unwritable(location, error) from error


def _few(messages: Sequence[str]) -> tuple[str, ...]:
    if len(messages) <= MAX_MESSAGES:
        return tuple(messages)
    return (*messages[:MAX_MESSAGES], f"And {len(messages) - MAX_MESSAGES} more files of this kind.")
