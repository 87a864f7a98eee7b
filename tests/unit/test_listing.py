"""Which lines of a search result are shown: drawn as lines with the first of them marked by ▸."""

from __future__ import annotations

import pytest

from lsp_server.cli.listing import telling

SHOWN = [
    ("close the session", "▸a\nb\nc\nd\ne\nf\ng\nh"),
    ("close the session", "▸a\nb\nc\ndef close_session():\nd\ne\nf\ng\nh"),
    ("close the session", "▸def session():\na\nb\nc\nd\ne\nf\ng\nh"),
    ("close the session", "session\na\nb\nc\nd\ne\nf\n▸close\nsessions\na\nb\nc\nd"),
    ("close the session", "a\nb\n▸c\nd\ne\nf\ng\nclose"),
    ("close", "▸a\nclose"),
    ("", "▸a\nb"),
]


@pytest.mark.parametrize(("query", "picture"), SHOWN)
def test_the_lines_that_say_most_of_the_question(query: str, picture: str) -> None:
    lines = picture.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("▸"))
    assert telling(picture.replace("▸", "").split("\n"), query) == first
