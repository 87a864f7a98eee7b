"""Vectors of chunks that left the index, for when they come back: another branch, a change undone. Knows no table.

Beside the tables and not part of a commit: a vector belongs to a text and an embedder, so it is right whenever it is there. An
append to one file; whatever a killed writer left at its end is cut off by the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.analysis import KEY_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEPT = "kept-vectors"

MAX_KEPT = 50_000
"""Chunks: what two branches differ in, in all but the largest repositories; 39 MB for vectors of 384 numbers. The older half
goes when there are more, or as much of it as has to."""


class KeptVectors:
    """One index's. Only for embedders that cost more than reading a file: the built-in one never asks."""

    def __init__(self, location: Path, dimensions: int) -> None:
        self._path = location / KEPT
        self._dimensions = dimensions
        self._known: dict[bytes, NDArray[np.float16]] | None = None

    def add(self, vectors: Mapping[bytes, NDArray[np.float16]]) -> None:
        """Keep vectors by their chunks' keys, those that are not kept already. A disk that refuses costs time, not data."""
        import numpy as np

        known = self._loaded()
        fresh = {key: vector for key, vector in vectors.items() if key not in known}
        if not fresh:
            return
        known |= fresh
        if len(known) > MAX_KEPT:
            least = min(max(len(fresh), MAX_KEPT // 2), MAX_KEPT)
            self._known = known = dict(list(known.items())[-least:])
            fresh = known
        records = np.zeros(len(fresh), dtype=self._record())
        records["key"] = np.frombuffer(b"".join(fresh), dtype=f"V{KEY_BYTES}")
        records["vector"] = list(fresh.values())
        try:
            with self._path.open("r+b" if fresh is not known and self._path.exists() else "wb") as file:
                whole = file.seek(0, 2) // self._record().itemsize * self._record().itemsize
                file.truncate(whole)
                file.seek(whole)
                file.write(records.tobytes())
        except OSError:
            self._known = None

    def of(self, keys: Collection[bytes]) -> dict[bytes, NDArray[np.float16]]:
        """The vectors of those chunks that are kept."""
        known = self._loaded()
        return {key: known[key] for key in keys if key in known}

    def _loaded(self) -> dict[bytes, NDArray[np.float16]]:
        if self._known is None:
            import numpy as np

            try:
                data = self._path.read_bytes()
            except OSError:
                data = b""
            size = self._record().itemsize
            records = np.frombuffer(data[: len(data) // size * size], dtype=self._record())
            self._known = dict(zip(map(bytes, records["key"]), records["vector"], strict=True))
        return self._known

    def _record(self) -> np.dtype[np.void]:
        import numpy as np

        return np.dtype([("key", f"V{KEY_BYTES}"), ("vector", np.float16, (self._dimensions,))])
