"""Find out up to which length a runner keeps what it read, by asking; remember it by the model and the runner's version.

A model with a sliding window keeps nothing of a prompt that is longer than the window (Gemma 3 in Ollama 0.17: 512 tokens; with
llama.cpp's `swa_full` it does). Nothing is guessed from a name: a prompt grows by some lines at a time, and each length is
asked for twice. Where the runner keeps it, a length costs the lines that are new: a keystroke never waits long for the probe.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from pathlib import Path

from lsp_server.model import memory
from lsp_server.model.port import AHEAD, ChosenModel, Generation, ModelInfo, Reuse, Usage

STEP_TOKENS = 64
"""Between two lengths: below what the scheduler would cut into pieces, so that each length is one call."""

_CHARACTERS_PER_TOKEN = 3.2
"""Of the sample below, in vocabularies of 32,000 to 152,000 tokens. The runner's own count is what is remembered."""

_KEPT = 0.5
"""A length read again at less than half the price came from the cache; measured, it is a hundredth or the whole."""

_TRIFLE_MS = 30.0
"""Read again as fast as this, it does not matter whether it was kept: a call itself costs 40 to 60 ms."""


async def probe(chosen: ChosenModel, longest_tokens: int) -> None:
    """Fill in `chosen.reuse` and remember it. Raises ModelError; cancelled, nothing is learnt and nothing remembered."""
    limit = await find_limit(chosen, longest_tokens)
    chosen.reuse.limit_tokens, chosen.reuse.known = limit, True
    file = chosen.reuse.file
    memory.remember(file, {**memory.recall(file), chosen.reuse.key: limit})


async def find_limit(chosen: ChosenModel, longest_tokens: int, step: int = STEP_TOKENS) -> int | None:
    """The longest prompt, in tokens, that was kept; 0 for none, None where all up to `longest_tokens` were."""
    # What differs from every earlier prompt stands first, so that nothing of an earlier probe is kept.
    sample = f"# {time.time_ns()}\n" + "".join(
        f"def step_{number}(value: int) -> int:\n    return value * {number}\n\n" for number in range(longest_tokens // 16)
    )
    kept = 0
    for tokens in range(step, longest_tokens + 1, step):
        text = sample[: int(tokens * _CHARACTERS_PER_TOKEN)]
        fresh = await _cost(chosen, text)
        # A busy machine can make a cheap call look dear, never a dear one cheap: what fails once is tried again.
        if not (_is_kept(fresh, await _cost(chosen, text)) or _is_kept(fresh, await _cost(chosen, text))):
            return kept
        kept = fresh.prompt_tokens
    return None


def _is_kept(fresh: Usage, again: Usage) -> bool:
    if again.reused_tokens is not None:
        return again.reused_tokens > _KEPT * again.prompt_tokens
    return again.prompt_ms < max(_KEPT * fresh.prompt_ms, _TRIFLE_MS)


async def _cost(chosen: ChosenModel, prompt: str) -> Usage:
    last = Usage()
    async with aclosing(chosen.client.generate(chosen.info.name, Generation(prompt, max_tokens=1, priority=AHEAD))) as pieces:
        async for piece in pieces:
            last = piece.usage or last
    return last


def recalled(file: Path, info: ModelInfo) -> Reuse:
    """What was found out earlier; nothing where the model has no digest to remember it by."""
    if not info.digest:
        return Reuse()
    key = f"{info.digest} {info.runner_version}"
    limit = memory.recall(file).get(key, "not known")
    known = limit is None or (isinstance(limit, int) and not isinstance(limit, bool))
    return Reuse(known, limit if isinstance(limit, int) and known else None, file, key)
