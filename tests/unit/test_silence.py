"""When a model is held to be stuck: waits add up over requests that were given up, a word starts them anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from lsp_server.model.port import Generation, Piece
from lsp_server.model.silence import CHARACTERS_A_SECOND, Silence

SHORT = Generation("x = ")


@dataclass
class Model:
    """Says two words and the end, or nothing while it is stuck. A request waits `wait_s` on its clock, and no time really."""

    stuck: bool = False
    wait_s: float = 0.0
    now: float = 0.0
    unloads: int = 0
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        self.now += self.wait_s
        if self.stuck:
            self.waiting.set()
            await asyncio.Event().wait()
        yield Piece("a")
        yield Piece("b", finish="stop")

    async def unload(self, model: str) -> None:
        self.unloads += 1
        self.stuck = False

    def silence(self) -> Silence:
        return Silence(self.unload, 15.0, least_s=0.01, clock=lambda: self.now)


async def leave_early(silence: Silence, model: Model) -> None:
    async with aclosing(silence.answered(model.stream, "m", SHORT)) as pieces:
        await anext(pieces)


async def give_up(silence: Silence, model: Model) -> None:
    model.waiting.clear()
    task = asyncio.ensure_future(leave_early(silence, model))
    await model.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def answer(silence: Silence, model: Model) -> str:
    async with aclosing(silence.answered(model.stream, "m", SHORT)) as pieces:
        return "".join([piece.text async for piece in pieces])


async def test_waits_of_requests_that_were_given_up_add_up() -> None:
    model = Model()
    silence = model.silence()
    await leave_early(silence, model)
    model.stuck, model.wait_s = True, 6.0
    for _ in range(3):
        await give_up(silence, model)
    assert model.unloads == 0
    assert await answer(silence, model) == "ab"
    assert model.unloads == 1


async def test_a_word_starts_the_count_anew() -> None:
    model = Model()
    silence = model.silence()
    await leave_early(silence, model)
    model.stuck, model.wait_s = True, 14.0
    await give_up(silence, model)
    model.stuck = False
    await leave_early(silence, model)
    model.stuck = True
    await give_up(silence, model)
    assert silence.patience("m", SHORT) == pytest.approx(1.0, abs=0.1)


async def test_nothing_is_suspected_of_a_model_whose_answers_were_all_taken() -> None:
    model = Model()
    silence = model.silence()
    assert await answer(silence, model) == "ab"
    model.stuck = True
    await give_up(silence, model)
    assert silence.patience("other", SHORT) is None


async def test_a_model_that_has_never_spoken_is_being_loaded() -> None:
    model = Model(stuck=True, wait_s=60.0)
    silence = model.silence()
    await give_up(silence, model)
    await give_up(silence, model)
    assert silence.patience("m", SHORT) is None


def test_a_long_prompt_may_take_longer() -> None:
    silence = Model().silence()
    silence.left_early("m")
    more = silence.patience("m", Generation("x" * 3000)), silence.patience("m", Generation(""))
    assert more[0] is not None
    assert more[1] is not None
    assert more[0] - more[1] == pytest.approx(3000 / CHARACTERS_A_SECOND)
