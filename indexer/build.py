"""Bring an index up to date with its directory: walk, plan, analyse, embed, record. Knows no table, no editor; ranks nothing.

Both entry points are synchronous and hold the writer's lock while they run. Work is committed every few seconds, and a
commit is never half of a file, so that whatever ends a build, the next one goes on from the last commit.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.embedding import Embedder
from indexer.errors import BuildCancelledError, EmbedderError, IndexDamagedError, NoIndexError
from indexer.footprint import bytes_on_disk
from indexer.ignore import IGNORE_FILES
from indexer.lance import import_early
from indexer.ledger import Ledger, wipe
from indexer.manifest import stamp, writing
from indexer.plan import Plan, plan
from indexer.quota import BEYOND, fitting, within
from indexer.records import BuildReport, Progress, SourceFile
from indexer.reuse import Reuse
from indexer.settings import IndexSettings
from indexer.static_table import StaticEmbedder
from indexer.upkeep import WORDS_IN_MEMORY, needs_tidying, wants_words
from indexer.walk import below, counts, walk
from indexer.workers import JOB_BYTES, SLOW_JOB_BYTES, Analysed, analyse_all, warm_up

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.analysis import Rows

OnProgress = Callable[[Progress], None]
Cancelled = Callable[[], bool]

COMMIT_CHUNKS = 8192
"""Chunks of a commit: with their words and vectors about 30 MB in memory; fewer would make more pieces on disk to tidy."""

COMMIT_SECONDS = 20.0
"""A slow embedder commits this often, so that a killed build has lost less than that."""

SHIPPED = "static"
"""The embedder that workers have too; its name for `make_embedder`."""

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
    commit_chunks: int = COMMIT_CHUNKS,
    words_in_memory: int = WORDS_IN_MEMORY,
) -> BuildReport:
    """Index a directory, reading only what changed since the last time. An index that is damaged, of another schema or of
    another embedder is built anew. The stages of its progress are `looking`, `indexing` (files) and `tidying`; `cancelled`
    is asked at each step. `commit_chunks` bounds what is lost when a build is killed; above `words_in_memory` chunks the words
    get an index on disk.

    Raises IndexLockedError, IndexUnwritableError, RootUnreadableError, EmbedderError, BuildCancelledError.
    """
    with writing(location):
        try:
            return _Run(root, location, embedder, on_progress, cancelled, commit_chunks, words_in_memory).everything(settings)
        except IndexDamagedError:
            wipe(location)
            return _Run(root, location, embedder, on_progress, cancelled, commit_chunks, words_in_memory).everything(settings)


def update(root: Path, location: Path, settings: IndexSettings, embedder: Embedder, paths: Collection[str]) -> BuildReport:
    """Bring a few files up to date: saved, made, deleted or renamed (both names), relative to the root with `/`.

    Raises NoIndexError where there is no index for this embedder yet, and what `build` raises.
    """
    return Updater(root, location, settings, embedder).update(paths)


class Updater:
    """`update`, again and again: keeps the list of files and the open tables as long as nobody else writes in between.

    For one thread. At 6,700 files that is a fifth of a save's time.
    """

    def __init__(self, root: Path, location: Path, settings: IndexSettings, embedder: Embedder) -> None:
        self._root = root
        self._location = location
        self._settings = settings
        self._embedder = embedder
        self._ledger: Ledger | None = None
        self._stamp = (0, 0)

    def update(self, paths: Collection[str]) -> BuildReport:
        """Bring a few files up to date. Raises what `update` raises."""
        if any(path.rsplit("/", 1)[-1] in IGNORE_FILES for path in paths):  # other files may count now
            self._ledger = None
            return build(self._root, self._location, self._settings, self._embedder)
        with writing(self._location):
            ledger, self._ledger = self._ledger, None
            if stamp(self._location) != self._stamp:
                ledger = None
            run = _Run(self._root, self._location, self._embedder, ledger=ledger)
            report = run.some(self._settings, paths)
            self._ledger, self._stamp = run.ledger, stamp(self._location)
            return report

    def tidy(self, *, idle: bool = True) -> bool:
        """Tidy where that is worth while by now; returns whether it was. Takes seconds where the index is large."""
        with writing(self._location):
            self._ledger = None
            ledger = Ledger(self._root.resolve(), self._location, self._embedder)
            if ledger.is_new or not needs_tidying(ledger.manifest, idle=idle):
                return False
            ledger.tidy(words=wants_words(ledger.manifest))
            return True


class _Run:
    """One run under the writer's lock."""

    def __init__(
        self,
        root: Path,
        location: Path,
        embedder: Embedder,
        on_progress: OnProgress | None = None,
        cancelled: Cancelled | None = None,
        commit_chunks: int = COMMIT_CHUNKS,
        words_in_memory: int = WORDS_IN_MEMORY,
        ledger: Ledger | None = None,
    ) -> None:
        self._started = time.monotonic()
        self._root = root.resolve()
        self._location = location
        self._embedder = embedder
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._commit_chunks = commit_chunks
        self._words_in_memory = words_in_memory
        self._messages: list[str] = []
        self._is_cheap = isinstance(embedder, StaticEmbedder) and embedder.is_shipped
        if ledger is not None:
            ledger.begin()
        self.ledger = ledger or Ledger(self._root, location, embedder)
        self._reuse = Reuse(embedder, self.ledger.known_vectors, self._stop_if_cancelled)

    def everything(self, settings: IndexSettings) -> BuildReport:
        """The whole directory."""
        self._tell("looking", 0, 0)
        found = walk(self._root, settings)
        self._messages += found.messages
        files = within(found.files, settings.max_source_bytes)
        skipped = dict(found.skipped)
        if len(files) < len(found.files):
            skipped[BEYOND] = len(found.files) - len(files)
            self._messages.append(f"{skipped[BEYOND]:,} files are left out: this folder holds more than index.max_source_mib.")
        self._run(files, plan(files, self.ledger.inventory), skipped)
        self._tidy_in_time(whole=True)
        return self._report()

    def some(self, settings: IndexSettings, paths: Collection[str]) -> BuildReport:
        """Only these paths."""
        if self.ledger.is_new:
            raise NoIndexError("Nothing is indexed for this folder yet.", "Run `lsp_server index` in it.")
        files: dict[str, SourceFile] = {}
        gone: set[str] = set()
        for path in dict.fromkeys(paths):
            file = counts(self._root, settings, path)
            there = {path: file} if isinstance(file, SourceFile) else {}
            if not there:  # left out now, or no such file: perhaps a directory that came, was renamed or deleted
                there = {one.path: one for one in below(self._root, settings, path)}
                gone.update(one for one in self.ledger.inventory if one == path or one.startswith(f"{path}/"))
            gone -= there.keys()
            files |= there
        files = fitting(files, self.ledger.inventory, settings.max_source_bytes)
        known = {path: entry for path, entry in self.ledger.inventory.items() if path in files}
        self._run(tuple(files.values()), Plan(plan(files.values(), known).read, tuple(gone)), self.ledger.manifest.skipped)
        self._tidy_in_time(whole=False)
        return self._report()

    def _tidy_in_time(self, *, whole: bool) -> None:
        """Tidy where that is worth while; at the end of a whole build also a small index in several pieces: that is quick."""
        state = self.ledger.manifest
        words = wants_words(state, self._words_in_memory)
        needed = needs_tidying(state, idle=whole, words_in_memory=self._words_in_memory)
        if needed or (whole and not words and state.writes > 1):
            self._tell("tidying", 0, 0)
            self.ledger.tidy(words=words)

    def _run(self, found: Sequence[SourceFile], todo: Plan, skipped: Mapping[str, int]) -> None:
        """Analyse what is to be read, and record it in commits of some size. Where vectors are dear, what is gone goes last: a
        file that has another name now finds its vectors under the old one."""
        analyser = (SHIPPED, JOB_BYTES) if self._is_cheap else ("", SLOW_JOB_BYTES)
        if todo.read:
            warm_up(analyser[0], sum(job.size for job in todo.read))  # before there is another thread
            import_early()
        files = {file.path: file for file in found}
        gone, gone_last = (todo.gone, ()) if self._is_cheap else ((), todo.gone)
        waiting: list[Analysed] = []
        done, chunks, last = 0, 0, time.monotonic()
        with closing(analyse_all(self._root, todo.read, *analyser)) as results:
            for analysed in results:
                self._messages += [facts.message for facts in analysed.files if facts.message]
                if analysed.vectors is None:
                    analysed.vectors = self._embedded(analysed.rows)
                waiting.append(analysed)
                done += len(analysed.files)
                chunks += len(analysed.rows.embedded)
                self._tell("indexing", done, len(todo.read))
                if chunks >= self._commit_chunks or time.monotonic() - last > COMMIT_SECONDS:
                    self.ledger.record(waiting, files, gone, skipped, keep=not self._is_cheap)
                    self._reuse.committed()
                    gone, waiting, chunks, last = (), [], 0, time.monotonic()
        gone = (*gone, *gone_last)
        if waiting or gone or self.ledger.is_new or skipped != self.ledger.manifest.skipped:
            self.ledger.record(waiting, files, gone, skipped, keep=not self._is_cheap)
            self._reuse.committed()

    def _embedded(self, rows: Rows) -> NDArray[np.float16]:
        """Vectors of what some files brought; the built-in embedder is faster than looking its vectors up."""
        if self._is_cheap:
            return self._embedder.embed_documents(rows.placed()).astype("float16")
        try:
            return self._reuse.vectors(rows)
        except (EmbedderError, BuildCancelledError):
            self.ledger.keep_vectors(self._reuse.uncommitted)
            raise

    def _report(self) -> BuildReport:
        ledger, state = self.ledger, self.ledger.manifest
        skipped = Counter(state.skipped)
        skipped.update(entry.reason for entry in ledger.inventory.values() if entry.reason)
        return BuildReport(
            files=state.files,
            chunks=state.chunks,
            symbols=state.symbols,
            seconds=time.monotonic() - self._started,
            bytes_on_disk=bytes_on_disk(self._location),
            added=ledger.added,
            replaced=ledger.replaced,
            deleted=ledger.deleted,
            lines=state.lines,
            skipped=dict(skipped),
            messages=_few(self._messages),
            credentials=sum(entry.credentials for entry in ledger.inventory.values()),
        )

    def _stop_if_cancelled(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise BuildCancelledError("Indexing was cancelled.", "What was indexed so far is kept and used.")

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._stop_if_cancelled()
        if self._on_progress is not None:
            self._on_progress(Progress(stage, done, total))


def _few(messages: Sequence[str]) -> tuple[str, ...]:
    if len(messages) <= MAX_MESSAGES:
        return tuple(messages)
    return (*messages[:MAX_MESSAGES], f"{len(messages) - MAX_MESSAGES} more messages of this kind.")
