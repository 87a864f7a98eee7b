"""Learn from what a runner reports how long its tokens are and how fast it reads. Holds numbers only, asks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.model.port import Usage

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

_WEIGHT = 0.3
"""Of the newest measurement, in a running mean: settles in about five requests, rides out one odd file."""


@dataclass(slots=True)
class Calibration:
    """What is known of one model on this machine. `tokens_per_second` is 0 until a prompt was read without the cache."""

    characters_per_token: float = CHARACTERS_PER_TOKEN
    tokens_per_second: float = 0.0

    def learn(self, prompt: str, usage: Usage) -> None:
        """Take one finished generation in. Reading speed is believed only for prompts the cache cannot have held."""
        if usage.prompt_tokens < 32:
            return
        seen = len(prompt) / usage.prompt_tokens
        self.characters_per_token += _WEIGHT * (seen - self.characters_per_token)
        read = usage.prompt_tokens - (usage.reused_tokens or 0)
        if usage.prompt_ms <= 0 or read < 32:
            return
        speed = 1000 * read / usage.prompt_ms
        if usage.reused_tokens is None and self.tokens_per_second and speed > 3 * self.tokens_per_second:
            return  # a runner that does not count reuse: this prompt came from its cache
        self.tokens_per_second += (_WEIGHT if self.tokens_per_second else 1.0) * (speed - self.tokens_per_second)

    def prompt_characters(self, limit_tokens: int, read_ms: float) -> int:
        """Longest prompt in characters: the user's limit, or less where reading that much would take longer than `read_ms`."""
        speed = self.tokens_per_second or UNKNOWN_SPEED
        tokens = min(limit_tokens, max(SMALLEST_PROMPT, int(speed * read_ms / 1000)))
        return int(tokens * self.characters_per_token)
