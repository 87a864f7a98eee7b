"""How long to wait for another key before a model is asked: by how fast somebody types and how fast it answers. Numbers only.

A question that cannot be answered before the next key is asked in vain, and what its runner reads for it holds up the question
that counts. Then it is worth waiting until the next key is overdue. Where the model is faster than the fingers the shortest
pause is right, and so it is on a fresh line: there people stop to think. Knows no clock: times come from whoever asks.
"""

from __future__ import annotations

BURST_S = 0.5
"""Between two keys of one burst at most; a longer interval is a pause and says nothing about how fast somebody types."""

OVERDUE = 1.25
"""Times the usual interval, after which the next key is late: a steady typist's intervals vary by a third or so."""

LONGEST_S = 0.15
"""More is felt as a delay of the ghost text itself; slow typists are waited for no longer than this."""

_WEIGHT = 0.2
"""Of the newest interval or answer in the running mean: settles within a word or two."""


class Rhythm:
    """One for each engine. `shortest_s` is the setting; 0 turns waiting off."""

    def __init__(self, shortest_s: float) -> None:
        self._shortest = shortest_s
        self._last = 0.0
        self._interval = 0.0  # seconds between two keys of a burst, 0 while unknown
        self._answer = 0.0  # seconds from a question to its first word, 0 while unknown

    def key(self, now: float) -> None:
        """A key came, at a time in seconds of any steady clock."""
        interval, self._last = now - self._last, now
        if 0 < interval < BURST_S:
            self._interval = _mean(self._interval, interval)

    def answered(self, seconds: float) -> None:
        """The first word of an answer came after so long, of a prompt that the runner had nearly whole already."""
        self._answer = _mean(self._answer, seconds)

    def pause_s(self, before: str) -> float:
        """How long to wait for another key behind this text."""
        fresh = not before[before.rfind("\n") + 1 :].strip()
        if not self._shortest or fresh or self._shortest + self._answer <= self._interval:
            return self._shortest
        return max(self._shortest, min(OVERDUE * self._interval, LONGEST_S))


def _mean(known: float, seen: float) -> float:
    return known + _WEIGHT * (seen - known) if known else seen
