"""Settings from four places, in one session: what wins, what is refused, and how the user hears of a mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_ollama import MODEL, ScriptedOllama, scripted_ollama
from tests.support.wire import GHOST_TEXT, PATIENCE_S, Wire, running_server, scripted_config, write_config

URI = "file:///nowhere/a.py"
PULLS = {**GHOST_TEXT, "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}}


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        server.reply = lambda prompt: ["1"]
        yield server


def warnings(wire: Wire) -> list[str]:
    return [str(one["message"]) for one in wire.heard("window/showMessage")]


async def longest(wire: Wire, model: ScriptedOllama) -> int:
    """`completion.max_tokens` as it is in force: what the model is asked for."""
    text = f"x{len(model.asked)} = "
    wire.open(URI, text, version=len(model.asked))
    await wire.ghost_text(URI, 0, len(text))
    return int(model.asked[-1].body["options"]["num_predict"])


async def test_later_layers_win(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url, max_tokens=11))
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        assert await longest(wire, model) == 11
    async with running_server(tmp_path) as wire:
        await wire.initialize(options={"completion": {"max_tokens": 22}})
        assert await longest(wire, model) == 22
        wire.notify("workspace/didChangeConfiguration", {"settings": {"hearth": {"completion": {"max_tokens": 33}}}})
        assert await longest(wire, model) == 33
        wire.notify("workspace/didChangeConfiguration", {"settings": {"hearth": {}}})
        assert await longest(wire, model) == 22
        assert warnings(wire) == []


async def test_an_editor_that_can_be_asked_is_asked(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    said: dict[str, Any] = {"completion": {"max_tokens": 44}}
    async with running_server(tmp_path) as wire:
        wire.replies["workspace/configuration"] = lambda params: [said for _ in params["items"]]
        await wire.initialize(PULLS)
        await wire.status("ready")
        assert await longest(wire, model) == 44
        assert wire.heard("workspace/configuration") == [{"items": [{"section": "hearth"}]}]
        registered = wire.heard("client/registerCapability")[0]["registrations"]
        assert [one["method"] for one in registered] == ["workspace/didChangeConfiguration"]
        said["completion"] = {"max_tokens": 55}
        wire.notify("workspace/didChangeConfiguration", {"settings": None})
        async with asyncio.timeout(PATIENCE_S):  # the answer travels beside the requests, so the next one may be before it
            while await longest(wire, model) != 55:
                assert len(wire.heard("workspace/configuration")) <= 2


async def test_a_mistake_is_said_once_and_the_rest_is_in_force(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url, max_tokens=11))
    mistakes = {"completion": {"max_tokens": "many", "debonce_ms": 5}, "colour": "red"}
    async with running_server(tmp_path) as wire:
        await wire.initialize(options=mistakes)
        assert await longest(wire, model) == 11
        said = warnings(wire)
        assert len(said) == 3
        assert any("max_tokens" in one and "11" in one for one in said)
        assert any("debounce_ms" in one for one in said)
        wire.notify("workspace/didChangeConfiguration", {"settings": {}})
        assert await longest(wire, model) == 11
        assert len(warnings(wire)) == 3


BROKEN_FILES = {
    "not TOML": "completion = = 3",
    "wrong types": '[completion]\nenabled = "yes"\n',
    "a section that is a number": "completion = 3\n",
    "an unknown section": "[complettion]\nenabled = true\n",
}


@pytest.mark.parametrize("toml", BROKEN_FILES.values(), ids=BROKEN_FILES)
async def test_a_broken_config_toml_is_a_sentence_and_not_the_end(tmp_path: Path, toml: str) -> None:
    path = write_config(tmp_path, toml)
    async with running_server(tmp_path) as wire:
        await wire.initialize(options={"completion": {"enabled": False}})
        await wire.status("off")
        (said,) = warnings(wire)
        assert str(path) in said


async def test_a_repository_cannot_choose_host_model_or_embedder(tmp_path: Path, model: ScriptedOllama) -> None:
    """What a repository's own editor settings say arrives as workspace settings: invariants 6 and 7."""
    write_config(tmp_path, scripted_config(model.url))
    with scripted_ollama() as evil:
        hostile = {
            "model": {
                "ollama_host": evil.url,
                "name": "evil:1b",
                "backend": "openai_compatible",
                "allow_hosts": ["evil.example"],
            },
            "index": {"embedder": "sentence-transformers:/repository/evil"},
        }
        async with running_server(tmp_path) as wire:
            wire.replies["workspace/configuration"] = lambda params: [hostile]
            await wire.initialize(PULLS)
            assert (await wire.status("ready"))["model"] == MODEL
            await longest(wire, model)
            assert model.asked[-1].body["model"] == MODEL
            said = warnings(wire)
            for key in ("ollama_host", "name", "backend", "allow_hosts", "embedder"):
                assert any(f".{key}`" in one for one in said), key
        assert evil.asked == []


async def test_not_even_the_editor_opens_other_hosts(tmp_path: Path) -> None:
    write_config(tmp_path, '[model]\nbackend = "ollama"\n[index]\nenabled = false\n')
    async with running_server(tmp_path) as wire:
        await wire.initialize(options={"model": {"ollama_host": "http://192.0.2.1:11434", "allow_hosts": ["192.0.2.1"]}})
        await wire.until(lambda: wire.statuses()[-1:] in (["model_failing"], ["model_unreachable"], ["model_missing"]))
        assert "192.0.2.1" in wire.heard("hearth/status")[-1]["message"]
        assert any("allow_hosts" in one for one in warnings(wire))


async def test_settings_of_no_shape_at_all(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        await wire.initialize(options=[1, 2])
        for settings in (None, 7, "fast", [], {"hearth": []}, {"hearth": {"completion": None}}):
            wire.notify("workspace/didChangeConfiguration", {"settings": settings})
        assert await wire.ghost_text("file:///b.py", 0, 0) is None
        await wire.command("hearth.status")
