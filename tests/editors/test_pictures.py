"""The pictures of the documentation, made by the real editors. `make pictures` writes them into docs/images.

The model behind them knows its text by heart: a picture must come out the same tomorrow. Everything else is real.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.editors.conftest import neovim_or_not_run
from tests.support.cache import ROOT, cache_folder
from tests.support.editors.drawing import draw_screen
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.recital import recite
from tests.support.editors.screen import Screen
from tests.support.editors.vscode import VSCode
from tests.support.editors.vscode_window import vscode_window
from tests.support.editors.workbench import Workbench
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = pytest.mark.editors

BASKET = '''\
"""A shopping basket. Knows prices in cents, and no currency."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """One thing, and how many of it."""

    name: str
    cents: int
    count: int = 1


@dataclass
class Basket:
    """What somebody is about to buy."""

    items: list[Item] = field(default_factory=list)

    def total(self) -> int:
        """The price of everything, in cents."""
        return sum(item.cents * item.count for item in self.items)

    def cheapest(self) -> Item | None:
        """The item with the lowest price, None for an empty basket."""
        if not self.items:
            return None
        return min(self.items, key=lambda item: item.cents)
'''
TYPED = BASKET[: BASKET.index("        if not self.items:")]

EXPLANATION = """\
`total` adds up what the basket costs, in **cents**.

- It walks over `self.items` once and multiplies each item's price by its `count`.
- An empty basket costs `0`: `sum` of nothing is 0.
- Nothing is rounded, because cents are whole numbers.
"""

REWRITTEN = '''\
    def total(self) -> int:
        """The price of everything, in cents."""
        cents = 0
        for item in self.items:
            cents += item.cents * item.count
        return cents
'''


def picture(name: str) -> Path:
    """Where a picture goes: into the documentation when that was asked for, else beside the other things tests leave."""
    folder = ROOT / "docs/images" if os.environ.get("HEARTH_PICTURES") else cache_folder("editors", "pictures")
    return folder / f"{name}.png"


def lay_out(folder: Path) -> Path:
    """A small project."""
    project = folder / "basket"
    (project / ".git").mkdir(parents=True)
    (project / "basket.py").write_text(BASKET)
    (project / "orders.py").write_text(TYPED.replace("A shopping basket", "Orders"))
    return project


async def test_vscode(real_vscode: VSCode, extension: Path, reciter: ScriptedOllama, tmp_path: Path) -> None:
    project = lay_out(tmp_path)
    reciter.reply = recite(BASKET)
    settings = {
        "hearth.server.path": [sys.executable, "-m", "lsp_server", "serve"],
        "hearth.model.backend": "ollama",
        "hearth.model.name": MODEL,
        "hearth.model.ollama_host": reciter.url,
        "workbench.activityBar.location": "hidden",
        "remote.autoForwardPorts": False,
        "breadcrumbs.enabled": False,
        "editor.stickyScroll.enabled": False,
        "editor.cursorBlinking": "solid",
        "editor.scrollbar.vertical": "hidden",
        "editor.scrollbar.horizontal": "hidden",
        "window.title": "${rootName}",
    }
    window = vscode_window(
        real_vscode, extension, tmp_path, settings=settings, env={"PYTHONPATH": str(ROOT)}, open_path=project,
        size=(1120, 680), scale=2,
    )  # fmt: skip
    async with window as bench:
        await bench.until(lambda: _is(bench.status(), "flame Hearth"), "ready")
        await bench.open("orders.py")
        await bench.end_of_file()
        await _until_drawn(bench)
        await _shoot(bench, "vscode-ghost-text")

        await bench.press("Control+b")  # the answer stands beside the code, and needs the room
        await bench.open("basket.py")
        await bench.go_to(23, 16)
        reciter.reply = lambda _: EXPLANATION.splitlines(keepends=True)
        await bench.command("Hearth: Explain Selection")
        await bench.answer().get_by_text("Nothing is rounded").wait_for()
        await _shoot(bench, "vscode-explain")
        await bench.close_answer()

        reciter.reply = lambda _: [f"```python\n{REWRITTEN}```\n"]
        await bench.go_to(23, 16)
        await bench.command("Hearth: Refactor Selection")
        field = bench.page.locator(".quick-input-widget input.input")
        await field.wait_for(state="visible")
        await field.fill("a loop, please")
        await bench.press("Enter")
        await bench.page.locator(".monaco-diff-editor .modified .view-line", has_text="cents +=").wait_for()
        await bench.page.locator(".notification-toast .monaco-button", has_text="Discard").wait_for()
        await bench.page.locator(".notification-toast .monaco-button", has_text="Cancel").wait_for(state="detached")
        await _shoot(bench, "vscode-refactor")
        await bench.button("Discard")


_NOWHERE = (450, 668)
"""In the status bar, between its items: elsewhere what is under the mouse lights up, or shows its scroll bars."""

_AT_REST = """() => {
    const moving = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
    return !document.querySelector(".statusbar-item .codicon-loading") && !document.getAnimations().some(moving);
}"""
"""Toasts slide and fade, and an item of the status bar turns while a language begins. What moves for ever does not count."""


async def _shoot(bench: Workbench, name: str) -> None:
    """A picture without the items that VS Code shows in a browser only, of a window in which nothing moves any more."""
    await bench.page.mouse.move(*_NOWHERE)
    await bench.page.wait_for_function(_AT_REST)
    await bench.page.evaluate("""() => {
        for (const item of document.querySelectorAll(".statusbar-item")) {
            if (/host|forwardedPorts|keyboardLayout/.test(item.id)) item.style.display = "none";
        }
    }""")
    await bench.page.screenshot(path=picture(name))


async def _is(answer: object, wanted: str) -> bool:
    return await answer == wanted  # type: ignore[misc]


async def _until_drawn(bench: Workbench) -> None:
    """Type the line's indent until ghost text comes: VS Code is slow to begin with it after the first file."""

    async def drawn() -> str:
        await bench.type("        ")
        try:
            await bench.page.locator("span[class*='ghost-text-decoration']").first.wait_for(timeout=2500)
        except Exception:
            for _ in range(2):
                await bench.press("Backspace")
        return await bench.ghost_text()

    await bench.until(drawn, "ghost text")


