"""An embedding model in Ollama as the indexer's Embedder. Blocking: for worker threads and the indexing process only.

It passes the same egress rule as every other client, and refuses a model that Ollama would forward elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from indexer.errors import EmbedderError
from lsp_server.errors import HearthError, ModelFailedError, ModelMissingError, ModelProtocolError
from lsp_server.model.durations import keep_alive
from lsp_server.model.events import error_in
from lsp_server.model.hosts import ollama_url, refuse_forwarded
from lsp_server.model.transport import check_status, open_sync_client, plain_errors
from lsp_server.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 32
"""Texts in one request at most."""

FIRST_BATCH = 4

REQUEST_S = 0.3
"""Of work in one request: so long a keystroke may share the processor with it. Each request has some 10 ms of its own."""


class OllamaEmbedder:
    """The embedder of the setting `ollama:NAME`. Asks Ollama once when made, for the model's digest and dimensions.

    `give_way` is called before each request for documents, and returns when nobody waits for the model server.
    """

    def __init__(self, name: str, model: ModelSettings, give_way: Callable[[], None] = lambda: None) -> None:
        self._name, self._give_way, self._at_once = name, give_way, FIRST_BATCH
        with _as_embedder_error():
            self._keep_alive = keep_alive(model.keep_alive)
            self._url = ollama_url(model.ollama_host, os.environ)
            self._client = open_sync_client(self._url, model.allow_hosts)
            refuse_forwarded(name, None, model.allow_hosts)
            shown = self._ask("POST", "/api/show", {"model": name})
            refuse_forwarded(name, shown.get("remote_host"), model.allow_hosts)
            if "embedding" not in (shown.get("capabilities") or ()):
                # Ollama would answer for a model that writes text as well, with vectors that mean nothing.
                raise ModelFailedError(f"`{name}` is not an embedding model.", "`ollama pull nomic-embed-text` fetches one.")
            digest = self._digest()
        self.dimensions = int(self._vectors(["x"]).shape[1])
        self.identity = f"ollama:{name}:{digest[:12]}:{self.dimensions}"

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised row a text. A text longer than the model's context is cut at its end, by Ollama."""
        import numpy as np

        rows, at = [np.zeros((0, self.dimensions), dtype=np.float32)], 0
        while at < len(texts):
            self._give_way()
            some, began = texts[at : at + self._at_once], monotonic()
            rows.append(self._vectors(some))
            at += len(some)
            at_pace = int(REQUEST_S * len(some) / max(monotonic() - began, 1e-3))
            self._at_once = max(1, min(BATCH, at_pace, 2 * self._at_once))
        return np.vstack(rows)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question."""
        row: NDArray[np.float32] = self._vectors([text])[0]
        return row

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        # An empty text is an error to some models and a row of zeros to the indexer.
        asked = [text if text.strip() else " " for text in texts]
        with _as_embedder_error():
            body = {"model": self._name, "input": asked, "keep_alive": self._keep_alive}
            told = self._ask("POST", "/api/embed", body)
            with plain_errors("Ollama", self._url, ""):
                rows = np.asarray(told["embeddings"], dtype=np.float32)
            if rows.ndim != 2 or len(rows) != len(texts):
                raise ModelProtocolError(f"Ollama returned vectors of shape {rows.shape} for {len(texts)} texts.")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.where(lengths > 0, lengths, 1)
        rows[[not text.strip() for text in texts]] = 0
        return rows

    def _digest(self) -> str:
        same = (self._name, f"{self._name}:latest")
        with plain_errors("Ollama", self._url, ""):
            rows = self._ask("GET", "/api/tags")["models"]
            return next((str(row["digest"]) for row in rows if row["name"] in same), "")

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        with plain_errors("Ollama", self._url, "Start it with `ollama serve`."):
            response = self._client.request(method, path, json=body)
            check_status("Ollama", self._url, response.status_code, error_in(response.text), self._missing)
            told = response.json()
            if not isinstance(told, dict):
                raise TypeError
            return told

    def _missing(self) -> ModelMissingError:
        return ModelMissingError(
            f"Ollama does not have the model `{self._name}`.", f"Fetch it with `ollama pull {self._name}`."
        )


@contextmanager
def _as_embedder_error() -> Iterator[None]:
    """The indexer knows one kind of error about embedders; the sentence and the advice stay."""
    try:
        yield
    except HearthError as error:
        raise EmbedderError(str(error), error.advice) from error
