"""What the server itself costs: overhead of a request, from a cancel to its reply and to a closed socket, and bursts.

usage: python -m tests.bench.promptness [--keys N] [--cancels N] [--bursts N]

The real server over stdio. The model is scripted and answers at once, so that all that is left is the server's, the pipes' and
the clients' on both sides. The overhead is measured while the server indexes the standard library of this Python for the first
time, and again when it has; beside it stands the round trip of a request that the server only refuses, taken between the
others, because a busy machine makes everything slow.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import psutil

from lsp_server.ledger.summary import quantile
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import Wire, running_server, scripted_config, write_config

URI = "file:///nowhere/typed.py"
BURST = 20
KEYS = "+ a "
"""Typed again and again: `total = a + a + a`. The model always says something else, so that each key is a new question."""
CANCELLED = -32800

Overheads = tuple[list[float], list[float], float]
"""Seconds of each request, of each empty round trip, and of processor time a request."""


def spread(values: Sequence[float]) -> str:
    """p50, p95 and the largest, of seconds as milliseconds."""
    ordered = sorted(1000 * value for value in values)
    return " | ".join(f"{value:.1f}" for value in (quantile(ordered, 0.5) or 0, quantile(ordered, 0.95) or 0, ordered[-1]))


async def overheads(wire: Wire, model: ScriptedOllama, keys: int, *, while_indexing: bool) -> Overheads:
    """Type keys, each asked about and waited for: the whole time less the model's; an unknown method's, as a floor; and the
    processor time of the server a key, all its threads together.

    `while_indexing` ends with the indexing, and says so by giving fewer than `keys`.
    """
    model.reply = lambda prompt: ["never typed()"]
    uri = f"file:///nowhere/{'during' if while_indexing else 'after'}.py"
    text = "value = 1\n" * 200 + "total = "
    wire.open(uri, text)
    found, floor, line, column = [], [], 200, 8
    server = psutil.Process(wire.process.pid)
    began = server.cpu_times()
    for version in range(2, keys + 2):
        if while_indexing and wire.statuses()[-1] != "indexing":
            break
        place = {"line": line, "character": column}
        started = monotonic()
        wire.change(
            uri, version, {"range": {"start": place, "end": place}, "text": KEYS[version % 4] if version % 40 else "\nb"}
        )
        line, column = (line, column + 1) if version % 40 else (line + 1, 1)
        first = len(model.asked)
        number = wire.ask_ghost_text(uri, line, column)
        await wire.answer(number)
        took = monotonic() - started
        asked = model.asked[first:]
        if asked:
            found.append(took - sum(one.done_at - one.arrived_at for one in asked if one.done_at))
        started = monotonic()
        await wire.answer(wire.ask("hearth/none"))
        floor.append(monotonic() - started)
        await asyncio.sleep(0.02)
    ended = server.cpu_times()
    return found, floor, (ended.user - began.user + ended.system - began.system) / max(len(floor), 1)


async def indexing(home: Path, model: ScriptedOllama, keys: int) -> None:
    """The overhead while a full index build runs, and after it."""
    root = home / "library"
    shutil.copytree(sysconfig.get_path("stdlib"), root, ignore=shutil.ignore_patterns("site-packages", "__pycache__"))
    write_config(home, scripted_config(model.url).replace("enabled = false", "enabled = true"))
    async with running_server(home) as wire:
        await wire.initialize(folders=[root])
        await wire.status("indexing")
        during = await overheads(wire, model, keys, while_indexing=True)
        while wire.statuses()[-1] != "ready":  # noqa: ASYNC110 - it may take longer than any condition of a test
            await asyncio.sleep(0.5)
        after = await overheads(wire, model, max(len(during[0]), 50), while_indexing=False)
        print("| overhead of a request, ms | requests | p50 | p95 | worst | empty round trip, p50 | p95 | worst | processor |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        for name, (found, floor, spent) in (("while the index is built", during), ("when it is there", after)):
            print(f"| {name} | {len(found)} | {spread(found)} | {spread(floor)} | {1000 * spent:.1f} |", flush=True)
        await wire.quit()


async def cancels(wire: Wire, model: ScriptedOllama, often: int) -> None:
    """From a cancel to its reply, and to the model's socket being closed."""
    replies, sockets = [], []
    wire.open(URI, "x = ")
    for _ in range(often):
        model.gate.clear()
        before = len(model.asked)
        number = wire.ask_ghost_text(URI, 0, 4)
        await asyncio.to_thread(model.wait_until_asked, before + 1)
        started = monotonic()
        wire.notify("$/cancelRequest", {"id": number})
        answer = await wire.answer(number)
        replies.append(monotonic() - started)
        assert answer["error"]["code"] == CANCELLED, answer
        await asyncio.to_thread(model.asked[before].closed.wait, 10)
        sockets.append(model.asked[before].closed_at - started)
        model.gate.set()
    print("\n| from a cancel, ms | cancels | p50 | p95 | worst |\n|---|--:|--:|--:|--:|")
    print(f"| to the reply | {often} | {spread(replies)} |\n| to the closed socket | {often} | {spread(sockets)} |", flush=True)


async def bursts(wire: Wire, model: ScriptedOllama, often: int) -> None:
    """Bursts of requests in one go; in every second one each is cancelled in the packet that brings it."""
    model.reply = lambda prompt: ["text"]
    server = psutil.Process(wire.process.pid)
    answers, sizes = 0, []
    for number in range(often):
        numbers = []
        for _ in range(BURST):
            numbers.append(wire.ask_ghost_text(URI, 0, 4))
            if number % 2:
                wire.notify("$/cancelRequest", {"id": numbers[-1]})
        for one in numbers:
            await wire.answer(one)
        await wire.command("hearth.status")  # whatever is answered twice has come by now
        answers += sum(len(wire.answers[one]) for one in numbers)
        assert all(len(wire.answers[one]) == 1 for one in numbers)
        wire.received.clear()
        wire.answers.clear()
        if number in (often // 10, often - 1):
            sizes.append(server.memory_info().rss / 1e6)
    sockets = len(server.net_connections())
    print(
        f"\n{often} bursts of {BURST}: {answers} answers to {often * BURST} requests, {sockets} sockets open at the end;",
        end=" ",
    )
    print(f"resident {sizes[0]:.1f} MB after a tenth of them, {sizes[-1]:.1f} MB in the end", flush=True)


async def main() -> int:
    """All three, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--cancels", type=int, default=300)
    parser.add_argument("--bursts", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, scripted_ollama() as model:
        (Path(folder) / "one").mkdir()
        (Path(folder) / "two").mkdir()
        await indexing(Path(folder) / "one", model, args.keys)
        write_config(Path(folder) / "two", scripted_config(model.url))
        async with running_server(Path(folder) / "two") as wire:
            await wire.initialize()
            await wire.status("ready")
            await cancels(wire, model, args.cancels)
            await bursts(wire, model, args.bursts)
            await wire.quit()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
