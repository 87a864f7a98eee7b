"""A user's first minute in one editor with a real model, told as JSON: `python -m tests.editors.first_minute "Neovim 0.12"`.

Everything is real and everything is started here: Ollama, the server, the editor. tests/editors/test_closed_network.py runs it
where no packet can leave the machine, and says what must have been seen. What a small model writes cannot be foretold, so
nothing here knows it: ghost text is what was drawn, and what was taken is compared with that.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.cache import ROOT
from tests.support.closed_network import Watch
from tests.support.editors.extension import packed_extension
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.neovims import neovim
from tests.support.editors.screen import Screen
from tests.support.editors.vscode import vscode
from tests.support.editors.workbench import Workbench, vscode_window
from tests.support.ollama import SMOLLM, start

FILE = "sums.py"
BEGUN = '''\
"""Sums over lists of numbers."""


def total(numbers):
    """Add all the numbers up."""
    result = 0
    for number in numbers:
        result += number
    return result


def mean(numbers):
    """The average of the numbers."""
'''
WHOLE = "Explain this"
"""Heads an explanation when it is complete, and only then."""

TYPED = "return total(numbers) /"


def lay_out(folder: Path) -> Path:
    """A real project: this repository's own indexer, and one file that somebody has begun."""
    project = folder / "project"
    (project / ".git").mkdir(parents=True)
    shutil.copytree(ROOT / "indexer", project / "indexer", ignore=shutil.ignore_patterns("__pycache__", "data"))
    (project / FILE).write_text(BEGUN + "    ")
    return project


async def in_neovim(version: str, folder: Path, url: str) -> dict[str, Any]:
    """Open, type, see ghost text, take it, have a function explained."""
    settings = {"model": {"backend": "ollama", "name": SMOLLM, "ollama_host": url}}
    lay_out(folder)
    async with neovim_session(neovim(version), folder, settings=settings, open_file=FILE) as screen:
        await screen.until(lambda: screen.rows()[-2].endswith(" hearth"), "the index is built and the model is there")
        status = await screen.lua("""local client = vim.lsp.get_clients({ name = "hearth" })[1]
            return client:request_sync("workspace/executeCommand", { command = "hearth.status" }, 20000, 0).result""")
        await screen.type(f"G$a{TYPED}")
        await screen.until(lambda: bool(ghost_text(screen)), "ghost text of a real model")
        drawn = ghost_text(screen)
        await screen.type("<M-l>")
        await screen.until(lambda: not ghost_text(screen) or ghost_text(screen) != drawn, "the ghost text was taken")
        taken = "\n".join(await screen.lines()).removeprefix(f"{BEGUN}    {TYPED}")
        await screen.type("<Esc>")
        await screen.command("call cursor(4, 6)")
        partial = await screen.eventually(lambda: _explained_in_neovim(screen), "an explanation that is still being written")
        return {"chunks": status["folders"][0]["chunks"], "drawn": drawn, "taken": taken, "partial": partial}


async def _explained_in_neovim(screen: Screen) -> str:
    """Run explain to its end; what of it could be read before that, if anything could."""
    await screen.command("Hearth explain")
    partial = ""
    while WHOLE not in (text := "\n".join(await screen.lines())):
        partial = text if text != "*Reading…*" and not text.startswith("*Reading ") else partial
        await asyncio.sleep(0.01)
    await screen.type("q")
    return partial


async def in_vscode(folder: Path, url: str) -> dict[str, Any]:
    """The same in VS Code."""
    project = lay_out(folder)
    settings = {
        "hearth.server.path": [sys.executable, "-m", "lsp_server", "serve"],
        "hearth.model.backend": "ollama",
        "hearth.model.name": SMOLLM,
        "hearth.model.ollama_host": url,
        "files.autoSave": "off",
    }
    env = {"PYTHONPATH": str(ROOT)}
    async with vscode_window(vscode(), packed_extension(), folder, settings=settings, env=env, open_path=project) as bench:

        async def is_ready() -> bool:
            return await bench.status() == "flame Hearth"

        await bench.until(is_ready, "the index is built and the model is there")
        await bench.open(FILE)
        drawn = await _typed_until_drawn(bench)
        await bench.press("Tab")

        async def is_taken() -> str:
            text = (await bench.text()).removeprefix(f"{BEGUN}    {TYPED}")
            return text if text.startswith(drawn.split("\n")[0]) else ""

        taken = await bench.until(is_taken, "the ghost text was taken")
        await bench.go_to(4, 6)
        partial = await bench.until(lambda: _explained_in_vscode(bench), "an explanation that is still being written")
        return {"drawn": drawn, "taken": taken, "partial": partial}


async def _explained_in_vscode(bench: Workbench) -> str:
    """The same. A model that is done before VS Code has loaded the panel is asked once more by the caller."""
    await bench.command("Hearth: Explain Selection")
    answer, partial = bench.answer().locator("#answer"), ""
    while WHOLE not in (text := await answer.inner_text()):
        partial = text or partial
        await asyncio.sleep(0.01)
    await bench.close_answer()
    return partial


async def _typed_until_drawn(bench: Workbench) -> str:
    """Type the line until ghost text comes: after the first file VS Code takes its time before it asks at all."""

    async def drawn() -> str:
        await bench.end_of_file()
        await bench.type(TYPED)
        for _ in range(50):
            if now := await bench.ghost_text():
                return now
            await asyncio.sleep(0.1)
        for _ in TYPED:
            await bench.press("Backspace")
        return ""

    return str(await bench.until(drawn, "ghost text of a real model"))


async def main(editor: str) -> int:
    """Print what was seen."""
    watch = Watch()
    instance = start()
    try:
        with tempfile.TemporaryDirectory() as name:
            program, _, version = editor.partition(" ")
            told = await (
                in_neovim(version, Path(name), instance.url) if program == "Neovim" else in_vscode(Path(name), instance.url)
            )
    finally:
        instance.stop()
    network = {"interfaces": watch.interfaces, "closed": watch.closed, "counts": watch.counts, "tried": watch.tried()}
    print(json.dumps({**told, **network}))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
