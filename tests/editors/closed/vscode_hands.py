"""The hands of a user in VS Code. Presses the keys and runs the commands that its extension's README names."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.editors.closed.hands import Part
from tests.editors.closed.project import NEXT_KEY, WHOLE, Project
from tests.support.cache import ROOT
from tests.support.editors.extension import packed_extension
from tests.support.editors.programs import program
from tests.support.editors.vscode import vscode
from tests.support.editors.vscode_window import vscode_window
from tests.support.editors.workbench import Workbench
from tests.support.ollama import SMOLLM

_KEYS: dict[Part, str] = {"all": "Tab", "word": "Control+ArrowRight", "line": "Control+ArrowDown"}

_NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
"""Chromium asks its maker how forms are filled in and what is new, whatever its switches say: with this it finds nobody."""

_WATCH_STATUS = """() => {
    window.hearthSeen = [];
    const look = () => {
        const item = document.querySelector('.statusbar-item[id$="hearth.status"]');
        const text = item ? item.innerText.trim() : "";
        if (text && window.hearthSeen.at(-1) !== text) window.hearthSeen.push(text);
    };
    const bar = document.querySelector(".part.statusbar");
    new MutationObserver(look).observe(bar, { subtree: true, childList: true, characterData: true });
    look();
}"""


def _named(model: str, url: str) -> dict[str, str]:
    return {"hearth.model.backend": "ollama", "hearth.model.name": model, "hearth.model.ollama_host": url}


def settings(url: str) -> dict[str, Any]:
    """The user's own."""
    return {
        **_named(SMOLLM, url),
        "hearth.server.path": [sys.executable, "-P", "-m", "lsp_server", "serve"],
        "files.autoSave": "off",
        "files.readonlyInclude": {"**/readonly.py": True},
    }


@asynccontextmanager
async def vscode_hands(folder: Path, url: str, project: Project, *, trust: bool = True) -> AsyncIterator[VSCodeHands]:
    """A window on both folders, or on the first alone where it is not trusted; the real model at `url`."""
    folder.mkdir(exist_ok=True)
    real = vscode()
    quiet = program(folder / "chromium", f"exec '{real.chromium}' '{_NO_NAMES}' \"$@\"")
    window = vscode_window(
        dataclasses.replace(real, chromium=quiet),
        packed_extension(),
        folder,
        settings=settings(url) | ({} if trust else {"security.workspace.trust.startupPrompt": "never"}),
        env={"PYTHONPATH": str(ROOT)},
        open_path=project.workspace if trust else project.folder,
        trust=trust,
    )
    async with window as bench:
        await bench.page.evaluate(_WATCH_STATUS)
        if not trust:
            await bench.page.locator(".statusbar-item", has_text="Restricted Mode").wait_for()
        yield VSCodeHands(bench)


