"""Real VS Code when something is missing or not trusted: the one status item, its buttons, and what a workspace may not do."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path

import pytest

from tests.editors.texts import long_enough_to_see
from tests.editors.window import user_settings
from tests.support.cache import ROOT
from tests.support.editors.programs import program
from tests.support.editors.vscode import VSCode
from tests.support.editors.vscode_window import vscode_window
from tests.support.editors.workbench import Workbench
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = pytest.mark.editors


ENV = {"PYTHONPATH": str(ROOT)}


async def until_status(bench: Workbench, text: str) -> None:
    async def look() -> bool:
        return await bench.status() == text

    await bench.until(look, f"status {text!r}")


async def test_no_server_then_no_model_then_a_model(
    real_vscode: VSCode, extension: Path, own_reciter: ScriptedOllama, tmp_path: Path
) -> None:
    """A new user's first minutes, in one window: each message says what to do, and doing it is enough."""
    (tmp_path / "project").mkdir()
    own_reciter.models.clear()
    settings = {"hearth.model.backend": "ollama", "hearth.model.name": MODEL, "hearth.model.ollama_host": own_reciter.url}
    tools = tmp_path / "home/.local/bin"
    env = {**ENV, "PATH": "/usr/bin:/bin"}
    async with vscode_window(real_vscode, extension, tmp_path, settings=settings, env=env) as bench:
        await until_status(bench, "error Hearth")
        assert any("uv tool install hearth-lsp" in one for one in await bench.messages())
        await bench.page.locator(".notification-toast .monaco-button", has_text="Copy Command").first.wait_for()

        # As the command that was offered does it.
        program(tools / "lsp_server", f'exec "{sys.executable}" -m lsp_server "$@"')
        await bench.button("Try Again")
        await until_status(bench, "warning Hearth: no model")
        await bench.until(lambda: _says(bench, f"{MODEL}"), "which model is missing")

        own_reciter.pull_gate.clear()
        await bench.button(f"Fetch {MODEL}")
        await bench.until(lambda: _says(bench, f"fetching {MODEL}: pulling 747474747474, 40 %"), "how far it is")
        await bench.button("Cancel")
        await bench.until(lambda: _gave_up(own_reciter), "Ollama was told")

        own_reciter.pull_gate.set()
        await bench.command("Hearth: Show Menu")
        await bench.choose(f"Fetch {MODEL}")
        await bench.until(lambda: _says(bench, f"{MODEL} is here"), "that it is here")
        await until_status(bench, "flame Hearth")

        own_reciter.stop()
        await bench.command("Hearth: Restart Server")
        await until_status(bench, "warning Hearth: model unreachable")
        await bench.page.locator(".notification-toast .monaco-button", has_text="Open Help").first.wait_for()
        own_reciter.start()
        await bench.button("Try Again")
        await until_status(bench, "flame Hearth")


async def _says(bench: Workbench, words: str) -> bool:
    return any(words in one for one in await bench.messages())


async def _gave_up(model: ScriptedOllama) -> bool:
    return model.pulls_given_up == 1


async def test_uvx_runs_the_server_where_allowed_and_the_walkthrough_leads_through_the_first_minute(
    real_vscode: VSCode, extension: Path, own_reciter: ScriptedOllama, tmp_path: Path
) -> None:
    long_enough_to_see(tmp_path / "project")
    got = tmp_path / "uvx-got"
    # Where uv puts it. VS Code's server asks a login shell for PATH, so one of a test's own would not last.
    program(tmp_path / "home/.local/bin/uvx", f'echo "$@" >> "{got}"; shift 3; exec "{sys.executable}" -m lsp_server "$@"')
    settings = user_settings(own_reciter, **{"hearth.server.path": "", "hearth.server.useUvx": True})
    async with vscode_window(real_vscode, extension, tmp_path, settings=settings, env=ENV) as bench:
        seen: set[str] = set()

        async def is_ready() -> bool:
            seen.add(now := await bench.status())
            return now == "flame Hearth"

        await bench.until(is_ready, "the server that uvx started, and its index")
        assert got.read_text().split("\n")[0] == "--from hearth-lsp lsp_server serve --stdio"
        assert any(re.fullmatch(r"flame Hearth \d+ %", one) for one in seen), seen

        await bench.command("Welcome: Open Walkthrough...")
        await bench.choose("Get started with Hearth")
        steps = bench.page.locator(".getting-started-step")
        await steps.first.wait_for()
        titles = " ".join(await steps.all_inner_texts())
        for title in ("Install the server", "Choose a model", "Type, and press Tab", "Explain, refactor, ask"):
            assert title in titles
        installing = steps.filter(has_text="Install the server")
        await installing.click()
        assert await installing.locator(".complete").count() == 0
        await installing.locator(".monaco-button", has_text="Restart Server").click()
        await installing.locator(".complete").wait_for()
        await until_status(bench, "flame Hearth")


async def test_a_workspace_that_is_not_trusted_chooses_nothing(
    real_vscode: VSCode, extension: Path, own_reciter: ScriptedOllama, tmp_path: Path
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
    settings = user_settings(own_reciter, **{"security.workspace.trust.startupPrompt": "never"})
    async with vscode_window(real_vscode, extension, tmp_path, settings=settings, env=ENV, trust=False) as bench:
        await bench.page.locator(".statusbar-item", has_text="Restricted Mode").wait_for()
        await until_status(bench, "flame Hearth")
    assert not told.exists()
