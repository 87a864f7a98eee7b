"""When ghost text is wanted and where it ends, drawn: `ˇ` is the cursor, `│` the end of the suggestion."""

import pytest

from lsp_server.completion.extent import MAX_LINES, end_of_suggestion
from lsp_server.completion.trigger import Extent, extent_at


@pytest.mark.parametrize(
    ("picture", "extent"),
    [
        ("def add(a, b):\n    ˇ", Extent.BLOCK),
        ("def add(a, b):ˇ", Extent.BLOCK),
        ("if (x) {ˇ}", Extent.LINE),
        ("if (x) {ˇ", Extent.BLOCK),
        ("xs.forEach(x => ˇ)", Extent.LINE),
        ("if true; thenˇ", Extent.BLOCK),
        ("    return ˇ", Extent.LINE),
        ("print(ˇ)", Extent.LINE),
        ("print(ˇ);", Extent.LINE),
        ("a ˇ", Extent.LINE),
        ("reˇturn", None),
        ("x = ˇ5", None),
        ("ˇx = 5", None),
        ("foo(ˇ, bar)", None),
        ("ˇ", None),
        ("  \nˇ\n", None),
        ("x = 1\nˇ\n", Extent.BLOCK),
        ("ˇ\nx = 1\n", Extent.BLOCK),
    ],
)
def test_what_is_wanted_when_nobody_asked(picture: str, extent: Extent | None) -> None:
    before, after = picture.split("ˇ")
    assert extent_at(before, after, "automatic") is extent


@pytest.mark.parametrize("picture", ["reˇturn", "x = ˇ5", "foo(ˇ, bar)", "ˇ"])
def test_whoever_asks_is_answered_anywhere(picture: str) -> None:
    before, after = picture.split("ˇ")
    assert extent_at(before, after, "invoked") is not None


@pytest.mark.parametrize(
    ("before", "extent", "streamed"),
    [
        ("return ", Extent.LINE, "a + b│\nreturn c\n"),
        ("x = foo(", Extent.LINE, "│\nfoo"),
        ("x = ", Extent.LINE, "foo(\n    1,\n)│\ny"),
        ("x = ", Extent.LINE, "foo('(')│\ny"),
        ("x = ", Extent.LINE, '{ \'[\': "(\\"" }│\ny'),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n    return a│\ndef g():\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1│\n\n    return a\n"),
        ("def f():\n    ", Extent.BLOCK, "if a:\n        b\n    return a│\nx\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1│\nre"),
        ("def f():\n    ", Extent.BLOCK, "│\nd"),
        ("def f():", Extent.BLOCK, "\n    return 1│\nx\n"),
        ("function f()", Extent.BLOCK, "\n    return 1│\nloc"),
        ("int f() {", Extent.BLOCK, "\n    return 1;\n}│\nint g() {\n"),
        ("", Extent.BLOCK, "import os\nimport sys│\n\nx\n"),
        ("def f():\n    ", Extent.BLOCK, "│\n\n\n\n"),
    ],
)
def test_where_a_suggestion_ends(before: str, extent: Extent, streamed: str) -> None:
    end = streamed.index("│")
    assert end_of_suggestion(streamed.replace("│", ""), before, extent) == end


@pytest.mark.parametrize(
    ("before", "extent", "streamed"),
    [
        ("return ", Extent.LINE, "a + b"),
        ("x = ", Extent.LINE, "foo(\n    1,\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n    ret"),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n"),
        ("int f() {", Extent.BLOCK, "\n    return 1;\n"),
        ("function f()", Extent.BLOCK, "\n    return 1\nen"),
        ("def f():", Extent.BLOCK, "\n"),
    ],
)
def test_more_may_come(before: str, extent: Extent, streamed: str) -> None:
    assert end_of_suggestion(streamed, before, extent) is None


def test_no_suggestion_is_longer_than_a_glance() -> None:
    endless = "x = 1\n" * 100
    end = end_of_suggestion(endless, "", Extent.BLOCK)
    assert endless[:end].count("\n") + 1 == MAX_LINES
