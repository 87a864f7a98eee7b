"""No Ollama at all: the server with a model that runs beside it, in a process that must not outlive it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

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
