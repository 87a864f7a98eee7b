"""A missing model, a dead server, a broken one: told once, while the server works on and finds its way back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.scripted_ollama import MODEL, ScriptedOllama, scripted_ollama
from tests.support.wire import GHOST_TEXT, PATIENCE_S, Wire, running_server, scripted_config, write_config

URI = "file:///nowhere/a.py"
KEY_S = 0.05
"""Between two keys of somebody who types fast."""


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        server.reply = lambda prompt: ["1"]
        yield server


async def ghost_text_appears(wire: Wire) -> str | None:
    """Type on until there is ghost text again: nothing polls, so the next request is what looks for the model."""
    async with asyncio.timeout(PATIENCE_S):
        for version in count(1000):
            text = f"x{version} = "
            wire.change(URI, version, {"text": text})
            said = await wire.ghost_text(URI, 0, len(text))
            if said:
                return said
            await asyncio.sleep(KEY_S)
    raise AssertionError(f"no ghost text came back; statuses: {wire.statuses()}")


async def test_ollama_down_up_down_up(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    model.stop()
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        status = await wire.status("model_unreachable")
        assert "ollama serve" in status["action"]
        wire.open(URI, "x = ")
        assert await wire.ghost_text(URI, 0, 4) is None

        model.start()
        assert await ghost_text_appears(wire) == "1"
        assert (await wire.status("ready"))["model"] == MODEL

        model.stop()
        wire.change(URI, 500, {"text": "gone = "})
        assert await wire.ghost_text(URI, 0, 7) is None
        await wire.status("model_unreachable")

        model.start()
        assert await ghost_text_appears(wire) == "1"
        await wire.status("ready")


async def test_a_key_press_looks_for_the_model_at_once_and_says_what_is_wrong(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    model.stop()
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("model_unreachable")
        wire.open(URI, "x = ")
        assert await wire.ghost_text(URI, 0, 4, kind=1) is None
        assert "Ollama" in wire.heard("window/showMessage")[0]["message"]
        model.start()
        assert await wire.ghost_text(URI, 0, 4, kind=1) == "1"


async def test_a_missing_model_is_found_once_it_is_there(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    model.models = []
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        status = await wire.status("model_missing")
        assert f"ollama pull {MODEL}" in status["action"]
        model.models = [MODEL]
        await wire.command("hearth.status")
        await wire.status("ready")


async def test_a_model_that_is_removed_while_one_types(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        model.models = []
        wire.open(URI, "x = ")
        assert await wire.ghost_text(URI, 0, 4) is None
        await wire.status("model_missing")


FAULTS = {
    "500 with words": b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 24\r\n\r\n{"error": "out of tears"}',
    "garbage in 200": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>no>",
    "half a line": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"model": "x", "respo',
    "an error in a stream of status 200": b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"error": "no room"}',
    "nothing at all": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_server_that_answers_nonsense(tmp_path: Path, model: ScriptedOllama, fault: bytes) -> None:
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        wire.open(URI, "x = ")
        model.fault = fault
        assert await wire.ghost_text(URI, 0, 4) is None
        await wire.until(lambda: wire.statuses()[-1] in ("model_failing", "model_unreachable"))
        assert wire.heard("hearth/status")[-1]["message"]
        model.fault = None
        assert await ghost_text_appears(wire) == "1"
        await wire.status("ready")


async def test_trouble_is_told_once_and_not_per_key(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    model.stop()
    async with running_server(tmp_path) as wire:
        await wire.initialize({"textDocument": {"inlineCompletion": {}}})
        await wire.status("model_unreachable")
        wire.open(URI, "x = ")
        for version in range(2, 60):
            text = f"x{version} = "
            wire.change(URI, version, {"text": text})
            assert await wire.ghost_text(URI, 0, len(text)) is None
        assert len(wire.heard("window/showMessage")) == 1, "an editor without our status line gets one message"
        assert wire.statuses().count("model_unreachable") == 1


async def test_switched_off_is_said_and_asks_no_model(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url, enabled=False))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("off")
        wire.open(URI, "x = ")
        assert await wire.ghost_text(URI, 0, 4) is None
        wire.notify("workspace/didChangeConfiguration", {"settings": {"hearth": {"completion": {"enabled": True}}}})
        assert await wire.ghost_text(URI, 0, 4) == "1"
        await wire.status("ready")
        assert len(model.asked) == 1


async def test_a_client_that_draws_the_status_itself_gets_no_message(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    model.stop()
    async with running_server(tmp_path) as wire:
        await wire.initialize(GHOST_TEXT)
        await wire.status("model_unreachable")
        await wire.command("hearth.clearCache")
        assert wire.heard("window/showMessage") == []
