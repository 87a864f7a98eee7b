"""From a keystroke to ghost text at the pauses of a typist, on a real runner: Hearth beside the usual order, in one run.

usage: python -m tests.bench.pauses [--runner embedded|ollama] [--model gemma3:270m|smollm2] [--places N]

The same files, traces and budget as `prompt_reuse`. Both sides are typed at in real time and cancel what a newer key makes
stale, as editors do. At a pause the clock runs from the key to the answer, and the typist goes on when it is there, or after
the pause of the trace if that is longer. Both sides have the same model and runner, wait `completion.debounce_ms` for another
key, ask at the same places, end an answer by the same rules (a line, or the finished lines of a block) and hold back what adds
a syntax error or repeats what stands there; neither holds back what its model was not sure of. They differ in the prompt alone:
the usual side cuts it anew around the cursor, Hearth keeps, appends and reads it in pieces, and works ahead.

Gemma 3 270M gets the text before the cursor; SmolLM2 135M the tokens of StarCoder, which it was not trained with, so that what
it says is mostly held back on both sides: the answer is timed all the same, also where it is that nothing is to be shown.

Afterwards a long prompt that nobody waits for is read, and in the middle of it a key asks at another place: how long that key
waits before its own prompt is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic

from lsp_server.completion import trim
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.prompt import PLAIN_STOPS, Prompt
from lsp_server.completion.records import CompletionRequest
from lsp_server.completion.run import Run
from lsp_server.completion.syntax import keep_sound
from lsp_server.completion.tree import Trees
from lsp_server.completion.trigger import extent_at
from lsp_server.completion.window import Anchor
from lsp_server.documents import DocumentSnapshot
from lsp_server.ledger.summary import quantile
from lsp_server.model.families import FAMILIES
from lsp_server.model.port import AHEAD, ChosenModel, Generation, Reuse
from lsp_server.model.reuse import find_limit
from lsp_server.model.scheduler import ScheduledClient
from lsp_server.settings import CompletionSettings
from tests.bench.prompt_reuse import CHARACTERS_PER_TOKEN, FAMILY, PROMPT_TOKENS, Place, Shelf, places, runner
from tests.support.meter import Meter
from tests.support.usual_order import UsualOrder

MODELS = {"gemma3:270m": None, "smollm2": FAMILY}
"""And the tokens for filling in that each is given, None for none."""

MAX_TOKENS = 24
LONGEST_WAIT_S = 30.0
"""At one pause: a runner that reads two whole prompts for keys that are stale can take as long."""

Ask = Callable[[DocumentSnapshot, int, Callable[[], str]], Awaitable[bool]]
"""Asks at a place of a document and waits for the answer: whether there was text."""

SETTINGS = replace(CompletionSettings(), prompt_tokens=PROMPT_TOKENS, max_tokens=MAX_TOKENS)


def with_hearth(chosen: ChosenModel, place: Place) -> tuple[Ask, Callable[[], None]]:
    """The real engine, as the server has one for each folder, and what stops its work ahead of the user."""

    async def model() -> ChosenModel:
        return chosen

    engine = CompletionEngine(model=model, repository=Shelf(place), settings=SETTINGS, sure=0.0)

    async def ask(snapshot: DocumentSnapshot, offset: int, now: Callable[[], str]) -> bool:
        return await engine.complete(CompletionRequest(snapshot, offset, now=now)) is not None

    return ask, engine.forget


def as_usual(chosen: ChosenModel, place: Place) -> Ask:
    """The prompt in the usual order, and all else as Hearth does it: when to ask, where an answer ends, what may stand."""
    order = UsualOrder(FAMILIES[chosen.fim] if chosen.fim else None, int(PROMPT_TOKENS * CHARACTERS_PER_TOKEN))
    stops = FAMILIES[chosen.fim].stops if chosen.fim else PLAIN_STOPS
    trees = Trees()

    async def ask(snapshot: DocumentSnapshot, offset: int, now: Callable[[], str]) -> bool:
        before, after = snapshot.text[:offset], snapshot.text[offset:]
        extent = extent_at(before, after, "automatic", await trees.of(snapshot.uri, snapshot.text, snapshot.language))
        if extent is None:
            return False
        await asyncio.sleep(SETTINGS.debounce_ms / 1000)
        built = Prompt(order.prompt(before, after), "", stops)
        wanted = Generation(built.text, max_tokens=MAX_TOKENS, stop=stops, logprobs=True)
        anchor = Anchor(snapshot.uri, chosen.info.name, before, after, "", "", ())
        stream = chosen.client.generate(chosen.info.name, wanted)
        run = Run(stream, built, anchor, before, after, extent, snapshot.language)
        try:
            answer = await run.rest("")
        finally:
            run.cancel()
        text = keep_sound(trim.clean(answer, trim.Surroundings(before, after, stops)), before, after, snapshot.language)
        return bool(text)

    return ask


@dataclass
class Pause:
    """A pause of the typist: seconds from its key to the model's first word (to the answer, where no model was asked) and to
    the answer, and whether that had text."""

    place: str
    word_s: float
    answer_s: float
    shown: bool


async def sit(ask: Ask, place: Place, meter: Meter) -> list[Pause]:
    """Type one trace, and note its pauses."""
    found: list[Pause] = []
    text, asking = place.trace.start, None
    for number, key in enumerate(place.trace.keys):
        text = text[: key.offset] + key.text + text[key.offset :]
        document = text
        snapshot = DocumentSnapshot(f"file:///{place.trace.name}", place.path.name, None, place.language, number, text)
        if asking is not None and not asking.done():
            asking.cancel()
        began, first = monotonic(), len(meter.calls)
        asking = asyncio.ensure_future(ask(snapshot, key.offset + len(key.text), lambda document=document: document))
        if not key.place:
            await asyncio.wait({asking}, timeout=key.pause_s)
            await asyncio.sleep(max(0.0, key.pause_s - (monotonic() - began)))
            continue
        await asyncio.wait({asking}, timeout=LONGEST_WAIT_S)
        took = monotonic() - began
        words = [one.started + one.first_s - began for one in meter.calls[first:] if one.request.max_tokens > 1 and one.first_s]
        shown = asking.done() and not asking.exception() and asking.result()
        found.append(Pause(key.place, min([took, *words]), took, shown))
        await asyncio.sleep(max(0.0, key.pause_s - (monotonic() - began)))
    if asking is not None:
        asking.cancel()
    return found


def row(name: str, found: Sequence[Pause]) -> tuple[str, float, float]:
    """A line of the table, and its two p50 at fresh lines."""
    fresh = [one for one in found if one.place == "fresh line"]
    words, answers = (
        sorted(1000 * one for one in times) for times in zip(*((p.word_s, p.answer_s) for p in fresh), strict=True)
    )
    shares = [quantile(times, share) or 0 for times in (words, answers) for share in (0.5, 0.95)]
    figures = (len(fresh), *(f"{one:.0f}" for one in shares), sum(one.shown for one in fresh))
    return f"| {name} | {' | '.join(map(str, figures))} |", shares[0], shares[2]


async def stale_read(chosen: ChosenModel, meter: Meter, place: Place) -> tuple[list[float], float]:
    """How long keys wait behind a read that nobody wants, in seconds each, and the longest piece of such a read."""
    waits, pieces = [], []
    text = place.path.read_text(encoding="utf-8") * 2
    for number in range(6):
        long = f"# {number}\n" + text[:4800]
        first = len(meter.calls)
        reading = asyncio.ensure_future(_consume(chosen, Generation(long, max_tokens=1, priority=AHEAD)))
        while len(meter.calls) < first + 2 and not reading.done():  # noqa: ASYNC110 - the meter is a list
            await asyncio.sleep(0.005)
        asked = f"value_{number} = "
        began, before = monotonic(), len(meter.calls)
        await _consume(chosen, Generation(asked, max_tokens=1))
        own = next(call for call in meter.calls[before:] if call.request.prompt == asked)
        waits.append(own.started - began)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        pieces += [call.ended - call.started for call in meter.calls[first:] if call.request.prompt != asked and call.first_s]
    return waits, statistics.median(pieces)


async def _consume(chosen: ChosenModel, wanted: Generation) -> None:
    async with aclosing(chosen.client.generate(chosen.info.name, wanted)) as pieces:
        async for _ in pieces:
            pass


async def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", choices=("embedded", "ollama"), default="embedded")
    parser.add_argument("--model", choices=tuple(MODELS), default="gemma3:270m")
    parser.add_argument(
        "--places", type=int, default=5, help="places that are typed at, each of six lines; five have all languages"
    )
    args = parser.parse_args()
    made = places(2000)[: args.places]
    async with runner(args.runner, args.model) as (info, meter):
        usual = ChosenModel(meter, info, MODELS[args.model], "", reuse=Reuse(known=True))
        # What Hearth finds out by itself when the user is away for the first time.
        usual.reuse.limit_tokens = await find_limit(usual, PROMPT_TOKENS)
        hearth = replace(usual, client=ScheduledClient(meter))
        columns: dict[str, list[Pause]] = {"Hearth": [], "usual order": []}
        for place in made:  # in turn, so that a machine that grows busy is busy for both
            ask, stop = with_hearth(hearth, place)
            columns["Hearth"] += await sit(ask, place, meter)
            stop()
            columns["usual order"] += await sit(as_usual(usual, place), place, meter)
        titles = ("pauses on a fresh line", "key to first word p50 ms", "p95", "key to answer p50 ms", "p95", "with text")
        print(f"| {info.name}, {args.runner} | {' | '.join(titles)} |\n|---|{'--:|' * len(titles)}")
        line, *ours = row("Hearth", columns["Hearth"])
        other, *theirs = row("usual order", columns["usual order"])
        print(f"{line}\n{other}\n\nof the p50 of the usual order: first word {ours[0] / theirs[0]:.2f}", end="")
        print(f", answer {ours[1] / theirs[1]:.2f}", flush=True)
        waits, piece = await stale_read(hearth, meter, made[0])
        waited = sorted(1000 * one for one in waits)
        print(
            f"behind a read that nobody wants a key waits {waited[len(waited) // 2]:.0f} ms (p50), {waited[-1]:.0f} ms (worst);"
        )
        print(f"a piece of such a read takes {1000 * piece:.0f} ms (median)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
