"""Ranking's parts, each alone."""

from __future__ import annotations

import pytest

from indexer.ranking import fuse, in_order_of_names, names_in, path_factor, without_overlaps
from indexer.records import Hit


def hit(path: str, start: int, end: int) -> Hit:
    return Hit(path, start, end, "", "code", 1.0, "")


def order(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda one: -scores[one])


def test_what_two_rankings_agree_on_beats_what_one_puts_first() -> None:
    assert order(fuse([([1, 2, 3], 1.0), ([4, 2, 5], 1.0)]))[0] == 2


def test_a_weight_counts() -> None:
    assert order(fuse([([1], 1.0), ([2], 0.5)])) == [1, 2]
    assert order(fuse([([1], 0.5), ([2], 1.0)])) == [2, 1]


def test_no_ranking_gives_no_scores() -> None:
    assert fuse([]) == {}
    assert fuse([([], 1.0)]) == {}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("open", ["open"]),
        ("open file", ["open", "file"]),
        ("where do we open the file", []),
        ("how does IndexReader.open refresh", ["IndexReader"]),
        ("what calls replace_file", ["replace_file"]),
        ("parse HTTPServer and _private", ["HTTPServer"]),
        ("a", []),
        ("", []),
    ],
)
def test_names_in_a_question(question: str, names: list[str]) -> None:
    assert names_in(question) == names


@pytest.mark.parametrize(
    ("path", "question", "lower"),
    [
        ("src/store.py", "write rows", False),
        ("tests/test_store.py", "write rows", True),
        ("tests/test_store.py", "test that rows are written", False),
        ("pkg/store_test.go", "write rows", True),
        ("src/contest.py", "write rows", False),
        ("vendor/lib/store.go", "write rows", True),
        ("examples/store.py", "write rows", True),
        ("examples/store.py", "an example of writing rows", False),
        ("src/testing.py", "write rows", False),
    ],
)
def test_tests_and_copies_count_less_unless_asked_for(path: str, question: str, lower: bool) -> None:
    assert (path_factor(path, question) < 1) is lower


def test_overlaps_are_dropped_in_favour_of_the_better() -> None:
    hits = [hit("a", 10, 20), hit("b", 12, 14), hit("a", 20, 30), hit("a", 21, 30), hit("a", 1, 9), hit("a", 5, 12)]
    assert without_overlaps(hits) == [hits[0], hits[1], hits[3], hits[4]]


def test_definitions_come_in_the_order_of_the_names() -> None:
    defined = {1: ["b"], 2: ["a", "b"], 3: ["c"], 4: ["a"]}
    assert in_order_of_names(["a", "b"], defined) == [2, 4, 1]
    assert in_order_of_names(["b", "a"], defined) == [1, 2, 4]
    assert in_order_of_names([], defined) == []
