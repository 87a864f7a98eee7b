"""Names held to members: what is asked of the model for it, and what comes of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

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
    names = Offered(frozenset({"iter_raw", "iter_text", "iter_all_a", "iter_all_b"}))
    model = Model(lambda _: ["x"], [Alternative("iter", -1.0), Alternative("_", -1.0)])
    assert await answer(model, names) == ""
    assert len(model.asked) == 5


async def test_a_name_that_is_whole_is_not_lost_where_the_model_would_go_on_with_it() -> None:
    model = Model(lambda prompt: ["read", "er"] if prompt == ASKED.prompt else ["er"], [Alternative("er", -0.1)])
    assert await answer(model, OFFERED) == "read"
    model = Model(lambda prompt: [] if prompt.endswith("()") else ["er"], [Alternative("er", -0.1), Alternative("()", -1.0)])
    assert await answer(model, Offered(frozenset({"read"}), begun="read")) == "()"


LIKELY = Offered(OFFERED.names, likely={"read": -0.4, "iter_raw": -2.0, "iter_text": -2.0})
ALIKE = Offered(OFFERED.names, likely={"read": -1.1, "iter_raw": -1.1, "iter_text": -1.1})


async def test_a_member_that_is_no_less_likely_than_others_costs_no_further_call() -> None:
    model = Model(lambda _: ["read", "()", "\n"])
    assert await answer(model, LIKELY) == "read()\n"
    assert model.asked == [ASKED]


async def test_a_name_that_is_far_likelier_takes_the_place_of_the_models_own() -> None:
    model = Model(lambda prompt: ["iter", "_raw"] if prompt == ASKED.prompt else ["()", "\n"])
    assert await answer(model, replace(LIKELY, likely={"read": -0.1, "iter_raw": -4.0, "iter_text": -4.0})) == "read()\n"
    assert [(one.prompt, one.max_tokens, one.alternatives) for one in model.asked] == [
        ("response.", 8, 0),
        ("response.read", 7, 0),
    ]


async def test_a_name_that_is_likely_enough_is_written_before_the_model_is_asked() -> None:
    model = Model(lambda prompt: {"response.read": ["()", "\n"], "response.": ["headers"]}[prompt])

    async def members() -> Offered | None:
        raise AssertionError("known already")

    for are_all in (True, False):
        model.asked.clear()
        known = replace(LIKELY, are_all=are_all)
        pieces = [piece async for piece in held_to(members, model.generate, ASKED, known=known)]
        assert "".join(piece.text for piece in pieces) == "read()\n"
        assert [(one.prompt, one.max_tokens) for one in model.asked] == [("response.read", 7)]


async def test_the_model_is_asked_where_no_name_is_likely_enough() -> None:
    model = Model(lambda _: ["read", "()", "\n"])

    async def members() -> Offered | None:
        return ALIKE

    assert "".join([piece.text async for piece in held_to(members, model.generate, ASKED, known=ALIKE)]) == "read()\n"
    assert model.asked == [ASKED]


async def test_the_model_is_asked_where_its_word_leads_nowhere_and_no_name_is_clear() -> None:
    model = Model(goes_on, [Alternative("headers", -0.1), Alternative("read", -0.9)])
    assert await answer(model, ALIKE) == "read()\n"
    assert [(one.prompt, one.max_tokens, one.alternatives > 0) for one in model.asked] == [
        ("response.", 8, False),
        ("response.", 1, True),
        ("response.read", 7, False),
    ]


async def test_a_word_of_several_names_is_followed_by_another_likely_one() -> None:
    def words(prompt: str) -> Sequence[str]:
        return {"response.": ["headers"], "response.iter": ["_text"], "response.iter_text": ["()", "\n"]}[prompt]

    model = Model(words, [Alternative("iter", -0.1), Alternative("_text", -0.2), Alternative("_raw", -3.0)])
    assert await answer(model, ALIKE) == "iter_text()\n"
    assert [one.prompt for one in model.asked] == ["response.", "response.", "response.iter", "response.iter_text"]


NAMES = {f"name{at}": -3.4 for at in range(30)}


async def test_where_there_may_be_others_the_model_may_write_one() -> None:
    some = Offered(frozenset(NAMES), are_all=False, likely=NAMES)
    model = Model(lambda _: ["headers", "[0]"])
    assert await answer(model, some) == "headers[0]"
    assert model.asked == [ASKED]
    assert await answer(model, replace(some, likely={})) == "headers[0]"


async def test_where_there_may_be_others_a_member_that_all_write_is_taken_and_what_follows_is_the_models_own() -> None:
    some = Offered(frozenset({"read", "aread"}), are_all=False, likely={"read": -0.1, "aread": -4.0})
    model = Model(lambda prompt: ["er", "[0]"] if prompt == "response.read" else ["headers"], [Alternative("headers", -0.5)])
    assert await answer(model, some) == "reader[0]"


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
