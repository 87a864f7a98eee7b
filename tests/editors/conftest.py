"""What every editor's tests share: the editors themselves, and a model that knows a few files by heart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.editors.texts import KNOWN, TOTAL, upto
from tests.editors.window import Window, user_settings
from tests.support.cache import ROOT
from tests.support.editors.extension import packed_extension
from tests.support.editors.machine import EditorUnavailable
from tests.support.editors.neovims import Neovim, neovim
from tests.support.editors.recital import recite
from tests.support.editors.vscode import VSCode, vscode
from tests.support.editors.vscode_window import vscode_window
from tests.support.not_run import cannot_run
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama


def neovim_or_not_run(version: str) -> Neovim:
    """The Neovim of a release; the test is reported as not run where this machine cannot have it."""
    try:
        return neovim(version)
    except EditorUnavailable as error:
        cannot_run(f"no Neovim {version}: {error}")


@pytest.fixture(scope="session")
def real_vscode() -> VSCode:
    """VS Code and a browser."""
    try:
        return vscode()
    except EditorUnavailable as error:
        cannot_run(f"no VS Code: {error}")


@pytest.fixture(scope="session")
def extension() -> Path:
    """The packed extension."""
    try:
        return packed_extension()
    except EditorUnavailable as error:
        cannot_run(f"no extension for VS Code: {error}")


@pytest.fixture(scope="module")
def reciter() -> Iterator[ScriptedOllama]:
    """A scripted Ollama that goes on with the known texts."""
    with scripted_ollama() as model:
        model.reply = recite(KNOWN)
        yield model


@pytest.fixture
def own_reciter() -> Iterator[ScriptedOllama]:
    """One of a test's own, for tests that take its models away and stop it."""
    with scripted_ollama() as model:
        model.reply = recite(KNOWN)
        yield model


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def window(
    real_vscode: VSCode, extension: Path, reciter: ScriptedOllama, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Window]:
    """One window on a workspace of two folders, ready."""
    folder = tmp_path_factory.mktemp("vscode")
    for name in ("project", "other"):
        (folder / name / ".git").mkdir(parents=True)
    (folder / "project/shop.py").write_text(TOTAL)
    (folder / "other/second.py").write_text(upto(TOTAL, '"""\n') + "    ")
    workspace = folder / "two.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": "project"}, {"path": "other"}]}))
    env = {"PYTHONPATH": str(ROOT)}
    settings = user_settings(reciter, **{"files.readonlyInclude": {"**/readonly.py": True}})
    async with vscode_window(real_vscode, extension, folder, settings=settings, env=env, open_path=workspace) as bench:
        made = Window(bench, folder / "project", reciter)
        await made.until_status("flame Hearth")
        await made.warm_up()
        yield made
