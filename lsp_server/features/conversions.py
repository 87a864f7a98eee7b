"""Between the editor's words and ours: positions, ranges, URIs, edits. The only code that knows UTF-8, UTF-16 and UTF-32.

Inside Hearth an offset counts characters (code points). An editor counts bytes, UTF-16 code units or characters, as was agreed
in `initialize`; a position past the end of a line means its end, one past the last line the end of the document (LSP 3.18,
"Position"). A position inside a character (between the two halves of an emoji) means the character's start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from lsp_server.documents import DocumentSnapshot

_ENCODINGS = {
    types.PositionEncodingKind.Utf8: ("utf-8", 1),
    types.PositionEncodingKind.Utf16: ("utf-16-le", 2),
    types.PositionEncodingKind.Utf32: ("utf-32-le", 4),
}
_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
_DRIVE = re.compile(r"^/[A-Za-z]:")

Encoding = types.PositionEncodingKind | str


def offset_at(snapshot: DocumentSnapshot, position: types.Position, encoding: Encoding) -> int:
    """Offset in characters of a client's position, clamped into the document."""
    line = snapshot.line_text(position.line)
    column = position.character
    if not line.isascii():
        codec, width = _ENCODINGS[types.PositionEncodingKind(encoding)]
        # "ignore" drops the half of a character at the cut.
        column = len(line.encode(codec)[: column * width].decode(codec, "ignore"))
    return snapshot.offset(position.line, column)


def position_at(snapshot: DocumentSnapshot, offset: int, encoding: Encoding) -> types.Position:
    """The client's position of an offset in characters."""
    line = snapshot.line_of(offset)
    before = snapshot.text[snapshot.line_starts[line] : offset]
    column = len(before)
    if not before.isascii():
        codec, width = _ENCODINGS[types.PositionEncodingKind(encoding)]
        column = len(before.encode(codec)) // width
    return types.Position(line=line, character=column)


def changed(
    snapshot: DocumentSnapshot, changes: Sequence[types.TextDocumentContentChangeEvent], version: int, encoding: Encoding
) -> DocumentSnapshot:
    """The document after an editor's changes, each of which counts from the text that the one before it left."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start = offset_at(snapshot, change.range.start, encoding)
            end = max(start, offset_at(snapshot, change.range.end, encoding))
            snapshot = snapshot.edited(start, end, whole_characters(change.text))
        else:
            snapshot = replace(snapshot, text=whole_characters(change.text))
    return snapshot.at_version(version)


def whole_characters(text: str) -> str:
    """The text with lone surrogates replaced: JSON can carry them, UTF-8 cannot. One unit stays one unit in every encoding."""
    return text if text.isascii() else _LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def path_of(uri: str) -> Path | None:
    """The path a `file:` URI names; None for what lies in no file system (`untitled:`, `git:`)."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    # What a client forgot to encode belongs to the path: a file name may hold ? and #.
    path = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    path = unquote(path)
    if os.name == "nt":
        path = path.removeprefix("/") if _DRIVE.match(path) else path
        path = f"//{parts.netloc}{path}" if parts.netloc else path
    return Path(path) if path and "\0" not in path else None


def place_of(uri: str, roots: Sequence[Path]) -> tuple[str, str | None]:
    """Where a document lies: its path relative to the innermost root that holds it, and that root; else its bare name, None."""
    path = path_of(uri)
    if path is None:
        return unquote(urlsplit(uri).path).rsplit("/", 1)[-1], None
    for candidate in (path, Path(os.path.realpath(path))):
        holding = [root for root in roots if candidate.is_relative_to(root)]
        if holding:
            root = max(holding, key=lambda one: len(one.parts))
            return candidate.relative_to(root).as_posix(), str(root)
    return path.name, None


def opened(item: types.TextDocumentItem, roots: Sequence[Path]) -> DocumentSnapshot:
    """A document as an editor opened it."""
    path, root = place_of(item.uri, roots)
    return DocumentSnapshot(item.uri, path, root, item.language_id, item.version, whole_characters(item.text))


def placed(snapshot: DocumentSnapshot, roots: Sequence[Path]) -> DocumentSnapshot:
    """The same document under other workspace folders."""
    path, root = place_of(snapshot.uri, roots)
    return replace(snapshot, path=path, root=root)
