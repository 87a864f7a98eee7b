"""Take out what stands in the document or the answer already: echoes, circles, the next lines. Pure; sees no model."""

from __future__ import annotations

import re

from lsp_server.completion.trim.surroundings import Surroundings


def drop_echo(text: str, around: Surroundings) -> str:
    """Without the cursor's line in front, where the model wrote it once more. Three characters or less prove no echo."""
    said = around.line.strip()
    if len(said) > 3 and text.lstrip().startswith(said):
        return text.lstrip()[len(said) :]
    return text


def cut_repetition(text: str, around: Surroundings) -> str:
    """Up to where the answer starts to go in circles.

    A circle is a group of one to four lines that stands three times in a row, of which the first round is kept; or a group of
    two lines or more that is the same as the lines right above the cursor, of which nothing is.
    """
    lines = text.split("\n")
    for size in range(1, 5):
        for start in range(len(lines) - 3 * size + 1):
            group = lines[start : start + size]
            if any(line.strip() for line in group) and lines[start : start + 3 * size] == group * 3:
                return "\n".join(lines[: start + size])
    above = [line.strip() for line in around.before.split("\n")[:-1] if line.strip()][-8:]
    written = [line.strip() for line in lines if line.strip()]
    for size in range(2, min(len(above), len(written)) + 1):
        if written[:size] == above[-size:]:
            return ""
    return text


def cut_at_next_lines(text: str, around: Surroundings) -> str:
    """Up to the line that stands below the cursor already. Lone brackets and ends prove nothing: they are left to the rest."""
    following = around.next_line
    if not any(character.isalnum() for character in following) or len(following) < 4:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = around.line + line if number == 0 else line
        if whole.strip() == following:
            return "\n".join(lines[:number])
    return text


LONG = 10
"""Characters of a line that seldom is the start of a longer one."""

ENOUGH, LONG_START = 0.6, 16
"""Of the line below, and in characters: what has so much in common with it seldom becomes another line. `results.append(` is
not enough, which says nothing yet of what is appended."""


def runs_into_next_line(text: str, around: Surroundings) -> bool:
    """Whether the last line of an answer, which has no end yet, becomes the line that stands below the cursor already.

    All of that line is proof if it is long. Its start is, at the same indentation, but not in a series: where the line above
    begins half so as well (`check(one, 1)`, `check(one, 2)`), the next one is another member of it.
    """
    above, _, line = text.rpartition("\n")
    following, said = around.next_line, line.strip()
    if len(said) < LONG or len(following) < LONG:
        return False
    if said == following:
        return True
    if (
        len(said) < max(ENOUGH * len(following), LONG_START)
        or not following.startswith(said)
        or _indentation(line) != around.next_indentation
    ):
        return False
    previous = next((one.strip() for one in reversed((around.line + above).split("\n")) if one.strip()), "")
    return not previous.startswith(said[: len(said) // 2])


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


_STUTTER = re.compile(r"(?P<said>\S.{3,39}?)(?P=said){3,}\S{0,40}$", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]")


def cut_stutter(text: str, around: Surroundings) -> str:  # noqa: ARG001  filters are called alike
    """Up to where the answer says the same few characters over and over until it was stopped; said once, they stay.

    Four times with a letter in it: rows of dashes and of numbers are written by people as well.
    """
    found = _STUTTER.search(text)
    if found is None or not _LETTERS.search(found["said"]):
        return text
    return text[: found.start() + len(found["said"])]
