"""Trim, drawn: `ˇ` is the cursor; what the model said; what may stand in the file."""

import pytest

from lsp_server.completion import trim
from lsp_server.completion.trim import brackets, echoes, talk, whitespace


def surroundings(picture: str, stops: tuple[str, ...] = ()) -> trim.Surroundings:
    before, after = picture.split("ˇ")
    return trim.Surroundings(before, after, stops)


# filter, document with the cursor, the model's answer, what is left of it
PICTURES = [
    (talk.cut_at_stops, "x = ˇ", "1<|fim_pad|>junk", "1"),
    (talk.cut_at_stops, "x = ˇ", "a < b | c", "a < b | c"),
    (talk.unwrap_fence, "def f():\n    ˇ", "```python\nreturn 1\n```\nThis returns 1.", "return 1"),
    (talk.unwrap_fence, "def f():\n    ˇ", "return 1\n```\nExplanation", "return 1"),
    (talk.unwrap_fence, "# Title\n```\nˇ", "code\n```\nmore", "code\n```\nmore"),
    (talk.refuse_chat, "def f():\n    ˇ", "Sure! Here is the code", ""),
    (talk.refuse_chat, "def f():\n    # ˇ", "Here is why", "Here is why"),
    (talk.refuse_chat, "def f():\n    ˇ", "surely = 1", "surely = 1"),
    (talk.refuse_chat, "def f():\n    ˇ", "here = 1", "here = 1"),
    (talk.refuse_chat, "ˇ", "Certainly, the code is", ""),
    (talk.refuse_chat, "ˇ", "I'm sorry, but I cannot", ""),
    (talk.refuse_chat, "ˇ", "of_course = True", "of_course = True"),
    (talk.refuse_chat, 'x = "ˇ"', "the missing codec", "the missing codec"),
    (talk.unwrap_fence, "x = ˇ", "a `b` c", "a `b` c"),
    (talk.unwrap_fence, "def f():\n    ˇ", "return 1\n\n```", "return 1\n"),
    (talk.drop_thoughts, "x = ˇ", "<think>\nWhat is x?\n</think>\n\n1", "1"),
    (talk.drop_thoughts, "x = ˇ", "<think>\nWhat is x? It may be", ""),
    (talk.drop_thoughts, "x = ˇ", "a <think> b", "a <think> b"),
    (talk.drop_thoughts, "x = ˇ", "<Think />;", "<Think />;"),
    (echoes.drop_echo, "total = coˇ", "total = count", "unt"),
    (echoes.drop_echo, "    return ˇ", "return value", " value"),
    (echoes.drop_echo, "a = ˇ", "a = 1", "a = 1"),
    (echoes.cut_repetition, "ˇ", "a()\na()\na()\na()", "a()"),
    (echoes.cut_repetition, "ˇ", "x = 1\ny = 2\nx = 1\ny = 2\nx = 1\ny = 2", "x = 1\ny = 2"),
    (echoes.cut_repetition, "ˇ", "a()\na()\nb()", "a()\na()\nb()"),
    (echoes.cut_repetition, "one = 1\ntwo = 2\nˇ", "one = 1\ntwo = 2\nthree = 3", ""),
    (
        echoes.cut_repetition,
        "ˇ",
        "case 1:\n    a()\ncase 2:\n    a()\ncase 3:\n    a()",
        "case 1:\n    a()\ncase 2:\n    a()\ncase 3:\n    a()",
    ),
    (echoes.cut_stutter, "x = ˇ", "foo(bar, bar, bar, bar, bar, ba", "foo(bar, "),
    (echoes.cut_stutter, "x = ˇ", "self.next.next.next.next.next.next.ne", "self.next"),
    (echoes.cut_stutter, "x = ˇ", "[0, 0, 0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 0]"),
    (echoes.cut_stutter, "# ˇ", "----------------------------", "----------------------------"),
    (echoes.cut_stutter, "x = ˇ", "log(a); log(b); log(c); log(d);", "log(a); log(b); log(c); log(d);"),
    (echoes.cut_at_next_lines, "a = 1\nˇ\nreturn total", "b = 2\nreturn total", "b = 2"),
    (echoes.cut_at_next_lines, "a = 1\nˇ\n}", "b = 2\n}", "b = 2\n}"),
    (echoes.cut_at_next_lines, "ret = 1\nretˇ\nreturn total", "urn total", ""),
    (brackets.drop_rest_of_line, "foo(ˇ)", "a, b)", "a, b"),
    (brackets.drop_rest_of_line, "foo(ˇ):", "a, b):\n    pass", "a, b"),
    (brackets.drop_rest_of_line, "foo(ˇ)", "bar(1)", "bar(1)"),
    (brackets.drop_rest_of_line, "foo(ˇ)", "bar(1))", "bar(1)"),
    (brackets.drop_rest_of_line, "xs = [ˇ]", "1, 2", "1, 2"),
    (brackets.drop_rest_of_line, "xˇ", " = 1\ny = 2", " = 1\ny = 2"),
    (brackets.drop_closed_brackets, "foo(\n    ˇ\n)", "a,\n    b,\n)", "a,\n    b,"),
    (brackets.drop_closed_brackets, "foo(\n    ˇ\n)", "bar(\n        1\n    )", "bar(\n        1\n    )"),
    (whitespace.fit_indentation, "def f():\n\tif x:\n\t\ty\nˇ", "for a in b:\n    c\n        d", "for a in b:\n\tc\n\t\td"),
    (whitespace.fit_indentation, "def f():\n  if x:\n    y\nˇ", "for a in b:\n\tc", "for a in b:\n  c"),
    (whitespace.fit_indentation, "ˇ", "for a in b:\n\tc", "for a in b:\n\tc"),
    (
        whitespace.fit_steps,
        "def f():\n  if x:\n    y\n  z\n  ˇ",
        "for a in b:\n      c\n      if d:\n          e",
        "for a in b:\n    c\n    if d:\n      e",
    ),
    (whitespace.fit_steps, "def f():\n    if x:\n        y\n    z\n    ˇ", "for a in b:\n      c", "for a in b:\n        c"),
    (whitespace.fit_steps, "def f():\n  if x:\n    y\n  z\n  ˇ", "for a in b:\n    c", "for a in b:\n    c"),
    (whitespace.fit_steps, "def f():\n  if x:\n    y\n  z\n  ˇ", "a = b + \\\n      c", "a = b + \\\n      c"),
    (whitespace.fit_steps, "ˇ", "for a in b:\n  c", "for a in b:\n  c"),
    (whitespace.end_cleanly, "x = ˇ", " 1  \n", "1"),
    (whitespace.end_cleanly, "x =ˇ", " 1", " 1"),
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
