"""A typist: keystrokes with pauses, made from a real file the same way every time. Knows no server.

Some lines of a file are taken out and typed back in, character by character, with the pauses a person makes: at the end of a
finished line, and on the fresh line below it before the next word comes. That is where ghost text is wanted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

KEY_S = 0.12
"""Between two keys: some 80 words a minute, which is fast for code. Each interval is drawn between 0.6 and 1.4 of it."""

PAUSE_S = 1.2


@dataclass(frozen=True, slots=True)
class Key:
    """One keystroke: `text` goes in at `offset`. `pause_s` is how long the typist then waits; `place` names a pause.

    `place` is "fresh line", "finished line", or empty where the typist just goes on.
    """

    offset: int
    text: str
    pause_s: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A document with a stretch taken out, and the keys that put it back; `whole` is what it is in the end."""

    name: str
    start: str
    whole: str
    keys: tuple[Key, ...]


def type_back(name: str, text: str, *, lines: int, seed: int, shortest: int = 6) -> Trace:
    """A trace that types `lines` consecutive lines of a file, each of `shortest` characters at least, chosen by `seed`."""
    rng = random.Random(seed)
    rows = text.split("\n")
    first = _stretch(rows, lines, shortest, rng)
    head = "\n".join(rows[:first])
    tail = "\n" + "\n".join(rows[first + lines :])
    return Trace(name, head + tail, text, tuple(_keys(len(head), rows[first : first + lines], rng)))


def _stretch(rows: list[str], lines: int, shortest: int, rng: random.Random) -> int:
    """The first of `lines` lines that a person types: indented code, no blank line, nothing of silly length."""
    fit = [bool(row.strip()) and row[0] in " \t" and shortest <= len(row.strip()) <= 60 for row in rows]
    starts = [at for at in range(1, len(rows) - lines) if all(fit[at : at + lines])]
    if not starts:
        raise ValueError(f"no stretch of {lines} lines to type")
    return rng.choice(starts)


def _keys(offset: int, rows: list[str], rng: random.Random) -> Iterator[Key]:
    for row in rows:
        code = row.lstrip()
        indentation = row[: len(row) - len(code)]
        # An editor puts the indentation in with the line feed: one key.
        yield Key(offset, "\n" + indentation, PAUSE_S, "fresh line")
        offset += 1 + len(indentation)
        for number, character in enumerate(code):
            last = number + 1 == len(code)
            yield Key(offset, character, PAUSE_S if last else KEY_S * rng.uniform(0.6, 1.4), "finished line" if last else "")
            offset += 1
