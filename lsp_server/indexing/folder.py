"""One workspace folder and its index: opened, built, kept current, asked. One task does it all in turn, so there is one writer.

What an earlier run left is used from the first moment. A full build runs in a child process; saved files are brought up to date
in a thread. Where another process is writing the same index, this one reads, and tries again later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from indexer.errors import BuildCancelledError, IndexDamagedError, IndexerError, IndexLockedError, NoIndexError
from indexer.records import Asker, Contents, Hit, Import, Name, Progress, Reference, Symbol
from lsp_server.indexing import access
from lsp_server.indexing.access import Job
from lsp_server.indexing.buffers import MORE_HITS, Buffers
from lsp_server.indexing.child import build_in_child
from lsp_server.indexing.idle import Idle
from lsp_server.indexing.lookup import Lookup
from lsp_server.indexing.precedence import Precedence
from lsp_server.indexing.saving import Saves
from lsp_server.indexing.thread import IndexThread
from lsp_server.status import IndexPhase, IndexState

log = logging.getLogger(__name__)

T = TypeVar("T")

COALESCE_S = 0.02
"""An editor that saves all files sends them within a few milliseconds of each other; one commit for all of them."""

MANY_FILES = 64
"""More changed files than this (another branch was checked out) are a build's work: it runs at low priority, in a process."""

MOST_REBUILDS = 2
"""In one session, for damage: first as always, then from nothing."""

FIRST_RETRY_S, LONGEST_RETRY_S = 2.0, 60.0
"""Another writer is a second editor window or `lsp_server index`: done within seconds, or with the whole folder to go."""


