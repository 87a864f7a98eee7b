"""What the port relies on in a real Ollama, and what it makes of it. Ratios only, and large ones: machines differ."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.error import HTTPError

import pytest

from lsp_server.errors import ForbiddenHostError, ModelFailedError, ModelMissingError, SettingsError
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import Generation, Message, Piece
from lsp_server.model.probe import count_tokens
from tests.support.faults import FaultProxy, faulty
from tests.support.ollama import GEMMA, INSERT, MINILM, SMOLLM, Instance, start

pytestmark = pytest.mark.ollama

CODE = Generation("def add(a, b):\n    return", max_tokens=4)
CHAT = Generation(messages=(Message("system", "Be brief."), Message("user", "Say hi.")), max_tokens=4)
LONG = "".join(f"def step_{number}(value):\n    return value * {number}\n\n" for number in range(20))
FAR = "far-away:1b"


@pytest.fixture
async def client(ollama: str) -> AsyncGenerator[OllamaClient, None]:
    opened = OllamaClient(ollama)
    yield opened
    await opened.aclose()


@pytest.fixture
async def proxy(ollama: str) -> AsyncGenerator[FaultProxy, None]:
    async with faulty(ollama) as running:
        yield running


async def _all(client: OllamaClient, request: Generation, model: str = SMOLLM) -> list[Piece]:
    async with aclosing(client.generate(model, request)) as pieces:
        return [piece async for piece in pieces]


def _loads(instance: Instance) -> int:
    """How often a runner was started for a model so far."""
    return instance.log.read_text(errors="replace").count("loaded runners")


@contextmanager
def _status(code: int) -> Iterator[None]:
    with pytest.raises(HTTPError) as caught:
        yield
    caught.value.close()
    assert caught.value.code == code


# --- answers


@pytest.mark.parametrize("request_", [CODE, CHAT], ids=["completion", "chat"])
@pytest.mark.parametrize("model", [SMOLLM, GEMMA])
async def test_an_answer_ends_with_its_cost(client: OllamaClient, model: str, request_: Generation) -> None:
    *pieces, last = await _all(client, request_, model)
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
    pieces = await _all(client, request)
    assert pieces[-1].finish == "stop"
    assert "ten" not in "".join(piece.text for piece in pieces)


async def test_the_same_seed_writes_the_same(client: OllamaClient) -> None:
    request = Generation("import ", max_tokens=8, temperature=1.0, seed=7)
    first, second = await _all(client, request), await _all(client, request)
    assert [piece.text for piece in first] == [piece.text for piece in second]


async def test_logprobs_come_when_asked_for(client: OllamaClient) -> None:
    asked = await _all(client, Generation(CODE.prompt, max_tokens=3, logprobs=True))
    chances = [number for piece in asked for number in piece.logprobs]
    assert len(chances) >= 3
    assert all(number <= 0 for number in chances)
    assert not any(piece.logprobs for piece in await _all(client, CODE))


async def test_likely_words_in_place_of_a_token_come_when_asked_for(client: OllamaClient) -> None:
    asked = await _all(client, Generation(CODE.prompt, max_tokens=1, alternatives=20))
    others = next(piece.alternatives for piece in asked if piece.alternatives)
    assert len(others) == 20
    assert sorted(others, key=lambda one: -one.logprob) == list(others)
    assert "".join(piece.text for piece in asked).startswith(others[0].text)
    assert not any(piece.alternatives for piece in await _all(client, CODE))


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
        await _all(client, replace(CHAT, stop=stop))
        await _all(client, replace(CODE, stop=stop))
    await client.aclose()
    sent = [body["options"].get("stop") for path, body in proxy.asked if path in ("/api/generate", "/api/chat")]
    assert sent == [None, None, ["zzz", "<|im_start|>", "<|im_end|>", "<|endoftext|>"], ["zzz"]]


async def test_no_call_of_ours_loads_the_model_again(ollama_instance: Instance, client: OllamaClient) -> None:
    await _all(client, CODE)
    before = _loads(ollama_instance)
    for request in (CODE, CHAT, Generation("x", max_tokens=1, temperature=0.7, seed=1, stop=("a", "b"), logprobs=True)):
        await _all(client, request)
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
    assert (await _all(client, CODE))[-1].finish
    await client.aclose()


@pytest.mark.parametrize(("setting", "expected"), [("45m", 45 * 60), ("90", 90)])
async def test_the_model_is_kept_as_long_as_the_settings_say(ollama_instance: Instance, setting: str, expected: int) -> None:
    client = OllamaClient(ollama_instance.url, keep_alive=setting)
    before = time.time()
    await _all(client, CODE)
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
        (await _all(client, Generation(text, max_tokens=1)))[-1].usage
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
    await asyncio.wait_for(_all(client, CODE), 60)
    await client.aclose()


async def test_cancelling_the_task_closes_the_socket_too(proxy: FaultProxy) -> None:
    client = OllamaClient(proxy.url)
    task = asyncio.create_task(_all(client, Generation("def f():\n    return [0, 1, 2,", max_tokens=100_000)))
    await asyncio.wait_for(proxy.until_asked("/api/generate"), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(proxy.until_given_up(), 30)
    await asyncio.wait_for(_all(client, CODE), 60)
    await client.aclose()


# --- what is known of models


async def test_models_are_described(client: OllamaClient) -> None:
    names = {info.name: info for info in await client.models()}
    assert {SMOLLM, GEMMA, INSERT, MINILM} <= names.keys()
    assert names[SMOLLM].size_bytes > 90_000_000
    await _all(client, CODE)
    smollm, insert, minilm = [await client.describe(name) for name in (SMOLLM, INSERT, MINILM)]
    assert smollm.family == "llama"
    assert smollm.context_tokens == 4096  # as the runner has it, though the model was trained for 8,192
    assert smollm.digest == names[SMOLLM].digest
    assert smollm.capabilities == {"completion"}
    assert "insert" in insert.capabilities
    assert minilm.capabilities == {"embedding"}


async def test_a_token_of_the_vocabulary_counts_one_and_its_look_alike_several(client: OllamaClient) -> None:
    """What the probe of unknown models stands on."""
    grown = [
        await count_tokens(client, SMOLLM, token * 2) - await count_tokens(client, SMOLLM, token)
        for token in ("<|im_start|>", "<|im_strat|>")
    ]
    assert grown[0] == 1
    assert grown[1] > 3


async def test_embeddings_come_from_embedding_models_only(client: OllamaClient, ollama_instance: Instance) -> None:
    file, parse, cake = await client.embed(MINILM, ["open a file", "read and parse a file", "bake a cake"])
    assert len(file) == 384
    assert _dot(file, parse) > _dot(file, cake) + 0.2
    # Ollama itself answers for any model, which is why the port looks first.
    assert ollama_instance.post("/api/embed", {"model": SMOLLM, "input": "x"})["embeddings"]
    with pytest.raises(ModelFailedError, match="not an embedding model"):
        await client.embed(SMOLLM, ["x"])


def _dot(left: Any, right: Any) -> float:
    return float(sum(a * b for a, b in zip(left, right, strict=True)))


async def test_a_missing_model_says_how_to_get_it(client: OllamaClient) -> None:
    for call in (client.describe("none:1b"), _all(client, CODE, "none:1b"), client.embed("none:1b", ["x"])):
        with pytest.raises(ModelMissingError, match="none:1b") as caught:
            await call
        assert "ollama pull none:1b" in caught.value.advice


async def test_a_model_that_vanishes_is_missing(ollama_instance: Instance, client: OllamaClient) -> None:
    ollama_instance.post("/api/copy", {"source": SMOLLM, "destination": "brief:1b"}, empty=True)
    await _all(client, CODE, "brief:1b")
    ollama_instance.delete("brief:1b")
    with pytest.raises(ModelMissingError):
        await _all(client, CODE, "brief:1b")


async def test_a_pull_that_fails_inside_a_200_fails(client: OllamaClient) -> None:
    """A registry on a loopback port where nothing listens: no test of ours reaches out."""
    with pytest.raises(ModelFailedError, match="could not reach its registry") as caught:
        async with aclosing(client.pull("127.0.0.1:1/library/none")) as steps:
            assert [step.status async for step in steps]
    assert "fetch it again" in caught.value.advice


# --- nothing leaves this machine


async def test_a_model_of_the_cloud_is_hidden_and_refused(ollama_instance: Instance) -> None:
    instance = start(OLLAMA_NO_CLOUD="0")  # as most users run it
    try:
        instance.post("/api/create", {"model": FAR, "from": "big:1b", "remote_host": "http://192.0.2.1:9", "stream": False})
        client = OllamaClient(instance.url)
        assert FAR in instance.names()
        assert FAR not in {info.name for info in await client.models()}
        for call in (client.describe(FAR), _all(client, CODE, FAR), _all(client, CHAT, FAR), client.embed(FAR, ["x"])):
            with pytest.raises(ForbiddenHostError, match=r"192\.0\.2\.1"):
                await call
        for call in (client.describe("big:1b-cloud"), _all(client, CODE, "big:cloud"), client.embed("big:cloud", ["x"])):
            with pytest.raises(ForbiddenHostError, match=r"ollama\.com"):
                await call
        with pytest.raises(ForbiddenHostError):
            await anext(client.pull("big:cloud"))
        await client.aclose()
        allowed = OllamaClient(instance.url, allow_hosts=["192.0.2.1"])
        assert (await allowed.describe(FAR)).name == FAR
        await allowed.aclose()
    finally:
        instance.delete(FAR)
        instance.stop()


# --- the facts of Ollama itself on which the port's shape stands


def test_suffix_is_refused_without_insert(ollama_instance: Instance) -> None:
    body = {"prompt": "a", "suffix": "b", "stream": False, "options": {"num_predict": 1}}
    for raw in (False, True):
        with _status(400):
            ollama_instance.post("/api/generate", {"model": SMOLLM, "raw": raw, **body})
    assert ollama_instance.post("/api/generate", {"model": INSERT, **body})["done"]


def test_raw_is_refused_with_a_system_prompt(ollama_instance: Instance) -> None:
    with _status(400):
        ollama_instance.post("/api/generate", {"model": SMOLLM, "prompt": "a", "raw": True, "system": "s", "stream": False})


def test_thinking_is_refused_where_there_is_none_and_its_absence_is_not(ollama_instance: Instance) -> None:
    body = {"model": SMOLLM, "prompt": "a", "stream": False, "options": {"num_predict": 1}}
    with _status(400):
        ollama_instance.post("/api/generate", {**body, "think": True})
    assert ollama_instance.post("/api/generate", {**body, "think": False})["done"]


def test_an_unknown_option_is_ignored_and_a_wrong_type_is_not(ollama_instance: Instance) -> None:
    body = {"model": SMOLLM, "prompt": "a", "stream": False}
    assert ollama_instance.post("/api/generate", {**body, "options": {"num_predict": 1, "no_such": 1}})["done"]
    with _status(500):
        ollama_instance.post("/api/generate", {**body, "options": {"num_predict": "one"}})


def test_an_error_of_a_pull_comes_with_status_200(ollama_instance: Instance) -> None:
    lines = ollama_instance.lines("/api/pull", {"model": "127.0.0.1:1/library/none"})
    assert "error" in json.loads(lines[-1])


def test_an_empty_prompt_only_loads(ollama_instance: Instance) -> None:
    told = ollama_instance.post("/api/generate", {"model": SMOLLM, "prompt": "", "stream": False})
    assert told["done_reason"] == "load"
    assert told["response"] == ""


@pytest.mark.parametrize("said", [" a", "\n  \n"])
async def test_an_answer_that_ollama_ends_for_repeating_itself_is_an_answer(client: OllamaClient, said: str) -> None:
    request = Generation("a" + said * 60, max_tokens=200)
    pieces = [piece async for piece in client.generate(GEMMA, request)]
    assert pieces[-1].finish == "length"
    assert "".join(piece.text for piece in pieces).strip("a \n") == ""
    assert len(pieces) < 100