async def test_neovim(real_vscode: VSCode, reciter: ScriptedOllama, tmp_path: Path) -> None:
    project = lay_out(tmp_path)
    reciter.reply = recite(BASKET)
    settings = {"model": {"backend": "ollama", "name": MODEL, "ollama_host": reciter.url}}
    lua = "vim.o.number = true; vim.o.termguicolors = true; vim.o.fillchars = 'eob: '"
    session = neovim_session(
        neovim_or_not_run("0.12"), tmp_path, settings=settings, lua=lua, open_file="orders.py", cwd=project
    )
    async with session as screen:
        await screen.until(lambda: screen.text().split("\n")[-2].rstrip().endswith(" hearth"), "ready")
        await screen.type("Gzz7<C-y>o")  # low in the window, where lines of ghost text below still have room
        await screen.until(lambda: "return min" in ghost_text(screen), "ghost text")
        await _draw(screen, real_vscode, "neovim-ghost-text", "orders.py")
        await screen.type("<Esc>")
        await screen.command("edit! basket.py | call cursor(23, 16)")
        reciter.reply = lambda _: [f"```python\n{REWRITTEN}```\n"]
        await screen.command("Hearth refactor a loop, please")
        shown = lambda: "+        return cents" in screen.text() and "@@" in screen.rows()[screen.cursor[0]]  # noqa: E731
        await screen.until(shown, "the diff, with the cursor in it")
        await _draw(screen, real_vscode, "neovim-refactor", "basket.py")
        await screen.type("q")


async def _draw(screen: Screen, real_vscode: VSCode, name: str, title: str) -> None:
    await draw_screen(screen, real_vscode.chromium, picture(name), title=title)
