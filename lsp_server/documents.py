"""A document as it was at one moment. Knows no editor and no encoding: offsets count Python characters (code points)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from functools import cached_property

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class DocumentSnapshot:
    """Text and identity of one open document, taken before the first `await` of a handler.

    `path` is relative to `root` with `/`, or the bare file name where the document lies outside of it; `version` is the
    editor's; `language` is the editor's language id ("python").
    """

    uri: str
    path: str
    root: str | None
    language: str
    version: int
    text: str

    @cached_property
    def newline(self) -> str:
        """The line ending this document uses: the first one found, else a line feed."""
        at = self.text.find("\n")
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of each line's first character. Only LF, CRLF and CR end a line, as LSP has it (3.18, "Position")."""
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def edited(self, start: int, end: int, text: str) -> DocumentSnapshot:
        """The document with the characters from `start` to `end` replaced; 0 <= start <= end <= length.

        Only the lines touched are looked at again. At a megabyte that is the difference between 20 ms a key and 2.
        """
        starts = self.line_starts
        whole = replace(self, text=self.text[:start] + text + self.text[end:])
        # A line that starts right at the edit may be joined to the one before: CR and LF can meet, or part.
        before = starts[: bisect_left(starts, start)] or [0]
        shift = len(text) - (end - start)
        behind = [one + shift for one in starts[bisect_right(starts, end) :]]
        until = behind[0] if behind else len(whole.text)
        found = [one.end() for one in _LINE_END.finditer(whole.text, before[-1], until)]
        if behind and found and found[-1] == behind[0]:
            found.pop()
        whole.__dict__["line_starts"] = before + found + behind
        return whole

    def at_version(self, version: int) -> DocumentSnapshot:
        """The same text under another version; what is known of its lines stays known."""
        other = replace(self, version=version)
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name == "line_starts"})
        return other

    def offset(self, line: int, column: int) -> int:
        """Offset of a 0-based line and character column, both clamped into the document."""
        if line < 0:
            return 0
        if line >= len(self.line_starts):
            return len(self.text)
        start = self.line_starts[line]
        return min(start + max(column, 0), start + len(self.line_text(line)))

    def line_text(self, line: int) -> str:
        """A 0-based line without its ending; empty past the end."""
        if not 0 <= line < len(self.line_starts):
            return ""
        start = self.line_starts[line]
        end = self.line_starts[line + 1] if line + 1 < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def line_of(self, offset: int) -> int:
        """The 0-based line that holds an offset."""
        return bisect_right(self.line_starts, offset) - 1
