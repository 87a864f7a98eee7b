"""What a filter sees beside the answer: the document around the cursor. A value; filters nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The document before and after the cursor, and the stop strings of the model's family."""

    before: str
    after: str
    stops: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before[self.before.rfind("\n") + 1 :]

    @property
    def rest(self) -> str:
        """The cursor's line from the cursor on."""
        return self.after.split("\n", 1)[0].rstrip("\r")

    @property
    def next_line(self) -> str:
        """The first line below the cursor's that is not blank, without surrounding white space; empty if there is none."""
        return self._next.strip()

    @property
    def next_indentation(self) -> str:
        """The white space in front of that line."""
        return self._next[: len(self._next) - len(self._next.lstrip())]

    @property
    def _next(self) -> str:
        below = self.after.split("\n")[1:]
        return next((line for line in below if line.strip()), "")


Filter = Callable[[str, Surroundings], str]
"""Answer and surroundings in, answer or a part of it out."""
