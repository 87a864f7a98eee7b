"""A model that knows one text by heart, for the scripted Ollama: what an editor draws can then be foretold. Knows no editor."""

from __future__ import annotations

from collections.abc import Callable

_LONGEST, _SHORTEST = 400, 6
"""Characters of the prompt's end that are looked up: a shorter match than six stands in any text."""


def recite(text: str, *, piece: int = 6) -> Callable[[str], list[str]]:
    """A reply that goes on where the end of the prompt stands in the text; nothing where it stands nowhere."""

    def reply(prompt: str) -> list[str]:
        for length in range(min(_LONGEST, len(prompt)), _SHORTEST - 1, -1):
            at = text.find(prompt[-length:])
            if at >= 0:
                rest = text[at + length :]
                return [rest[start : start + piece] for start in range(0, len(rest), piece)]
        return []

    return reply
