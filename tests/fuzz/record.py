"""Ask real models for replies to the drawn documents, and keep what they say for the fuzz: `python -m tests.fuzz.record`.

The models are those that Hearth can run in its own process, the prompts those that the actions send. Their answers are mostly
wrong, cut off or beside the point, each in a model's own way, which nobody would think of drawing. It takes some ten minutes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from dataclasses import asdict, dataclass

from lsp_server.actions import catalogue, prompting
from lsp_server.model.embedded import EmbeddedClient
from lsp_server.model.port import Generation
from tests.support.replies import FOLDER, Sample, samples
from tests.support.weights import pulled_weights

FILE = FOLDER / "recorded.jsonl"
MODELS = ("smollm2", "gemma3:270m")
ACTIONS = ("simplify", "refactor", "errors", "fix")
SEEDS = (None, 1)
"""The likeliest answer, and one that is drawn."""

MAX_TOKENS = 160
"""A little more than the longest right answer takes; a model that rambles is cut off, as it is by the engine."""


@dataclass(frozen=True)
class Recorded:
    """One reply. `seed` is None for the likeliest one; `truncated` where it was cut off."""

    model: str
    language: str
    action: str
    seed: int | None
    truncated: bool
    reply: str


def recorded() -> list[Recorded]:
    """Every reply that is kept."""
    return [Recorded(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


async def ask(client: EmbeddedClient, model: str, one: Sample, action: str, seed: int | None) -> Recorded:
    """One reply."""
    values = {
        "language": one.language,
        "path": one.snapshot.path or "",
        "code": one.code,
        "instruction": "Make this easier to read. It must do exactly what it does now.",
        "diagnostics": "line 4: this may be simplified",
    }
    messages = prompting.of(catalogue.find(action)).render(values)
    wanted = Generation(messages=messages, max_tokens=MAX_TOKENS, temperature=0.0 if seed is None else 0.9, seed=seed)
    said, finish = "", ""
    async with aclosing(client.generate(model, wanted)) as pieces:
        async for piece in pieces:
            said += piece.text
            finish = piece.finish or finish
    return Recorded(model, one.language, action, seed, finish == "length", said)


async def main() -> int:
    """Write the file anew."""
    client = EmbeddedClient(pulled_weights())
    with FILE.open("w", encoding="utf-8") as file:
        for model in MODELS:
            for one in samples():
                for action in ACTIONS:
                    for seed in SEEDS:
                        row = asdict(await ask(client, model, one, action, seed))
                        file.write(json.dumps(row, ensure_ascii=False) + "\n")
                        file.flush()
    await client.aclose()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
