"""What is done for a folder's index while nobody saves: its files are looked through again, and its tables put together.

Not every change is told of: a queue runs full, a directory moves, an editor does not watch. A look finds what was missed. Knows
when; how it is done, `indexer` knows.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from indexer.errors import IndexLockedError
from indexer.records import Progress
from indexer.upkeep import look_again_after
from lsp_server.indexing.access import Job
from lsp_server.indexing.child import look_in_child
from lsp_server.indexing.precedence import Precedence

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""Without a save for so long, nobody minds a few seconds of work in another process."""

SHOWN_FROM = 64
"""Files to read from which a look is shown like a build: it takes more than a moment."""


class Idle:
    """One folder's. `wake` is called when it is time: then `run` is to be awaited by whoever may write.

    While others have `precedence`, it gives the model server no texts.
    """

    def __init__(self, job: Job, wake: Callable[[], None], precedence: Precedence | None = None) -> None:
        self._job, self._precedence = job, precedence or Precedence()
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[int] | None = None
        self.is_due = False

    def saved(self) -> None:
        """A file was written: begin to wait again."""
        self._wait(IDLE_S)

    def looked(self, seconds: float = 0.0) -> None:
        """All files were looked through, which took so long if nothing was new."""
        self._wait(look_again_after(seconds))

    def interrupt(self) -> None:
        """Somebody wants to write: what runs ends at once, which loses nothing, and is tried again later."""
        if self._running is not None:
            self._running.cancel()

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    async def run(self, show: Callable[[Progress], None]) -> int | None:
        """Look in a process of its own: how many files had changed, None where that came to no end. Raises IndexerError;
        cancellation passes through and ends the process."""

        def show_much(progress: Progress) -> None:
            if progress.total >= SHOWN_FROM:
                show(progress)

        self.is_due = False
        started = time.monotonic()
        self._running = asyncio.create_task(look_in_child(self._job, show_much, self._precedence))
        try:
            await asyncio.wait([self._running])
        finally:
            done, self._running = self._running, None
            done.cancel()
        if done.cancelled():
            self.saved()
            return None
        if isinstance(done.exception(), IndexLockedError):
            log.info("another process writes this index: its files are looked through another time")
            self.looked()
            return None
        if changed := done.result():
            log.info("%d files of %s had changed, and nobody told of it", changed, Path(self._job.root).name)
        self.looked(0.0 if changed else time.monotonic() - started)
        return changed

    def _wait(self, seconds: float) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._now)

    def _now(self) -> None:
        self.is_due = True
        self._wake()
