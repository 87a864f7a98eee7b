"""Put a folder's tables together while nobody saves. Knows when; how it is done, `indexer` knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from indexer.errors import IndexLockedError
from lsp_server.indexing import access
from lsp_server.indexing.access import Job
from lsp_server.indexing.child import tidy_in_child

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""Without a save for so long, nobody minds a few seconds of work in another process."""


class Tidying:
    """One folder's. `wake` is called when it is time: then `run` is to be awaited by whoever may write."""

    def __init__(self, job: Job, wake: Callable[[], None]) -> None:
        self._job = job
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self.is_due = False

    def saved(self) -> None:
        """A file was written: begin to wait again."""
        self.close()
        self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._now)

    def interrupt(self) -> None:
        """Somebody wants to write: what runs ends at once, which loses nothing, and is tried again later."""
        if self._running is not None:
            self._running.cancel()

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    async def run(self) -> None:
        """Tidy in a process of its own. Raises IndexerError; cancellation passes through and ends the process."""
        self.is_due = False
        if not await asyncio.to_thread(access.is_worth_tidying, self._job):
            return
        self._running = asyncio.create_task(tidy_in_child(self._job))
        try:
            await asyncio.wait([self._running])
        finally:
            done, self._running = self._running, None
            done.cancel()
        if done.cancelled():
            self.saved()
        elif isinstance(done.exception(), IndexLockedError):
            log.info("another process writes this index: it is tidied another time")
        else:
            done.result()

    def _now(self) -> None:
        self.is_due = True
        self._wake()
