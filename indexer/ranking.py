"""Several rankings -> one. Pure: ids and scores in, ids and scores out; asks no table and knows no vector.

Each signal is a function with its constant and the reason for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from indexer.records import Hit
from indexer.words import split_name, split_names

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
    ("/testing/", 0.8),
    ("/test_", 0.7),
    ("_test.", 0.7),
    (".test.", 0.7),
    (".spec.", 0.7),
    ("/spec/", 0.7),
    ("/vendor/", 0.6),
    ("/third_party/", 0.6),
    ("/fixtures/", 0.6),
    ("/examples/", 0.85),
    ("/benchmarks/", 0.85),
    ("/migrations/", 0.85),
    (".d.ts", 0.8),
)
"""Who asks where something is means its source, not the tests, copies and examples that speak of it as much."""


SHORT_QUESTION = 2
"""Words up to which a question is taken for names, whatever they look like."""

MIN_NAME_LENGTH = 2
"""Shorter words name nothing one would search for."""


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


def path_factor(path: str, asked: str) -> float:
    """What a path's place takes from a score: 1 where nothing, or where the question itself speaks of tests or examples."""
    lower, question = f"/{path.lower()}", asked.lower()
    factor = 1.0
    for mark, penalty in PATH_PENALTIES:
        if mark in lower and mark.strip("/_.s") not in question:
            factor = min(factor, penalty)
    return factor


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
