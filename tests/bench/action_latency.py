"""How fast the menu of actions is, and how fast cancelling is: `python -m tests.bench.action_latency`.

The real server over stdio, a scripted model behind Ollama's protocol. The menu is asked for at random cursors, and after each
keystroke, in files of 100, 1,000 and 10,000 lines. Cancel is measured from the notification to the answer of the command, and
to the moment at which the model server sees its socket closed, in the middle of a stream.

On a busy machine a time says how long others held the processor. So the first row is the same conversation about nothing (a
command that answers `{}`), and the last column is what the server itself computed for each request, which load hardly moves.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from tests.support.editing import Editor
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import Wire, running_server, scripted_config, write_config

MENUS, CANCELS = 200, 100
CLIENT: dict[str, Any] = {
    "textDocument": {"inlineCompletion": {}, "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}},
    "experimental": {"hearth": {"status": True, "markdown": True}},
}


def document(lines: int) -> str:
    """Python of about so many lines: classes of ten methods."""
    parts = []
    for number in range(lines // 6):
        if number % 10 == 0:
            parts.append(f"class Shelf{number}:\n")
        parts.append(f"    def method_{number}(self, first, second):\n        if first > second:\n")
        parts.append(f"            return first - second\n        self.total += {number}\n        return self.total\n\n")
    return "".join(parts)


def computed(wire: Wire) -> float:
    """Milliseconds of processor time that the server has used."""
    used = psutil.Process(wire.process.pid).cpu_times()
    return 1000 * float(used.user + used.system)


async def nothing(wire: Wire) -> tuple[list[float], float]:
    """Milliseconds from a request that takes no work to its answer, and those computed for each."""
    taken, before = [], computed(wire)
    for _ in range(MENUS):
        started = perf_counter()
        await wire.command("hearth.inspect")
        taken.append(1000 * (perf_counter() - started))
    return taken, (computed(wire) - before) / MENUS


async def menus(wire: Wire, lines: int, dice: random.Random, *, typing: bool) -> tuple[list[float], float]:
    """Milliseconds from request to answer, and those computed for each."""
    uri = f"file:///nowhere/{lines}_{typing}.py"
    editor = Editor(wire, uri, document(lines), "utf-16")
    taken, before = [], 0.0
    for number in range(MENUS + 5):
        if number == 5:  # the first ones import, and load the grammar
            before = computed(wire)
        at = dice.randrange(len(editor.text))
        if typing:
            editor.type(at, 0, "x")
        place = editor.position(at)
        params = {
            "textDocument": {"uri": uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "triggerKind": 2},
        }
        started = perf_counter()
        await wire.request("textDocument/codeAction", params)
        if number >= 5:
            taken.append(1000 * (perf_counter() - started))
    return taken, (computed(wire) - before) / MENUS


async def cancels(wire: Wire, model: ScriptedOllama) -> tuple[list[float], list[float]]:
    """Milliseconds from `$/cancelRequest` to the command's answer, and to the closed socket."""
    answered, closed = [], []
    editor = Editor(wire, "file:///nowhere/cancel.py", document(100), "utf-16")
    model.reply = lambda prompt: ["```python\n"] + ["x = 1 "] * 10_000
    model.piece_s = 0.002
    place = editor.position(editor.text.index("total"))
    for number in range(CANCELS):
        model.asked.clear()
        wire.received.clear()
        argument = {"id": "simplify", "uri": editor.uri, "range": {"start": place, "end": place}, "run": str(number)}
        asked = wire.ask("workspace/executeCommand", {"command": "hearth.action", "arguments": [argument]})
        await wire.until(lambda: sum(one["stage"] == "writing" for one in wire.heard("hearth/partial")) > 3)
        started = perf_counter()
        wire.notify("$/cancelRequest", {"id": asked})
        gone = asyncio.ensure_future(asyncio.to_thread(model.asked[0].closed.wait, 10))
        gone.add_done_callback(lambda _, since=started: closed.append(1000 * (perf_counter() - since)))  # type: ignore[misc]
        await wire.answer(asked)
        answered.append(1000 * (perf_counter() - started))
        await gone
    return answered, closed


def row(what: str, taken: Sequence[float], each: float | None = None) -> None:
    ordered = sorted(taken)
    p50, p95 = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    own = "" if each is None else f"{each:8.1f}"
    print(f"{what:58} {len(taken):6} {p50:8.1f} {p95:8.1f} {ordered[-1]:8.1f} {own}", flush=True)


async def measure() -> int:
    dice = random.Random(1)
    with scripted_ollama() as model, tempfile.TemporaryDirectory() as home:
        write_config(Path(home), scripted_config(model.url))
        async with running_server(Path(home)) as wire:
            await wire.initialize(CLIENT)
            await wire.status("ready")
            print(f"{'ms':58} {'times':>6} {'p50':>8} {'p95':>8} {'most':>8} {'own':>8}")
            row("a request without work", *await nothing(wire))
            for lines in (100, 1000, 10_000):
                row(f"menu, {lines} lines, cursor moved", *await menus(wire, lines, dice, typing=False))
                row(f"menu, {lines} lines, after a keystroke", *await menus(wire, lines, dice, typing=True))
            answered, closed = await cancels(wire, model)
            row("cancel to answer, in the middle of a stream", answered)
            row("cancel to closed socket", closed)
            await wire.quit()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(measure()))
