"""What the server asks of the indexer, as blocking calls for a thread or a process that may wait. Starts neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.records import BuildReport, Progress, SourceFile
from indexer.settings import IndexSettings
from lsp_server.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from indexer.build import Updater
    from indexer.embedding import Embedder
    from indexer.inspection import Checkup, Stats
    from indexer.search import IndexReader

_IN_OLLAMA = "ollama:"


@dataclass(frozen=True, slots=True)
class Job:
    """One folder's index: what to index, where to keep it, how. Travels to the child process as JSON.

    `indexes` is the folder that holds one index a root. `model` says where Ollama is, for an embedder that it serves; it
    holds no key.
    """

    root: str
    indexes: str
    embedder: str
    max_file_kib: int
    max_source_mib: int
    exclude: tuple[str, ...]
    model: ModelSettings = field(default_factory=ModelSettings)

    @classmethod
    def of(cls, root: Path, indexes: Path, settings: Settings) -> Job:
        """The job that the settings describe. Of the model's settings only what an embedder in Ollama needs."""
        index, model = settings.index, settings.model
        needed = ModelSettings(ollama_host=model.ollama_host, allow_hosts=model.allow_hosts, keep_alive=model.keep_alive)
        return cls(str(root), str(indexes), index.embedder, index.max_file_kib, index.max_source_mib, index.exclude, needed)

    @property
    def asks_a_server(self) -> bool:
        """Whether the embedder is in a model server, which may have something more urgent to do."""
        return self.embedder.startswith(_IN_OLLAMA)

    def to_json(self) -> dict[str, Any]:
        """As it travels."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Job:
        """As it arrives; lists become tuples again."""
        model = ModelSettings(**data["model"] | {"allow_hosts": tuple(data["model"]["allow_hosts"])})
        return cls(**data | {"exclude": tuple(data["exclude"]), "model": model})


def make_embedder(job: Job, give_way: Callable[[], None] = lambda: None) -> Embedder:
    """The embedder that the settings name. Raises EmbedderError. One that Ollama serves speaks HTTP, so `model` has it.

    It calls `give_way` before each request that can wait.
    """
    if job.asks_a_server:
        from lsp_server.model.embedder import OllamaEmbedder

        return OllamaEmbedder(job.embedder.removeprefix(_IN_OLLAMA), job.model, give_way)
    from indexer.embedding import make_embedder as make

    return make(job.embedder)


def open_reader(job: Job, embedder: Embedder) -> IndexReader:
    """The index of a folder, open for reading. Raises IndexerError: NoIndexError where nothing was indexed yet."""
    from indexer.search import IndexReader

    return IndexReader.open(_location(job), embedder)


def warm_up(job: Job) -> None:
    """Start the workers of a build, which is quick and safe only while this process has one thread."""
    from indexer.workers import warm_up as start

    start("static" if job.embedder == "static" else "")


def build(job: Job, embedder: Embedder, on_progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> BuildReport:
    """Index the folder; what has not changed since the last time is kept. Raises IndexerError."""
    from indexer.build import build as build_index

    return build_index(Path(job.root), _location(job), _walk(job), embedder, on_progress=on_progress, cancelled=cancelled)


def is_current(job: Job) -> bool:
    """Whether a build would find nothing to do; no embedder is made to know it."""
    from indexer.inspection import is_current as look

    return look(Path(job.root), _location(job), _walk(job))


def make_updater(job: Job, embedder: Embedder) -> Updater:
    """What brings saved files up to date; for one thread. Its `update` raises IndexerError."""
    from indexer.build import Updater

    return Updater(Path(job.root), _location(job), _walk(job), embedder)


def discard(job: Job) -> None:
    """Drop a folder's index, so that the next build begins from nothing. Raises IndexerError."""
    from indexer.ledger import wipe
    from indexer.manifest import writing

    location = _location(job)
    with writing(location):
        wipe(location)


def _location(job: Job) -> Path:
    from indexer.manifest import index_location

    return index_location(Path(job.root), Path(job.indexes))


def _walk(job: Job) -> IndexSettings:
    return IndexSettings(
        max_file_bytes=job.max_file_kib * 1024, max_source_bytes=job.max_source_mib * 1024 * 1024, exclude=job.exclude
    )


def counted(job: Job, path: str) -> SourceFile | str | None:
    """What the walk says of one file, named relative to the root: the file, why it is left out, or None if it is gone."""
    from indexer.walk import counts

    return counts(Path(job.root), _walk(job), path)


def check(job: Job) -> Checkup:
    """Compare a folder's index with its tables and its files. Raises IndexerError: NoIndexError where there is none."""
    from indexer.inspection import check as look

    return look(Path(job.root), _location(job), _walk(job))


def stats(job: Job) -> Stats:
    """What a folder's index holds. Raises IndexerError."""
    from indexer.inspection import stats as look

    return look(_location(job))
