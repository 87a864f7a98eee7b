"""Chunks by the file they lie in: what their values come to for each file. Pure; knows no word, no vector and no question.

Made once a commit, so that a question sorts nothing: the chunks stand in the order of their files, and a file's are a stretch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BEST_CHUNKS = 3
"""A file is about something when a few of its chunks are: one may be chance, all would favour long files."""

CHUNKS_SUMMED = 2000
"""Chunks that are told apart by file: what ranks lower lies in no file of the first ten, and sorting it takes 20 ms."""


class Grouping:
    """`files[i]` is the file, of `count`, that chunk i lies in; below 0 it lies nowhere. Values are given for all chunks."""

    def __init__(self, files: NDArray[np.int32], count: int) -> None:
        import numpy as np

        self._files, self._count = files, count
        order = np.argsort(files, kind="stable")
        self._order = order[np.count_nonzero(files < 0) :]
        self.sizes = np.bincount(files[self._order], minlength=count)
        self._starts = np.cumsum(self.sizes) - self.sizes
        self.filled = np.flatnonzero(self.sizes)
        self._stretches = self._starts[self.filled]

    def chunks_of(self, file: int) -> NDArray[np.int64]:
        """The chunks of one file, ascending."""
        start = self._starts[file]
        chunks: NDArray[np.int64] = self._order[start : start + self.sizes[file]]
        return chunks

    def sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Of each file the sum of its chunks' values."""
        import numpy as np

        sums = np.zeros(self._count)
        if len(self.filled):
            sums[self.filled] = np.add.reduceat(values[self._order], self._stretches, dtype=np.float64)
        return sums

    def means(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Of each file the mean of its chunks' values: what a file is about as a whole, when values are cosines."""
        import numpy as np

        mean: NDArray[np.float64] = self.sums(values) / np.maximum(self.sizes, 1)
        return mean

    def maxima(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Of each file the best of its chunks' values, at least 0."""
        import numpy as np

        best = np.zeros(self._count)
        if len(self.filled):
            best[self.filled] = np.maximum(np.maximum.reduceat(values[self._order], self._stretches), 0)
        return best

    def sums_of_best(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Of each file the sum of its best `BEST_CHUNKS` scores."""
        import numpy as np

        used = np.flatnonzero((scores > 0) & (self._files >= 0))
        if len(used) > CHUNKS_SUMMED:
            used = used[scores[used] >= np.partition(scores[used], -CHUNKS_SUMMED)[-CHUNKS_SUMMED]]
        used = used[np.lexsort((-scores[used], self._files[used]))]
        of = self._files[used]
        starts = np.flatnonzero(np.diff(of, prepend=-1))
        places = np.arange(len(of)) - np.repeat(starts, np.diff(starts, append=len(of)))
        best = used[places < BEST_CHUNKS]
        summed: NDArray[np.float64] = np.bincount(self._files[best], scores[best], minlength=self._count).astype(np.float64)
        return summed
