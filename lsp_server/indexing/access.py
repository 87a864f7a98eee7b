"""What the server asks of the indexer, as blocking calls for a thread or a process that may wait. Starts neither."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.records import BuildReport, Progress
from indexer.settings import IndexSettings
from lsp_server.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from indexer.embedding import Embedder
    from indexer.search import IndexReader


@dataclass(frozen=True, slots=True)
class Job:
    """One folder's index: what to index, where to keep it, how. Travels to the child process as JSON.

    `indexes` is the folder that holds one index a root. `ollama_host` and `allow_hosts` are for an embedder that Ollama
    serves; no key travels.
    """

    root: str
    indexes: str
    embedder: str
    max_file_kib: int
    exclude: tuple[str, ...]
    ollama_host: str = ""
    allow_hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, root: Path, indexes: Path, settings: Settings) -> Job:
        """The job that the settings describe."""
        index, model = settings.index, settings.model
        return cls(
            str(root), str(indexes), index.embedder, index.max_file_kib, index.exclude, model.ollama_host, model.allow_hosts
        )

    def to_json(self) -> dict[str, Any]:
        """As it travels."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Job:
        """As it arrives; lists become tuples again."""
        values: dict[str, Any] = {one.name: data[one.name] for one in fields(cls)}
        return cls(**values | {"exclude": tuple(data["exclude"]), "allow_hosts": tuple(data["allow_hosts"])})


def make_embedder(spec: str, model: ModelSettings) -> Embedder:
    """The embedder a setting names. Raises EmbedderError. One that Ollama serves speaks HTTP, so it comes from `model`."""
    if spec.startswith("ollama:"):
        from lsp_server.model.embedder import OllamaEmbedder

        return OllamaEmbedder(spec.removeprefix("ollama:"), model)
    from indexer.embedding import make_embedder as make

    return make(spec)


def open_reader(job: Job) -> IndexReader:
    """The index of a folder, open for reading. Raises IndexerError: NoIndexError where nothing was indexed yet."""
    from indexer.search import IndexReader

    return IndexReader.open(_location(job), _embedder(job))


def build(job: Job, on_progress: Callable[[Progress], None]) -> BuildReport:
    """Index the folder; what has not changed since the last time is kept. Raises IndexerError."""
    from indexer.build import build as build_index

    return build_index(Path(job.root), _location(job), _walk(job), _embedder(job), on_progress=on_progress)


def update(job: Job, paths: Collection[str]) -> BuildReport:
    """Bring some files up to date, named relative to the root; one that is gone leaves the index. Raises IndexerError."""
    from indexer.build import update as update_index

    return update_index(Path(job.root), _location(job), _walk(job), _embedder(job), paths)


def _location(job: Job) -> Path:
    from indexer.manifest import index_location

    return index_location(Path(job.root), Path(job.indexes))


def _walk(job: Job) -> IndexSettings:
    return IndexSettings(max_file_bytes=job.max_file_kib * 1024, exclude=job.exclude)


def _embedder(job: Job) -> Embedder:
    return make_embedder(job.embedder, ModelSettings(ollama_host=job.ollama_host, allow_hosts=job.allow_hosts))
