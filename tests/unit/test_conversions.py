"""Positions and paths between the editor's words and ours. Columns of three encodings against a slow, plain count."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from lsprotocol import types

from lsp_server.documents import DocumentSnapshot
from lsp_server.features import conversions
from tests.support.pictures import picture

ENCODINGS = ("utf-8", "utf-16", "utf-32")


def document(text: str) -> DocumentSnapshot:
    return DocumentSnapshot("file:///a", "a", None, "plaintext", 1, text)


TEXTS = [
    "",
    "a",
    "\n",
    "a\n",
    "é😀\n",
    "😀😀",
    "a\r\nb\rc\nd",
    "\f\x0b\x1c\x85\u2028\u2029\n€",
    "\r\r\n\n",
    "e\u0301\u200d👩‍👩‍👧",
]


@pytest.mark.parametrize(("text", "encoding"), list(itertools.product(TEXTS, ENCODINGS)))
def test_every_offset_is_found_again(text: str, encoding: str) -> None:
    snapshot = document(text)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # between CR and LF there is no position
        drawn = picture(text[:offset] + "ˇ" + text[offset:], encoding)
        position = conversions.position_at(snapshot, offset, encoding)
        assert (position.line, position.character) == (drawn.line, drawn.character)
        assert conversions.offset_at(snapshot, position, encoding) == offset


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_positions_outside_are_the_edges(encoding: str) -> None:
    snapshot = document("ab\r\ncd😀\n")
    at = conversions.offset_at
    assert at(snapshot, types.Position(0, 99), encoding) == 2
    assert at(snapshot, types.Position(1, 99), encoding) == 7
    assert at(snapshot, types.Position(2, 99), encoding) == 8
    assert at(snapshot, types.Position(99, 0), encoding) == 8
    assert at(document(""), types.Position(5, 5), encoding) == 0


@pytest.mark.parametrize(("encoding", "inside"), [("utf-8", (2, 3, 4)), ("utf-16", (2,))])
def test_inside_a_character_is_its_start(encoding: str, inside: tuple[int, ...]) -> None:
    for character in inside:
        assert conversions.offset_at(document("a😀b"), types.Position(0, character), encoding) == 1


def _change(line: int, start: int, end: int, text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(types.Range(types.Position(line, start), types.Position(line, end)), text)


def test_changes_are_applied_in_their_order() -> None:
    after = conversions.changed(document("one two\n"), [_change(0, 0, 3, "1😀"), _change(0, 3, 4, ", ")], 9, "utf-16")
    assert (after.text, after.version) == ("1😀, two\n", 9)


def test_a_range_that_runs_backwards_deletes_nothing() -> None:
    assert conversions.changed(document("abc"), [_change(0, 2, 1, "-")], 2, "utf-16").text == "ab-c"


def test_the_whole_document_can_be_sent() -> None:
    whole = types.TextDocumentContentChangeWholeDocument("new \ud83d")
    assert conversions.changed(document("old"), [whole], 2, "utf-16").text == "new \ufffd"


PATHS = {
    "file:///a/b.py": "/a/b.py",
    "file:///a%20b/%C3%A9%F0%9F%98%80.py": "/a b/é😀.py",
    "file:///a%23b%3Fc.py": "/a#b?c.py",
    "file:///a#b?c;d.py": "/a#b?c;d.py",
    "file:///a;b/c;d.py": "/a;b/c;d.py",
    "file://localhost/a.py": "/a.py",
    "untitled:Untitled-1": None,
    "git:/a/b.py?ref": None,
    "vscode-notebook-cell:/a.ipynb#C1": None,
    "file:///a%00b": None,
    "": None,
    "file:": None,
}


@pytest.mark.parametrize(("uri", "path"), PATHS.items())
def test_a_uri_names_a_path_or_none(uri: str, path: str | None) -> None:
    assert conversions.path_of(uri) == (Path(path) if path else None)


def test_a_path_and_its_uri_are_one(tmp_path: Path) -> None:
    for name in ("a b.py", "é😀.py", "a#b.py", "a?b.py", "a%41b.py", "a;b,c=d.py"):
        assert conversions.path_of((tmp_path / name).as_uri()) == tmp_path / name


def test_a_document_belongs_to_the_innermost_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    roots = [tmp_path, inner]
    assert conversions.place_of((inner / "src" / "a.py").as_uri(), roots) == ("src/a.py", str(inner))
    assert conversions.place_of((tmp_path / "a.py").as_uri(), roots) == ("a.py", str(tmp_path))
    assert conversions.place_of("file:///elsewhere/a.py", roots) == ("a.py", None)
    assert conversions.place_of("untitled:Untitled-1", roots) == ("Untitled-1", None)


def test_a_folder_behind_a_link_is_recognised(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    assert conversions.place_of((tmp_path / "link" / "a.py").as_uri(), [real]) == ("a.py", str(real))
