"""The words of an open index in memory, by field: what a question's words weigh in each chunk and in each file.

Filled at the first question, since a server that only completes never needs it. Combines no fields and knows no vector.
Rows of chunks that are gone stay without a file until they are many, as in `vectors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from indexer.analysis import searchable
from indexer.errors import IndexDamagedError
from indexer.footprint import REBUILD_ADVICE
from indexer.grouping import Grouping
from indexer.postings import Postings
from indexer.ranking import bm25, file_name, rarity
from indexer.words import split_words, stem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.store import View

MIN_ALIVE = 0.75
"""With fewer of its rows in use, a lexicon is read anew."""

GONE = -1
"""The file of a chunk that is no more."""

_COLUMNS = ("path", "words", "defines")


class Lexicon:
    """`files[row]` is the number of the file that chunk `ids[row]` lies in, `paths[file]` its path."""

    def __init__(self) -> None:
        import numpy as np

        self.ids = np.zeros(0, dtype=np.int64)
        self.files = np.zeros(0, dtype=np.int32)
        self.paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._fields = {name: Postings() for name in ("words", "defines", "names")}
        self._file_names = Postings()
        self._count()

    def follow(self, view: View, ids: NDArray[np.int64]) -> None:
        """Hold the words of the chunks that a commit holds: `ids`, ascending."""
        import numpy as np

        self.files[~np.isin(self.ids, ids)] = GONE
        known = len(self.paths)
        for batch in view.batches(int(self.ids.max()) if len(self.ids) else -1, _COLUMNS):
            self._add(batch)
        self._alive = self.files != GONE
        if np.count_nonzero(self._alive) != len(ids):
            raise IndexDamagedError("The index lists chunks that have no words.", REBUILD_ADVICE)
        self._add_names(self.paths[known:])
        for postings in (*self._fields.values(), self._file_names):
            postings.settle()
        self._count()

    def _count(self) -> None:
        """What the formulas need of all chunks and files together, once a commit."""
        import numpy as np

        alive = self._alive = self.files != GONE
        self.grouping = Grouping(self.files, len(self.paths))
        self._chunks, self._filled = int(np.count_nonzero(alive)), len(self.grouping.filled)
        self._file_lengths = {name: self.grouping.sums(one.lengths) for name, one in self._fields.items() if len(one.lengths)}

    def is_worn(self, ids: NDArray[np.int64]) -> bool:
        """Whether so few of its rows would be left by a commit with these chunks that it is better read anew."""
        return len(ids) < MIN_ALIVE * len(self.ids)

    def chunk_scores(self, words: Iterable[str], field: str = "words") -> NDArray[np.float64]:
        """BM25 of each chunk for these words of a field: `words`, stems, or `defines`, names as they are written."""
        import numpy as np

        postings = self._fields[field]
        lengths = postings.lengths
        mean = float(self._file_lengths[field].sum()) / max(self._chunks, 1)
        scores = np.zeros(len(lengths))
        for word in words:
            chunks, counts = postings.of(word)
            scores[chunks] += rarity(len(chunks), self._chunks) * bm25(counts, lengths[chunks], mean)
        if self._chunks < len(lengths):
            scores[~self._alive] = 0
        return scores

    def best_chunks(self, field: str, words: Iterable[str], count: int) -> list[int]:
        """Ids of the chunks with the highest `chunk_scores`, best first, none without any of the words."""
        import numpy as np

        scores = self.chunk_scores(words, field)
        best = np.argsort(-scores, kind="stable")[:count]
        return [int(one) for one in self.ids[best[scores[best] > 0]]]

    def file_scores(self, field: str, words: Iterable[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each file, taken as one text: its BM25 for these stems, and the share of their rarity that it has at all.

        A field is `words`, or `names`: the stems of what is defined.
        """
        import numpy as np

        postings, count, lengths = self._fields[field], len(self.paths), self._file_lengths[field]
        mean = lengths.sum() / max(self._filled, 1)
        scores, held, asked = np.zeros(count), np.zeros(count), 0.0
        for word in words:
            chunks, counts = postings.of(word)
            files = self.files[chunks]
            if self._chunks < len(self.files):
                files, counts = files[files != GONE], counts[files != GONE]
            counted = np.bincount(files, counts, minlength=count)
            at = np.flatnonzero(counted)
            weight = rarity(len(at), self._filled)
            scores[at] += weight * bm25(counted[at], lengths[at], mean)
            held[at] += weight
            asked += weight
        return scores, held / (asked or 1.0)

    def file_name_shares(self, words: Iterable[str]) -> NDArray[np.float64]:
        """Which part of the words in each file's name is among these, 0 to 1."""
        import numpy as np

        found = np.zeros(len(self.paths))
        for word in words:
            found[self._file_names.of(word)[0]] += 1
        shares: NDArray[np.float64] = found / np.maximum(self._file_names.lengths, 1)
        return shares

    def defining(self, names: Iterable[str]) -> NDArray[np.float64]:
        """Of each chunk the rarity of those of these names, as written, that it defines: one that many chunks define tells
        little, as the module in `Rack::Builder` does beside the class."""
        import numpy as np

        found = np.zeros(len(self.ids))
        for name in names:
            chunks = self._fields["defines"].of(name)[0]
            found[chunks] += rarity(len(chunks), self._chunks)
        return found

    def knows(self, word: str) -> bool:
        """Whether any chunk ever held this stem; a chunk's words begin with those of its path."""
        return word in self._fields["words"]

    def _add(self, batch: Any) -> None:
        import numpy as np
        import pyarrow as pa

        paths = batch["path"].dictionary_encode()
        numbers = []
        for path in paths.dictionary.to_pylist():
            if path not in self._numbers:
                self._numbers[path] = len(self.paths)
                self.paths.append(path)
            numbers.append(self._numbers[path])
        rows = np.asarray(numbers, dtype=np.int32)[paths.indices.to_numpy(zero_copy_only=False)]
        self.files = np.concatenate([self.files, rows])
        self.ids = np.concatenate([self.ids, batch["id"].to_numpy()])
        for column in ("words", "defines"):
            self._fields[column].add(batch[column])
        self._fields["names"].add(pa.array(map(searchable, batch["defines"].to_pylist()), pa.string()))

    def _add_names(self, paths: Sequence[str]) -> None:
        import pyarrow as pa

        stems = [" ".join(dict.fromkeys(map(stem, split_words(file_name(path))))) for path in paths]
        self._file_names.add(pa.array(stems, pa.string()))
