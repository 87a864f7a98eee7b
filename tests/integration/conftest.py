"""What several files here share: the built-in embedder, a small library that nobody has indexed yet, and a desk for actions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from indexer.embedding import Embedder, make_embedder
from lsp_server.model.ollama import OllamaClient
from tests.support.action_desk import Desk
from tests.support.library import LIBRARY, Index
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.trees import plant


@pytest.fixture(scope="session")
def static() -> Embedder:
    return make_embedder("static")


@pytest.fixture
def library(tmp_path: Path, static: Embedder) -> Index:
    return Index(plant(tmp_path / "root", LIBRARY), tmp_path / "index", static)


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest.fixture
async def desk(scripted: ScriptedOllama) -> AsyncIterator[Desk]:
    scripted.asked.clear()
    scripted.piece_s = 0.0
    client = OllamaClient(scripted.url)
    yield Desk(scripted, client)
    await client.aclose()
