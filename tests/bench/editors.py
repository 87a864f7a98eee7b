"""From a keystroke to painted ghost text in each real editor, split into editor, server and model. Asserts no time.

`python -m tests.bench editors`. The key goes in through the editor's own input; "painted" is the redraw that shows ghost text
in Neovim, and the page's own animation frame in VS Code. Server and model are the server's own figures: `hearth.inspect`, and
for VS Code, whose page cannot ask for them, the ledger. What is left is the editor, its plugin and the pipe. The server's part
holds the pause for another keystroke (60 ms by default).
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsp_server.ledger.records import Entry
from lsp_server.ledger.store import Store
from tests.editors.texts import KNOWN, TOTAL, upto
from tests.support.cache import ROOT
from tests.support.editors.extension import packed_extension
from tests.support.editors.machine import EditorUnavailable
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.neovims import neovim
from tests.support.editors.recital import recite
from tests.support.editors.vscode import vscode
from tests.support.editors.vscode_window import vscode_window
from tests.support.scripted_ollama import MODEL, scripted_ollama

ROUNDS = 12
"""The first two are thrown away: they warm caches that a user has warm."""

MODEL_PIECE_S = 0.02
"""A model of 50 tokens a second: what a laptop's GPU writes with 1.5 billion parameters."""

BEFORE = upto(TOTAL, '"""\n') + "    re"


@dataclass(frozen=True, slots=True)
class Sample:
    """Milliseconds of one keystroke."""

    whole: float
    server: float
    model: float


async def in_neovim(version: str, drawn_by: str, url: str) -> list[Sample]:
    """Keystrokes in a Neovim."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "project/.git").mkdir(parents=True)
        settings = {"model": {"backend": "ollama", "name": MODEL, "ollama_host": url}}
        options = {"ghost_text": drawn_by}
        samples = []
        async with neovim_session(neovim(version), folder, settings=settings, options=options) as screen:
            for number in range(ROUNDS):
                (folder / f"project/file{number}.py").write_text(BEFORE)
                await screen.type("<Esc>")
                await screen.command(f"edit! file{number}.py")
                attached = "local c = vim.lsp.get_clients({ bufnr = 0, name = 'hearth' })[1]; return c and c.initialized"
                await screen.eventually(lambda: screen.lua(attached), "attached")  # noqa: B023 - awaited in this round
                await screen.type("G$a<C-g>u")
                await screen.until(lambda: bool(ghost_text(screen)), "ghost text on entering")
                await screen.type("<Left><Right><C-]>")
                await screen.until(lambda: not ghost_text(screen), "no ghost text")
                await screen.lua("vim.lsp.get_clients({ name = 'hearth' })[1]:exec_cmd({ command = 'hearth.clearCache' })")
                began = time.perf_counter()
                await screen.type("t")
                await screen.until(lambda: ghost_text(screen).startswith("urn"), "ghost text")
                whole = (time.perf_counter() - began) * 1000
                said = await screen.lua("""local client = vim.lsp.get_clients({ name = "hearth" })[1]
                    local asked = { command = "hearth.inspect" }
                    return client:request_sync("workspace/executeCommand", asked, 5000, 0).result""")
                samples.append(_sample(whole, said["timings"]))
    return samples[2:]


_WATCH = """() => new Promise((resolve) => {
  let began = 0;
  document.addEventListener("keydown", () => { began = performance.now(); }, { capture: true, once: true });
  const look = () => {
    const drawn = [...document.querySelectorAll(".view-lines span[class*='ghost-text-decoration']")];
    if (began && drawn.map((one) => one.textContent).join("").startsWith("urn")) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  look();
})"""


async def in_vscode(url: str) -> list[Sample]:
    """Keystrokes in VS Code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "project/.git").mkdir(parents=True)
        for number in range(ROUNDS):
            (folder / f"project/file{number}.py").write_text(BEFORE)
        settings = {
            "hearth.server.path": [sys.executable, "-m", "lsp_server", "serve"],
            "hearth.model.backend": "ollama",
            "hearth.model.name": MODEL,
            "hearth.model.ollama_host": url,
            "files.autoSave": "off",
        }
        taken: list[tuple[float, float]] = []  # when the key was pressed, seconds since 1970, and milliseconds until paint
        env = {"PYTHONPATH": str(ROOT)}
        async with vscode_window(vscode(), packed_extension(), folder, settings=settings, env=env) as bench:

            async def ready() -> bool:
                return await bench.status() == "flame Hearth"

            await bench.until(ready, "ready")
            for number in range(ROUNDS):
                await bench.open(f"file{number}.py")
                await bench.end_of_file()
                watching = asyncio.create_task(bench.page.evaluate(_WATCH))
                await asyncio.sleep(0.2)
                pressed = time.time()
                await bench.press("t")
                try:
                    whole = await asyncio.wait_for(watching, 15)
                except TimeoutError:
                    continue  # the first file: VS Code makes what asks for ghost text when it has nothing else to do
                taken.append((pressed, float(whole)))
                await bench.press("Escape")
        entries = Store(folder / "home/state/hearth/ledger.sqlite").read()
    return list(_joined(taken, entries))[2:]


def _joined(taken: Sequence[tuple[float, float]], entries: Sequence[Entry]) -> Iterator[Sample]:
    """Keystrokes with what the ledger says of the first suggestion after each that the model was asked for."""
    for pressed, whole in taken:
        first = min((one for one in entries if one.at >= pressed and one.model_ms), key=lambda one: one.at, default=None)
        if first is not None and first.model_ms is not None and first.total_ms <= whole:
            yield Sample(whole, first.total_ms - first.model_ms, first.model_ms)


def _sample(whole: float, timings: dict[str, float]) -> Sample:
    total, model = timings.get("total", 0.0), timings.get("model", 0.0)
    return Sample(whole, max(0.0, total - model), model)


def _row(name: str, samples: Sequence[Sample]) -> str:
    def median(of: Callable[[Sample], float]) -> str:
        return f"{statistics.median(of(one) for one in samples):.0f}"

    split = [
        median(lambda one: one.whole - one.server - one.model),
        median(lambda one: one.server),
        median(lambda one: one.model),
    ]
    p95 = sorted(one.whole for one in samples)[max(0, round(0.95 * len(samples)) - 1)]
    return f"| {name} | {split[0]} | {split[1]} | {split[2]} | {median(lambda one: one.whole)} | {p95:.0f} |"


async def main() -> int:
    """Print the table."""
    print("| editor | editor ms | server ms | model ms | whole, p50 | p95 |\n|---|--:|--:|--:|--:|--:|")
    with scripted_ollama() as model:
        model.reply = recite(KNOWN)
        model.piece_s = MODEL_PIECE_S
        for version, drawn_by in (("0.11", "own"), ("0.12", "own"), ("0.12", "builtin")):
            try:
                print(_row(f"Neovim {version}, {drawn_by}", await in_neovim(version, drawn_by, model.url)), flush=True)
            except EditorUnavailable as error:
                print(f"Neovim {version}: {error}", file=sys.stderr)
        try:
            print(_row("VS Code 1.100", await in_vscode(model.url)), flush=True)
        except EditorUnavailable as error:
            print(f"VS Code: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
