"""What may stand behind a dot (`ˇ` is the cursor), what is a member or the start of one, and what is taken instead."""

from __future__ import annotations

import pytest

from indexer.records import Name
from lsp_server.completion.members import Choice, Offered, begun_behind_dot, choose, is_certain, judge, may_be_more
from lsp_server.completion.names import Used
from lsp_server.model.port import Alternative

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
    assert choose(RESPONSE, "", words(headers=-0.1, content=-1.0, iter=-2.0, read=-3.0)) == Choice(
        "iter", pytest.approx(-0.3133, abs=1e-3)
    )


def test_where_one_name_is_left_it_is_taken_whole() -> None:
    chosen = choose(RESPONSE, "", words(headers=-0.1, status=-2.0))
    assert chosen == Choice("status_code", 0.0)
    assert choose(RESPONSE, "status_", ()) == Choice("code", 0.0)
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
