"""Trim, drawn: `ˇ` is the cursor; what the model said; what may stand in the file."""

import pytest

from lsp_server.completion import trim


def surroundings(picture: str, stops: tuple[str, ...] = ()) -> trim.Surroundings:
    before, after = picture.split("ˇ")
    return trim.Surroundings(before, after, stops)


# filter, document with the cursor, the model's answer, what is left of it
PICTURES = [
    (trim.cut_at_stops, "x = ˇ", "1<|fim_pad|>junk", "1"),
    (trim.cut_at_stops, "x = ˇ", "a < b | c", "a < b | c"),
    (trim.unwrap_fence, "def f():\n    ˇ", "```python\nreturn 1\n```\nThis returns 1.", "return 1"),
    (trim.unwrap_fence, "def f():\n    ˇ", "return 1\n```\nExplanation", "return 1"),
    (trim.unwrap_fence, "# Title\n```\nˇ", "code\n```\nmore", "code\n```\nmore"),
    (trim.refuse_chat, "def f():\n    ˇ", "Sure! Here is the code", ""),
    (trim.refuse_chat, "def f():\n    # ˇ", "Here is why", "Here is why"),
    (trim.refuse_chat, "def f():\n    ˇ", "surely = 1", "surely = 1"),
    (trim.refuse_chat, "def f():\n    ˇ", "here = 1", "here = 1"),
    (trim.drop_echo, "total = coˇ", "total = count", "unt"),
    (trim.drop_echo, "    return ˇ", "return value", " value"),
    (trim.drop_echo, "a = ˇ", "a = 1", "a = 1"),
    (trim.cut_repetition, "ˇ", "a()\na()\na()\na()", "a()"),
    (trim.cut_repetition, "ˇ", "x = 1\ny = 2\nx = 1\ny = 2\nx = 1\ny = 2", "x = 1\ny = 2"),
    (trim.cut_repetition, "ˇ", "a()\na()\nb()", "a()\na()\nb()"),
    (trim.cut_repetition, "one = 1\ntwo = 2\nˇ", "one = 1\ntwo = 2\nthree = 3", ""),
    (trim.cut_at_next_lines, "a = 1\nˇ\nreturn total", "b = 2\nreturn total", "b = 2"),
    (trim.cut_at_next_lines, "a = 1\nˇ\n}", "b = 2\n}", "b = 2\n}"),
    (trim.cut_at_next_lines, "ret = 1\nretˇ\nreturn total", "urn total", ""),
    (trim.drop_rest_of_line, "foo(ˇ)", "a, b)", "a, b"),
    (trim.drop_rest_of_line, "foo(ˇ):", "a, b):\n    pass", "a, b"),
    (trim.drop_rest_of_line, "foo(ˇ)", "bar(1)", "bar(1)"),
    (trim.drop_rest_of_line, "foo(ˇ)", "bar(1))", "bar(1)"),
    (trim.drop_rest_of_line, "xs = [ˇ]", "1, 2", "1, 2"),
    (trim.drop_rest_of_line, "xˇ", " = 1\ny = 2", " = 1\ny = 2"),
    (trim.drop_closed_brackets, "foo(\n    ˇ\n)", "a,\n    b,\n)", "a,\n    b,"),
    (trim.drop_closed_brackets, "foo(\n    ˇ\n)", "bar(\n        1\n    )", "bar(\n        1\n    )"),
    (trim.fit_indentation, "def f():\n\tif x:\n\t\ty\nˇ", "for a in b:\n    c\n        d", "for a in b:\n\tc\n\t\td"),
    (trim.fit_indentation, "def f():\n  if x:\n    y\nˇ", "for a in b:\n\tc", "for a in b:\n  c"),
    (trim.fit_indentation, "ˇ", "for a in b:\n\tc", "for a in b:\n\tc"),
    (trim.end_cleanly, "x = ˇ", " 1  \n", "1"),
    (trim.end_cleanly, "x =ˇ", " 1", " 1"),
]


@pytest.mark.parametrize(("one", "picture", "said", "kept"), PICTURES)
def test_a_filter_keeps_what_may_stand(one: trim.Filter, picture: str, said: str, kept: str) -> None:
    assert one(said, surroundings(picture, ("<|fim_pad|>",))) == kept


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        ("def add(a, b):\n    ˇ\n", "return a + b"),
        ("def f(xs):\n    for x in xs:\n        ˇ\n", "if x:\n            yield x\n        else:\n            return"),
        ("items = {\n    ˇ\n}\n", '"a": 1,\n    "b": [1, 2],'),
        ("func main() {\n\tˇ\n}\n", 'fmt.Println("hi")\n\treturn'),
        ("print(ˇ)", 'f"{a} of {b}"'),
    ],
)
def test_good_code_passes_every_filter_untouched(picture: str, said: str) -> None:
    assert trim.clean(said, surroundings(picture)) == said


def test_every_filter_is_drawn_at_least_once_changing_and_once_passing() -> None:
    for one in trim.FILTERS:
        rows = [row for row in PICTURES if row[0] is one]
        assert any(said != kept for _, _, said, kept in rows), one.__name__
        assert any(said == kept for _, _, said, kept in rows), one.__name__
