"""One workspace folder and its index: opened, built, kept current, asked. One task does it all in turn, so there is one writer.

What an earlier run left is used from the first moment. A full build runs in a child process; saved files are brought up to date
in the session's index thread. Where another process is writing the same index, this one reads, and tries again later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from indexer.errors import BuildCancelledError, IndexDamagedError, IndexerError, IndexLockedError, NoIndexError
from indexer.records import Hit, Progress
from lsp_server.indexing import access
from lsp_server.indexing.access import Job
from lsp_server.indexing.child import build_in_child
from lsp_server.indexing.lookup import Lookup
from lsp_server.status import IndexPhase, IndexState

log = logging.getLogger(__name__)

COALESCE_S = 0.05
"""An editor that saves all files sends them within a few milliseconds of each other; one commit for all of them."""

MANY_FILES = 64
"""More changed files than this (another branch was checked out) are a build's work: it runs at low priority, in a process."""

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 60.0
"""Another writer is a second editor window or `lsp_server index`: done within seconds, or with the whole folder to go."""

T = TypeVar("T")


class FolderIndex:
    """The index of one root. Implements `completion.records.Repository`; answers nothing while there is no index."""

    def __init__(self, job: Job, executor: ThreadPoolExecutor, turn: asyncio.Lock, on_change: Callable[[], None]) -> None:
        self.job = job
        self._root = Path(job.root)
        self._executor = executor
        self._turn = turn
        self._on_change = on_change
        self._lookup: Lookup | None = None
        self._touched: set[str] = set()
        self._build_wanted = True
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._building: asyncio.Task[None] | None = None
        self._retry_s = FIRST_RETRY_S
        self._retry: asyncio.TimerHandle | None = None
        self.state = IndexState(job.root)
        self._keeper = asyncio.create_task(self._keep())

    # -- asked by completion -------------------------------------------------------------------------------------------

    async def search(self, text: str, *, k: int) -> Sequence[Hit]:
        """Chunks that resemble the text, best first; none while there is no index."""
        lookup = self._lookup
        return await self._asked(partial(lookup.search, text, k=k)) if lookup else ()

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        """Chunks that define the names, in the order of the names; none while there is no index."""
        lookup = self._lookup
        return await self._asked(partial(lookup.definitions, names, k=k)) if lookup else ()

    async def _asked(self, question: Callable[[], Awaitable[Sequence[Hit]]]) -> Sequence[Hit]:
        try:
            return await question()
        except IndexDamagedError as error:
            log.warning("%s It is built again.", error)
            self.rebuild()
        except IndexerError as error:
            log.warning("the index of %s gave no answer: %s", self._root.name, error)
        return ()

    # -- told by the session -------------------------------------------------------------------------------------------

    def touch(self, path: str) -> None:
        """A file, named relative to the root, is new, changed or gone."""
        self._touched.add(path)
        self._wanted.set()

    def rebuild(self) -> None:
        """Index the whole folder again; unchanged files are kept."""
        self._build_wanted = True
        self._wanted.set()

    def stop(self) -> None:
        """End a build that runs. What it had committed is used."""
        if self._building is not None:
            self._building.cancel()

    async def aclose(self) -> None:
        """End everything. Nothing committed is lost."""
        if self._retry is not None:
            self._retry.cancel()
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        self._close_lookup()

    # -- the keeper ----------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        try:
            await self._reopen()
            while True:
                await self._wanted.wait()
                await asyncio.sleep(COALESCE_S)
                self._wanted.clear()
                if self._build_wanted or len(self._touched) > MANY_FILES:
                    await self._build()
                elif self._touched:
                    await self._update()
        except Exception:  # this folder's index stops; the server and its ghost text go on
            log.exception("indexing %s failed inside", self._root.name)
            self._become("failed", message=f"Indexing {self._root.name} failed inside; the log says more.")

    async def _build(self) -> None:
        """A full build, which may be stopped without stopping this task."""
        self._build_wanted = False
        touched, self._touched = self._touched, set()
        async with self._turn:
            self._become("indexing", percent=0, message="")
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
            except IndexerError as error:
                self._touched |= touched
                self._become("failed", message=str(error), action=error.advice)
            else:
                self._retry_s = FIRST_RETRY_S
            finally:
                self._building = None
        await self._reopen()

    async def _run_build(self) -> None:
        report = await build_in_child(self.job, self._show_progress)
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
                await self._in_thread(partial(access.update, self.job, sorted(touched)))
        except IndexLockedError as error:
            self._locked(error, lambda: self._touch_all(touched))
        except (IndexDamagedError, NoIndexError):
            self.rebuild()
        except IndexerError as error:
            log.warning("%d saved files could not be indexed: %s", len(touched), error)
            self._become("failed", message=str(error), action=error.advice)
        else:
            self._retry_s = FIRST_RETRY_S
            await self._reopen()

    async def _reopen(self) -> None:
        """Read what is on disk now."""
        try:
            reader = await self._in_thread(partial(access.open_reader, self.job))
            lookup = Lookup(reader, self._executor)
            status = await lookup.status()
        except NoIndexError:
            return
        except IndexDamagedError as error:
            log.warning("%s It is built again.", error)
            self._build_wanted = True
            self._wanted.set()
            return
        except IndexerError as error:
            self._become("failed", message=str(error), action=error.advice)
            return
        self._close_lookup()
        self._lookup = lookup
        self.state = replace(self.state, files=status.files, chunks=status.chunks)
        if self.state.phase in ("waiting", "indexing", "ready"):
            self._become("ready")

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

    def _stopped(self) -> None:
        self._become("stopped", message="Indexing was stopped.", action="Run the command `hearth.reindex` to go on.")

    def _locked(self, error: IndexLockedError, again: Callable[[], None]) -> None:
        """Another process writes: read what it commits, and try again when it may have finished."""
        self._become("read_only", message=str(error), action=error.advice)
        self._retry = asyncio.get_running_loop().call_later(self._retry_s, again)
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def _touch_all(self, paths: set[str]) -> None:
        self._touched |= paths
        self._wanted.set()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
