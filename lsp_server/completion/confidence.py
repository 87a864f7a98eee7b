"""Keep of an answer what its model was sure of. Pure: probabilities in, a number of characters out; asks no model.

A runner that gives log-probabilities (Ollama, llama.cpp) says for each token how likely the model found it. Their mean over a
line, as a probability, tells right lines from wrong ones well enough to leave the worst unsaid. Where none are given, nothing
is held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

SURE = 0.35
"""Geometric mean of a line's token probabilities: costs one right answer in thirty, a sixth of the wrong ones (decision 12)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A token of an answer: where it ends, in characters, and its log-probability."""

    end: int
    logprob: float


def confidence(marks: Sequence[Mark], start: int, end: int) -> float | None:
    """Geometric mean of the probabilities of the tokens that end in a stretch of the answer; None where none is known."""
    inside = [mark.logprob for mark in marks if start < mark.end <= end]
    return exp(sum(inside) / len(inside)) if inside else None


def sure_part(text: str, marks: Sequence[Mark], start: int = 0, sure: float = SURE) -> str:
    """The lines of an answer up to the first that its model was not sure of; `start` is where `text` begins in the answer.

    The end of a line counts with it, since a line is wrong as well where it should have gone on.
    """
    at = start
    lines = text.split("\n")
    for number, line in enumerate(lines):
        end = at + len(line) + 1
        found = confidence(marks, at, end) if line.strip() else None
        if found is not None and found < sure:
            return "\n".join(lines[:number])
        at = end
    return text
