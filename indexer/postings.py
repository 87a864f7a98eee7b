"""Inverted lists in memory: which documents hold a word, and how often. Scores nothing; knows no file, table or question.

Words live in three flat arrays sorted by word, 5 bytes a (word, document) pair, because Python objects would take a hundred.
What is added later waits in an unsorted tail until that is a tenth of the whole: following a save then sorts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TAIL_SHARE = 0.1
TAIL_PAIRS = 200_000
"""Up to either, the tail is searched as it is: at that size 0.1 ms a word."""

MOST_COUNTED = 255
"""Repetitions that are told apart: BM25 has flattened out long before, and one byte is enough."""


class Postings:
    """Grows only. `lengths[d]` is the number of words of document d."""

    def __init__(self, tail_pairs: int = TAIL_PAIRS) -> None:
        import numpy as np

        self._tail_pairs = tail_pairs
        self._vocabulary: dict[str, int] = {}
        self._starts = np.zeros(1, dtype=np.int64)  # of each word's stretch in the two arrays below
        self._documents = np.zeros(0, dtype=np.int32)
        self._counts = np.zeros(0, dtype=np.uint8)
        self._tail: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]] = []
        self.lengths = np.zeros(0, dtype=np.int32)

    def add(self, texts: Any) -> None:
        """Append documents: an Arrow array of strings, words by spaces. They get the next numbers. `settle` when done."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        split = pc.split_pattern(texts.cast(pa.large_string()), " ")
        sizes = pc.list_value_length(split).to_numpy(zero_copy_only=False).astype(np.int64)
        coded = split.flatten().dictionary_encode()
        known = self._vocabulary
        numbered = [known.setdefault(word, len(known)) if word else -1 for word in coded.dictionary.to_pylist()]
        indices = coded.indices.to_numpy(zero_copy_only=False)
        words = np.array(numbered, dtype=np.int64)[indices] if len(indices) else np.zeros(0, dtype=np.int64)
        documents = np.repeat(np.arange(len(sizes)), sizes)[words >= 0]
        words = words[words >= 0]
        pairs, counts = np.unique(words * len(sizes) + documents, return_counts=True)
        first, size = len(self.lengths), max(len(sizes), 1)
        self.lengths = np.concatenate([self.lengths, np.bincount(documents, minlength=len(sizes)).astype(np.int32)])
        numbers = (pairs % size + first).astype(np.int32)
        self._tail.append(((pairs // size).astype(np.int32), numbers, np.minimum(counts, MOST_COUNTED).astype(np.uint8)))

    def settle(self) -> None:
        """Sort what was added where it has become much; otherwise put it in one piece."""
        import numpy as np

        if not self._tail:
            return
        words = np.concatenate([one[0] for one in self._tail])
        documents = np.concatenate([one[1] for one in self._tail])
        counts = np.concatenate([one[2] for one in self._tail])
        if len(words) <= max(self._tail_pairs, TAIL_SHARE * len(self._documents)) and len(self._documents):
            self._tail = [(words, documents, counts)]
            return
        held = np.repeat(np.arange(len(self._starts) - 1, dtype=np.int32), np.diff(self._starts))
        words = np.concatenate([held, words])
        order = np.argsort(words, kind="stable")
        self._documents = np.concatenate([self._documents, documents])[order]
        self._counts = np.concatenate([self._counts, counts])[order]
        sizes = np.bincount(words, minlength=len(self._vocabulary))
        self._starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
        self._tail = []

    def of(self, word: str) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The documents that hold a word, and how often each does."""
        import numpy as np

        number = self._vocabulary.get(word, -1)
        documents, counts = self._documents[:0], self._counts[:0]
        if 0 <= number < len(self._starts) - 1:
            stretch = slice(self._starts[number], self._starts[number + 1])
            documents, counts = self._documents[stretch], self._counts[stretch]
        for words, others, more in self._tail if number >= 0 else ():
            at = np.flatnonzero(words == number)
            documents, counts = np.concatenate([documents, others[at]]), np.concatenate([counts, more[at]])
        return documents, counts

    def __contains__(self, word: str) -> bool:
        return word in self._vocabulary
