"""Real VS Code when something is missing or not trusted: the one status item, its buttons, and what a workspace may not do."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.texts import KNOWN
from tests.support.cache import ROOT
from tests.support.editors.recital import recite
from tests.support.editors.vscode import VSCode
from tests.support.editors.workbench import Workbench, vscode_window
from tests.support.scripted_ollama import MODEL, ScriptedOllama, scripted_ollama

pytestmark = pytest.mark.editors


@pytest.fixture
def reciter() -> Iterator[ScriptedOllama]:
    """One of each test's own: these tests take its models away and stop it."""
    with scripted_ollama() as model:
        model.reply = recite(KNOWN)
        yield model


SERVER = [sys.executable, "-m", "lsp_server", "serve"]
ENV = {"PYTHONPATH": str(ROOT)}


async def until_status(bench: Workbench, text: str) -> None:
    async def look() -> bool:
        return await bench.status() == text

    await bench.until(look, f"status {text!r}")


async def test_no_server_then_no_model_then_a_model(
    real_vscode: VSCode, extension: Path, reciter: ScriptedOllama, tmp_path: Path
) -> None:
    """A new user's first minutes, in one window: each message says what to do, and doing it is enough."""
    (tmp_path / "project").mkdir()
    reciter.models.clear()
    settings = {"hearth.model.backend": "ollama", "hearth.model.name": MODEL, "hearth.model.ollama_host": reciter.url}
    tools = tmp_path / "home/.local/bin"
    env = {**ENV, "PATH": "/usr/bin:/bin"}
    async with vscode_window(real_vscode, extension, tmp_path, settings=settings, env=env) as bench:
        await until_status(bench, "error Hearth")
        assert any("uv tool install hearth-lsp" in one for one in await bench.messages())
        await bench.page.locator(".notification-toast .monaco-button", has_text="Copy Command").first.wait_for()

        # As the command that was offered does it.
        tools.mkdir(parents=True)
        (tools / "lsp_server").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lsp_server "$@"\n')
        (tools / "lsp_server").chmod(0o755)
        await bench.button("Try Again")
        await until_status(bench, "warning Hearth: no model")
        await bench.until(lambda: _says(bench, f"{MODEL}"), "which model is missing")

        reciter.models.append(MODEL)
        await bench.command("Hearth: Show Menu")
        await bench.choose("Show Stats")  # asks how things are, and so looks for the model again
        await until_status(bench, "flame Hearth")

        reciter.stop()
        await bench.command("Hearth: Restart Server")
        await until_status(bench, "warning Hearth: model unreachable")
        await bench.page.locator(".notification-toast .monaco-button", has_text="Open Help").first.wait_for()
        reciter.start()
        await bench.button("Try Again")
        await until_status(bench, "flame Hearth")


async def _says(bench: Workbench, words: str) -> bool:
    return any(words in one for one in await bench.messages())


async def test_a_workspace_that_is_not_trusted_chooses_nothing(
    real_vscode: VSCode, extension: Path, reciter: ScriptedOllama, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / ".vscode").mkdir(parents=True)
    spy, told = project / "spy", tmp_path / "was-run"
    spy.write_text(f"#!/bin/sh\necho run > {told}\n")
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    (project / "lsp_server").symlink_to(spy)
    hostile = {
        "hearth.server.path": str(spy),
        "hearth.model.ollama_host": "http://127.0.0.1:1",
        "hearth.completion.enabled": False,
    }
    (project / ".vscode/settings.json").write_text(json.dumps(hostile))
    settings = {"hearth.server.path": SERVER, "hearth.model.backend": "ollama", "hearth.model.name": MODEL}
    settings = {**settings, "hearth.model.ollama_host": reciter.url, "security.workspace.trust.startupPrompt": "never"}
    async with vscode_window(real_vscode, extension, tmp_path, settings=settings, env=ENV, trust=False) as bench:
        await bench.page.locator(".statusbar-item", has_text="Restricted Mode").wait_for()
        await until_status(bench, "flame Hearth")
    assert not told.exists()
