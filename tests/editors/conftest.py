"""What every editor's tests share: the editors themselves, and a model that knows a few files by heart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.texts import KNOWN
from tests.support.editors.extension import packed_extension
from tests.support.editors.machine import EditorUnavailable
from tests.support.editors.neovims import Neovim, neovim
from tests.support.editors.recital import recite
from tests.support.editors.vscode import VSCode, vscode
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
