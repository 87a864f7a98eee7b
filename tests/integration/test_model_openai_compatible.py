"""The OpenAI-compatible client against a real llama.cpp server: the one inside the embedded runner."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from lsp_server.errors import ModelError, ModelFailedError, ModelMissingError, ModelUnreachableError
from lsp_server.model.embedded import EmbeddedClient
from lsp_server.model.openai_compatible import OpenAICompatibleClient
from lsp_server.model.port import Generation
from tests.support.asking import CHAT, CODE, every_piece
from tests.support.faults import WRONG, Fault, faulty

pytestmark = pytest.mark.embedded

OPENAI = frozenset({"/v1/completions", "/v1/chat/completions"})


@pytest.fixture
async def server(weights: Path) -> AsyncGenerator[tuple[str, str], None]:
    """Address and key of a real llama.cpp server."""
    client = EmbeddedClient(weights)
    await every_piece(client, CODE, "smollm2")
    assert client._child  # the one real server of this protocol here; only the client knows its key
    runner = client._child.ready.result()
    yield runner.client.url, runner.client._http.headers["authorization"].removeprefix("Bearer ")
    await client.aclose()


async def test_the_openai_protocol(server: tuple[str, str]) -> None:
    client = OpenAICompatibleClient(server[0], api_key=server[1])
    [info] = await client.models()
    assert info.backend == "openai_compatible"
    assert info.context_tokens == 8192
    assert await client.describe(info.name) == info
    for request in (CODE, CHAT):
        *pieces, last = await every_piece(client, request, info.name)
        assert "".join(piece.text for piece in pieces)
        assert last.usage
        assert last.usage.prompt_tokens > 5
        assert last.usage.generated_tokens == 4
        assert last.finish == "length"
    with pytest.raises(ModelMissingError, match="nope"):
        await client.describe("nope")
    with pytest.raises(ModelFailedError, match="cannot be told"):
        await anext(client.pull("x"))
    with pytest.raises(ModelError):
        await client.embed(info.name, ["x"])
    await client.aclose()


async def test_a_wrong_key_says_where_keys_go(server: tuple[str, str]) -> None:
    for key in ("", "wrong"):
        client = OpenAICompatibleClient(server[0], api_key=key)
        with pytest.raises(ModelFailedError, match="refused") as caught:
            await every_piece(client, CODE, "m")
        assert "config.toml" in caught.value.advice
        await client.aclose()


@pytest.mark.parametrize("request_", [CODE, CHAT], ids=["completion", "chat"])
async def test_faults_of_such_a_server(server: tuple[str, str], request_: Generation) -> None:
    async with faulty(server[0].removesuffix("/v1")) as proxy:
        proxy.on = OPENAI
        client = OpenAICompatibleClient(proxy.url + "/v1", api_key=server[1])
        for fault in WRONG:
            proxy.fault = fault
            with pytest.raises(ModelError) as caught:
                await every_piece(client, request_, "m")
            assert "The model server" in str(caught.value), fault
            assert caught.value.advice, fault
            proxy.fault = Fault.NONE
            assert await every_piece(client, request_, "m"), fault
        await client.aclose()


async def test_nobody_listening(unused_tcp_port: int) -> None:
    client = OpenAICompatibleClient(f"http://127.0.0.1:{unused_tcp_port}/v1")
    for call in (client.models(), every_piece(client, CODE, "m"), client.embed("m", ["x"])):
        with pytest.raises(ModelUnreachableError) as caught:
            await call
        assert "model.openai_base_url" in caught.value.advice
    await client.aclose()
