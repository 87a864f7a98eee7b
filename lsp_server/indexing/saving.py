"""Bring one folder's saved files up to date, standing back for whoever waits for the model server. Knows no folder's state.

The index thread does it, unless a model server embeds: then a save may have to wait, and the index thread answers ghost text
meanwhile. So such a save has a thread of its own, with an embedder of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lsp_server.indexing import access
from lsp_server.indexing.access import Job
from lsp_server.indexing.precedence import LONGEST_HOLD_S, Precedence
from lsp_server.indexing.thread import IndexThread

if TYPE_CHECKING:
    from indexer.build import Updater
    from indexer.embedding import Embedder

log = logging.getLogger(__name__)


class Saves:
    """One folder's; for one event loop. `write` is never to be called while another is under way."""

    def __init__(self, job: Job, thread: IndexThread, precedence: Precedence) -> None:
        self._job, self._thread, self._precedence = job, thread, precedence
        self._own = ThreadPoolExecutor(1, thread_name_prefix="save") if job.asks_a_server else None
        self._goes_on = threading.Event()
        self._updater: Updater | None = None

    async def write(self, paths: Sequence[str]) -> None:
        """Bring these files, named relative to the root, up to date. Raises IndexerError."""
        if self._own is None:
            await self._thread.run(lambda: self._update(paths))
            return
        self._goes_on.set()
        with self._precedence.heard_by(self._tell):
            try:
                await asyncio.get_running_loop().run_in_executor(self._own, lambda: self._update(paths))
            finally:  # also where nobody waits for it any more: it is not to keep the process alive
                self._goes_on.set()

    def close(self) -> None:
        """Take no more work; what runs is not waited for."""
        if self._own is not None:
            self._own.shutdown(wait=False, cancel_futures=True)

    def _update(self, paths: Sequence[str]) -> None:
        """In the thread of saves."""
        self._updater = self._updater or access.make_updater(self._job, self._embedder())
        self._updater.update(paths)

    def _embedder(self) -> Embedder:
        return self._thread.embedder(self._job) if self._own is None else access.make_embedder(self._job, self._give_way)

    def _tell(self, held: bool) -> None:
        if held:
            self._goes_on.clear()
        else:
            self._goes_on.set()

    def _give_way(self) -> None:
        """Wait while somebody else is waited for, but not for ever."""
        if not self._goes_on.is_set():
            log.debug("a saved file waits for the model server")
            self._goes_on.wait(LONGEST_HOLD_S)
