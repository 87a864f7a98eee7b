"""No Ollama at all: the server with a model that runs beside it, in a process that must not outlive it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.editing import Editor
from tests.support.processes import running_below
from tests.support.wire import PATIENCE_S, running_server, write_config

pytestmark = pytest.mark.embedded

URI = "file:///nowhere/a.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "


async def test_without_ollama_the_embedded_model_answers_and_ends_with_the_server(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "data" / "hearth").mkdir(parents=True)
    (tmp_path / "data" / "hearth" / "models").symlink_to(weights)
    write_config(tmp_path, '[model]\nname = "smollm2"\n[completion]\nmax_tokens = 16\n[index]\nenabled = false\n')
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        wire.open(URI, TEXT)
        said = await wire.ghost_text(URI, 5, 11, kind=1)
        assert said
        status = await wire.command("hearth.status")
        assert "embedded" in status["model"]["message"]
        children = psutil.Process(wire.process.pid).children(recursive=True)
        assert children
        wire.process.kill()
        await wire.ended()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, PATIENCE_S)
        assert alive == []


async def test_the_model_is_loaded_before_anybody_types(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "data" / "hearth").mkdir(parents=True)
    (tmp_path / "data" / "hearth" / "models").symlink_to(weights)
    write_config(tmp_path, '[model]\nname = "smollm2"\n[index]\nenabled = false\n')
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.status("ready")
        async with asyncio.timeout(PATIENCE_S):
            while not running_below("lsp_server.model.runner"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await wire.quit() == 0
    assert not running_below("lsp_server.model.runner"), "also where it was still loading"


SHOP = """class Store:
    def add(self, item):
        # 😀
        if item in self.items:
            return False
        self.items.append(item)
        return True


def last():
    return 0
"""

ACTS: dict[str, Any] = {
    "workspace": {"workspaceEdit": {"documentChanges": True}},
    "experimental": {"hearth": {"status": True, "markdown": True}},
}


async def test_code_actions_of_a_weak_model_change_what_they_are_about_or_nothing(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "data" / "hearth").mkdir(parents=True)
    (tmp_path / "data" / "hearth" / "models").symlink_to(weights)
    write_config(tmp_path, '[model]\nname = "smollm2"\n[actions]\nmax_tokens = 96\n[index]\nenabled = false\n')
    async with running_server(tmp_path) as wire:
        wire.replies["workspace/applyEdit"] = lambda params: {"applied": True}
        await wire.initialize(ACTS)
        await wire.status("ready")
        editor = Editor(wire, URI, SHOP, "utf-16")
        for action in ("document", "simplify", "explain"):
            wire.received.clear()
            place = editor.position(editor.text.index("append"))
            argument = {"id": action, "uri": URI, "range": {"start": place, "end": place}, "run": action}
            asked = wire.ask("workspace/executeCommand", {"command": "hearth.action", "arguments": [argument]})
            await wire.until(lambda: any(one["stage"] == "writing" for one in wire.heard("hearth/partial")))
            editor.type(0, 0, "# 😀 typed meanwhile\n")
            answer = (await wire.answer(asked))["result"]
            assert answer["outcome"] in ("edit", "text")
            if answer["outcome"] == "edit":
                result = editor.applied(wire.heard("workspace/applyEdit")[0]["edit"])
                compile(result, "shop", "exec")
                assert result.endswith("def last():\n    return 0\n")
                assert "def add(self, item" in result
        assert await wire.quit() == 0
