"""The vectors of all chunks in memory, compared exactly. Knows no question's words; reads through a `View` it is given.

Rows of chunks that are gone stay as zeros, which are near to nothing, until they are many: following a save then costs a
few rows and not a copy of the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.errors import IndexDamagedError
from indexer.footprint import REBUILD_ADVICE
from indexer.manifest import Removal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.store import Loaded, View

MIN_ALIVE = 0.75
"""With fewer rows of the matrix in use it is copied without the others."""

GROWTH = 1.125
"""Room for new chunks when the matrix is copied, so that not every save copies it."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """`rows[i]` is the row of the i-th chunk that was asked for; those at `gone` have none."""

    rows: NDArray[np.int64]
    gone: NDArray[np.int64]


class Vectors:
    """Ids and vectors of all chunks, and where the store keeps them. Starts empty; `follow` fills it."""

    def __init__(self, dimensions: int) -> None:
        import numpy as np

        self._ids = np.zeros(0, dtype=np.int64)  # of the chunks that exist, ascending
        self._places = np.zeros(0, dtype=np.uint64)
        self._rows = 0  # of the matrix in use
        self._row_ids = np.zeros(0, dtype=np.int64)  # ascending too, since new chunks get larger ids
        self._vectors = np.zeros((0, dimensions), dtype=np.float32)

    def follow(self, view: View, removed: Sequence[Removal] | None = None) -> None:
        """Hold what a newer commit holds. `removed` is all that went since the one held, None where that is not known."""
        import numpy as np

        old = self._row_ids[: self._rows]
        after = int(old[-1]) if self._rows else -1
        loaded = view.load(after) if removed is None else self._with(view.load_new(after), removed)
        self._ids, self._places = loaded.ids, loaded.places
        at = np.searchsorted(loaded.ids, old)
        alive = loaded.ids[np.minimum(at, len(loaded.ids) - 1)] == old if len(loaded.ids) else np.zeros(len(old), dtype=bool)
        if np.count_nonzero(alive) + len(loaded.vectors) != len(loaded.ids):
            raise IndexDamagedError("The index lists chunks that have no vector.", REBUILD_ADVICE)
        if len(loaded.ids) < MIN_ALIVE * self._rows or self._rows + len(loaded.vectors) > len(self._vectors):
            self._make_room(alive, len(loaded.vectors))
        else:
            self._vectors[: self._rows][~alive] = 0
        end = self._rows + len(loaded.vectors)
        self._vectors[self._rows : end] = loaded.vectors
        self._row_ids[self._rows : end] = loaded.ids[len(loaded.ids) - len(loaded.vectors) :]
        self._rows = end

    def _with(self, fresh: Loaded, removed: Sequence[Removal]) -> Loaded:
        """All chunks: those held without the removed ones, then the new ones. Reading all ids again would take 25 ms."""
        import numpy as np

        kept = np.ones(len(self._ids), dtype=bool)
        for one in removed:
            start, end = np.searchsorted(self._ids, (one.first, one.first + one.chunks))
            kept[start:end] = False
        ids, places = np.concatenate([self._ids[kept], fresh.ids]), np.concatenate([self._places[kept], fresh.places])
        return replace(fresh, ids=ids, places=places)

    def _make_room(self, alive: NDArray[np.bool_], more: int) -> None:
        import numpy as np

        count = int(np.count_nonzero(alive))
        room = count + more if not self._rows else int((count + more) * GROWTH) + 64
        vectors = np.zeros((room, self._vectors.shape[1]), dtype=np.float32)
        row_ids = np.zeros(room, dtype=np.int64)
        vectors[:count], row_ids[:count] = self._vectors[: self._rows][alive], self._row_ids[: self._rows][alive]
        self._vectors, self._row_ids, self._rows = vectors, row_ids, count

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[int]:
        """Ids of the chunks with the largest cosine, best first; none that has nothing in common with the question."""
        import numpy as np

        similar = self._cosines(vector)
        count = min(count, len(similar))
        best = np.argpartition(-similar, count - 1)[:count] if count else np.zeros(0, dtype=np.int64)
        best = best[np.argsort(-similar[best], kind="stable")]
        return [int(one) for one in self._row_ids[best[similar[best] > 0]]]

    @property
    def ids(self) -> NDArray[np.int64]:
        """Of the chunks that exist, ascending."""
        return self._ids

    def alignment(self, ids: NDArray[np.int64]) -> Alignment:
        """Where the vectors of these chunks stand, for `similar`; good until the next `follow`."""
        import numpy as np

        held = self._row_ids[: self._rows]
        at = np.minimum(np.searchsorted(held, ids), max(self._rows - 1, 0))
        gone = np.flatnonzero(held[at] != ids) if self._rows else np.arange(len(ids))
        return Alignment(at, gone)

    def similar(self, vector: NDArray[np.float32], alignment: Alignment) -> NDArray[np.float32]:
        """The cosine of each aligned chunk, 0 for one that is gone."""
        import numpy as np

        if not self._rows:
            return np.zeros(len(alignment.rows), dtype=np.float32)
        cosines = self._cosines(vector)[alignment.rows]
        cosines[alignment.gone] = 0
        return cosines

    def _cosines(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of every row. By `einsum`, which runs in this thread: BLAS would wake one for each core for 2 ms of work, and on a
        machine that is busy they wait for each other (85 ms at the 95th percentile against 3)."""
        import numpy as np

        cosines: NDArray[np.float32] = np.einsum("ij,j->i", self._vectors[: self._rows], vector)
        return cosines

    def places_of(self, ids: Sequence[int]) -> list[int]:
        """Where LanceDB keeps these chunks, those that exist."""
        import numpy as np

        if not ids or not len(self._ids):
            return []
        wanted = np.asarray(ids, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        return [int(place) for place in self._places[at[self._ids[at] == wanted]]]
