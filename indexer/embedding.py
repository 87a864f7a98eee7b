"""What turns text into vectors, behind one protocol. Never opens a socket and never fetches weights.

Rows are L2-normalised, so a dot product is the cosine; a row of zeros means "nothing to say about this text" and is near to
nothing. An Ollama embedder speaks HTTP, so it lives with the model clients and is handed in as just another `Embedder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from indexer.errors import EmbedderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 64
"""Texts a transformer reads at once: enough to fill two cores, small enough to report progress every few seconds."""


class Embedder(Protocol):
    """Text in, vectors out. Deterministic: the same `identity` and text give the same vector on every machine."""

    @property
    def identity(self) -> str:
        """Changes whenever the vectors would: `static:128:cf450480191a`, `sentence-transformers:NAME:384`."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised row a text, shape (len(texts), dimensions). Raises `EmbedderError`."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,). Raises `EmbedderError`."""
        ...


def make_embedder(spec: str) -> Embedder:
    """The embedder a setting names: `static` or `sentence-transformers:NAME_OR_PATH`.

    Raises `EmbedderError` with advice when the name is unknown, its package is not installed, or its weights are not here.
    """
    kind, _, name = spec.partition(":")
    if spec == "static":
        from indexer.static_table import StaticEmbedder

        return StaticEmbedder()
    if kind == "sentence-transformers" and name:
        return SentenceTransformerEmbedder(name)
    raise EmbedderError(
        f"There is no embedder `{spec}`.", "Set `index.embedder` to `static` or `sentence-transformers:NAME_OR_PATH`."
    )


class SentenceTransformerEmbedder:
    """Any sentence-transformers model that is already on this machine; a name is looked up in the local cache only."""

    def __init__(self, name: str) -> None:
        self._model = _loaded(name)
        # renamed in newer sentence-transformers; the old name warns where the new one exists
        dimensions = getattr(self._model, "get_embedding_dimension", None) or self._model.get_sentence_embedding_dimension
        self.dimensions = int(dimensions())
        self.identity = f"sentence-transformers:{name}:{self.dimensions}"

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, on whatever accelerator the machine has."""
        return self._encoded(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, with the model's own query prompt where it declares one."""
        prompt = "query" if "query" in (getattr(self._model, "prompts", None) or {}) else None
        row: NDArray[np.float32] = self._encoded([text], prompt)[0]
        return row

    def _encoded(self, texts: Sequence[str], prompt: str | None = None) -> NDArray[np.float32]:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        try:
            rows = self._model.encode(
                list(texts), prompt_name=prompt, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        except Exception as error:  # torch raises its own kinds, out of memory among them; all mean the same to the user
            raise EmbedderError(f"{self.identity} failed: {error}", "Try the `static` embedder.") from error
        return np.asarray(rows, dtype=np.float32)


def _loaded(name: str) -> Any:
    """The model, read from disk. `local_files_only` is the egress rule: weights are never fetched behind the user's back."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbedderError(
            f"The embedder `sentence-transformers:{name}` needs a package that is not installed.",
            'Install it with `pip install "hearth-lsp[sentence-transformers]"`, or set `index.embedder` to `static`.',
        ) from error
    try:
        return SentenceTransformer(name, local_files_only=True)
    except Exception as error:  # missing files, a broken download, a wrong name: the library raises many kinds
        raise EmbedderError(
            f"The sentence-transformers model `{name}` cannot be read from this machine: {error}",
            "Give the path of a folder that holds it, or fetch it once yourself; Hearth downloads nothing.",
        ) from error
