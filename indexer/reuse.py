"""Vectors for chunks: those that were made before, in whichever file and on whichever branch, and new ones for the rest.

For embedders that cost more than to look a vector up. Knows no table: it is handed what is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.analysis import Rows
    from indexer.embedding import Embedder

FEWEST, MOST = 16, 256
"""Texts given to the embedder at once: as many as it does in about `STEP_S`."""

STEP_S = 2.0
"""Seconds between two looks at whether the asker gave up; a process that is asked to end has five."""

Known = Callable[[Collection[bytes]], Mapping[bytes, "NDArray[np.float16]"]]


class Reuse:
    """One run's. A text is given to the embedder once, however many chunks say it and wherever they stand."""

    def __init__(self, embedder: Embedder, known: Known, between: Callable[[], None]) -> None:
        """`known` are the vectors by the keys of their texts that an index has; `between` is called between two embeddings
        and may end the run."""
        self._embedder = embedder
        self._known = known
        self._between = between
        self._uncommitted: dict[bytes, NDArray[np.float16]] = {}
        self._at_once = FEWEST

    def vectors(self, rows: Rows) -> NDArray[np.float16]:
        """One row a chunk, shape (chunks, dimensions). Raises EmbedderError."""
        import numpy as np

        keys = cast("list[bytes]", rows.chunks["key"])
        texts = dict(zip(keys, rows.embedded, strict=True))
        found = {key: self._uncommitted[key] for key in texts if key in self._uncommitted}
        found |= self._known([key for key in texts if key not in found])
        missing = [key for key in texts if key not in found]
        while missing:
            self._between()
            some, missing = missing[: self._at_once], missing[self._at_once :]
            started = time.monotonic()
            made = self._embedder.embed_documents([texts[key] for key in some]).astype(np.float16)
            self._learn_pace(time.monotonic() - started, len(some))
            self._uncommitted |= zip(some, made, strict=True)
            found |= zip(some, made, strict=True)
        if not keys:
            return np.zeros((0, self._embedder.dimensions), dtype=np.float16)
        return np.stack([found[key] for key in keys])

    def _learn_pace(self, seconds: float, count: int) -> None:
        at_pace = int(STEP_S * count / max(seconds, 1e-6))
        self._at_once = max(FEWEST, min(MOST, at_pace, 2 * self._at_once))

    @property
    def uncommitted(self) -> Mapping[bytes, NDArray[np.float16]]:
        """What was made since the last commit."""
        return self._uncommitted

    def committed(self) -> None:
        """What was made until now is in the index, which knows it from here on."""
        self._uncommitted.clear()
