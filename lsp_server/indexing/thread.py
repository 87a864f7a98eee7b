"""The one thread in which indexes are asked and saved files written, and the embedders that live there. Knows no folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lsp_server.indexing import access
from lsp_server.indexing.access import Job

if TYPE_CHECKING:
    from indexer.embedding import Embedder

T = TypeVar("T")


class IndexThread:
    """One thread, because readers and embedders are not made for two; it takes its work in the order it came."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._embedders: dict[str, Embedder] = {}

    async def run(self, work: Callable[[], T]) -> T:
        """Do something in the thread. What its asker gave up before its turn is not done."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, work)

    def embedder(self, job: Job) -> Embedder:
        """The embedder of a job, made once and shared by all folders. To be called in the thread. Raises EmbedderError."""
        name = f"{job.embedder} {job.model.ollama_host}"
        if name not in self._embedders:
            self._embedders[name] = access.make_embedder(job)
        return self._embedders[name]

    def close(self) -> None:
        """Take no more work; what runs is not waited for."""
        self.executor.shutdown(wait=False, cancel_futures=True)
