"""Ranking's parts, each alone."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.ranking import (
    bm25,
    file_name,
    fuse,
    in_order_of_names,
    mean_of_fields,
    names_in,
    path_factor,
    qualified_names_in,
    question_stems,
    rarity,
    relative,
    without_overlaps,
)
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
    ("question", "names"),
    [
        ("Rack::Builder", ["Builder"]),
        ("app.set and settings storage", ["set"]),
        ("how Foo#bar calls a->b and A\\B\\C", ["bar", "b", "C"]),
        ("Where is it? In the store.", []),
        ("one. Two", []),
        ("", []),
    ],
)
def test_names_that_a_question_writes_with_their_owner(question: str, names: list[str]) -> None:
    assert qualified_names_in(question) == names


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
        ("src/__tests__/store.ts", "write rows", True),
        ("store/store_spec.rb", "write rows", True),
        ("store/testdata/rows.go", "write rows", True),
        ("benches/store.rs", "write rows", True),
        ("benches/store.rs", "benchmark of writing rows", False),
        ("example/store.zig", "write rows", True),
        ("src/store.h", "write rows", True),
        ("src/store.hs", "write rows", False),
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


@pytest.mark.parametrize(
    ("question", "stems"),
    [
        ("how are routes registered", ["rout", "register"]),
        ("what is it", ["what", "is", "it"]),
        ("URL map", ["url", "map", "urlmap"]),
        ("replace_file", ["replac", "fil", "replacefil"]),
        ("route routes", ["rout"]),
        ("", []),
    ],
)
def test_a_question_is_looked_up_by_its_meaningful_stems(question: str, stems: list[str]) -> None:
    assert question_stems(question, lambda word: word in {"urlmap", "replacefil", "are", "how"}) == stems


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/retry_policy.test.ts", "retry_policy"),
        ("src/routing/mod.rs", "routing"),
        ("pkg/__init__.py", "pkg"),
        ("index.js", "index"),
        ("home/.bashrc", "bashrc"),
        ("Dapper/SqlMapper.cs", "SqlMapper"),
        ("Dapper/SqlMapper.Async.cs", "SqlMapper.Async"),
        ("src/index.d.ts", "src"),
        ("Makefile", "Makefile"),
    ],
)
def test_a_file_that_stands_for_its_folder_is_called_as_that(path: str, name: str) -> None:
    assert file_name(path) == name


def test_a_rare_word_weighs_more_and_every_word_something() -> None:
    assert rarity(1, 100) > rarity(50, 100) > rarity(100, 100) > 0


def test_bm25_grows_with_repetition_ever_less_and_falls_with_length() -> None:
    counts, lengths = np.array([1, 2, 3, 1]), np.array([10, 10, 10, 40])
    once, twice, thrice, long = bm25(counts, lengths, 10.0)
    assert thrice > twice > once > long > 0
    assert twice - once > thrice - twice


def test_fields_are_put_on_one_scale_and_count_the_same() -> None:
    assert relative(np.array([-1.0, 5.0, 10.0])).tolist() == [0.0, 0.5, 1.0]
    assert relative(np.zeros(2)).tolist() == [0.0, 0.0]
    fields = {"one": np.array([1.0, 0.0]), "other": np.array([0.0, 1.0]), "both": np.array([1.0, 0.5])}
    assert mean_of_fields(fields).round(3).tolist() == [0.667, 0.5]


def test_the_best_chunks_vector_counts_twice() -> None:
    fields = {"one": np.array([1.0, 0.0]), "vector, best chunk": np.array([0.0, 1.0])}
    assert mean_of_fields(fields).round(3).tolist() == [0.333, 0.667]


@pytest.mark.parametrize(
    ("path", "question", "factor"), [("a.md", "write", 0.7), ("a.md", "the readme", 1.0), ("a.py", "x", 1.0)]
)
def test_prose_counts_less_unless_asked_for(path: str, question: str, factor: float) -> None:
    assert path_factor(path, question) == factor
