"""Chunks by file: sums, means and maxima, whatever the order of the chunks and however many are gone."""

from __future__ import annotations

import numpy as np

from indexer.grouping import CHUNKS_SUMMED, Grouping

FILES = np.array([0, 1, 0, 0, -1, 0, 1], dtype=np.int32)
VALUES = np.array([1.0, 5.0, 2.0, 3.0, 100.0, 4.0, -1.0])


def test_what_chunks_say_of_their_files() -> None:
    by_file = Grouping(FILES, 3)
    assert by_file.sizes.tolist() == [4, 2, 0]
    assert by_file.filled.tolist() == [0, 1]
    assert by_file.chunks_of(0).tolist() == [0, 2, 3, 5]
    assert by_file.chunks_of(2).tolist() == []
    assert by_file.sums(VALUES).tolist() == [10.0, 4.0, 0.0]
    assert by_file.means(VALUES).tolist() == [2.5, 2.0, 0.0]
    assert by_file.maxima(VALUES).tolist() == [4.0, 5.0, 0.0]
    assert by_file.sums_of_best(VALUES).tolist() == [9.0, 5.0, 0.0]  # the best three, and nothing below 0


def test_nothing_is_below_zero() -> None:
    assert Grouping(np.array([0, 0], dtype=np.int32), 1).maxima(np.array([-2.0, -1.0])).tolist() == [0.0]


def test_the_best_of_many_chunks_are_found_without_sorting_all() -> None:
    many = np.arange(CHUNKS_SUMMED + 50, dtype=np.float64)
    largest = len(many) - 1.0
    by_file = Grouping(np.arange(len(many), dtype=np.int32) % 2, 2)
    assert by_file.sums_of_best(many).tolist() == [3 * largest - 9, 3 * largest - 6]


def test_an_index_without_chunks() -> None:
    nothing = np.zeros(0)
    by_file = Grouping(nothing.astype(np.int32), 2)
    for signal in (by_file.sums, by_file.means, by_file.maxima, by_file.sums_of_best):
        assert signal(nothing).tolist() == [0.0, 0.0]
