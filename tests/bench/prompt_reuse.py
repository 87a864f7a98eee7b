"""How much of each prompt a real runner has to read: Hearth's prompts beside the usual order, and beside shuffled snippets.

usage: python -m tests.bench.prompt_reuse [--runner embedded|ollama] [--keys N] [--usual-keys N]

Five files in five languages are typed, every key asked about and every answer waited for; at the pauses of the trace the typist
waits, so that what Hearth does ahead happens as it does with a person. The embedded runner counts the tokens it read exactly
(`prompt_n`, `cache_n`); Ollama counts whole prompts, so there the time to the first token stands for it, and its log says how
often a model was loaded. The model is SmolLM2-135M in the tokens of StarCoder, which it does not know: what it says is not
judged here, only what its runner reads.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import sysconfig
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import playwright

from indexer.records import Asker, Hit
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest
from lsp_server.documents import DocumentSnapshot
from lsp_server.ledger.summary import quantile
from lsp_server.model.embedded import EmbeddedClient
from lsp_server.model.families import FAMILIES
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import AHEAD, ChosenModel, Generation, ModelInfo
from lsp_server.model.scheduler import ScheduledClient
from lsp_server.settings import CompletionSettings
from tests.support.cache import ROOT
from tests.support.meter import Meter, Metered
from tests.support.ollama import SMOLLM, start
from tests.support.repositories import Nothing
from tests.support.typist import Trace, type_back
from tests.support.usual_order import UsualOrder
from tests.support.weights import pulled_weights

FAMILY = "starcoder"
PROMPT_TOKENS = 512
"""Of the budget: what the slow build machine reads within a pause, so that neither side is cut short by it."""

CHARACTERS_PER_TOKEN = 3.0
SITE = Path(np.__file__).parent
SOURCES = (
    (Path(sysconfig.get_path("stdlib")) / "argparse.py", "python"),
    (SITE / "f2py" / "src" / "fortranobject.c", "c"),
    (Path(playwright.__file__).parent / "driver/package/lib/tools/cli-client/program.js", "javascript"),
    (ROOT / "editors/vscode/src/client.ts", "typescript"),
    (ROOT / "editors/neovim/lua/hearth/ghost.lua", "lua"),
)
"""Real files that the lock file pins: the standard library, numpy, Playwright, and the two plugins."""

LINES = 6
"""Typed in one place; as many places as the keys need, each chosen by its own seed."""


@dataclass
class Place:
    """A trace in one file."""

    path: Path
    language: str
    trace: Trace


@dataclass
class Column:
    """What one way of prompting cost: the calls of each key, and those that nobody waited for."""

    keys: int = 0
    asked: list[list[Metered]] = field(default_factory=list)
    ahead: list[Metered] = field(default_factory=list)


class Shelf(Nothing):
    """The same six snippets for whoever asks: what is found is measured elsewhere, here only where it stands."""

    def __init__(self, place: Place) -> None:
        others = sorted(one for one in place.path.parent.glob(f"*{place.path.suffix}") if one != place.path)
        texts = [one.read_text(encoding="utf-8", errors="replace").split("\n")[:6] for one in others]
        rows = [(one, lines) for one, lines in zip(others, texts, strict=True) if sum(map(len, lines)) > 80][:6]
        self.hits = [Hit(one.name, 1, 6, "", "code", 1.0, "\n".join(lines)) for one, lines in rows]

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        return self.hits[:k]


def places(keys: int) -> list[Place]:
    """Traces of all languages in turn, until they have so many keys."""
    made: list[Place] = []
    seed = 0
    while sum(len(one.trace.keys) for one in made) < keys:
        for path, language in SOURCES:
            text = path.read_text(encoding="utf-8")
            made.append(Place(path, language, type_back(f"{seed}-{path.name}", text, lines=LINES, seed=seed, shortest=10)))
        seed += 1
    return made


async def type_with_hearth(chosen: ChosenModel, meter: Meter, made: Sequence[Place], wanted: int, column: Column) -> None:
    """Every key through the real engine. A new engine a place, as in a file that was just opened."""
    settings = replace(CompletionSettings(), debounce_ms=0, prompt_tokens=PROMPT_TOKENS, max_tokens=24)

    async def model() -> ChosenModel:
        return chosen

    for place in made:
        engine = CompletionEngine(model=model, repository=Shelf(place), settings=settings)
        text = place.trace.start
        for key in place.trace.keys:
            if column.keys >= wanted:
                break
            text = text[: key.offset] + key.text + text[key.offset :]
            uri = f"file:///{place.trace.name}"
            snapshot = DocumentSnapshot(uri, place.path.name, None, place.language, column.keys, text)
            first = len(meter.calls)
            await engine.complete(CompletionRequest(snapshot, key.offset + len(key.text)))
            made_now = meter.calls[first:]
            column.keys += 1
            column.asked.append([call for call in made_now if call.request.priority < AHEAD])
            first = len(meter.calls)
            if key.place:
                await asyncio.sleep(key.pause_s)
            column.ahead += meter.calls[first:]
        engine.forget()


async def type_as_usual(
    chosen: ChosenModel, meter: Meter, made: Sequence[Place], wanted: int, column: Column, *, snippets: bool
) -> None:
    """Every key as a prompt of its own. One token is written: only what is read is compared."""
    for place in made:
        hits = Shelf(place).hits if snippets else ()
        order = UsualOrder(FAMILIES[FAMILY], int(PROMPT_TOKENS * CHARACTERS_PER_TOKEN), hits)
        text = place.trace.start
        for key in place.trace.keys:
            if column.keys >= wanted:
                return
            text = text[: key.offset] + key.text + text[key.offset :]
            at = key.offset + len(key.text)
            first = len(meter.calls)
            async for _ in chosen.client.generate(
                chosen.info.name, Generation(order.prompt(text[:at], text[at:]), max_tokens=1)
            ):
                pass
            column.keys += 1
            column.asked.append(meter.calls[first:])


def row(name: str, column: Column, exact: bool) -> str:
    """A line of the table."""
    asked = [calls for calls in column.asked if calls]
    prompts = [max(call.usage.prompt_tokens for call in calls if call.usage) for calls in asked if any(c.usage for c in calls)]
    if exact:
        costs = sorted(float(sum(call.evaluated or 0 for call in calls)) for calls in asked)
        behind = sum(call.evaluated or 0 for call in column.ahead)
    else:
        costs = sorted(1000 * sum(call.first_s for call in calls) for calls in asked)
        behind = round(1000 * sum(call.first_s for call in column.ahead))
    middle, late = quantile(costs, 0.5) or 0, quantile(costs, 0.95) or 0
    size = statistics.median(prompts) if prompts else 0
    whole = (sum(costs) + behind) / max(column.keys, 1)
    return f"| {name} | {column.keys} | {len(asked)} | {size:.0f} | {middle:.0f} | {late:.0f} | {whole:.1f} |"


@asynccontextmanager
async def runner(name: str, model: str = "smollm2") -> AsyncIterator[tuple[ModelInfo, Meter]]:
    """A real runner with a small model in it, "smollm2" or "gemma3:270m", loaded."""
    weights = await asyncio.to_thread(pulled_weights)  # it has an event loop of its own
    if name == "embedded":
        client = Meter(EmbeddedClient(weights))
        await _load(client, model)
        yield await client.describe(model), client
        await client.aclose()
        return
    instance = start()
    try:
        client, model = Meter(OllamaClient(instance.url)), {"smollm2": SMOLLM}.get(model, model)
        await _load(client, model)
        before = loads(instance.log)
        yield await client.describe(model), client
        print(f"\nmodel loads after the first: {loads(instance.log) - before}", flush=True)
        await client.aclose()
    finally:
        instance.stop()


async def _load(client: Meter, model: str) -> None:
    async with aclosing(client.generate(model, Generation("x", max_tokens=1))) as pieces:
        async for _ in pieces:
            pass
    client.calls.clear()


def loads(log: Path) -> int:
    """How often Ollama has loaded a model, by its log."""
    return log.read_text(errors="replace").count("loaded runners")


async def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", choices=("embedded", "ollama"), default="embedded")
    parser.add_argument("--keys", type=int, default=2000, help="keystrokes typed with Hearth")
    parser.add_argument("--usual-keys", type=int, default=100, help="keystrokes of the other two: each reads whole prompts")
    args = parser.parse_args()
    made = places(args.keys)
    exact = args.runner == "embedded"
    async with runner(args.runner) as (info, meter):
        direct = ChosenModel(meter, info, FAMILY, "")
        # Each other way types a few keys of every language, so that no single file decides.
        spread = [replace(one, trace=replace(one.trace, keys=one.trace.keys[: args.usual_keys // 5])) for one in made[:5]]
        unit = "tokens read" if exact else "ms to the first token"
        titles = ("keys", "asked the runner", "prompt tokens, median", f"{unit} a request, median", "p95", "a key, all in all")
        print(f"| {info.name}, {args.runner} | {' | '.join(titles)} |\n|---|{'--:|' * len(titles)}", flush=True)
        columns = {"Hearth": Column(), "usual order": Column(), "usual order, shuffled snippets in front": Column()}
        usual, shuffled = columns["usual order"], columns["usual order, shuffled snippets in front"]
        await type_as_usual(direct, meter, spread, args.usual_keys, usual, snippets=False)
        print(row("usual order", usual, exact), flush=True)
        await type_as_usual(direct, meter, spread, args.usual_keys, shuffled, snippets=True)
        print(row("shuffled", shuffled, exact), flush=True)
        hearth = replace(direct, client=ScheduledClient(meter))
        await type_with_hearth(hearth, meter, made, args.keys, columns["Hearth"])
        print(row("Hearth", columns["Hearth"], exact), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
