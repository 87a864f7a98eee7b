"""Vectors for chunks: those that were made before, in whichever file and on whichever branch, and new ones for the rest.

For embedders that cost more than to look a vector up. Knows no table: it is handed what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.analysis import Rows
    from indexer.embedding import Embedder

EMBED_AT_ONCE = 256
"""Chunks between two looks at whether the asker gave up."""

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

    def vectors(self, rows: Rows) -> NDArray[np.float16]:
        """One row a chunk, shape (chunks, dimensions). Raises EmbedderError."""
        import numpy as np

        keys = cast("list[bytes]", rows.chunks["key"])
        texts = dict(zip(keys, rows.embedded, strict=True))
        found = {key: self._uncommitted[key] for key in texts if key in self._uncommitted}
        found |= self._known([key for key in texts if key not in found])
        missing = [key for key in texts if key not in found]
        for start in range(0, len(missing), EMBED_AT_ONCE):
            self._between()
            some = missing[start : start + EMBED_AT_ONCE]
            made = self._embedder.embed_documents([texts[key] for key in some]).astype(np.float16)
            self._uncommitted |= zip(some, made, strict=True)
            found |= zip(some, made, strict=True)
        if not keys:
            return np.zeros((0, self._embedder.dimensions), dtype=np.float16)
        return np.stack([found[key] for key in keys])

    def committed(self) -> None:
        """What was made until now is in the index, which knows it from here on."""
        self._uncommitted.clear()
