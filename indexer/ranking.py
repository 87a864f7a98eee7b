"""Signals -> an order. Pure: ids and numbers in, ids and numbers out; asks no table and embeds nothing.

Two askers want different things. A *question* wants the right files: each is scored by fields, and its best chunk is shown.
A *cursor* wants code that resembles its own: chunks are ranked one by one. Each signal is a function with its constant and the
reason for it; docs/benchmarks.md has what each is worth, docs/decisions/0008-ranking.md why it is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from indexer.languages import known, language_of
from indexer.records import Hit
from indexer.words import split_name, split_names, split_words, stem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 100
"""What each signal contributes: below the hundredth place nothing reaches the first ten by fusion."""

FUSION_RANK = 60
"""The constant of reciprocal rank fusion as published (Cormack, Clarke, Buettcher, SIGIR 2009): the first place is worth
little more than the second, so two signals that agree beat one that is sure."""

WORDS_WEIGHT = 1.0
VECTOR_WEIGHT = 0.7
"""Questions about code name things, so words come first and vectors mend what words miss."""

DEFINITION_WEIGHT = 1.5
"""A chunk that defines a name which the question spells out is worth more than being first in both other rankings."""

SHORT_QUESTION = 2
"""Words up to which a question is taken for names, whatever they look like."""

MIN_NAME_LENGTH = 2
"""Shorter words name nothing one would search for."""

PATH_PENALTIES: Sequence[tuple[str, float]] = (
    ("/test/", 0.7),
    ("/tests/", 0.7),
    ("/__tests__/", 0.7),
    ("/testing/", 0.8),
    ("/test_", 0.7),
    ("_test.", 0.7),
    (".test.", 0.7),
    (".spec.", 0.7),
    ("_spec.", 0.7),
    ("/spec/", 0.7),
    ("/mocks/", 0.7),
    ("/vendor/", 0.6),
    ("/third_party/", 0.6),
    ("/fixtures/", 0.6),
    ("/testdata/", 0.6),
    ("/example/", 0.85),
    ("/examples/", 0.85),
    ("/samples/", 0.85),
    ("/demo/", 0.85),
    ("/bench/", 0.85),
    ("/benches/", 0.85),
    ("/benchmark/", 0.85),
    ("/benchmarks/", 0.85),
    ("/migrations/", 0.85),
    (".d.ts", 0.8),
)
"""Who asks where something is means its source, not the tests, copies and examples that speak of it as much."""

HEADERS, HEADER_PENALTY = (".h", ".hh", ".hpp", ".pyi"), 0.9
"""A file that declares what another one does comes after that one where both fit alike."""

PROSE_PENALTY = 0.7
"""Documents speak of code in the question's own words, more than the code does: like tests, and as much."""

SATURATION, LENGTH_SHARE = 1.2, 0.75
"""BM25's k1 and b as published (Robertson and Zaragoza 2009) and as LanceDB has them."""

FIELD_WEIGHTS: Mapping[str, float] = {"vector, best chunk": 2.0}
"""Fields count the same; the best chunk's vector alone stands for all that is said in other words, where five fields of words
agree with each other: twice is +0.003 on the 20 repositories and +0.006 on docstrings of 22 packages, thrice no more."""

CHUNK_VECTOR_WEIGHT = 0.5
"""Within the right file the words tell the place; the vector decides between places that are alike in them."""

STAND_INS = frozenset({"__init__", "__main__", "index", "init", "lib", "main", "mod"})
"""File names that mean no more than their folder's."""

_SMALL_WORDS = frozenset(
    map(
        stem,
        "a an and are as at be between by can do does for from how in into is it of on or that the this to what when where "
        "which who why with".split(),
    )
)
"""What makes a question English says nothing about code, and `for` or `with` are in every file."""


_QUALIFIED = re.compile(r"\w+(?:(?:\.|::|->|#|\\)\w+)+")
"""Names joined as code joins them; no space, so a full stop between sentences joins nothing."""

_ENDINGS = frozenset({"d", "in", "min", "spec", "stories", "test", "tests"})
"""Middle parts of a file's name that say what kind of file it is, not what it is about."""


def fuse(rankings: Iterable[tuple[Sequence[int], float]]) -> dict[int, float]:
    """Reciprocal rank fusion: each ranking (ids, best first) with its weight."""
    scores: dict[int, float] = {}
    for ids, weight in rankings:
        for rank, one in enumerate(ids, 1):
            scores[one] = scores.get(one, 0.0) + weight / (FUSION_RANK + rank)
    return scores


def names_in(question: str) -> list[str]:
    """Words of a question that are names as code writes them (`replace_file`, `HTTPServer`), in order; of a question of at
    most two words, all: who types `open` alone looks for what is called that."""
    words = split_names(question)
    if len(words) <= SHORT_QUESTION:
        return [word for word in words if len(word) >= MIN_NAME_LENGTH]
    return [word for word in words if len(split_name(word)) > 1 or "_" in word.strip("_")]


