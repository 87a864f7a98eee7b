"""Thousands of requests at typing speed, with cancels and edits between them: each gets one answer, and none is left over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.ollama import SMOLLM
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import Wire, running_server, scripted_config, write_config

REQUESTS = 2000
URI = "file:///nowhere/typed.py"
SOURCE = 'def area(width: float, height: float) -> float:\n    """The area of a rectangle."""\n    return width * height\n\n\n'
CANCELLED, MODIFIED = -32800, -32801


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


async def type_along(wire: Wire, requests: int, pause_s: float) -> list[int]:
    """Type `SOURCE` again and again, a request a key; every third is cancelled, some before the server can have seen them."""
    dice, text, version, line, character = random.Random(7), "", 1, 0, 0
    wire.open(URI, text)
    numbers: list[int] = []
    while len(numbers) < requests:
        key = SOURCE[len(numbers) % len(SOURCE)]
        version += 1
        place = {"line": line, "character": character}
        wire.change(URI, version, {"range": {"start": place, "end": place}, "text": key})
        line, character = (line + 1, 0) if key == "\n" else (line, character + 1)
        numbers.append(wire.ask_ghost_text(URI, line, character))
        if dice.random() < 1 / 3:
            wire.notify("$/cancelRequest", {"id": dice.choice(numbers[-3:])})
        await asyncio.sleep(pause_s * dice.random() * 2)
    return numbers


async def settle(wire: Wire, numbers: list[int]) -> Counter[str]:
    """Wait for every answer, then for one more round trip, and count what the answers were."""
    for number in numbers:
        await wire.answer(number)
    await wire.command("hearth.status")
    assert {len(wire.answers[number]) for number in numbers} == {1}
    return Counter(_kind(wire.answers[number][0]) for number in numbers)


def _kind(answer: dict) -> str:  # type: ignore[type-arg]
    if "error" not in answer:
        return "text" if answer["result"] else "nothing"
    return {CANCELLED: "cancelled", MODIFIED: "modified"}.get(answer["error"]["code"], str(answer["error"]))


async def test_2000_requests_each_get_one_answer(tmp_path: Path, model: ScriptedOllama) -> None:
    model.reply = lambda prompt: ["one ", "piece ", "after ", "another"]
    model.piece_s = 0.002
    write_config(tmp_path, scripted_config(model.url, debounce_ms=5))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        numbers = await type_along(wire, REQUESTS, 0.002)
        kinds = await settle(wire, numbers)
        assert set(kinds) <= {"text", "nothing", "cancelled", "modified"}, kinds
        assert kinds["cancelled"] > REQUESTS / 4
        assert wire.heard("window/showMessage") == []
        assert await wire.quit() == 0


async def test_bursts_leave_nothing_behind(tmp_path: Path, model: ScriptedOllama) -> None:
    """Bursts in one packet: most requests are replaced before their first step. Memory stays where it was."""
    model.reply = lambda prompt: ["text"]
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        wire.open(URI, "x = ")
        server = psutil.Process(wire.process.pid)

        async def bursts(count: int) -> None:
            for _ in range(count):
                numbers = [wire.ask_ghost_text(URI, 0, 4) for _ in range(20)]
                await settle(wire, numbers)
                wire.received.clear()
                wire.answers.clear()

        await bursts(50)
        before = server.memory_info().rss
        await bursts(100)
        # 2,000 requests: at a kilobyte left behind by each, this would be 2 MB.
        assert server.memory_info().rss - before < 2_000_000


@pytest.mark.slow
@pytest.mark.ollama
async def test_2000_requests_with_a_real_model_behind(tmp_path: Path, ollama: str) -> None:
    write_config(tmp_path, scripted_config(ollama, model=SMOLLM, debounce_ms=30, max_tokens=16))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        numbers = await type_along(wire, REQUESTS, 0.02)
        kinds = await settle(wire, numbers)
        assert set(kinds) <= {"text", "nothing", "cancelled", "modified"}, kinds
        assert wire.statuses()[-1] == "ready"
        assert await wire.quit() == 0
