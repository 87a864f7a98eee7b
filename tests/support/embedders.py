"""An embedder small enough to reason about, for what the built-in one cannot show: another identity, calls, failures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.errors import EmbedderError


class LetterEmbedder:
    """Counts the letters a to z. `seen` holds every text it was given; `fail_after` texts it fails like a dead server."""

    def __init__(self, name: str = "letters", fail_after: int | None = None) -> None:
        self.identity = f"{name}:26"
        self.dimensions = 26
        self.seen: list[str] = []
        self._fail_after = fail_after

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._fail_after is not None and len(self.seen) + len(texts) > self._fail_after:
            raise EmbedderError("The embedding server went away.", "Start it again.")
        self.seen += texts
        counts = [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        rows = np.array(counts, dtype=np.float32).reshape(-1, 26)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = LetterEmbedder().embed_documents([text])[0]
        return row
