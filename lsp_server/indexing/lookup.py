"""An open index as completion may ask it: every question in one thread of its own, so that no keystroke waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from indexer.records import Asker, Contents, Hit, Import, IndexStatus, Name, Reference, Symbol
    from indexer.search import IndexReader

T = TypeVar("T")


class Lookup:
    """Implements `completion.records.Repository` over one reader. Raises IndexerError where the index cannot be read.

    A question whose asker gave up before its turn is never put to the index. `executor` is shared where the caller has one
    (the session's); it must have a single thread, since a reader is not made for two.
    """

    def __init__(self, reader: IndexReader, executor: ThreadPoolExecutor | None = None) -> None:
        self._reader = reader
        self._own = None if executor else ThreadPoolExecutor(1, thread_name_prefix="index")
        self._executor = executor or self._own

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        """Chunks that answer a question, or resemble the code at a cursor, best first."""
        return await self._run(partial(self._reader.search, text, k=k, asker=asker))

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        """Chunks that define the names, in the order of the names."""
        return await self._run(partial(self._reader.definitions, names, k=k))

    async def symbols(self, names: Sequence[str], *, k: int) -> Sequence[Symbol]:
        """Definitions of the names, in the order of the names."""
        return await self._run(partial(self._reader.symbols, names, k=k))

    async def members(self, of: Symbol, *, k: int) -> Sequence[Symbol]:
        """Definitions directly inside of another."""
        return await self._run(partial(self._reader.members, of, k=k))

    async def outline(self, path: str) -> Sequence[Symbol]:
        """All definitions of a file."""
        return await self._run(partial(self._reader.outline, path))

    async def references(self, name: str, *, k: int) -> Sequence[Reference]:
        """Lines that use a name."""
        return await self._run(partial(self._reader.references, name, k=k))

    async def imports(self, path: str) -> Sequence[Import]:
        """What a file imports, with the files that are meant."""
        return await self._run(partial(self._reader.imports, path))

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        """What names of a document mean."""
        return await self._run(partial(self._reader.meanings, names, imports, path, language))

    async def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        """How often files other than `path` write which name behind the dot of this one."""
        return await self._run(partial(self._reader.written_behind, spoken, path))

    async def status(self) -> IndexStatus:
        """What the index holds."""
        return await self._run(self._reader.status)

    def close(self) -> None:
        """Close the reader after the questions that wait."""
        assert self._executor is not None
        self._executor.submit(self._reader.close)
        if self._own:
            self._own.shutdown(wait=True)

    async def _run(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, question)
