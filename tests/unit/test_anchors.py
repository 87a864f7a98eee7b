"""Where an edit belongs after the document moved, drawn: `«»` is what it replaces, before and after the typing."""

from __future__ import annotations

import random

import pytest

from lsp_server.actions.anchors import Trail, change_between, moved, moved_span
from lsp_server.actions.records import FileEdit, Replacement, Span


def drawn(picture: str) -> tuple[str, Span]:
    start, end = picture.index("«"), picture.index("»") - 1
    return picture.replace("«", "").replace("»", ""), Span(start, end)


def found(before: str, *steps: str) -> str | None:
    """The picture of the last step with the span where it was found."""
    text, span = drawn(before)
    trail = Trail(text)
    for step in steps:
        trail.follow(step)
    at = moved_span(span, text, steps[-1], trail)
    now = steps[-1]
    return None if at is None else f"{now[: at.start]}«{now[at.start : at.end]}»{now[at.end :]}"


KEPT = [
    ("a\n«b»\nc\n", "a\n«b»\nc\n"),
    ("a\n«b»\nc\n", "more\na\n«b»\nc\n"),
    ("a\n«b»\nc\n", "a\n«b»\nc\nmore\n"),
    ("a\n«b»\nc\n", "a\nx\n«b»\nc\n"),
    ("a\n«b»\nc\n", "a\n«b»\nx\nc\n"),
    ("a\n«b»\nc\n", "aa\n«b»\nc\n"),
    ("a\n«b»\nc\n", "«b»\nc\n"),
    ("«b»", "x\n«b»"),
    ("x = «1 + 2» # y\nz\n", "w\nx = «1 + 2» # y\nz\n"),
    ("a\r\n«b»\r\nc", "😀\r\na\r\n«b»\r\nc"),
    ("one\ntwo\n«»three\nfour\n", "zero\none\ntwo\n«»three\nfour\n"),
]


@pytest.mark.parametrize(("before", "after"), KEPT)
def test_a_place_that_is_certain_is_found(before: str, after: str) -> None:
    assert found(before, after.replace("«", "").replace("»", "")) == after


LOST = [
    ("a\n«b»\nc\n", "a\nbb\nc\n"),  # changed
    ("a\n«b»\nc\n", "a\nc\n"),  # gone
    ("a\n«b»\nc\n", "a\nb # more\nc\n"),  # the rest of its line grew
    ("x = «1» # y\n", "x = 1 # z\n"),  # the rest of its line changed
    ("f()\n«f()»\n", "f()\n"),  # one of two twins is gone, and nobody can say which
    ("f()\n«f()»\n", "f()\nf()\nf()\n"),  # one of three is new
    ("«»\n", "x\n\n"),  # nothing to be found by
    ("one\n«»two\n", "one\nx\ntwo\n"),  # typed where the insertion goes
]


@pytest.mark.parametrize(("before", "now"), LOST)
def test_a_place_that_is_not_is_refused(before: str, now: str) -> None:
    assert found(before, now) is None


def test_a_trail_tells_twins_apart() -> None:
    assert found("f()\n#\n«f()»\n", "f()\n#\nx\nf()\n", "y\nf()\n#\nx\nf()\n") == "y\nf()\n#\nx\n«f()»\n"
    text, span = drawn("f()\n#\n«f()»\n")
    jump = Trail(text)
    jump.follow("y\nf()\n#\nx\nf()\n")
    assert moved_span(span, text, "y\nf()\n#\nx\nf()\n", jump) == Span(10, 13)


def test_code_that_was_cut_and_pasted_is_found_by_what_it_says() -> None:
    code = "def only_once():\n    return 1"
    assert found(f"a\n«{code}»\nb\n", "a\nb\n", f"a\nb\n{code}\n") == f"a\nb\n«{code}»\n"


def test_an_edit_moves_as_a_whole_or_not_at_all() -> None:
    before = "import a\n\n\ndef first():\n    return 1\n"
    place = Span(before.index("def"), len(before) - 1)
    edit = FileEdit("a.py", before, (Replacement(Span(9, 9), "import b\n"), Replacement(place, "def first():\n    return 2")))
    now = moved(edit, "# top\n" + before)
    assert now is not None
    assert now.after == "# top\nimport a\nimport b\n\n\ndef first():\n    return 2\n"
    assert moved(edit, before.replace("import a", "import aa")) is None
    assert moved(FileEdit("new.py", "", (Replacement(Span(0, 0), "x"),), creates=True), "somebody's\n") is None


def test_ten_thousand_rounds_of_typing_never_move_a_span_to_a_wrong_place() -> None:
    dice = random.Random(7)
    right = 0
    for _ in range(2500):
        lines = [dice.choice(["f()", "x = 1", "", "}", "  y", "😀 z"]) for _ in range(dice.randint(2, 8))]
        newline = dice.choice(["\n", "\r\n"])
        starts = [sum(len(line) + len(newline) for line in lines[:number]) for number in range(len(lines))]
        first = dice.randrange(len(lines))
        last = min(first + dice.randrange(3), len(lines) - 1)
        span = Span(starts[first], starts[last] + len(lines[last]))
        text = now = newline.join(lines)
        trail, at, touched = Trail(text), span.start, False
        for _ in range(dice.randint(1, 4)):
            start = dice.randint(0, len(now))
            end = min(len(now), start + dice.choice([0, 0, 0, 1, 3, 6]))
            typed = dice.choice(["", "a", "\n", "f()\n", "x = 1\n", "\n}", "😀\n"]).replace("\n", newline)
            if end <= at:
                at += len(typed) - (end - start)
            elif start < at + len(span):
                touched = True
            now = now[:start] + typed + now[end:]
            trail.follow(now)
        place = moved_span(span, text, now, trail)
        if place is not None and not touched and len(span):
            assert place.start == at, (text, span, now)
            right += 1
    assert right > 500


def test_a_change_is_whole_lines_and_every_place_it_can_have_been_at() -> None:
    change = change_between("a\na\na\n", "a\na\n")
    assert change is not None
    assert (change.first, change.last, change.grown) == (0, 6, -2)
    assert change_between("x", "x") is None