class FolderIndex:
    """The index of one root. Implements `completion.records.Repository`; answers nothing while there is no index."""

    def __init__(
        self, job: Job, thread: IndexThread, turn: asyncio.Lock, on_change: Callable[[], None], precedence: Precedence
    ) -> None:
        self.job = job
        self._root = Path(job.root)
        self._thread, self._turn, self._on_change, self._precedence = thread, turn, on_change, precedence
        self._lookup: Lookup | None = None
        self._touched: set[str] = set()
        self._build_wanted = True
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._building: asyncio.Task[None] | None = None
        self._idle = Idle(job, self._wanted.set, precedence)
        self.buffers = Buffers(job)
        self._saves = Saves(job, thread, precedence)
        self._damages = 0
        self._retry_s = FIRST_RETRY_S
        self._retry: asyncio.TimerHandle | None = None
        self.state = IndexState(job.root)
        self._keeper = asyncio.create_task(self._keep())

    # -- asked by completion -------------------------------------------------------------------------------------------

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        """Chunks that answer a question, or resemble the code at a cursor, best first; none while there is no index."""
        if (lookup := self._lookup) is None:
            return ()
        more = MORE_HITS if self.buffers.are_open else 0
        hits: Sequence[Hit] = await self._asked(partial(lookup.search, text, k=k + more, asker=asker), ())
        return await self._thread.run(lambda: self.buffers.found(hits, text, k, asker)) if more else hits

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        """Chunks that define the names, in the order of the names; none while there is no index."""
        if (lookup := self._lookup) is None:
            return ()
        hits: Sequence[Hit] = await self._asked(partial(lookup.definitions, names, k=k), ())
        return await self._thread.run(lambda: self.buffers.defining(hits, names, k)) if self.buffers.are_open else hits

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        """What names of a document mean; nothing while there is no index."""
        given = (names, imports, path, language)
        return await self._asked(partial(lookup.meanings, *given), ()) if (lookup := self._lookup) else ()

    async def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        """How often files other than `path` write which name behind the dot of this one; nothing while there is no index."""
        return await self._asked(partial(lookup.written_behind, spoken, path), {}) if (lookup := self._lookup) else {}

    async def references(self, name: str, *, k: int) -> Sequence[Reference]:
        """Lines on disk that use a name; none while there is no index."""
        return await self._asked(partial(lookup.references, name, k=k), ()) if (lookup := self._lookup) else ()

    async def _asked(self, question: Callable[[], Awaitable[T]], nothing: T) -> T:
        try:
            return await question()
        except IndexDamagedError as error:
            self._damaged(error)
        except IndexerError as error:
            log.warning("the index of %s gave no answer: %s", self._root.name, error)
        return nothing

    # -- told by the session -------------------------------------------------------------------------------------------

    def touch(self, *paths: str) -> None:
        """Files, named relative to the root, are new, changed or gone."""
        self._touched.update(paths)
        self._idle.interrupt()
        self._wanted.set()

    def rebuild(self) -> None:
        """Index the whole folder again; unchanged files are kept."""
        self._build_wanted = True
        self._wanted.set()

    def stop(self) -> None:
        """End a build that runs. What it had committed is used."""
        self._idle.interrupt()
        if self._building is not None:
            self._building.cancel()

    async def aclose(self) -> None:
        """End everything. Nothing committed is lost."""
        if self._retry is not None:
            self._retry.cancel()
        self._idle.close()
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        self._saves.close()
        self._close_lookup()

    # -- the keeper ----------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        await self._guarded(self._reopen)
        while True:
            await self._wanted.wait()
            await asyncio.sleep(COALESCE_S)
            self._wanted.clear()
            if self._build_wanted or len(self._touched) > MANY_FILES or self._rules_changed():
                await self._guarded(self._build)
            elif self._touched:
                await self._guarded(self._update)
                self._idle.saved()
            elif self._idle.is_due and self.state.phase != "stopped":
                await self._guarded(self._look)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong with one folder's index, ghost text goes on and the next save tries again."""
        try:
            await work()
        except IndexDamagedError as error:
            self._damaged(error)
        except IndexerError as error:
            log.warning("the index of %s: %s", self._root.name, error)
            self._become("failed", message=str(error), action=error.advice)
        except Exception:
            log.exception("indexing %s failed inside", self._root.name)
            self._become("failed", message=f"Indexing {self._root.name} failed inside; the log says more.")

    def _rules_changed(self) -> bool:
        """Whether an ignore file was touched: then any file may count now that did not, and only a walk tells."""
        from indexer.ignore import IGNORE_FILES

        return any(path.rsplit("/", 1)[-1] in IGNORE_FILES for path in self._touched)

    async def _build(self) -> None:
        """A full build, which may be stopped without stopping this task."""
        self._build_wanted = False
        # What was touched until now, the walk will see.
        self._touched.clear()
        async with self._turn:
            self._become("indexing", percent=0)
            self._building = asyncio.create_task(self._run_build())
            try:
                await self._building
            except asyncio.CancelledError:
                if not self._building.cancelled() or self._keeper.cancelling():
                    raise
                self._stopped()
            except BuildCancelledError:
                self._stopped()
            except IndexLockedError as error:
                self._locked(error, self.rebuild)
            else:
                self._well()
                self._idle.looked()
            finally:
                self._building = None
        await self._reopen()

    async def _run_build(self) -> None:
        if self._damages > 1:
            await self._thread.run(partial(access.discard, self.job))
        report = await build_in_child(self.job, self._show_progress, self._precedence)
        for message in report.messages:
            log.warning("%s", message)
        log.info(
            "indexed %s: %d files, %d chunks in %.1f s (%d added, %d replaced, %d deleted)",
            self._root.name, report.files, report.chunks, report.seconds, report.added, report.replaced, report.deleted,
        )  # fmt: skip

    async def _update(self) -> None:
        """Bring the touched files up to date."""
        touched, self._touched = self._touched, set()
        try:
            async with self._turn:
                await self._saves.write(sorted(touched))
        except IndexLockedError as error:
            self._locked(error, lambda: self.touch(*touched))
        except NoIndexError:
            self.rebuild()
        else:
            self._well()
            await self._reopen()

    async def _look(self) -> None:
        """Nobody saves: find what nobody told of. Without the turn, because a save in another folder does not wait for this."""
        if await self._idle.run(self._show_progress) is not None:
            self._well()
            await self._reopen()
        elif self.state.phase == "indexing":
            self._stopped()

    async def _reopen(self) -> None:
        """Read what is on disk now."""
        try:
            lookup = self._lookup or await self._open()
            status = await lookup.status()
        except NoIndexError:
            return
        self._lookup = lookup
        self.state = replace(self.state, files=status.files, chunks=status.chunks)
        if self.state.phase in ("waiting", "ready"):
            self._become("ready")

    async def _open(self) -> Lookup:
        """A reader sees by itself what is committed later, so one is enough. Its first answer loads the vectors: warm it."""
        reader = await self._thread.run(lambda: access.open_reader(self.job, self._thread.embedder(self.job)))
        lookup = Lookup(reader, self._thread.executor)
        await lookup.search("warm", k=1, asker="cursor")  # words stay on disk until somebody asks a question
        return lookup

    def _close_lookup(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
            self._lookup = None

    # -- states --------------------------------------------------------------------------------------------------------

    def _become(self, phase: IndexPhase, *, percent: int | None = None, message: str = "", action: str = "") -> None:
        state = replace(self.state, phase=phase, percent=percent, message=message, action=action)
        if state != self.state:
            self.state = state
            self._on_change()

    def _show_progress(self, progress: Progress) -> None:
        percent = 100 * progress.done // progress.total if progress.total else 0
        # Stages follow each other; a bar that goes back would say that something went wrong.
        self._become("indexing", percent=max(percent, self.state.percent or 0), message=progress.stage)

    def _damaged(self, error: IndexDamagedError) -> None:
        """Build again; the second time from nothing, because the build saw no damage; the third time it is the disk."""
        self._close_lookup()
        self._damages += 1
        if self._damages > MOST_REBUILDS:
            self._become("failed", message=str(error), action="Check the disk: the index was built again twice in vain.")
            return
        log.warning("%s It is built again.", error)
        self.rebuild()

    def _well(self) -> None:
        """What was written is written; `_reopen` says the rest."""
        self._retry_s = FIRST_RETRY_S
        self.state = replace(self.state, phase="waiting", percent=None, message="", action="")

    def _stopped(self) -> None:
        self._become("stopped", message="Indexing was stopped.", action="Run the command `hearth.reindex` to go on.")

    def _locked(self, error: IndexLockedError, again: Callable[[], None]) -> None:
        """Another process writes: read what it commits, and try again when it may have finished."""
        self._become("read_only", message=str(error), action=error.advice)
        self._retry = asyncio.get_running_loop().call_later(self._retry_s, again)
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