def qualified_names_in(question: str) -> list[str]:
    """The last part of each name that a question writes with its owner: `Rack::Builder` -> `Builder`, `app.set` -> `set`."""
    return [split_names(written)[-1] for written in _QUALIFIED.findall(question)]


def path_factor(path: str, asked: str) -> float:
    """What a path's place takes from a score: 1 where nothing, or where the question itself speaks of tests or examples."""
    factor, prose, marks = _place(path)
    if not prose and not marks:
        return factor
    question = asked.lower()
    if prose and not is_prose_wanted(question):
        factor = PROSE_PENALTY
    return min([factor, *(penalty for word, penalty in marks if word not in question)])


@lru_cache(maxsize=32_768)  # the files that questions of a session come near to; about 6 MB when full
def _place(path: str) -> tuple[float, bool, tuple[tuple[str, float], ...]]:
    """What a file always loses, whether it is prose, and each mark of its path as the word by which a question asks for it."""
    lower = f"/{path.lower()}"
    marks = tuple((stem(mark.strip("/_.")), penalty) for mark, penalty in PATH_PENALTIES if mark in lower)
    return HEADER_PENALTY if lower.endswith(HEADERS) else 1.0, is_prose(path), marks


def is_prose(path: str) -> bool:
    """Whether a file is written for people only."""
    row = known(language_of(path) or "")
    return row is not None and row.prose


def is_prose_wanted(question: str) -> bool:
    """Whether a question, in lower case, speaks of documents."""
    return any(word in question for word in ("readme", "docs", "documentation", "changelog", "licen"))


def question_stems(question: str, is_known: Callable[[str], bool]) -> list[str]:
    """The stems by which a question is looked up, each once: without the words that only make it a sentence, unless there are
    no others, and with neighbours written together where the code does so (`url map` -> `urlmap`)."""
    parts = split_words(question)
    words = [stem(part) for part in parts]
    meant = [word for word in words if word not in _SMALL_WORDS] or words
    whole = [stem("".join(split)) for split in map(split_name, split_names(question)) if len(split) > 1]
    together = [stem(one + other) for one, other in pairwise(parts)]
    return list(dict.fromkeys([*meant, *filter(is_known, [*whole, *together])]))


def file_name(path: str) -> str:
    """What a file is called, without its endings; one that stands for its folder is called as that.

    >>> file_name("src/retry_policy.test.ts"), file_name("src/routing/mod.rs"), file_name("Dapper/SqlMapper.Async.cs")
    ('retry_policy', 'routing', 'SqlMapper.Async')
    """
    *folders, last = path.split("/")
    first, *middle = last.lstrip(".").split(".")[:-1] or [last.lstrip(".")]
    if first in STAND_INS and folders:
        return folders[-1]
    return ".".join([first, *(part for part in middle if part not in _ENDINGS)])


def rarity(holding: int, total: int) -> float:
    """BM25's weight of a word that so many of all documents hold; above 0 for any."""
    return math.log(1 + (max(total - holding, 0) + 0.5) / (holding + 0.5))


def bm25(counts: NDArray[Any], lengths: NDArray[Any], mean: float) -> NDArray[np.float64]:
    """BM25 of one word, without its rarity, in documents that hold it `counts` times in `lengths` words."""
    norm = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / (mean or 1.0))
    scores: NDArray[np.float64] = counts * (SATURATION + 1) / (counts + norm)
    return scores


def relative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A field's values in parts of its largest, so that it can be added to others; nothing below 0.

    Only for values that know no largest of their own: a share that is small for every file is to stay small.
    """
    import numpy as np

    largest = values.max(initial=0.0)
    return np.maximum(values, 0) / largest if largest > 0 else np.zeros(len(values))


def mean_of_fields(fields: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """A file's score from fields of 0 to 1, by `FIELD_WEIGHTS`. Learnt weights were no better on repositories not seen."""
    import numpy as np

    weights = [FIELD_WEIGHTS.get(name, 1.0) for name in fields]
    mean: NDArray[np.float64] = np.average(list(fields.values()), axis=0, weights=weights)
    return mean


def without_overlaps(hits: Iterable[Hit]) -> list[Hit]:
    """Drop what repeats lines of a better hit of the same file; the order stays."""
    kept: list[Hit] = []
    lines: dict[str, list[tuple[int, int]]] = {}
    for hit in hits:
        others = lines.setdefault(hit.path, [])
        if all(hit.end_line < start or hit.start_line > end for start, end in others):
            others.append((hit.start_line, hit.end_line))
            kept.append(hit)
    return kept


def in_order_of_names(names: Sequence[str], defined: Mapping[int, Sequence[str]]) -> list[int]:
    """Ids of chunks in the order of the names they define; of one name, in the order given; each chunk once."""
    ordered: dict[int, None] = {}
    for name in names:
        for one, defines in defined.items():
            if name in defines:
                ordered.setdefault(one, None)
    return list(ordered)
