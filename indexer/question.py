"""One question against the words and vectors of an index: which files answer it, and which of their chunks. Opens nothing.

Every field is a guess at what a file is about, made from other evidence; where one is fooled (by length, by a chance word, by
another vocabulary) the others are not. `indexer.ranking` has what each is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexer.ranking import (
    CHUNK_VECTOR_WEIGHT,
    mean_of_fields,
    names_in,
    path_factor,
    qualified_names_in,
    question_stems,
    relative,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.lexicon import Lexicon

CANDIDATE_FILES = 200
"""Files whose place in the tree is looked at: a penalty moves a file down, and what is far below stays there."""

MORE_CHUNKS = 3
"""Chunks of one file in an answer that has room: more would tell less than opening the file."""


class Question:
    """`cosines[row]` is how near the chunk of that row of the lexicon is to the question."""

    def __init__(self, text: str, lexicon: Lexicon, cosines: NDArray[Any]) -> None:
        self._text = text
        self._lexicon = lexicon
        self._cosines = cosines
        self._stems = question_stems(text, lexicon.knows)
        self._chunks = lexicon.chunk_scores(self._stems)
        self._defining = lexicon.defining(dict.fromkeys([*names_in(text), *qualified_names_in(text)]))
        self._most_words = float(self._chunks.max(initial=0.0)) or 1.0
        self._nearest = max(float(cosines.max(initial=0.0)), 0.0) or 1.0

    def fields(self) -> dict[str, NDArray[np.float64]]:
        """What speaks for each file, by name, each 0 to 1."""
        lexicon, by_file = self._lexicon, self._lexicon.grouping
        whole, coverage = lexicon.file_scores("words", self._stems)
        return {
            "best chunks": relative(by_file.sums_of_best(self._chunks)),
            "whole file": relative(whole),
            "coverage": coverage,
            "definitions": lexicon.file_scores("names", self._stems)[1],
            "exact definition": relative(by_file.maxima(self._defining)),
            "file name": lexicon.file_name_shares(self._stems),
            "vector, mean": relative(by_file.means(self._cosines)),
            "vector, best chunk": relative(by_file.maxima(self._cosines)),
        }

    def answer(self, k: int) -> dict[int, float]:
        """Ids of chunks and their scores, best first: one of each of the k best files, then more of the same files."""
        import numpy as np

        lexicon, by_file = self._lexicon, self._lexicon.grouping
        scores = mean_of_fields(self.fields())
        at = _best(scores, max(CANDIDATE_FILES, k))
        at = at[(by_file.sizes[at] > 0) & (scores[at] > 0)]
        scores[at] *= [path_factor(lexicon.paths[file], self._text) for file in at]
        best = at[np.argsort(-scores[at], kind="stable")][:k]
        first: dict[int, float] = {}
        more: dict[int, float] = {}
        for file in best:
            rows = by_file.chunks_of(file)
            evidence = self._evidence(rows)
            order = np.argsort(-evidence, kind="stable")[:MORE_CHUNKS]
            rows, evidence = rows[order], evidence[order]
            first[int(lexicon.ids[rows[0]])] = float(scores[file])
            shares = scores[file] * evidence / (evidence[0] or 1.0)
            more |= dict(zip(map(int, lexicon.ids[rows[1:]]), map(float, shares[1:]), strict=True))
        last = min(first.values(), default=0.0)
        rest = sorted(more.items(), key=lambda item: -item[1])
        return first | {one: min(score, last) for one, score in rest}

    def _evidence(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """What speaks for these chunks of one file, against each other."""
        import numpy as np

        words, cosines = self._chunks[rows] / self._most_words, np.maximum(self._cosines[rows], 0) / self._nearest
        evidence: NDArray[np.float64] = words + CHUNK_VECTOR_WEIGHT * cosines + self._defining[rows]
        return evidence


def _best(scores: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Where the largest scores are, best first; of equal ones the first."""
    import numpy as np

    at = np.arange(len(scores))
    if count < len(scores):
        at = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    best: NDArray[np.int64] = at[np.argsort(-scores[at], kind="stable")][:count]
    return best
