"""Whether an inserted text still stands in a document. Remembers lengths and hashes of its lines, never the lines. Pure."""

from __future__ import annotations

from dataclasses import dataclass

REACH = 3000
"""Characters before and behind the place that are looked at. In half a minute nobody types more than a tenth of that, and a
line found further away is more likely another one that reads the same."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """Each line of an inserted text that is not blank, without its indentation: its length in characters and its hash.

    Python salts the hashes of texts anew in every process (PYTHONHASHSEED), so they mean nothing outside of this one.
    """

    lines: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str) -> Inserted:
        """Take a text's measure."""
        stripped = [line.strip() for line in text.splitlines()]
        return cls(tuple((len(line), hash(line)) for line in stripped if line))

    def share_in(self, text: str, before: int, behind: int) -> float:
        """How much of it stands in a document, by characters of the lines that do, 0 to 1.

        `before` and `behind` are how many characters stood before and behind the place when the text was inserted: an edit
        elsewhere moves one of the two and not the other, so both are tried.
        """
        whole = sum(length for length, _ in self.lines)
        if not whole:
            return 1.0
        ends = (before, max(len(text) - behind, 0))
        near = text[max(min(ends) - REACH, 0) : max(ends) + REACH]
        if len(near) > 6 * REACH:  # both ends moved far apart: the start of the document has changed least
            near = text[max(before - REACH, 0) : before + REACH]
        return sum(length for length, digest in self.lines if _holds(near, length, digest)) / whole


def _holds(text: str, length: int, digest: int) -> bool:
    return any(hash(text[at : at + length]) == digest for at in range(len(text) - length + 1))
