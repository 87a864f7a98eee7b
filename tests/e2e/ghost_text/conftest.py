"""The server, once for each encoding of positions, with a model whose words are scripted, so that they can be foretold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import GHOST_TEXT, Wire, running_server, scripted_config, write_config


@pytest.fixture(scope="module")
def running_model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["utf-8", "utf-16", "utf-32"])
async def one_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, running_model: ScriptedOllama
) -> AsyncIterator[tuple[Wire, str]]:
    home = tmp_path_factory.mktemp("home")
    write_config(home, scripted_config(running_model.url))
    async with running_server(home) as wire:
        result = await wire.initialize({**GHOST_TEXT, "general": {"positionEncodings": [request.param, "utf-16"]}})
        assert result["capabilities"]["positionEncoding"] == request.param
        await wire.status("ready")
        yield wire, request.param
        assert await wire.quit() == 0
        assert wire.not_json == []


@pytest.fixture
def encoding(one_server: tuple[Wire, str]) -> str:
    return one_server[1]


@pytest.fixture
def model(running_model: ScriptedOllama) -> ScriptedOllama:
    running_model.asked.clear()
    running_model.gate.set()
    running_model.reply = lambda prompt: []
    return running_model


@pytest_asyncio.fixture(loop_scope="module")
async def wire(one_server: tuple[Wire, str], model: ScriptedOllama) -> Wire:
    wire, _ = one_server
    await wire.command("hearth.clearCache")
    wire.received.clear()
    wire.answers.clear()
    return wire
