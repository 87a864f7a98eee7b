"""Editors without ghost text get the suggestion as an item of their completion list; the others do not get it twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pictures import picture
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import running_server, scripted_config, write_config

URI = "file:///nowhere/a.py"


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


async def test_only_editors_without_ghost_text_get_a_list(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        assert "completionProvider" not in (await wire.initialize())["capabilities"]
    async with running_server(tmp_path) as wire:
        assert "completionProvider" in (await wire.initialize({}))["capabilities"]


async def test_the_item_holds_the_whole_text_and_passes_the_editors_sieve(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    at = picture('"😀"; totalˇ\n')
    model.reply = lambda prompt: [" = compute(\n    1,\n)"]
    async with running_server(tmp_path) as wire:
        await wire.initialize({})
        wire.open(URI, at.text)
        place = {"line": at.line, "character": at.character}
        params = {"textDocument": {"uri": URI}, "position": place, "context": {"triggerKind": 1}}
        answer = await wire.request("textDocument/completion", params)
        assert answer["isIncomplete"] is True
        (item,) = answer["items"]
        start = {"line": at.line, "character": at.character - len("total")}
        assert item["textEdit"]["range"] == {"start": start, "end": place}
        assert item["textEdit"]["newText"].startswith("total = compute(")
        assert item["filterText"].startswith("total")
        assert "\n" not in item["label"]
        assert item["insertTextFormat"] == 1
        assert item["command"]["command"] == "hearth.accepted"


async def test_nothing_to_suggest_is_null_and_an_older_request_is_taken_back(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url))
    async with running_server(tmp_path) as wire:
        await wire.initialize({})
        wire.open(URI, "x = ")
        params = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}}
        older, newer = (wire.ask("textDocument/completion", params) for _ in range(2))
        assert (await wire.answer(older))["error"]["code"] == -32800
        assert (await wire.answer(newer))["result"] is None
