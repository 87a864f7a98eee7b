"""Names held to members: what is asked of the model for it, and what comes of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from lsp_server.completion.holding import held_to
from lsp_server.completion.members import Offered
from lsp_server.model.port import Alternative, Generation, Piece

ASKED = Generation("response.", max_tokens=8, logprobs=True)
OFFERED = Offered(frozenset({"read", "iter_raw", "iter_text"}))


class Model:
    """Writes what `words` says for a prompt, a token a piece; counts what it was asked and which streams are open."""

    def __init__(self, words: Callable[[str], Sequence[str]], alternatives: Sequence[Alternative] = ()) -> None:
        self.words, self.alternatives = words, tuple(alternatives)
        self.asked: list[Generation] = []
        self.open = 0

    async def generate(self, request: Generation) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        self.open += 1
        try:
            assert self.open == 1, "a runner has one slot: the next call would wait for ever"
            others = self.alternatives if request.alternatives else ()
            for word in self.words(request.prompt)[: request.max_tokens]:
                yield Piece(word, logprobs=(-0.5,), alternatives=others)
            yield Piece("", finish="stop")
        finally:
            self.open -= 1


async def answer(model: Model, offered: Offered | None) -> str:
    async def members() -> Offered | None:
        return offered

    text = "".join([piece.text async for piece in held_to(members, model.generate, ASKED)])
    assert model.open == 0
    return text


async def test_a_member_costs_no_further_call() -> None:
    model = Model(lambda _: ["re", "ad", "()", "\n"])
    assert await answer(model, OFFERED) == "read()\n"
    assert model.asked == [ASKED]


async def test_what_is_not_known_is_left_alone() -> None:
    model = Model(lambda _: ["headers", "[0]"])
    assert await answer(model, None) == "headers[0]"
    assert model.asked == [ASKED]


def goes_on(prompt: str) -> list[str]:
    return ["headers", "[0]"] if prompt == ASKED.prompt else ["()", "\n"]


async def test_the_likeliest_member_takes_the_place_of_a_name_that_is_none() -> None:
    model = Model(goes_on, [Alternative("headers", -0.1), Alternative("read", -2.0)])
    assert await answer(model, OFFERED) == "read()\n"
    assert [(one.prompt, one.alternatives > 0) for one in model.asked] == [
        ("response.", False),
        ("response.", True),
        ("response.read", False),
    ]


async def test_the_only_name_left_needs_no_likely_words() -> None:
    model = Model(lambda prompt: ["re", "quest", "()"] if prompt == ASKED.prompt else ["()"])
    assert await answer(model, OFFERED) == "read()"
    assert [one.prompt for one in model.asked] == ["response.", "response.read"]


async def test_nothing_is_shown_where_no_member_is_likely() -> None:
    assert await answer(Model(goes_on, [Alternative("headers", -0.1)]), OFFERED) == ""


async def test_nothing_is_shown_of_a_model_that_tells_no_likely_words() -> None:
    assert await answer(Model(goes_on), OFFERED) == ""


async def test_a_model_that_strays_again_and_again_is_asked_a_few_times_only() -> None:
    model = Model(lambda _: ["x"], [Alternative("iter", -1.0), Alternative("_", -1.0)])
    assert await answer(model, OFFERED) == ""
    assert len(model.asked) == 5


async def test_whoever_leaves_closes_the_stream_that_is_open() -> None:
    model = Model(lambda _: ["re", "ad", "()", "\n"])

    async def members() -> Offered | None:
        return OFFERED

    stream = held_to(members, model.generate, ASKED)
    await anext(stream)
    assert model.open == 1
    await stream.aclose()
    assert model.open == 0


async def test_a_cancelled_wait_for_the_members_closes_the_stream() -> None:
    model, waits = Model(lambda _: ["read"]), asyncio.Event()

    async def members() -> Offered | None:
        waits.set()
        await asyncio.Event().wait()
        return None

    async def read() -> None:
        async with aclosing(held_to(members, model.generate, ASKED)) as pieces:
            async for _ in pieces:
                pass

    reading = asyncio.ensure_future(read())
    await waits.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert model.open == 0
