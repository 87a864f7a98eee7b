"""Whatever a model server does wrong, the user gets one sentence and an advice, and the next request works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from lsp_server.errors import ModelError, ModelFailedError, ModelProtocolError, ModelUnreachableError
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import Generation, Message
from tests.support.faults import REDIRECT_TARGET, WRONG, Fault, FaultProxy, faulty
from tests.support.ollama import SMOLLM

pytestmark = pytest.mark.ollama

EXPECTED: dict[Fault, type[ModelError]] = {
    Fault.NOTHING: ModelProtocolError,
    Fault.GARBAGE: ModelProtocolError,
    Fault.HTML: ModelProtocolError,
    Fault.STATUS_500: ModelFailedError,
    Fault.STATUS_500_TEXT: ModelFailedError,
    Fault.REDIRECT: ModelProtocolError,
    Fault.HALF_LINE: ModelProtocolError,
    Fault.ERROR_IN_STREAM: ModelFailedError,
    Fault.NOT_AN_OBJECT: ModelProtocolError,
    Fault.CLOSE_EARLY: ModelProtocolError,
    Fault.NO_END: ModelUnreachableError,
}
ONLY_IN_STREAMS = (Fault.CLOSE_EARLY, Fault.NO_END)  # to one object these mean nothing, or too little to be a fault
REQUESTS = {
    "completion": Generation("def add(a, b):\n    return", max_tokens=2),
    "chat": Generation(messages=(Message("user", "Say hi."),), max_tokens=2),
}


@pytest.fixture
async def proxy(ollama: str) -> AsyncGenerator[FaultProxy, None]:
    async with faulty(ollama) as running:
        yield running


async def _answer(client: OllamaClient, request: Generation) -> str:
    async with aclosing(client.generate(SMOLLM, request)) as pieces:
        return "".join([piece.text async for piece in pieces])


def test_every_fault_but_waiting_is_expected() -> None:
    assert set(EXPECTED) == WRONG


@pytest.mark.parametrize("request_kind", REQUESTS)
@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)
async def test_a_fault_is_one_sentence_and_the_next_request_works(proxy: FaultProxy, fault: Fault, request_kind: str) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault = fault
    with pytest.raises(ModelError) as caught:
        await _answer(client, REQUESTS[request_kind])
    assert type(caught.value) is EXPECTED[fault]
    assert "Ollama" in str(caught.value)
    assert caught.value.advice
    assert "\n" not in str(caught.value)
    proxy.fault = Fault.NONE
    assert await _answer(client, REQUESTS[request_kind])
    await client.aclose()


@pytest.mark.parametrize(
    ("fault", "words"), [(Fault.STATUS_500, "runner went away"), (Fault.ERROR_IN_STREAM, "runner went away"),
                         (Fault.STATUS_500_TEXT, "out of cheese")],
    ids=lambda value: getattr(value, "name", value),
)  # fmt: skip
async def test_the_servers_own_words_reach_the_user(proxy: FaultProxy, fault: Fault, words: str) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault = fault
    with pytest.raises(ModelFailedError, match=words):
        await _answer(client, REQUESTS["completion"])
    await client.aclose()


async def test_what_came_before_a_fault_was_already_handed_on(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault = Fault.ERROR_IN_STREAM
    async with aclosing(client.generate(SMOLLM, REQUESTS["completion"])) as pieces:
        assert (await anext(pieces)).text == "so far"
        with pytest.raises(ModelFailedError):
            await anext(pieces)
    await client.aclose()


async def test_a_server_that_hangs_can_be_left(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault = Fault.HANG
    task = asyncio.create_task(_answer(client, REQUESTS["completion"]))
    await proxy.until_asked("/api/generate")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    proxy.fault = Fault.NONE
    assert await _answer(client, REQUESTS["completion"])
    await client.aclose()


async def test_a_server_that_hangs_ends_in_an_error(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url, patience=0.2)
    proxy.fault = Fault.HANG
    with pytest.raises(ModelUnreachableError, match="said nothing"):
        await _answer(client, REQUESTS["completion"])
    await client.aclose()


async def _leave_early(client: OllamaClient) -> None:
    """Take the first word of a long answer and close, as every keystroke does."""
    async with aclosing(client.generate(SMOLLM, Generation("def add(a, b):\n    return", max_tokens=400))) as pieces:
        assert (await anext(pieces)).finish is None


def _unloads(proxy: FaultProxy) -> int:
    return sum(body.get("keep_alive") == 0 for path, body in proxy.asked if path == "/api/generate")


@pytest.mark.parametrize("request_kind", REQUESTS)
async def test_a_model_stuck_with_an_answer_left_early_is_loaded_anew(proxy: FaultProxy, request_kind: str) -> None:
    client = OllamaClient(proxy.url, stuck_after=0.2)
    await _leave_early(client)
    proxy.fault = Fault.STUCK
    assert await _answer(client, REQUESTS[request_kind])
    assert _unloads(proxy) == 1
    assert await _answer(client, REQUESTS[request_kind])
    assert _unloads(proxy) == 1
    await client.aclose()


async def test_a_slow_model_is_not_unloaded_where_nothing_was_left_early(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url, stuck_after=0.05)
    assert await _answer(client, REQUESTS["completion"])
    proxy.fault = Fault.HANG
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):  # four times what it would wait for a model that it takes for stuck
            await _answer(client, REQUESTS["completion"])
    assert _unloads(proxy) == 0
    await client.aclose()


@pytest.mark.parametrize("fault", [one for one in EXPECTED if one not in ONLY_IN_STREAMS], ids=lambda one: one.name)
@pytest.mark.parametrize("path", ["/api/tags", "/api/show", "/api/ps"])
async def test_questions_about_models_fail_as_clearly(proxy: FaultProxy, path: str, fault: Fault) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault, proxy.on = fault, {path}
    with pytest.raises(ModelError) as caught:
        await client.describe(SMOLLM)
    assert "Ollama" in str(caught.value)
    assert caught.value.advice
    await client.aclose()


async def test_a_redirect_is_not_followed(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url)
    proxy.fault = Fault.REDIRECT
    with pytest.raises(ModelProtocolError, match="elsewhere") as caught:
        await _answer(client, REQUESTS["completion"])
    assert REDIRECT_TARGET not in str(caught.value)
    assert [path for path, _ in proxy.asked].count("/api/generate") == 1
    await client.aclose()


async def test_nobody_listening_says_how_to_start_it(unused_tcp_port: int) -> None:
    client = OllamaClient(f"http://127.0.0.1:{unused_tcp_port}")
    for call in (client.models(), client.describe(SMOLLM), _answer(client, REQUESTS["completion"])):
        with pytest.raises(ModelUnreachableError, match="does not answer") as caught:
            await call
        assert "ollama serve" in caught.value.advice
    await client.aclose()
