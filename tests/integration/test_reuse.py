"""Up to which length a runner keeps its prompts: found out by asking, remembered, and kept to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lsp_server.completion.anchoring import Anchors
from lsp_server.completion.recent import Recent
from lsp_server.completion.tree import Trees
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel, Generation, ModelInfo, Reuse
from lsp_server.model.reuse import find_limit, probe, recalled
from lsp_server.model.scheduler import ScheduledClient
from lsp_server.settings import CompletionSettings
from tests.support.ollama import GEMMA
from tests.support.simulated_runner import MODEL, SimulatedRunner

INFO = ModelInfo(MODEL, "ollama", context_tokens=8192, digest="abc", runner_version="ollama 1")
LINES = "".join(f"value_{number} = {number}\n" for number in range(2000))


@asynccontextmanager
async def runner(window: int | None, reuse: Reuse) -> AsyncIterator[tuple[ChosenModel, SimulatedRunner]]:
    async with SimulatedRunner([], prompt_speed=2000, window=window) as simulated:
        client = OllamaClient(simulated.url)
        yield ChosenModel(ScheduledClient(client, reuse), INFO, None, "", reuse=reuse), simulated
        await client.aclose()


@pytest.mark.parametrize(
    ("window", "fits"),
    [(None, lambda limit: limit is None), (300, lambda limit: 200 < limit <= 300), (10, lambda limit: limit == 0)],
)
async def test_the_limit_is_found_and_remembered(
    tmp_path: Path, window: int | None, fits: Callable[[int | None], bool]
) -> None:
    file = tmp_path / "state" / "reuse.json"
    reuse = recalled(file, INFO)
    assert not reuse.known
    async with runner(window, reuse) as (chosen, _):
        await probe(chosen, 600)
    assert reuse.known
    assert fits(reuse.limit_tokens), reuse.limit_tokens
    again = recalled(file, INFO)
    assert (again.known, again.limit_tokens) == (True, reuse.limit_tokens)
    assert not recalled(file, replace(INFO, runner_version="ollama 2")).known
    assert not recalled(file, replace(INFO, digest="")).known


@pytest.mark.parametrize("content", ["", "[]", '{"abc ollama 1": "x"}', '{"abc ollama 1": true}', '{"abc ollama 1": 1.5}'])
def test_a_damaged_memory_costs_one_probe(tmp_path: Path, content: str) -> None:
    file = tmp_path / "reuse.json"
    file.write_text(content)
    assert not recalled(file, INFO).known


async def test_what_is_not_kept_is_read_in_one_go() -> None:
    async with runner(100, Reuse(True, 100)) as (chosen, simulated):
        async for _ in chosen.client.generate(MODEL, Generation(LINES[:3000], max_tokens=1)):
            pass
        assert len(simulated.calls) == 1


@pytest.mark.parametrize("limit", [0, 400, 700])
async def test_prompts_stay_below_the_limit_with_all_that_is_typed_behind_them(limit: int) -> None:
    async with runner(None, Reuse(True, limit)) as (chosen, _):
        settings = replace(CompletionSettings(), max_tokens=32)
        snapshot = DocumentSnapshot("file:///a.py", "a.py", None, "python", 1, LINES)
        anchor = await Anchors(None, settings, Trees(), Recent()).take(snapshot, LINES, "", chosen, read_ms=1e6)
        tokens = (len(anchor.prefix) + len(anchor.suffix)) / 3.0
        assert tokens <= (max(limit - 133 - 32, 256))


@pytest.mark.ollama
async def test_a_real_sliding_window_is_found(ollama: str) -> None:
    """Gemma 3 looks back 512 tokens: of the two lengths that are tried Ollama keeps the one below and not the one above."""
    client = OllamaClient(ollama)
    info = await client.describe(GEMMA)
    assert info.runner_version.startswith("ollama 0.")
    limit = await find_limit(ChosenModel(client, info, None, ""), 600, step=300)
    assert limit is not None
    assert 200 < limit < 512
    await client.aclose()
