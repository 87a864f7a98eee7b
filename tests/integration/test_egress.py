"""Invariant 6: nothing but this machine is connected to. Real clients, real sockets; what must not happen is watched for."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexer.errors import EmbedderError
from lsp_server.errors import ForbiddenHostError, HearthError, ModelProtocolError
from lsp_server.model.choose import choose, make_client
from lsp_server.model.embedder import OllamaEmbedder
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.openai_compatible import OpenAICompatibleClient
from lsp_server.model.port import Generation
from lsp_server.model.transport import open_client, open_sync_client
from lsp_server.paths import Paths
from lsp_server.settings import ModelSettings

EVIL = [
    "http://example.com",
    "https://ollama.com",
    "http://127.0.0.1@example.com",
    "http://localhost:80@example.com",
    "http://127.0.0.1.example.com",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://127.1",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:8.8.8.8]",
    "http://0.0.0.0",
    "http://[::]",
    "http://10.255.255.1",
]
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class Watch:
    """Every name that was looked up and every address that was connected to in this process, from now on."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.on = True

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "socket.getaddrinfo":
            name = arguments[0]
            self.seen.append(("look up", name.decode() if isinstance(name, bytes) else str(name)))
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.seen.append(("connect", str(arguments[1][0])))

    def strangers(self) -> list[tuple[str, str]]:
        return [one for one in self.seen if one[1] not in ("127.0.0.1", "::1")]


@pytest.fixture
def watch() -> Any:
    """An audit hook sees below every library, and cannot be taken out again: it is only switched off."""
    watching = Watch()
    sys.addaudithook(watching.hook)
    yield watching
    watching.on = False


@asynccontextmanager
async def answering(answer: bytes) -> AsyncGenerator[tuple[str, list[bytes]], None]:
    """A server on this machine that gives every request the same answer; its address, and the requests."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


def _redirect(status: int, to: str) -> bytes:
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


async def _read(client: OllamaClient | OpenAICompatibleClient) -> None:
    async with aclosing(client.generate("m", Generation("secret code"))) as pieces:
        async for _ in pieces:
            pass


def test_the_watch_sees_what_it_is_for(watch: Watch) -> None:
    with socket.socket() as probe:
        probe.setblocking(False)
        probe.connect_ex(("127.0.0.9", 9))
    with pytest.raises(OSError):
        socket.getaddrinfo("no.such.host.invalid", 80)
    assert ("connect", "127.0.0.9") in watch.seen
    assert ("look up", "no.such.host.invalid") in watch.strangers()


@pytest.mark.parametrize("url", EVIL)
async def test_no_client_can_be_opened_on_a_host_elsewhere(watch: Watch, url: str) -> None:
    makers: list[Callable[[], object]] = [
        lambda: open_client(url),
        lambda: open_sync_client(url),
        lambda: OllamaClient(url),
        lambda: OpenAICompatibleClient(url + "/v1"),
        lambda: make_client("openai_compatible", ModelSettings(openai_base_url=url), _PATHS),
    ]
    for make in makers:
        with pytest.raises(ForbiddenHostError):
            make()
    assert not watch.strangers()


@pytest.mark.parametrize("url", EVIL)
async def test_an_open_client_does_not_go_elsewhere_either(watch: Watch, url: str) -> None:
    async with open_client("http://127.0.0.1:9") as client:
        for method in ("GET", "POST", "CONNECT"):
            with pytest.raises(ForbiddenHostError):
                await client.request(method, url)
    with open_sync_client("http://127.0.0.1:9") as sync_client, pytest.raises(ForbiddenHostError):
        sync_client.get(url)
    assert not watch.strangers()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_from_this_machine_leads_nowhere(watch: Watch, status: int) -> None:
    async with answering(_redirect(status, "http://example.com/")) as (url, heard):
        for client in (OllamaClient(url), OpenAICompatibleClient(url + "/v1")):
            for call in (client.models(), client.describe("m"), _read(client)):
                with pytest.raises(ModelProtocolError, match="elsewhere"):
                    await call
            await client.aclose()
        assert heard
        with pytest.raises(EmbedderError, match="elsewhere"):
            await asyncio.to_thread(OllamaEmbedder, "m", ModelSettings(ollama_host=url))
        # And a client that somebody told to follow meets the rule at the next hop.
        async with open_client(url) as follower:
            with pytest.raises(ForbiddenHostError):
                await follower.get("/", follow_redirects=True)
    assert not watch.strangers()


async def test_proxies_of_the_environment_are_ignored(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(b"HTTP/1.1 502 Proxy\r\nContent-Length: 0\r\n\r\n") as (proxy, through_proxy):
        for name in PROXIES:
            monkeypatch.setenv(name, proxy)
        monkeypatch.setenv("NO_PROXY", "")
        # That these variables would have done something: an ordinary client obeys them.
        async with httpx.AsyncClient() as ordinary:
            await ordinary.get("http://example.com/")
        assert len(through_proxy) == 1
        body = b'{"models":[],"data":[]}'
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        async with answering(answer) as (url, heard):
            for client in (OllamaClient(url), OpenAICompatibleClient(url + "/v1")):
                assert await client.models() == []
                await client.aclose()
            assert len(heard) == 2
        with pytest.raises(ForbiddenHostError):
            open_client("http://example.com")
        assert len(through_proxy) == 1


async def test_a_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with answering(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}') as (url, heard):
        client = OpenAICompatibleClient(url + "/v1")
        await client.models()
        await client.aclose()
    assert b"authorization" not in heard[0].lower()


async def test_ollama_host_elsewhere_in_the_environment_changes_nothing(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The package reads that variable by itself where it is not told a host."""
    monkeypatch.setenv("OLLAMA_HOST", "http://example.com:11434")
    client = make_client("ollama", ModelSettings(), _PATHS)
    assert isinstance(client, OllamaClient)
    assert client.url == "http://127.0.0.1:11434"
    with pytest.raises(HearthError):  # nothing listens there, or it has no such model
        await _read(client)
    await client.aclose()
    assert not watch.strangers()


async def test_localhost_is_not_looked_up(watch: Watch) -> None:
    async with answering(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}') as (url, heard):
        client = OpenAICompatibleClient(url.replace("127.0.0.1", "localhost") + "/v1")
        assert await client.models() == []
        await client.aclose()
    assert len(heard) == 1
    assert not watch.strangers()


@pytest.mark.parametrize("url", ["http://example.com", "http://127.0.0.1@example.com", "http://10.255.255.1:11434"])
async def test_choosing_a_model_does_not_go_elsewhere(watch: Watch, url: str) -> None:
    for settings in (ModelSettings(ollama_host=url), ModelSettings(backend="openai_compatible", openai_base_url=url)):
        with pytest.raises(ForbiddenHostError, match="not this machine"):
            await choose(settings, _PATHS)
    with pytest.raises(EmbedderError, match="not this machine"):
        OllamaEmbedder("m", ModelSettings(ollama_host=url))
    assert not watch.strangers()


async def test_a_host_the_user_allows_is_tried_and_no_other(watch: Watch) -> None:
    async with open_client("http://no.such.host.invalid", ["no.such.host.invalid"]) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
        with pytest.raises(ForbiddenHostError):
            await client.get("http://other.host.invalid/")
    assert watch.strangers() == [("look up", "no.such.host.invalid")]


_NOWHERE = Path("/nonexistent")
_PATHS = Paths(_NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE)
