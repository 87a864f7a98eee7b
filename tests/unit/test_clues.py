"""What the code around a cursor (`ˇ`) says about which member is meant."""

from __future__ import annotations

import pytest

from indexer.records import Member
from lsp_server.completion.clues import WEIGHTS, Surroundings, clues, surroundings, weighed
from lsp_server.completion.names import RECEIVER

CONSOLE = {
    one.name: one
    for one in (
        Member("width"),
        Member("encoding"),
        Member("is_terminal"),
        Member("print", "text", "def print(self, text: str) -> None"),
        Member("get_style", "name", "def get_style(self, name: str) -> Style"),
        Member("render_lines", "text", "def render_lines(self, text)"),
    )
}


def around(picture: str) -> Surroundings:
    before, _, after = picture.partition("ˇ")
    line = before[before.rfind("\n") + 1 :]
    place = RECEIVER.search(line)
    assert place
    return surroundings(place[1].rpartition(".")[2], before, line[: place.start()], after)


def likeliest(picture: str) -> str:
    found = weighed(list(CONSOLE), CONSOLE, around(picture))
    return max(found, key=lambda name: found[name])


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        ("    f(max_width=console.ˇ", "width"),
        ("    f(encoding=console.ˇ", "encoding"),
        ("    if console.ˇ", "is_terminal"),
        ("    if a and console.ˇ", "is_terminal"),
        ("def f(console):\n    console.ˇ", "print"),
        ("    style = console.ˇ", "get_style"),
        ("def rendered_line(console):\n    for one in console.ˇ", "render_lines"),
        ("    f(console.ˇ\n    y = encode(x, encoding)", "encoding"),
        ("    x = (console.ˇ\n\n    console.width", "width"),
        ("    f(console.ˇ\n    other.width", "width"),
        ("\n    # the lines, rendered\n    for one in self.console.ˇ", "render_lines"),
    ],
)
def test_words_and_places_say_which_member_is_meant(picture: str, name: str) -> None:
    assert likeliest(picture) == name


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("    ", "statement"),
        ("    if ", "condition"),
        ("    while not ", "condition"),
        ("    return ", "returned"),
        ("    x = ", "assigned"),
        ("    x: int = ", "assigned"),
        ("    f(", "argument"),
        ("    f(a, b=", "argument"),
        ("    if x == ", "operand"),
        ("    for x in ", "operand"),
        ("    x = {", ""),
    ],
)
def test_a_place_is_known_by_what_stands_before_the_name(line: str, place: str) -> None:
    assert surroundings("console", line, line, "").place == place


def test_a_word_counts_the_more_the_fewer_names_have_it() -> None:
    names = ["read_text", "read_bytes", "read_lines"]
    found = clues(names, {}, around("    text = read(page.ˇ"))
    assert "target" not in found["read_text"]  # an argument is not what the whole line gives
    assert found["read_text"]["line"] > found["read_bytes"]["line"] > 0


def test_words_are_known_again_with_other_endings() -> None:
    found = clues(["parser", "page"], {}, around("def parsing(x):\n    return x.ˇ"))
    assert "function" in found["parser"]
    assert "function" not in found["page"]


def test_the_name_before_the_dot_is_no_clue() -> None:
    assert "line" not in clues(["console_width"], {}, around("    x = self.console.ˇ")).get("console_width", {})


def test_a_name_of_which_nothing_is_known_is_as_likely_as_before() -> None:
    assert weighed(["a", "b"], {}, around("x = page.ˇ")) == {"a": 0.0, "b": 0.0}
    assert weighed([], {}, around("x = page.ˇ")) == {}


def test_each_clue_with_a_weight_is_one_that_is_given() -> None:
    pictures = (
        "{console.ˇ",
        "max_width = console.ˇ",
        "if console.ˇ",
        "console.ˇ",
        "return console.ˇ",
        "f(console.ˇ",
        "x == console.ˇ",
        "print = Console.ˇ",
    )
    members = {**CONSOLE, "Width": Member("Width"), "write_all": Member("write_all", "")}
    given = set()
    for picture in pictures:
        for above in ("def width():\n    width\n    ", "def width():\n    width\n    (width, "):
            text = f"{above}{picture}\n    width\n    width\n    console.width"
            for said in clues(list(members), members, around(text)).values():
                given |= set(said)
    assert set(WEIGHTS) <= given
