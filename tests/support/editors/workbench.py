"""One window of VS Code by its parts: the page, typed at and looked at. Knows what VS Code calls things, not how it started."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import FrameLocator, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.support.cache import cache_folder

PATIENCE_MS = 180_000
"""Only a test that is going to fail waits this long: ten times what a small model takes on a machine with nothing to do."""

GHOST_FIRST = ".editor-instance .view-lines span[class*='ghost-text-decoration']"
GHOST_MORE = ".editor-instance .suggest-preview-text .view-line"


class Workbench:
    """One window of VS Code. `page` is the browser's page, for what has no name here."""

    def __init__(self, page: Page, settings: Path) -> None:
        self.page = page
        self.settings = settings
        """The file that "machine" settings are kept in."""

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def open(self, name: str) -> None:
        """Open a file of the workspace by its name, as Ctrl+P does, and give it the keyboard."""
        file = Path(name).name
        field = self.page.locator(".quick-input-widget input.input")
        # By its whole name: files that were open before are listed first and at once, along.py where long.py was asked for.
        # Behind it comes its folder, or where it was found, or nothing.
        named = f':is([aria-label="{file}"], [aria-label^="{file},"], [aria-label^="{file} "])'
        row = self.page.locator(f".quick-input-list .monaco-list-row{named}").first
        tab = self.page.locator(f'.tab.active[data-resource-name="{file}"]')

        async def opened() -> bool:
            # It closes by itself when something else takes the keyboard: an editor that was asked for just before.
            # The list is made when the name is typed, from what the file system showed then: a file that is newer than
            # VS Code's picture of the folder comes with a later look. And it grows: another row may slip under the mouse.
            with contextlib.suppress(PlaywrightTimeout):
                if not await field.is_visible():
                    await self.page.keyboard.press("Control+p")
                await field.fill("", timeout=3000)
                await field.fill(name, timeout=3000)
                await row.click(timeout=3000)
                await field.wait_for(state="hidden", timeout=3000)
                await tab.wait_for(timeout=3000)
            return await tab.is_visible() and not await field.is_visible()

        await self.until(opened, f"{name} opened")
        await self.focus()

    async def focus(self) -> None:
        """Wait until the editor has the keyboard."""
        await self.page.locator(".editor-instance .monaco-editor.focused").first.wait_for()

    async def go_to(self, line: int, column: int) -> None:
        """Put the cursor somewhere; both count from 1."""
        await self.page.keyboard.press("Control+g")
        field = self.page.locator(".quick-input-widget input.input")
        await field.wait_for(state="visible")
        await field.fill(f":{line}:{column}")
        await self.page.keyboard.press("Enter")
        await field.wait_for(state="hidden")
        await self.focus()

    async def end_of_file(self) -> None:
        """Put the cursor behind the last character."""
        await self.page.keyboard.press("Control+End")

    async def type(self, text: str, delay_ms: int = 25) -> None:
        """Type as a person does, a key after the other."""
        await self.page.keyboard.type(text, delay=delay_ms)

    async def press(self, key: str) -> None:
        """Press a key or a chord."""
        await self.page.keyboard.press(key)

    async def command(self, title: str) -> None:
        """Run a command of the palette by its title."""
        await self.page.keyboard.press("F1")
        field = self.page.locator(".quick-input-widget input.input")
        await field.wait_for(state="visible")
        await field.fill(f">{title}")
        # Not Enter: that runs the first row, which may be another one with these words in it.
        await self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.click()

    async def choose(self, text: str) -> None:
        """Take a row of the quick pick that is open."""
        row = self.page.locator(".quick-input-list .monaco-list-row", has_text=text).first
        await row.wait_for()
        await row.click()

    async def button(self, text: str) -> None:
        """Press a button of a notification."""
        await self.page.locator(".notification-toast .monaco-button", has_text=text).first.click()

    # -- looking -------------------------------------------------------------------------------------------------------

    async def ghost_text(self) -> str:
        """The ghost text that is drawn: the rest of the line, and further lines."""
        first = "".join(await self.page.locator(GHOST_FIRST).all_inner_texts())
        more = await self.page.locator(GHOST_MORE).all_inner_texts()
        return "\n".join([first, *more]).replace("\u00a0", " ").replace("\u200c", "").rstrip("\n")

    async def text(self) -> str:
        """The lines of the active editor that are drawn, ghost text left out."""
        lines = await self.page.evaluate(
            """() => {
                const place = ".editor-instance .monaco-editor";
                const editor = document.querySelector(`${place}.focused, ${place}`);
                const lines = [...editor.querySelectorAll(".view-lines > .view-line")];
                lines.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
                return lines.map((line) => [...line.querySelectorAll("span > span")]
                    .filter((span) => !span.className.includes("ghost-text")).map((span) => span.textContent).join(""));
            }"""
        )
        return "\n".join(lines).replace("\u00a0", " ").replace("\u200c", "")

    async def status(self) -> str:
        """The status item of the extension: the name of its icon and its text, as "flame Hearth"; empty where there is none."""
        item = self.page.locator('.statusbar-item[id$="hearth.status"]')
        if not await item.count():
            return ""
        icons = await item.locator(".codicon").evaluate_all("all => all.map((one) => one.className)")
        names = [name.removeprefix("codicon-") for classes in icons for name in classes.split() if name.startswith("codicon-")]
        return " ".join([*names[:1], (await item.inner_text()).strip()])

    def answer(self) -> FrameLocator:
        """The inside of the panel that is shown."""
        return self.page.frame_locator("iframe.webview.ready").last.frame_locator("iframe#active-frame")

    async def status_tooltip(self) -> str:
        """The sentence behind the status item."""
        return await self.page.locator('.statusbar-item[id$="hearth.status"]').get_attribute("aria-label") or ""

    async def close_answer(self) -> None:
        """Close the panel and give the keyboard back to the editor: a key pressed inside a panel stays inside it."""
        tab = self.page.locator('.editor-group-container .tab.active:not([data-resource-name*="."])').last
        await tab.hover()
        await tab.locator(".codicon-close").click()
        await tab.wait_for(state="detached")
        await self.page.locator(".editor-instance .view-lines").first.click()
        await self.focus()

    async def messages(self) -> list[str]:
        """The notifications that are shown."""
        return await self.page.locator(".notification-toast .notification-list-item-message").all_inner_texts()

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Wait until an awaited question has a true answer."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_MS / 1000
        seen: Any = None
        while asyncio.get_running_loop().time() < deadline:
            seen = await ask()
            if seen:
                return seen
            await asyncio.sleep(0.03)
        picture = cache_folder("editors", "failures") / f"{re.sub(r'[^a-z0-9]+', '-', what.lower())[:60]}.png"
        await self.page.screenshot(path=picture)
        raise AssertionError(f"never true: {what}; messages: {await self.messages()}; picture: {picture}")

    async def until_ghost(self, text: str | Callable[[str], bool] = bool) -> str:
        """Wait for ghost text: this one, or one that a function likes."""

        async def look() -> str:
            now = await self.ghost_text()
            return now if (now == text if isinstance(text, str) else text(now)) else ""

        try:
            return str(await self.until(look, f"ghost text {text!r}"))
        except AssertionError as error:
            raise AssertionError(f"{error}; drawn: {await self.ghost_text()!r}") from None
