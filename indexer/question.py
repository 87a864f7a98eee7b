"""One question against the words and vectors of an index: which files answer it, and which of their chunks. Opens nothing.

Every field is a guess at what a file is about, made from other evidence; where one is fooled (by length, by a chance word, by
another vocabulary) the others are not. `indexer.ranking` has what each is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.ranking import (
    CHUNK_VECTOR_WEIGHT,
    maxima,
    mean_of_fields,
    means,
    names_in,
    path_factor,
    question_stems,
    relative,
    sums_of_best,
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

    def __init__(self, text: str, lexicon: Lexicon, cosines: NDArray[np.float64]) -> None:
        self._text = text
        self._lexicon = lexicon
        self._cosines = cosines
        self._stems = question_stems(text, lexicon.knows)
        self._chunks = lexicon.chunk_scores(self._stems)
        self._defining = lexicon.defining(dict.fromkeys(names_in(text)))

    def fields(self) -> dict[str, NDArray[np.float64]]:
        """What speaks for each file, by name, each 0 to 1."""
        lexicon, files, count = self._lexicon, self._lexicon.files, len(self._lexicon.paths)
        whole, coverage = lexicon.file_scores("words", self._stems)
        return {
            "best chunks": relative(sums_of_best(self._chunks, files, count)),
            "whole file": relative(whole),
            "coverage": coverage,
            "definitions": lexicon.file_scores("names", self._stems)[1],
            "exact definition": relative(maxima(self._defining, files, count)),
            "file name": lexicon.file_name_shares(self._stems),
            "vector, mean": relative(means(self._cosines, files, count)),
            "vector, best chunk": relative(maxima(self._cosines, files, count)),
        }

    def answer(self, k: int) -> dict[int, float]:
        """Ids of chunks and their scores, best first: one of each of the k best files, then more of the same files."""
        import numpy as np

        lexicon = self._lexicon
        scores = mean_of_fields(self.fields())
        at = np.argsort(-scores, kind="stable")[: max(CANDIDATE_FILES, k)]
        at = at[np.isin(at, lexicon.files) & (scores[at] > 0)]
        scores[at] *= [path_factor(lexicon.paths[file], self._text) for file in at]
        best = at[np.argsort(-scores[at], kind="stable")][:k]
        first: dict[int, float] = {}
        more: dict[int, float] = {}
        evidence = relative(self._chunks) + CHUNK_VECTOR_WEIGHT * relative(self._cosines) + self._defining
        for file in best:
            rows = np.flatnonzero(lexicon.files == file)
            rows = rows[np.argsort(-evidence[rows], kind="stable")][:MORE_CHUNKS]
            first[int(lexicon.ids[rows[0]])] = float(scores[file])
            shares = scores[file] * evidence[rows] / (evidence[rows[0]] or 1.0)
            more |= dict(zip(map(int, lexicon.ids[rows[1:]]), map(float, shares[1:]), strict=True))
        last = min(first.values(), default=0.0)
        rest = sorted(more.items(), key=lambda item: -item[1])
        return first | {one: min(score, last) for one, score in rest}
