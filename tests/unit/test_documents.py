"""A snapshot's lines and offsets, drawn with `⏎` for CRLF."""

from random import Random

import pytest

from lsp_server.documents import DocumentSnapshot


def snapshot(text: str) -> DocumentSnapshot:
    return DocumentSnapshot("file:///a", "a", None, "text", 1, text)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", [0]),
        ("a", [0]),
        ("a\n", [0, 2]),
        ("a\r\nb", [0, 3]),
        ("a\rb\n", [0, 2, 4]),
        ("a\fb\u2028c\x85d", [0]),
        ("\n\r\n\r", [0, 1, 3, 4]),
    ],
)
def test_only_line_feeds_and_carriage_returns_end_lines(text: str, starts: list[int]) -> None:
    assert snapshot(text).line_starts == starts


def test_lines_come_without_their_ending() -> None:
    one = snapshot("a\r\n\r\n𝒳b")
    assert [one.line_text(number) for number in range(-1, 4)] == ["", "a", "", "𝒳b", ""]


@pytest.mark.parametrize(
    ("line", "column", "offset"), [(0, 0, 0), (0, 9, 2), (1, 1, 5), (9, 9, 6), (-1, 5, 0), (1, -3, 4), (0, 2, 2)]
)
def test_positions_are_clamped_into_the_document(line: int, column: int, offset: int) -> None:
    assert snapshot("ab\r\ncd").offset(line, column) == offset


def test_line_of_is_the_inverse_of_line_starts() -> None:
    one = snapshot("ab\n\r\nc\rd")
    for line, start in enumerate(one.line_starts):
        assert one.line_of(start) == line


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("\r\n", "\r\n"), ("\n", "\n")]
)
def test_a_document_has_the_line_ending_found_first(text: str, newline: str) -> None:
    assert snapshot(text).newline == newline


def test_an_edit_knows_the_lines_a_fresh_look_would_find() -> None:
    dice = Random(5)
    for _ in range(3000):
        text, new = ("".join(dice.choices("a\r\n", k=dice.randrange(8))) for _ in range(2))
        start = dice.randint(0, len(text))
        end = dice.randint(start, len(text))
        edited = snapshot(text).edited(start, end, new)
        assert edited.text == text[:start] + new + text[end:]
        assert edited.line_starts == snapshot(edited.text).line_starts, (text, start, end, new)
        assert edited.at_version(7).line_starts == edited.line_starts