class VSCodeHands:
    """Follows `hands.Hands`."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        return await self.bench.until(ask, what)

    async def open(self, file: Path) -> None:
        await self.bench.open(file.name)
        await self.bench.end_of_file()

    async def warm_up(self, file: Path) -> None:
        """Type until ghost text comes: VS Code makes what asks for it when it is idle, after the first file was opened."""
        await self.open(file)

        async def drawn() -> bool:
            await self.bench.type(NEXT_KEY)
            for _ in range(200):
                if await self.bench.ghost_text():
                    return True
                await asyncio.sleep(0.1)
            await self.bench.press("Backspace")
            return False

        await self.until(drawn, "the first ghost text")

    async def new(self) -> None:
        await self.bench.command("File: New Untitled Text File")
        await self.bench.page.locator('.tab.active[data-resource-name^="Untitled"]').wait_for()
        await self.bench.focus()

    async def type(self, text: str) -> None:
        await self.bench.type(text)

    async def text(self) -> str:
        return await self.bench.text()

    async def ghost(self) -> str | None:
        return await self.bench.ghost_text()

    async def take(self, part: Part) -> None:
        await self.bench.press(_KEYS[part])

    async def dismiss(self) -> None:
        await self.bench.press("Escape")

    async def undo(self) -> None:
        await self.bench.press("Control+z")

    async def save(self) -> None:
        await self.bench.press("Control+s")

    async def type_in_vain(self, text: str) -> None:
        await self.bench.type(text)
        await self.bench.page.locator(".monaco-editor-overlaymessage").first.wait_for()
        await self.bench.press("Escape")

    async def status(self) -> str:
        status = await self.bench.status()
        return "ready" if status == "flame Hearth" else status

    async def percents(self) -> list[int]:
        """How far the index was, at each time it was drawn."""
        seen = await self.bench.page.evaluate("() => window.hearthSeen")
        return [int(one.split()[1]) for one in seen if one.endswith("%")]

    async def explain(self, line: int) -> tuple[str, str]:
        await self.bench.go_to(line, 6)
        await self.bench.command("Hearth: Explain Selection")
        answer, partial = self.bench.answer().locator("#answer"), ""

        async def whole() -> str:
            nonlocal partial
            text = await answer.inner_text()
            partial = partial if WHOLE in text else text or partial
            return text if WHOLE in text else ""

        found = str(await self.bench.until(whole, "the whole explanation"))
        await self.bench.close_answer()
        return partial, found

    async def rewrite(self, line: int, instruction: str) -> tuple[str, str] | None:
        await self._ask_for_rewrite(line, instruction)
        apply = self.bench.page.locator(".notification-toast .monaco-button", has_text="Apply")
        refused = self.bench.page.locator('.tab.active:not([data-resource-name*="."])')  # a panel: no file's tab

        async def answered() -> str:
            return "diff" if await apply.count() else "refused" if await refused.count() else ""

        if await self.bench.until(answered, "a preview, or why there is none") == "refused":
            await self.bench.close_answer()
            return None

        async def shown() -> list[str]:
            texts = await self.bench.page.evaluate(_DIFF)
            return texts if all(texts) and texts[0] != texts[1] else []

        before, after = await self.bench.until(shown, "both sides of the diff")
        return before.replace("\u00a0", " "), after.replace("\u00a0", " ")

    async def apply(self) -> None:
        await self.bench.button("Apply")
        await self.bench.page.locator(".monaco-diff-editor").wait_for(state="detached")
        await self.bench.focus()

    async def begin_rewrite(self, line: int, instruction: str) -> None:
        await self._ask_for_rewrite(line, instruction)
        await self._toast().wait_for()

    async def cancel(self) -> None:
        await self.bench.button("Cancel")
        await self._toast().wait_for(state="detached")
        await self.bench.page.locator(".editor-instance .view-lines").first.click()
        await self.bench.focus()

    async def use_model(self, model: str, url: str) -> None:
        self.bench.settings.write_text(json.dumps(json.loads(self.bench.settings.read_text()) | _named(model, url)))

    async def misses(self, model: str) -> bool:
        return "no model" in await self.status() and model in await self.bench.status_tooltip()

    async def fetch(self, model: str) -> None:
        """By the message's button; the message goes after some seconds, and the menu of the status item has it as well."""
        offer = self.bench.page.locator(".notification-toast .monaco-button", has_text=f"Fetch {model}")
        await self.bench.page.mouse.move(640, 200)  # where it was, the whole of another message hovers over the buttons
        if await offer.count():
            with contextlib.suppress(PlaywrightTimeout):
                await offer.first.click(timeout=5000)
                return
        await self.bench.page.locator('.statusbar-item[id$="hearth.status"]').click()
        await self.bench.choose(f"Fetch {model}")

    async def fetched_percent(self) -> int:
        text = " ".join(await self.bench.messages())
        found = re.search(r"fetching .*, (\d+) %", text)
        return int(found[1]) if found else 0

    async def said(self, words: str) -> str:
        async def look() -> str:
            return next((one for one in await self.bench.messages() if words in one), "")

        return str(await self.until(look, f"a message with {words!r}"))

    def _toast(self) -> Any:
        return self.bench.page.locator(".notification-toast", has_text="Hearth: Refactor")

    async def _ask_for_rewrite(self, line: int, instruction: str) -> None:
        await self.bench.go_to(line, 6)
        await self.bench.command("Hearth: Refactor Selection")
        field = self.bench.page.locator(".quick-input-widget input.input")
        await self.bench.page.locator(".quick-input-widget", has_text="How should").wait_for()
        await field.fill(instruction)
        await self.bench.press("Enter")


_DIFF = """() => ["original", "modified"].map((side) => {
    const lines = [...document.querySelectorAll(`.monaco-diff-editor .editor.${side} .view-lines > .view-line`)];
    lines.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
    return lines.map((line) => line.textContent).join("\\n");
})"""
