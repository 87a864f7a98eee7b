"""Find out what a model can do by asking it, and remember it by the model's digest. Guesses nothing from a name.

Two questions. `find_family`: does it know a family's tokens? A token of the vocabulary counts as one token of a prompt, text
that merely looks like it as several. `examine`: how fast does it read and write here, and does its server keep what it read?
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from lsp_server.errors import ModelProtocolError
from lsp_server.model import memory
from lsp_server.model.families import FAMILIES, FimFamily, family_of, is_prefix_only
from lsp_server.model.port import ChosenModel, Generation, ModelClient, ModelInfo, Usage

_SAMPLE_LINES = 40
"""About 350 tokens: more than a sliding window's worth would hide that a server keeps short prompts, and less is not timed."""

_KEPT = 0.5
"""A prompt read again at less than half its price came from the cache; measured, it is a hundredth or the whole."""


async def find_family(client: ModelClient, info: ModelInfo, file: Path | None = None) -> FimFamily | None:
    """The family a model fills in with: from the table, else from what was learnt earlier, else by asking the model.

    `file` is the one where answers are kept by digest; None keeps nothing. Raises ModelError when the model must be
    asked and does not answer.
    """
    known = family_of(info.name, info.family)
    if known is not None or is_prefix_only(info.name):
        return known
    learnt = _recalled(file)
    if info.digest and info.digest in learnt:
        return FAMILIES.get(learnt[info.digest])
    family = await _ask_for_family(client, info.name)
    if info.digest:
        memory.remember(file, {**learnt, info.digest: family.name if family else ""})
    return family


async def _ask_for_family(client: ModelClient, model: str) -> FimFamily | None:
    """The first family all of whose tokens are single tokens to the model."""
    for family in FAMILIES.values():
        if await _are_single_tokens(client, model, family.tokens):
            return family
    return None


async def _are_single_tokens(client: ModelClient, model: str, tokens: tuple[str, ...]) -> bool:
    """Whether the prompt grows by exactly one token for each, counted by writing them once and twice.

    The difference is what counts: tokenizers put a token of their own, or a space, before the first one.
    """
    once = "".join(tokens)
    grown = await count_tokens(client, model, once + once) - await count_tokens(client, model, once)
    return grown == len(tokens)


async def count_tokens(client: ModelClient, model: str, text: str) -> int:
    """The tokens of a text as a prompt, the tokenizer's own start token included. Every server tells it after one token."""
    return (await _usage(client, model, text)).prompt_tokens


async def _usage(client: ModelClient, model: str, prompt: str, max_tokens: int = 1) -> Usage:
    told: Usage | None = None
    async with aclosing(client.generate(model, Generation(prompt, max_tokens=max_tokens))) as pieces:
        async for piece in pieces:
            told = piece.usage or told  # llama.cpp counts along: only the last one tells of the whole answer
    if told is not None:
        return told
    raise ModelProtocolError(f"The server of `{model}` does not say what an answer cost.", "Update it.")


@dataclass(frozen=True, slots=True)
class Findings:
    """What `examine` found. Speeds are tokens a second on this machine at this moment, 0 where the server does not tell.

    `keeps_prompts`: the same prompt is nearly free the second time. Where it is not (a sliding window shorter than the
    prompt), a short prompt is the only fast one; None where the server does not tell. `load_ms` is the wait for a model that
    was not in memory.
    """

    fim: str | None
    reads_per_second: float
    writes_per_second: float
    keeps_prompts: bool | None
    load_ms: float
    sample_tokens: int

    def as_json(self) -> dict[str, object]:
        """The documented shape of `models probe --json`."""
        return {name: round(value, 1) if isinstance(value, float) else value for name, value in asdict(self).items()}

    def described(self) -> Iterator[tuple[str, str]]:
        """A label and a sentence for each finding."""
        note = FAMILIES[self.fim].note if self.fim else ""
        yield "fills in", f"yes, as {self.fim} models do. {note}".strip() if self.fim else "no: it continues from the cursor"
        yield "reads", _speed(self.reads_per_second)
        yield "writes", _speed(self.writes_per_second)
        kept = {
            True: "yes: a keystroke costs only what it adds",
            False: "no: keep `completion.prompt_tokens` small",
            None: "not known: the server does not tell",
        }[self.keeps_prompts]
        yield "keeps what it read", f"{kept} (tried with {self.sample_tokens} tokens)"
        yield "loaded in", f"{self.load_ms:.0f} ms"


async def examine(chosen: ChosenModel) -> Findings:
    """Measure a chosen model with a prompt that no cache can hold yet, then with the same one again."""
    model = chosen.info.name
    started = time.perf_counter()
    first = await _usage(chosen.client, model, "x")
    loaded_ms = first.load_ms or (time.perf_counter() - started) * 1000
    # What differs from every earlier prompt stands first, so that nothing of an earlier probe is reused.
    sample = f"# {time.time_ns()}\n" + "".join(
        f"def step_{number}(value: int) -> int:\n    return value * {number}\n\n" for number in range(_SAMPLE_LINES // 2)
    )
    fresh = await _usage(chosen.client, model, sample, max_tokens=16)
    again = await _usage(chosen.client, model, sample)
    return Findings(
        fim=chosen.fim,
        reads_per_second=_rate(_read_tokens(fresh), fresh.prompt_ms),
        # The first word comes with the prompt, so one alone took no time.
        writes_per_second=_rate(fresh.generated_tokens, fresh.generate_ms) if fresh.generated_tokens > 1 else 0.0,
        keeps_prompts=_kept(fresh, again),
        load_ms=loaded_ms,
        sample_tokens=fresh.prompt_tokens,
    )


def _kept(fresh: Usage, again: Usage) -> bool | None:
    if again.reused_tokens is not None:
        return again.reused_tokens > again.prompt_tokens * _KEPT
    return again.prompt_ms < fresh.prompt_ms * _KEPT if fresh.prompt_ms > 0 else None


def _read_tokens(usage: Usage) -> int:
    return usage.prompt_tokens - (usage.reused_tokens or 0)


def _speed(rate: float) -> str:
    return f"{rate:.0f} tokens a second" if rate else "not known: the server does not tell, or the model wrote nothing"


def _rate(tokens: int, ms: float) -> float:
    return tokens * 1000 / ms if ms > 0 else 0.0


def _recalled(file: Path | None) -> dict[str, str]:
    """Digest -> family name, "" for none."""
    told = memory.recall(file)
    return {key: name for key, name in told.items() if isinstance(name, str) and (name == "" or name in FAMILIES)}
