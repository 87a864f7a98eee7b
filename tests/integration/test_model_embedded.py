"""The embedded runner with real weights: what it writes and reuses, its child process, and files that are no models."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import httpx
import psutil
import pytest

from lsp_server.errors import ModelError, ModelFailedError, ModelMissingError
from lsp_server.model.embedded import EmbeddedClient
from lsp_server.model.port import Generation
from lsp_server.model.weights import WEIGHTS
from tests.support.asking import CHAT, CODE, every_piece, steps
from tests.support.processes import running_below

pytestmark = pytest.mark.embedded

SMOLLM = "smollm2"
LONG = steps(12)


@pytest.fixture
async def client(weights: Path) -> AsyncGenerator[EmbeddedClient, None]:
    opened = EmbeddedClient(weights)
    yield opened
    await opened.aclose()


def _children() -> list[psutil.Process]:
    return running_below("lsp_server.model.runner")


async def _until_started() -> None:
    async with asyncio.timeout(30):
        while not _children():  # noqa: ASYNC110  a process that appears tells nobody
            await asyncio.sleep(0.01)


async def _until_ended(children: list[psutil.Process]) -> None:
    await asyncio.to_thread(psutil.wait_procs, children, 30)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


async def test_it_writes_and_counts_what_it_reused(client: EmbeddedClient) -> None:
    for request in (CODE, CHAT):
        *pieces, last = await every_piece(client, request, SMOLLM)
        assert "".join(piece.text for piece in pieces)
        assert last.usage
        assert last.usage.generated_tokens == 4
        assert last.finish == "length"
    first = (await every_piece(client, Generation(LONG, max_tokens=1), SMOLLM))[-1].usage
    grown = (await every_piece(client, Generation(LONG + "def more", max_tokens=1), SMOLLM))[-1].usage
    assert first
    assert grown
    assert first.reused_tokens == 0
    assert grown.reused_tokens is not None
    assert grown.reused_tokens >= first.prompt_tokens - 2
    assert grown.prompt_tokens > first.prompt_tokens


async def test_what_another_prompt_displaced_comes_back(client: EmbeddedClient) -> None:
    """One slot and a memory of prompts: completion and chat take turns without reading everything again."""
    first = (await every_piece(client, Generation(LONG, max_tokens=1), SMOLLM))[-1].usage
    await every_piece(client, Generation("something else entirely\n" + LONG[:400], max_tokens=1), SMOLLM)
    again = (await every_piece(client, Generation(LONG, max_tokens=1), SMOLLM))[-1].usage
    assert first
    assert again
    assert again.reused_tokens is not None
    assert again.reused_tokens > first.prompt_tokens * 0.9


async def test_a_sliding_window_is_kept_whole(client: EmbeddedClient) -> None:
    """Without `swa_full` Gemma reads everything again after any change before its last tokens."""
    prompt = LONG * 3  # longer than its window of 512
    first = (await every_piece(client, Generation(prompt, max_tokens=1), "gemma3:270m"))[-1].usage
    changed = (await every_piece(client, Generation(prompt[:-200] + "CHANGED\n", max_tokens=1), "gemma3:270m"))[-1].usage
    assert first
    assert changed
    assert first.prompt_tokens > 512
    assert changed.reused_tokens is not None
    assert changed.reused_tokens > first.prompt_tokens * 0.7


async def test_stops_seeds_and_logprobs(client: EmbeddedClient) -> None:
    stopped = await every_piece(client, Generation("1, 2, 3, 4,", max_tokens=60, stop=("8",), logprobs=True), SMOLLM)
    assert stopped[-1].finish == "stop"
    assert "8" not in "".join(piece.text for piece in stopped)
    assert any(piece.logprobs for piece in stopped)
    assert not any(piece.logprobs for piece in await every_piece(client, CODE, SMOLLM))
    dice = Generation("import ", max_tokens=6, temperature=1.0, seed=5)
    assert [piece.text for piece in await every_piece(client, dice, SMOLLM)] == [
        piece.text for piece in await every_piece(client, dice, SMOLLM)
    ]


async def test_likely_words_in_place_of_a_token_come_when_asked_for(client: EmbeddedClient) -> None:
    asked = await every_piece(client, Generation(CODE.prompt, max_tokens=1, alternatives=20), SMOLLM)
    others = next(piece.alternatives for piece in asked if piece.alternatives)
    assert len(others) == 20
    assert "".join(piece.text for piece in asked).startswith(others[0].text)


async def test_closing_while_it_writes_frees_it(client: EmbeddedClient) -> None:
    endless = Generation("def f():\n    return [0, 1, 2, 3,", max_tokens=100_000)
    async with aclosing(client.generate(SMOLLM, endless)) as pieces:
        await anext(pieces)
    await asyncio.wait_for(every_piece(client, CODE, SMOLLM), 60)


async def test_a_cancelled_first_request_does_not_stop_the_loading(client: EmbeddedClient) -> None:
    task = asyncio.create_task(every_piece(client, CODE, SMOLLM))
    await _until_started()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [child] = _children()
    await every_piece(client, CODE, SMOLLM)
    assert _children() == [child]


async def test_one_model_at_a_time(client: EmbeddedClient) -> None:
    answers = await asyncio.gather(
        every_piece(client, CODE, SMOLLM), every_piece(client, CODE, "gemma3:270m"), return_exceptions=True
    )
    # The second request made the first one's runner go, before or while it wrote.
    assert any(isinstance(answer, list) for answer in answers)
    await every_piece(client, CODE, "gemma3:270m")
    assert len(_children()) == 1


async def test_a_runner_that_dies_is_reported_and_started_again(client: EmbeddedClient) -> None:
    endless = Generation("def f():\n    return [0, 1, 2, 3,", max_tokens=100_000)
    async with aclosing(client.generate(SMOLLM, endless)) as pieces:
        await anext(pieces)
        os.kill(_children()[0].pid, signal.SIGKILL)
        with pytest.raises(ModelFailedError, match="ended while it ran `smollm2`") as caught:
            async for _ in pieces:
                pass
    assert "starts again" in caught.value.advice
    assert await every_piece(client, CODE, SMOLLM)


async def test_closing_ends_the_child_and_may_be_done_twice(weights: Path) -> None:
    client = EmbeddedClient(weights)
    await client.aclose()
    await every_piece(client, CODE, SMOLLM)
    children = _children()
    assert len(children) == 1
    await client.aclose()
    await client.aclose()
    await _until_ended(children)


async def test_closing_while_it_loads_leaves_no_child(weights: Path) -> None:
    client = EmbeddedClient(weights)
    task = asyncio.create_task(every_piece(client, CODE, SMOLLM))
    await _until_started()
    children = _children()
    await client.aclose()
    with pytest.raises((asyncio.CancelledError, ModelError)):
        await task
    await _until_ended(children)


async def test_only_who_knows_the_key_may_ask(client: EmbeddedClient) -> None:
    """Another user of the machine can reach the port; prompts are none of their business."""
    await every_piece(client, CODE, SMOLLM)
    [child] = _children()
    [port] = {one.laddr.port for one in child.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
    assert {one.laddr.ip for one in child.net_connections("tcp") if one.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as stranger:
        for path in ("/completion", "/v1/completions", "/v1/chat/completions", "/tokenize"):
            assert (await stranger.post(path, json={"prompt": "x", "content": "x"})).status_code == 401
        assert (await stranger.get("/slots")).status_code in (401, 404, 501)
    assert "key" not in " ".join(child.cmdline())


# --- files


async def test_models_are_described_from_their_headers(client: EmbeddedClient, weights: Path) -> None:
    found = {info.name: info for info in await client.models()}
    assert found.keys() == WEIGHTS.keys()
    assert (found[SMOLLM].family, found[SMOLLM].context_tokens, found[SMOLLM].digest) == ("llama", 8192, WEIGHTS[SMOLLM].sha256)
    by_path = await client.describe(str(WEIGHTS[SMOLLM].path(weights)))
    assert by_path.family == "llama"
    assert by_path.digest != found[SMOLLM].digest


async def test_nothing_pulled_is_no_model(tmp_path: Path) -> None:
    client = EmbeddedClient(tmp_path)
    assert await client.models() == []
    with pytest.raises(ModelMissingError) as caught:
        await every_piece(client, CODE, SMOLLM)
    assert "models pull smollm2" in caught.value.advice
    with pytest.raises(ModelMissingError, match="does not know"):
        await client.describe("qwen2.5-coder:1.5b")
    with pytest.raises(ModelMissingError, match="no model file"):
        await every_piece(client, CODE, str(tmp_path / "none.gguf"))
    with pytest.raises(ModelFailedError):
        await client.embed(SMOLLM, ["x"])


@pytest.mark.parametrize("damage", ["text", "empty", "header only", "cut", "scrambled tensors"])
async def test_a_bad_file_is_one_sentence_and_the_next_model_works(
    client: EmbeddedClient, weights: Path, tmp_path: Path, damage: str
) -> None:
    whole = WEIGHTS[SMOLLM].path(weights)
    with whole.open("rb") as file:
        start = file.read(3_000_000)
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(
        {
            "text": b"not a model at all\n" * 50,
            "empty": b"",
            "header only": start[:2000],
            "cut": start,
            "scrambled tensors": start[:1_000_000] + os.urandom(2_000_000),
        }[damage]
    )
    with pytest.raises(ModelFailedError, match=r"bad\.gguf") as caught:
        await every_piece(client, CODE, str(bad))
    assert caught.value.advice
    assert "\n" not in str(caught.value)
    assert not _children()
    assert await every_piece(client, CODE, SMOLLM)


async def test_a_repository_cannot_put_its_own_program_in_place(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory is the repository: a package of our name in it must not be run."""
    told = tmp_path / "was-run"
    for package in ("lsp_server", "lsp_server/model"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(f"open({str(told)!r}, 'w')")
    (tmp_path / "lsp_server/model/runner.py").write_text(f"open({str(told)!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    client = EmbeddedClient(weights)
    try:
        assert await every_piece(client, CODE, SMOLLM)
    finally:
        await client.aclose()
    assert not told.exists()
