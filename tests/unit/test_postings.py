"""Inverted lists: what is added is found, in one piece or several, sorted or not yet."""

from __future__ import annotations

import pyarrow as pa
import pytest

from indexer.postings import Postings


def held(one: Postings, word: str) -> dict[int, int]:
    documents, counts = one.of(word)
    return dict(zip(documents.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize("pieces", [1, 2, 4])
@pytest.mark.parametrize("tail", [0, 1_000])
def test_words_are_found_however_they_were_added(pieces: int, tail: int) -> None:
    texts = ["a b a", "", "b", "c a"]
    one = Postings(tail_pairs=tail)
    for at in range(0, len(texts), len(texts) // pieces):
        one.add(pa.array(texts[at : at + len(texts) // pieces], pa.string()))
        one.settle()
    assert held(one, "a") == {0: 2, 3: 1}
    assert held(one, "b") == {0: 1, 2: 1}
    assert held(one, "d") == {}
    assert one.lengths.tolist() == [3, 0, 1, 2]
    assert "c" in one
    assert "" not in one


def test_nothing_is_added() -> None:
    one = Postings()
    one.add(pa.array([], pa.string()))
    one.settle()
    assert held(one, "a") == {}


def test_more_repetitions_than_a_byte_holds() -> None:
    one = Postings()
    one.add(pa.array(["a " * 1000], pa.string()))
    assert held(one, "a") == {0: 255}
    assert one.lengths.tolist() == [1000]
