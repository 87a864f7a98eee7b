"""One model server, several customers, over Ollama's wire: who goes first, what is read in pieces, what goes on later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from lsp_server.model import scheduler
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import (
    ACTION,
    AHEAD,
    COMPLETION,
    Backend,
    Generation,
    ModelInfo,
    Piece,
    PullProgress,
    Usage,
)
from lsp_server.model.scheduler import ScheduledClient
from lsp_server.model.turns import Queue
from tests.support.simulated_runner import MODEL, SimulatedRunner

LONG = "".join(f"line {number} of a file that goes on\n" for number in range(120))


class Remembering:
    """A runner that keeps every prompt it ever read, as llama.cpp's does. It reads 30,000 characters a second by its clock."""

    backend: Backend = "embedded"

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []  # the first letter of each prompt, and how many characters of it were new
        self.now = 0.0
        self._known: dict[str, int] = {}

    async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        kind, size = request.prompt[0], len(request.prompt)
        known = min(self._known.get(kind, 0), size - 1)
        self._known[kind] = max(known, size)
        self.read.append((kind, size - known))
        self.now += (size - known) / 30_000
        yield Piece("x", Usage(prompt_tokens=size, reused_tokens=known), "length")

    async def models(self) -> Sequence[ModelInfo]:
        return []

    async def describe(self, name: str) -> ModelInfo:
        return ModelInfo(name, self.backend)

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return []

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        yield PullProgress("done")

    async def aclose(self) -> None:
        pass


@dataclass
class Server:
    client: ScheduledClient
    runner: SimulatedRunner

    async def ask(self, prompt: str, priority: int = COMPLETION, max_tokens: int = 8) -> str:
        text = ""
        async with aclosing(
            self.client.generate(MODEL, Generation(prompt, max_tokens=max_tokens, priority=priority))
        ) as pieces:
            async for piece in pieces:
                text += piece.text
        return text


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with SimulatedRunner(
        [LONG + "and its end is here, with some more words to write"], prompt_speed=3000, writing_speed=300
    ) as runner:
        client = ScheduledClient(OllamaClient(runner.url))
        yield Server(client, runner)
        await client.aclose()


async def test_a_long_prompt_is_read_in_pieces_and_nothing_twice(server: Server) -> None:
    assert await server.ask(LONG) == "and its end is here, with some more"[: len("and its end is here, with some")]
    assert len(server.runner.calls) > 2
    *pieces, last = server.runner.calls
    assert all(call.wanted == 1 for call in pieces)
    assert last.wanted == 8
    read = sum(call.prompt_tokens - call.reused for call in server.runner.calls)
    assert read <= last.prompt_tokens + 3 * len(pieces)


async def test_an_answer_tells_what_its_whole_prompt_cost(server: Server) -> None:
    async with aclosing(server.client.generate(MODEL, Generation(LONG, max_tokens=2))) as pieces:
        usage = [piece.usage async for piece in pieces][-1]
    assert usage is not None
    assert usage.prompt_ms > 0.8 * 1000 * usage.prompt_tokens / server.runner.prompt_speed


async def test_what_is_in_the_cache_is_asked_for_at_once(server: Server) -> None:
    await server.ask(LONG)
    before = len(server.runner.calls)
    await server.ask(LONG + "and")
    assert len(server.runner.calls) == before + 1


async def test_what_a_runner_brought_back_by_itself_makes_no_later_piece_long(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Remembering()
    monkeypatch.setattr(scheduler, "monotonic", lambda: runner.now)
    client = ScheduledClient(runner)
    for prompt in (
        "a" * 60_000,
        "b" * 60_000,
        "a" * 60_000,
        "c" * 60_000,
    ):  # the third comes back from the runner's memory at once
        async with aclosing(client.generate(MODEL, Generation(prompt, max_tokens=1))) as pieces:
            async for _ in pieces:
                pass
    longest = max(read for kind, read in runner.read if kind == "c")
    assert longest < 1.6 * 30_000 * scheduler.PIECE_S  # the last piece may be half as long again


async def test_an_abandoned_read_holds_nobody_up_and_is_not_wasted(server: Server) -> None:
    reading = asyncio.ensure_future(server.ask(LONG, AHEAD))
    await server.runner.until(lambda call: call.ended > 0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    pieces = len(server.runner.calls)
    await server.ask(LONG)
    assert server.runner.calls[pieces].reused > 0
    assert all(call.prompt_tokens - call.reused < server.runner.calls[-1].prompt_tokens for call in server.runner.calls)


async def test_a_keystroke_interrupts_an_explanation_which_goes_on_later(server: Server) -> None:
    whole = await server.ask(LONG, max_tokens=14)
    server.runner.calls.clear()
    explaining = asyncio.ensure_future(server.ask(LONG, ACTION, max_tokens=14))
    await server.runner.until(lambda call: call.delivered >= 3)
    typed = await server.ask("line 3 of a f")
    assert typed.startswith("ile")
    assert not explaining.done()
    assert await explaining == whole
    urgent = next(number for number, call in enumerate(server.runner.calls) if call.prompt == "line 3 of a f")
    assert server.runner.calls[urgent - 1].abandoned
    assert server.runner.calls[-1].prompt.startswith(LONG + "and")


async def test_among_those_who_wait_the_most_urgent_is_next() -> None:
    queue, order = Queue(), []

    async def customer(priority: int) -> None:
        turn = await queue.enter(priority)
        order.append(priority)
        queue.leave(turn)

    first = await queue.enter(COMPLETION)
    waiting = [asyncio.ensure_future(customer(priority)) for priority in (AHEAD, ACTION, COMPLETION, ACTION)]
    await asyncio.sleep(0)
    queue.leave(first)
    await asyncio.gather(*waiting)
    assert order == [COMPLETION, ACTION, ACTION, AHEAD]


async def test_who_is_cancelled_while_waiting_leaves_no_trace() -> None:
    queue = Queue()
    first = await queue.enter(COMPLETION)
    waiting = [asyncio.ensure_future(queue.enter(ACTION)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    queue.leave(first)
    waiting[1].cancel()  # it has just been given the turn
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    queue.leave(await waiting[2])
    queue.leave(await queue.enter(AHEAD))
