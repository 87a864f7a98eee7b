"""What the port knows of the models in a real Ollama: described, missing, for embedding, or of the cloud and refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from lsp_server.errors import ForbiddenHostError, ModelFailedError, ModelMissingError
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.probe import count_tokens
from tests.support.asking import CHAT, CODE, every_piece
from tests.support.ollama import GEMMA, INSERT, MINILM, SMOLLM, Instance, start

pytestmark = pytest.mark.ollama

FAR = "far-away:1b"


@pytest.fixture
async def client(ollama: str) -> AsyncGenerator[OllamaClient, None]:
    opened = OllamaClient(ollama)
    yield opened
    await opened.aclose()


async def test_models_are_described(client: OllamaClient) -> None:
    names = {info.name: info for info in await client.models()}
    assert {SMOLLM, GEMMA, INSERT, MINILM} <= names.keys()
    assert names[SMOLLM].size_bytes > 90_000_000
    await every_piece(client, CODE, SMOLLM)
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
    for call in (client.describe("none:1b"), every_piece(client, CODE, "none:1b"), client.embed("none:1b", ["x"])):
        with pytest.raises(ModelMissingError, match="none:1b") as caught:
            await call
        assert "ollama pull none:1b" in caught.value.advice


async def test_a_model_that_vanishes_is_missing(ollama_instance: Instance, client: OllamaClient) -> None:
    ollama_instance.post("/api/copy", {"source": SMOLLM, "destination": "brief:1b"}, empty=True)
    await every_piece(client, CODE, "brief:1b")
    ollama_instance.delete("brief:1b")
    with pytest.raises(ModelMissingError):
        await every_piece(client, CODE, "brief:1b")


async def test_a_pull_that_fails_inside_a_200_fails(client: OllamaClient) -> None:
    """A registry on a loopback port where nothing listens: no test of ours reaches out."""
    with pytest.raises(ModelFailedError, match="could not reach its registry") as caught:
        async with aclosing(client.pull("127.0.0.1:1/library/none")) as steps:
            assert [step.status async for step in steps]
    assert "fetch it again" in caught.value.advice


async def test_a_model_of_the_cloud_is_hidden_and_refused(ollama_instance: Instance) -> None:
    instance = start(OLLAMA_NO_CLOUD="0")  # as most users run it
    try:
        instance.post("/api/create", {"model": FAR, "from": "big:1b", "remote_host": "http://192.0.2.1:9", "stream": False})
        client = OllamaClient(instance.url)
        assert FAR in instance.names()
        assert FAR not in {info.name for info in await client.models()}
        for call in (
            client.describe(FAR),
            every_piece(client, CODE, FAR),
            every_piece(client, CHAT, FAR),
            client.embed(FAR, ["x"]),
        ):
            with pytest.raises(ForbiddenHostError, match=r"192\.0\.2\.1"):
                await call
        for call in (client.describe("big:1b-cloud"), every_piece(client, CODE, "big:cloud"), client.embed("big:cloud", ["x"])):
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
