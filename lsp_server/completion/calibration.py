"""Learn from what a runner reports how long its tokens are and how fast it reads. Holds numbers only, asks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.model.port import Usage
from lsp_server.model.scheduler import common_start

CHARACTERS_PER_TOKEN = 3.0
"""Where nothing was measured yet. Code in BPE vocabularies of 32,000 to 152,000 tokens has 2.7 to 3.8; low is safe."""

QUICK_MS, PATIENT_MS, IDLE_MS = 200.0, 1500.0, 4000.0
"""How long a new prompt may take to read. Somebody types: the first suggestion in a new place must come before the next word,
so its prompt is short, and grows when the editor is idle. Somebody asked by key: they wait, but past two seconds they type on.
Nobody waits: the read can be interrupted, and four seconds is about as long as a pause for thought."""

UNKNOWN_SPEED = 340.0
"""Tokens a second, before the first prompt: what a 1.5 billion parameter model reads on a recent laptop's processor."""

SMALLEST_PROMPT = 256
"""Tokens. Below this a prompt does not hold one function and its imports, however slow the machine."""

LEAST_READ = 32
"""Tokens that must have been read for their time to say anything: a call has 40 to 60 ms of its own."""

LEAST_MS = 20.0
"""Where the runner does not count what it reused: anything faster came from its cache, whatever we believe that to hold."""

_WEIGHT = 0.3
"""Of the newest measurement, in a running mean: settles in about five requests, rides out one odd file."""


@dataclass(slots=True)
class Calibration:
    """What is known of one model on this machine. `tokens_per_second` is 0 until a prompt was read that no cache held."""

    characters_per_token: float = CHARACTERS_PER_TOKEN
    tokens_per_second: float = 0.0
    _last: str = ""

    def sent(self, prompt: str) -> int:
        """Note a prompt that the runner is given, also if its answer is ended early: the runner reads on and keeps it.

        Returns how many characters it has of it already, as far as we know: those of the prompt before.
        """
        shared = common_start(prompt, self._last)
        self._last = prompt
        return shared

    def learn(self, prompt: str, usage: Usage | None, read_ms: float = 0.0, shared: int | None = None) -> None:
        """Take one generation in. `usage` is None where it was ended before the runner counted; then the time to the first
        token, `read_ms`, stands for the reading time, which makes the machine look a little slower than it is.

        `shared` is what `sent` returned, None where it was not called. That part came from the runner's cache and says nothing
        about its speed.
        """
        if shared is None:
            shared = self.sent(prompt)
        if usage is not None and usage.prompt_tokens >= LEAST_READ:
            seen = len(prompt) / usage.prompt_tokens
            self.characters_per_token += _WEIGHT * (seen - self.characters_per_token)
        if usage is not None and usage.reused_tokens is not None:
            read, least_ms = float(usage.prompt_tokens - usage.reused_tokens), 0.0
        else:
            read, least_ms = (len(prompt) - shared) / self.characters_per_token, LEAST_MS
        took = usage.prompt_ms if usage is not None else read_ms
        if took > least_ms and read >= LEAST_READ:
            speed = 1000 * read / took
            self.tokens_per_second += (_WEIGHT if self.tokens_per_second else 1.0) * (speed - self.tokens_per_second)

    def prompt_characters(self, limit_tokens: int, read_ms: float) -> int:
        """Longest prompt in characters: the user's limit, or less where reading that much would take longer than `read_ms`."""
        speed = self.tokens_per_second or UNKNOWN_SPEED
        tokens = min(limit_tokens, max(SMALLEST_PROMPT, int(speed * read_ms / 1000)))
        return int(tokens * self.characters_per_token)

    def read_seconds(self, characters: int) -> float:
        """How long reading so much takes."""
        return characters / self.characters_per_token / (self.tokens_per_second or UNKNOWN_SPEED)
