"""A document as an editor holds it: types into it, tells the server, and applies the edits that come back."""

from __future__ import annotations

from typing import Any

from tests.support.wire import Wire

_WIDTHS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Editor:
    """One open document. Offsets count characters; what goes over the wire counts as the encoding does."""

    def __init__(self, wire: Wire, uri: str, text: str, encoding: str, language: str = "python") -> None:
        self.uri, self.text, self.version, self.encoding, self.language = uri, text, 1, encoding, language
        self._wire = wire
        wire.open(uri, text, language=language)

    def type(self, offset: int, removed: int, text: str) -> None:
        """Replace some characters, as typing does."""
        where = {"start": self.position(offset), "end": self.position(offset + removed)}
        self.text = self.text[:offset] + text + self.text[offset + removed :]
        self.version += 1
        self._wire.change(self.uri, self.version, {"range": where, "text": text})

    def position(self, offset: int) -> dict[str, int]:
        return position_of(self.text, offset, self.encoding)

    def applied(self, edit: dict[str, Any]) -> str:
        """The document after a workspace edit, which must be about it and about its version."""
        return applied(self.text, edits_for(edit, self.uri, self.version), self.encoding)


def position_of(text: str, offset: int, encoding: str) -> dict[str, int]:
    lines = text[:offset].replace("\r\n", "\n").split("\n")
    codec, width = _WIDTHS[encoding]
    return {"line": len(lines) - 1, "character": len(lines[-1].encode(codec)) // width}


def edits_for(edit: dict[str, Any], uri: str, version: int | None) -> list[dict[str, Any]]:
    """The text edits for one document, checked for the version it has."""
    if "changes" in edit:
        assert list(edit["changes"]) == [uri]
        return list(edit["changes"][uri])
    found = [one for one in edit["documentChanges"] if one.get("textDocument", {}).get("uri") == uri]
    assert [one["textDocument"]["version"] for one in found] == [version]
    return list(found[0]["edits"])


def applied(text: str, edits: list[dict[str, Any]], encoding: str) -> str:
    """A text after LSP text edits, all of which count from the text before."""
    places = [
        (offset_of(text, one["range"]["start"], encoding), offset_of(text, one["range"]["end"], encoding), one) for one in edits
    ]
    for start, end, one in sorted(places, key=lambda place: place[:2], reverse=True):
        assert start <= end
        text = text[:start] + one["newText"] + text[end:]
    return text


def offset_of(text: str, position: dict[str, int], encoding: str) -> int:
    """Strict, where the protocol is forgiving: a position that is none is a fault of the server."""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: position["line"]])
    line = lines[position["line"]].removesuffix("\r")
    codec, width = _WIDTHS[encoding]
    encoded = line.encode(codec)
    assert position["character"] * width <= len(encoded)
    return start + len(encoded[: position["character"] * width].decode(codec))
