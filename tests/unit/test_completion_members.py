"""What may stand behind a dot (`ˇ` is the cursor), what is a member or the start of one, and what is taken instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer.records import Name
from lsp_server.completion.members import (
    Choice,
    Offered,
    before_asking,
    begun_behind_dot,
    choose,
    first_share,
    is_certain,
    judge,
    may_be_more,
    stands,
)
from lsp_server.completion.names import Used
from lsp_server.model.port import Alternative, ModelInfo

NAMES = frozenset({"aread", "iter_raw", "iter_text", "read", "status_code", "_closed", "__init__"})
RESPONSE = Offered(NAMES)


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        ("    return response.ˇ", ""),
        ("    return response.stˇ", "st"),
        ("    x = a.b.ˇ", ""),
        ("    x = self.ˇ", ""),
        ("    x = Retry::ˇ", ""),
        ("    x = page->teˇ", "te"),
        ("    self.ˇ", None),
        ("    x = load().ˇ", None),
        ("    x = load().page.ˇ", None),
        ("    x = rows[0].page.ˇ", None),
        ("from click.ˇ", None),
        ("    x = 1.ˇ", None),
        ("    x = responseˇ", None),
        ("    x = response. ˇ", None),
    ],
)
def test_a_name_is_begun_behind_a_dot(line: str, begun: str | None) -> None:
    assert begun_behind_dot("def f(response):\n" + line.removesuffix("ˇ")) == begun


@pytest.mark.parametrize(
    ("begun", "written", "verdict"),
    [
        ("", "read()", "member"),
        ("", "re", "begun"),
        ("", "read", "begun"),
        ("", "readline()", "none"),
        ("", "readline", "none"),
        ("", "(", "none"),
        ("", "", "begun"),
        ("st", "atus_code\n", "member"),
        ("st", "ream", "none"),
        ("", "__class__.", "member"),
        ("", "__dict", "begun"),
    ],
)
def test_a_word_is_a_member_the_start_of_one_or_none(begun: str, written: str, verdict: str) -> None:
    assert judge(Offered(NAMES, begun=begun), written) == verdict


def words(**chances: float) -> list[Alternative]:
    return [Alternative(text, chance) for text, chance in chances.items()]


def test_the_likeliest_word_that_goes_on_towards_a_member_is_taken() -> None:
    chosen = choose(RESPONSE, "", words(headers=-0.1, content=-1.0, iter=-2.0, read=-3.0))
    assert chosen == Choice("iter", pytest.approx(-0.3133, abs=1e-3), is_whole=False)


def test_what_the_repository_writes_outweighs_a_model_that_is_not_sure() -> None:
    told = words(iter=-1.0, read=-1.5, status=-3.0)
    names = frozenset({"iter_raw", "iter_text", "read", "status_code"})
    often = Offered(names, likely={"iter_raw": -3.0, "iter_text": -3.0, "read": -0.5, "status_code": -2.0})
    assert chosen_text(often, "", told) == "read"
    alike = replace(often, likely=dict.fromkeys(names, -1.4))
    assert choose(alike, "", words(iter=-0.1, read=-9.0)) == Choice("iter", pytest.approx(-0.29, abs=0.01), is_whole=False)
    assert chosen_text(alike, "", words(iter=-0.2, read=-1.5, status=-3.0)) == "iter"
    assert chosen_text(replace(often, likely={**often.likely, "iter_text": -0.2}), "", told) == "iter_text"


def test_a_name_that_stands_everywhere_is_taken_though_the_model_does_not_think_of_it() -> None:
    often = Offered(frozenset({"read", "aread"}), likely={"read": -0.01, "aread": -9.0})
    assert chosen_text(often, "", words(ar=-1.0, headers=-3.0)) == "read"


def test_a_model_that_tells_no_words_gets_a_name_only_where_the_repository_is_sure() -> None:
    assert chosen_text(Offered(frozenset({"read", "aread"}), likely={"read": -0.1, "aread": -2.0}), "", ()) == "read"
    assert choose(Offered(frozenset({"read", "aread"}), likely={"read": -0.7, "aread": -0.7}), "", ()) is None


def test_a_word_that_ends_the_name_stands_for_it() -> None:
    both = Offered(frozenset({"read", "read_all"}), likely={"read": -0.5, "read_all": -0.5})
    assert choose(both, "read", [Alternative("()", -0.2), Alternative("(", -2.0), Alternative("_", -3.0)]) == Choice(
        "()", pytest.approx(-0.32, abs=0.01)
    )


def test_where_there_may_be_others_the_model_may_go_its_own_way() -> None:
    names = {f"name{at}": -3.4 for at in range(30)}
    some = Offered(frozenset(names), are_all=False, likely=names)
    assert choose(some, "", words(headers=-0.1)) == Choice(
        "headers", pytest.approx(-0.486, abs=0.01), is_whole=False, is_member=False
    )
    assert chosen_text(replace(some, likely={**names, "name7": -0.7}), "", words(headers=-0.7, name7=-0.9)) == "name7"


def test_a_private_name_is_written_where_it_was_begun() -> None:
    one = Offered(NAMES, begun="_", likely={"read": -0.5, "aread": -2.0})
    assert chosen_text(one, "", words(closed=-0.5)) == "closed"


def chosen_text(offered: Offered, written: str, alternatives: Sequence[Alternative]) -> str | None:
    choice = choose(offered, written, alternatives)
    return choice and choice.text


def test_where_one_name_is_left_it_is_taken_whole() -> None:
    chosen = choose(RESPONSE, "", words(headers=-0.1, status=-2.0))
    assert chosen == Choice("status_code", 0.0)
    assert choose(RESPONSE, "status_", ()) == Choice("code", 0.0)
    assert choose(RESPONSE, "aread", ()) is None  # it is whole
    begun = Offered(NAMES, begun="ar")
    assert choose(begun, "", ()) == Choice("ead", 0.0)


def test_no_word_is_taken_that_leads_nowhere() -> None:
    assert choose(RESPONSE, "", words(headers=-0.1, content=-1.0)) is None
    assert choose(RESPONSE, "", ()) is None
    assert choose(RESPONSE, "", words(headers=-0.1, _closed=-0.5)) is None  # private: only where it was begun


@pytest.mark.parametrize(
    ("above", "more"),
    [
        ("def f(x: Page): ", False),
        ("def f(x: Page | None): ", False),
        ("def f(x: None | Page): ", False),
        ("def f(x: Page | Leaf): ", True),
        ("def f(x: Union[Page, Leaf]): ", True),
        ("def f(x: Page):\n    if isinstance(x, Leaf):\n        ", True),
        ("def f(x: Page, y: Page | Leaf): ", False),
    ],
)
def test_a_name_of_several_types_may_have_more(above: str, more: bool) -> None:
    assert may_be_more("x", above) is more


def test_a_meaning_is_certain_where_it_was_read() -> None:
    assert is_certain(Used("page", Name("Page")), frozenset())
    assert is_certain(Used("books", Name("books", "app.books")), frozenset())
    assert is_certain(Used("Page", Name("Page")), frozenset())
    assert is_certain(Used("page", Name("page")), frozenset({"page"}))
    assert not is_certain(Used("page", Name("page")), frozenset())


def test_a_models_own_word_stands_unless_another_name_is_likelier() -> None:
    some = Offered(frozenset({"read", "iter_raw", "iter_text"}), likely={"read": -0.4, "iter_raw": -2.0, "iter_text": -2.0})
    assert stands(some, "", "read", -3.0) == (True, None)
    assert stands(replace(some, likely={**some.likely, "read": -1.5}), "", "iter", -0.1) == (True, None)
    assert instead(some, "iter", -0.1) == "read"
    assert instead(some, "headers", -0.1) == "read"
    assert stands(replace(some, likely={}), "", "headers", -9.0) == (True, None)  # nobody knows better


def test_a_name_is_taken_before_asking_where_it_is_as_likely_as_all_others_together() -> None:
    some = Offered(frozenset({"read", "iter_raw", "iter_text"}), likely={"read": -0.4, "iter_raw": -2.0, "iter_text": -2.0})
    assert before_asking(some) == Choice("read", pytest.approx(-0.337, abs=0.01))
    assert before_asking(replace(some, likely={**some.likely, "read": -2.0})) is None
    longer = Offered(frozenset({"read", "ready", "reads"}), begun="re", likely={"read": -2.0, "ready": -0.2, "reads": -4.0})
    assert before_asking(longer) == Choice("ady", pytest.approx(-0.173, abs=0.01))
    assert before_asking(replace(longer, likely={**longer.likely, "read": 1.0}, begun="read")) is None  # it is whole
    assert before_asking(Offered(frozenset({"read", "aread"}), likely={"read": -0.1, "aread": -2.0})) is None  # one of two
    assert before_asking(replace(some, begun="x")) is None
    assert before_asking(replace(some, likely={})) is None


@pytest.mark.parametrize(
    ("parameters", "taken"), [("268.10M", True), ("135M", True), ("1.5B", False), ("8x7B", False), ("", False)]
)
def test_a_small_model_is_asked_less(parameters: str, taken: bool) -> None:
    least = first_share(ModelInfo("some", "ollama", parameters=parameters).millions)
    names = frozenset({f"n{number}" for number in range(9)} | {"read"})
    some = Offered(names, likely={name: -0.9 if name == "read" else -2.6 for name in names})
    assert (before_asking(some, least) is not None) is taken


def test_the_next_words_of_a_name_are_weighed_too() -> None:
    texts = Offered(frozenset({"iter_raw", "iter_text"}), likely={"iter_raw": -3.0, "iter_text": -0.1})
    assert stands(texts, "iter", "_text", -2.0) == (True, None)
    is_right, choice = stands(texts, "iter", "_raw", -1.0)
    assert (is_right, choice and choice.text) == (False, "_text")


def test_where_no_other_name_is_clear_the_model_is_to_be_asked() -> None:
    alike = Offered(frozenset({"read", "iter_raw", "iter_text"}), likely={"read": -1.1, "iter_raw": -1.1, "iter_text": -1.1})
    assert stands(alike, "", "headers", -0.1) == (False, None)


def test_where_there_may_be_others_a_word_that_is_no_member_may_stand() -> None:
    many = {f"name{at}": -3.4 for at in range(30)}
    assert stands(Offered(frozenset(many), are_all=False, likely=many), "", "headers", -0.1) == (True, None)
    assert instead(Offered(frozenset(many), are_all=False, likely={**many, "name7": -0.3}), "headers", -2.0) == "name7"


def instead(offered: Offered, own: str, logprob: float) -> str | None:
    is_right, choice = stands(offered, "", own, logprob)
    assert not is_right
    return choice and choice.text
