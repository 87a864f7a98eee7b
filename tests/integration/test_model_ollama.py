"""What the port makes of a real Ollama: answers, what is sent, stopping. Ratios only, and large ones: machines differ."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from lsp_server.errors import SettingsError
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import Generation
from lsp_server.model.probe import count_tokens
from tests.support.asking import CHAT, CODE, every_piece, steps
from tests.support.faults import FaultProxy, faulty
from tests.support.ollama import GEMMA, SMOLLM, Instance

pytestmark = pytest.mark.ollama

LONG = steps(20)


@pytest.fixture
async def client(ollama: str) -> AsyncGenerator[OllamaClient, None]:
    opened = OllamaClient(ollama)
    yield opened
    await opened.aclose()


@pytest.fixture
async def proxy(ollama: str) -> AsyncGenerator[FaultProxy, None]:
    async with faulty(ollama) as running:
        yield running


def _loads(instance: Instance) -> int:
    """How often a runner was started for a model so far."""
    return instance.log.read_text(errors="replace").count("loaded runners")


# --- answers


@pytest.mark.parametrize("request_", [CODE, CHAT], ids=["completion", "chat"])
@pytest.mark.parametrize("model", [SMOLLM, GEMMA])
async def test_an_answer_ends_with_its_cost(client: OllamaClient, model: str, request_: Generation) -> None:
    *pieces, last = await every_piece(client, request_, model)
    assert "".join(piece.text for piece in (*pieces, last))
    assert all(piece.usage is None and piece.finish is None for piece in pieces)
    assert last.usage is not None
    assert last.usage.prompt_tokens > 5
    assert 1 <= last.usage.generated_tokens <= 4
    assert last.usage.reused_tokens is None  # Ollama does not tell
    assert last.usage.prompt_ms > 0
    assert last.finish in ("stop", "length")


async def test_a_prompt_goes_raw_to_the_model(client: OllamaClient) -> None:
    """The template would add some twenty tokens of turns around it."""
    assert await count_tokens(client, SMOLLM, "x") <= 2


async def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(client: OllamaClient) -> None:
    request = Generation("one two three four five six seven", max_tokens=40, stop=("ten",))
    pieces = await every_piece(client, request, SMOLLM)
    assert pieces[-1].finish == "stop"
    assert "ten" not in "".join(piece.text for piece in pieces)


async def test_the_same_seed_writes_the_same(client: OllamaClient) -> None:
    request = Generation("import ", max_tokens=8, temperature=1.0, seed=7)
    first, second = await every_piece(client, request, SMOLLM), await every_piece(client, request, SMOLLM)
    assert [piece.text for piece in first] == [piece.text for piece in second]


async def test_logprobs_come_when_asked_for(client: OllamaClient) -> None:
    asked = await every_piece(client, Generation(CODE.prompt, max_tokens=3, logprobs=True), SMOLLM)
    chances = [number for piece in asked for number in piece.logprobs]
    assert len(chances) >= 3
    assert all(number <= 0 for number in chances)
    assert not any(piece.logprobs for piece in await every_piece(client, CODE, SMOLLM))


async def test_likely_words_in_place_of_a_token_come_when_asked_for(client: OllamaClient) -> None:
    asked = await every_piece(client, Generation(CODE.prompt, max_tokens=1, alternatives=20), SMOLLM)
    others = next(piece.alternatives for piece in asked if piece.alternatives)
    assert len(others) == 20
    assert sorted(others, key=lambda one: -one.logprob) == list(others)
    assert "".join(piece.text for piece in asked).startswith(others[0].text)
    assert not any(piece.alternatives for piece in await every_piece(client, CODE, SMOLLM))


@pytest.mark.parametrize("said", [" a", "\n  \n"])
async def test_an_answer_that_ollama_ends_for_repeating_itself_is_an_answer(client: OllamaClient, said: str) -> None:
    request = Generation("a" + said * 60, max_tokens=200)
    pieces = [piece async for piece in client.generate(GEMMA, request)]
    assert pieces[-1].finish == "length"
    assert "".join(piece.text for piece in pieces).strip("a \n") == ""
    assert len(pieces) < 100


# --- what is sent


async def test_no_runner_option_and_no_endless_answer_is_ever_asked_for(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url, keep_alive="7m")
    for request in (CODE, CHAT, Generation("x", max_tokens=0), Generation("x", max_tokens=-1, seed=3, stop=("y",))):
        async with aclosing(client.generate(SMOLLM, request)) as pieces:
            await anext(pieces)
    await client.aclose()
    sent: list[dict[str, Any]] = [body for path, body in proxy.asked if path in ("/api/generate", "/api/chat")]
    assert len(sent) == 4
    for body in sent:
        assert set(body["options"]) <= {"temperature", "num_predict", "stop", "seed", "repeat_penalty"}
        assert body["options"]["num_predict"] >= 1
        assert body["keep_alive"] == "7m"
        assert not body.keys() & {"suffix", "system", "template", "context", "think", "format", "images"}
    assert [body.get("raw") for body in sent] == [True, None, True, True]


async def test_stops_of_a_call_do_not_take_the_models_own_away(proxy: FaultProxy) -> None:
    """Ollama replaces the Modelfile's stops by the call's, and an empty list replaces them too."""
    client = OllamaClient(proxy.url)
    for stop in ((), ("zzz",)):
        await every_piece(client, replace(CHAT, stop=stop), SMOLLM)
        await every_piece(client, replace(CODE, stop=stop), SMOLLM)
    await client.aclose()
    sent = [body["options"].get("stop") for path, body in proxy.asked if path in ("/api/generate", "/api/chat")]
    assert sent == [None, None, ["zzz", "<|im_start|>", "<|im_end|>", "<|endoftext|>"], ["zzz"]]


async def test_no_call_of_ours_loads_the_model_again(ollama_instance: Instance, client: OllamaClient) -> None:
    await every_piece(client, CODE, SMOLLM)
    before = _loads(ollama_instance)
    for request in (CODE, CHAT, Generation("x", max_tokens=1, temperature=0.7, seed=1, stop=("a", "b"), logprobs=True)):
        await every_piece(client, request, SMOLLM)
    await client.describe(SMOLLM)
    assert _loads(ollama_instance) == before
    # That this counts anything: one changed runner option does load it again.
    ollama_instance.post(
        "/api/generate",
        {"model": SMOLLM, "prompt": "x", "stream": False, "options": {"num_ctx": 1024, "num_predict": 1}},
    )
    assert _loads(ollama_instance) == before + 1


async def test_a_model_that_gets_stuck_is_got_going(ollama_instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    """The real fault (ollama#17131). On a busy machine words gather before they are handed on; here Ollama is stopped."""
    client = OllamaClient(ollama_instance.url, stuck_after=2.0)
    for _ in range(60):
        try:
            async with aclosing(client.generate(SMOLLM, replace(CODE, max_tokens=60))) as pieces:
                await anext(pieces)
                os.kill(ollama_instance.process.pid, signal.SIGSTOP)
                await asyncio.sleep(0.1)  # its runner, another process, writes on
        finally:
            os.kill(ollama_instance.process.pid, signal.SIGCONT)
        if "loaded anew" in caplog.text:
            break
    assert (await every_piece(client, CODE, SMOLLM))[-1].finish
    await client.aclose()


@pytest.mark.parametrize(("setting", "expected"), [("45m", 45 * 60), ("90", 90)])
async def test_the_model_is_kept_as_long_as_the_settings_say(ollama_instance: Instance, setting: str, expected: int) -> None:
    client = OllamaClient(ollama_instance.url, keep_alive=setting)
    before = time.time()
    await every_piece(client, CODE, SMOLLM)
    after = time.time()
    await client.aclose()

    def expires() -> float:
        row = next(row for row in ollama_instance.get("/api/ps")["models"] if row["name"] == SMOLLM)
        return datetime.fromisoformat(row["expires_at"]).timestamp()

    async with asyncio.timeout(60):  # Ollama notes the end of a request some time after its client has seen it
        while not before + expected <= expires() <= after + expected + 60:  # noqa: ASYNC110 - another program tells no event
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("setting", ["soon", "30 minutes", "", "5x"])
def test_a_duration_that_ollama_would_refuse_is_refused_at_once(ollama: str, setting: str) -> None:
    with pytest.raises(SettingsError, match="keep_alive"):
        OllamaClient(ollama, keep_alive=setting)


# --- cache and cancel


async def test_an_exact_prefix_is_free_and_still_counted(client: OllamaClient) -> None:
    prompt = f"# {time.time_ns()}\n{LONG}"
    first, again, changed = [
        (await every_piece(client, Generation(text, max_tokens=1), SMOLLM))[-1].usage
        for text in (prompt, prompt, f"# {time.time_ns()} first\n{LONG}")
    ]
    assert first
    assert again
    assert changed
    assert again.prompt_ms < first.prompt_ms / 3
    assert changed.prompt_ms > first.prompt_ms / 3
    assert again.prompt_tokens == first.prompt_tokens


async def test_closing_while_it_writes_frees_the_runner(proxy: FaultProxy) -> None:
    """Without that, the second answer would wait for a hundred thousand tokens."""
    client = OllamaClient(proxy.url)
    endless = Generation("def f():\n    return [0, 1, 2, 3, 4, 5,", max_tokens=100_000)
    async with aclosing(client.generate(SMOLLM, endless)) as pieces:
        await anext(pieces)
    await asyncio.wait_for(proxy.until_given_up(), 30)
    await asyncio.wait_for(every_piece(client, CODE, SMOLLM), 60)
    await client.aclose()


async def test_cancelling_the_task_closes_the_socket_too(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url)
    task = asyncio.create_task(every_piece(client, Generation("def f():\n    return [0, 1, 2,", max_tokens=100_000), SMOLLM))
    await asyncio.wait_for(proxy.until_asked("/api/generate"), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(proxy.until_given_up(), 30)
    await asyncio.wait_for(every_piece(client, CODE, SMOLLM), 60)
    await client.aclose()
