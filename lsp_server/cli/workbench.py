"""What a command works with: the user's settings and the parts made from them, each when it is first needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.manifest import index_location
from indexer.records import BuildReport, Hit, Progress
from lsp_server.configuration import Configuration
from lsp_server.errors import UsageError
from lsp_server.indexing import access
from lsp_server.paths import Paths
from lsp_server.settings import model_for_actions

if TYPE_CHECKING:
    from indexer.inspection import Checkup, Stats
    from indexer.search import IndexReader
    from lsp_server.completion.engine import CompletionEngine
    from lsp_server.indexing.lookup import Lookup
    from lsp_server.model.port import ChosenModel


class Workbench:
    """Settings of this user for one command. `problems` are sentences about settings that were not taken."""

    def __init__(
        self, *, backend: str | None = None, model: str | None = None, embedder: str | None = None, acting: bool = False
    ) -> None:
        self.paths = Paths.of_user()
        self.settings, self.problems = Configuration(self.paths.config).resolved()
        chosen = model_for_actions(self.settings) if acting else self.settings.model
        chosen = replace(chosen, backend=backend or chosen.backend, name=chosen.name if model is None else model)
        index = replace(self.settings.index, embedder=embedder or self.settings.index.embedder)
        self.settings = replace(self.settings, model=chosen, index=index)

    def location(self, root: Path) -> Path:
        """The folder that holds a root's index, whether it exists or not."""
        return index_location(root, self.paths.indexes)

    def root(self, named: Path | None, start: Path) -> Path:
        """The folder the user named, or `indexed_root`; UsageError where what they named is none."""
        if named is None:
            return self.indexed_root(start)
        if not named.is_dir():
            raise UsageError(f"{named} is not a folder.", "Name the folder of the repository.")
        return named.resolve()

    def indexed_root(self, start: Path) -> Path:
        """The nearest folder at or above `start` that has an index, or `start` itself where none has."""
        start = start.resolve()
        return next((folder for folder in (start, *start.parents) if self.location(folder).is_dir()), start)

    def warm_up(self, root: Path) -> None:
        """Get ready for `build`, before anything else starts a thread: a progress bar has one."""
        access.warm_up(self.job(root))

    def build(self, root: Path, on_progress: Callable[[Progress], None], *, rebuild: bool = False) -> BuildReport:
        """Bring a root's index up to date, in this process, or make it anew; IndexerError says what is in the way."""
        job = self.job(root)
        embedder = access.make_embedder(job)  # before anything is given up for it
        if rebuild:
            access.discard(job)
        return access.build(job, embedder, on_progress, lambda: False)

    def check(self, root: Path) -> Checkup:
        """Whether a root's index is as its last commit says, and whether that is still what is on disk."""
        return access.check(self.job(root))

    def stats(self, root: Path) -> Stats:
        """What a root's index holds."""
        return access.stats(self.job(root))

    def reader(self, root: Path) -> IndexReader:
        """The index of a root, open for reading; NoIndexError says how to make one."""
        job = self.job(root)
        return access.open_reader(job, access.make_embedder(job))

    def job(self, root: Path) -> access.Job:
        """What the settings say about indexing a root."""
        return access.Job.of(root, self.paths.indexes, self.settings)

    @asynccontextmanager
    async def model(self) -> AsyncIterator[ChosenModel]:
        """The model the settings come to, closed at the end."""
        from lsp_server.model.choose import choose

        chosen = await choose(self.settings.model, self.paths)
        try:
            yield chosen
        finally:
            await chosen.client.aclose()

    def engine(self, chosen: ChosenModel, lookup: Lookup | None) -> CompletionEngine:
        """Ghost text as the server makes it, but with time to look the repository up: a command waits once, not per key."""
        from lsp_server.completion.engine import CompletionEngine

        async def model() -> ChosenModel:
            return chosen

        settings = replace(self.settings.completion, enabled=True, context_budget_ms=2000, disabled_languages=())
        return CompletionEngine(model=model, repository=lookup, settings=settings)


def hit_as_json(hit: Hit) -> dict[str, object]:
    """A search result in the documented shape."""
    return {
        "path": hit.path,
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "score": round(hit.score, 6),
        "text": hit.text,
    }
