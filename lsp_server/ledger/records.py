"""One row of the ledger: a suggestion in numbers. No text of the code, no file name, no folder. No logic, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time

NOT_TAKEN, PARTLY, WHOLLY = 0, 1, 2
"""What `Entry.taken` says."""


@dataclass(slots=True)
class Entry:
    """One suggestion, from its first answer to the last thing known of it. Times are milliseconds, `at` seconds since 1970.

    `origin` is a random number that means nothing. `answers` counts the requests it served: more than one where the user typed
    along it. `asked_model` is False where it was written ahead. `reused_tokens` is None where the runner does not count.
    `shown` is None where the editor does not tell. `kept` is the share of the taken characters that still stood in the document
    30 seconds later, None where nobody looked.
    """

    origin: int
    model: str
    backend: str
    language: str
    at: float = field(default_factory=time)
    invoked: bool = False
    asked_model: bool = True
    answers: int = 0
    characters: int = 0
    lines: int = 0
    wait_ms: float | None = None
    context_ms: float | None = None
    first_token_ms: float | None = None
    model_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    reused_tokens: int | None = None
    generated_tokens: int = 0
    shown: bool | None = None
    taken: int = NOT_TAKEN
    taken_characters: int = 0
    kept: float | None = None
