"""A question against a small index in memory: fields, order of files, order of chunks, commits that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from indexer.analysis import searchable
from indexer.errors import IndexDamagedError
from indexer.lexicon import Lexicon
from indexer.question import Question

CHUNKS = {
    1: ("src/router.py", "def add_route(path): register the handler of a route", "add_route"),
    2: ("src/router.py", "class Router: finds the handler for a path", "Router"),
    3: ("src/server.py", "def serve(router): accept connections until stopped", "serve"),
    4: ("tests/test_router.py", "def test_add_route(): register the handler of a route", "test_add_route"),
    5: ("docs/routing.md", "register the handler of a route with add_route", ""),
}


class Shelf:
    """What a lexicon reads from: batches of the chunks after an id."""

    def __init__(self, chunks: dict[int, tuple[str, str, str]]) -> None:
        self.chunks = chunks

    def batches(self, after: int, columns: Sequence[str]) -> Iterator[Any]:
        rows = [
            {"id": one, "path": path, "words": searchable(f"{path} {text}"), "defines": defines}
            for one, (path, text, defines) in self.chunks.items()
            if one > after
        ]
        if rows:
            yield pa.RecordBatch.from_pylist(rows).select(["id", *columns])


def lexicon_of(chunks: dict[int, tuple[str, str, str]]) -> Lexicon:
    lexicon = Lexicon()
    lexicon.follow(Shelf(chunks), np.array(sorted(chunks)))  # type: ignore[arg-type]  # all that is asked of a view
    return lexicon


def answer(question: str, lexicon: Lexicon, k: int = 10) -> list[int]:
    return list(Question(question, lexicon, np.zeros(len(lexicon.ids))).answer(k))


def test_every_field_is_between_nothing_and_one() -> None:
    fields = Question("register a route", lexicon_of(CHUNKS), np.linspace(-1, 1, len(CHUNKS))).fields()
    assert len(fields) == 8
    for name, values in fields.items():
        assert values.shape == (4,), name
        assert 0 <= values.min() <= values.max() <= 1, name


def test_source_comes_before_the_tests_and_documents_that_speak_of_it() -> None:
    assert answer("how is the handler of a route registered", lexicon_of(CHUNKS))[0] == 1
    assert answer("test that a route is registered", lexicon_of(CHUNKS))[0] == 4


def test_one_chunk_a_file_first_and_the_rest_after() -> None:
    found = answer("handler of a route in the router", lexicon_of(CHUNKS))
    files = [CHUNKS[one][0] for one in found]
    assert files[-1] == files[0] == "src/router.py"
    assert len(set(files[:-1])) == len(files) - 1


def test_scores_fall() -> None:
    scores = list(Question("router", lexicon_of(CHUNKS), np.zeros(5)).answer(10).values())
    assert scores == sorted(scores, reverse=True)


def test_the_chunk_that_defines_the_name_is_shown() -> None:
    assert answer("Router", lexicon_of(CHUNKS))[0] == 2
    assert answer("add_route", lexicon_of(CHUNKS))[0] == 1


def test_the_rarer_of_two_defined_names_tells_the_chunk() -> None:
    chunks = {
        1: ("lib/rack/builder.rb", "module Rack autoloads", "Rack"),
        2: ("lib/rack/builder.rb", "class Builder runs an app", "Builder"),
        3: ("lib/rack/lint.rb", "module Rack autoloads", "Rack"),
        4: ("lib/rack/events.rb", "module Rack autoloads", "Rack"),
    }
    assert answer("Rack::Builder", lexicon_of(chunks))[0] == 2
    assert answer("what Rack::Builder does with an app that autoloads", lexicon_of(chunks))[0] == 2


def test_vectors_find_what_words_miss() -> None:
    cosines = np.array([0.0, 0.0, 0.9, 0.0, 0.0])
    assert next(iter(Question("listen on a socket", lexicon_of(CHUNKS), cosines).answer(10))) == 3


def test_nothing_in_common_is_no_answer() -> None:
    assert answer("zebra", lexicon_of(CHUNKS)) == []


def test_a_commit_is_followed() -> None:
    lexicon = lexicon_of(CHUNKS)
    after = {one: row for one, row in CHUNKS.items() if one not in (1, 2)} | {
        6: ("src/router.py", "class Zebra: stripes", "Zebra")
    }
    lexicon.follow(Shelf(after), np.array(sorted(after)))  # type: ignore[arg-type]
    assert answer("zebra", lexicon)[0] == 6
    assert not {1, 2} & set(answer("handler of a route", lexicon))
    assert not lexicon.is_worn(np.array([1, 2, 3, 4, 5]))
    assert lexicon.is_worn(np.array([6]))


def test_a_chunk_without_words_is_damage() -> None:
    with pytest.raises(IndexDamagedError):
        Lexicon().follow(Shelf(CHUNKS), np.array([1, 2, 3, 4, 5, 99]))  # type: ignore[arg-type]
