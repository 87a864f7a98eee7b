"""Which members are likely by what a repository writes: their shares, and who is among them."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

import pytest

from indexer.records import Member
from indexer.usage import count
from lsp_server.completion.clues import Surroundings, surroundings
from lsp_server.completion.likely import agree, likely, written_behind, written_shares

MEMBERS = {one.name: one for one in (Member("file"), Member("log"), Member("_lock"), Member("__init__", ""))}
NOWHERE = Surroundings("out", "", {}, frozenset(), {})


def shares(written: Mapping[str, int], *, are_all: bool = True) -> Mapping[str, float]:
    found = likely(MEMBERS, are_all, written, "", NOWHERE)
    assert sum(map(exp, found.values())) == pytest.approx(1)
    return {name: round(exp(one), 2) for name, one in found.items()}


def test_names_behind_each_dot_are_counted() -> None:
    text = "out.log(a.b.c)\nout.log()\nf().d\nx = 1.5\nthis?.e\np->q\nR::s"
    assert count(text) == {
        "out": {"log": 2}, "a": {"b": 1}, "b": {"c": 1}, "this": {"e": 1}, "p": {"q": 1}, "R": {"s": 1}
    }  # fmt: skip


def test_where_nothing_is_written_all_public_members_are_as_likely() -> None:
    assert shares({}) == {"file": 0.5, "log": 0.5}
    assert shares({"color": 7}) == {"file": 0.5, "log": 0.5}


def test_half_of_it_is_what_is_written() -> None:
    assert written_shares(["file", "log"], {"log": 10}) == {"file": 0.25, "log": 0.75}
    assert written_shares(["file", "log"], {"log": 1, "file": 3}) == {"file": 0.625, "log": 0.375}
    assert shares({"log": 10}) == {"file": 0.3, "log": 0.7}


def test_what_stands_around_says_which_of_them_is_meant() -> None:
    around = surroundings("out", "def f(out):\n    where = ", "    file_name = ", "")
    found = likely(MEMBERS, True, {}, "", around)
    assert found["file"] > found["log"]


def test_what_is_written_below_the_cursor_counts_as_well() -> None:
    assert written_behind("out", {"log": 2}, "\n    out.log(x.file)\n    out.rule()") == {"log": 3, "rule": 1}


def test_a_private_name_is_among_them_where_others_write_it() -> None:
    assert shares({"_lock": 1}) == {"file": 0.2, "log": 0.2, "_lock": 0.59}
    assert "__init__" not in shares({"__init__": 5})


def test_what_is_written_there_is_a_name_too_where_there_may_be_more() -> None:
    assert "color" in shares({"color": 3}, are_all=False)
    assert "color" not in shares({"color": 3})


def test_what_is_awaited_is_a_coroutine() -> None:
    held = {"log": Member("log", "", "def log(self)"), "alog": Member("alog", "", "async def alog(self)")}
    found = likely(held, True, {}, "    x = await ", NOWHERE)
    assert found["alog"] > found["log"]
    assert len(set(likely(held, True, {}, "    x = ", NOWHERE).values())) == 1


def test_a_class_is_not_all_where_others_write_something_else_behind_its_name() -> None:
    assert agree(MEMBERS, {"log": 9, "color": 1, "__class__": 7})
    assert not agree(MEMBERS, {"log": 8, "color": 1})
    assert agree(MEMBERS, {})
