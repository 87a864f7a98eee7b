"""Texts as pictures: `ˇ` is the cursor. Counts columns as an editor does."""

from __future__ import annotations

from dataclasses import dataclass

_WIDTHS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@dataclass(frozen=True, slots=True)
class Picture:
    """A text without its cursor, and where that stood: `line` and `character` as an editor counts, `offset` in characters."""

    text: str
    offset: int
    line: int
    character: int


def picture(drawn: str, encoding: str = "utf-16") -> Picture:
    """Read a picture. Lines end with LF, CRLF or CR alone, as in LSP."""
    before, after = drawn.split("ˇ")
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    codec, width = _WIDTHS[encoding]
    return Picture(before + after, len(before), len(lines) - 1, len(lines[-1].encode(codec)) // width)
