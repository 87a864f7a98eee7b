"""Real VS Code in a headless browser: the page and its parts by name. Knows what VS Code calls things, nothing of Hearth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, FrameLocator, Page, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.support.cache import cache_folder
from tests.support.editors.machine import run
from tests.support.editors.vscode import VSCode

PATIENCE_MS = 180_000
"""Only a test that is going to fail waits this long: ten times what a small model takes on a machine with nothing to do."""

_LOADS = 10
"""A window without its folders is loaded anew this often."""

GHOST_FIRST = ".editor-instance .view-lines span[class*='ghost-text-decoration']"
GHOST_MORE = ".editor-instance .suggest-preview-text .view-line"

_SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "editor.minimap.enabled": False,
    "editor.fontFamily": "'DejaVu Sans Mono'",
    "editor.fontSize": 14,
    # Words of other open files would come into the suggest widget by chance.
    "editor.wordBasedSuggestions": "off",
    "extensions.autoCheckUpdates": False,
    "update.mode": "none",
    "telemetry.telemetryLevel": "off",
    "window.commandCenter": False,
    "workbench.tips.enabled": False,
    "chat.commandCenter.enabled": False,
    "git.openRepositoryInParentFolders": "never",
}


class Workbench:
    """One window of VS Code. `page` is the browser's page, for what has no name here."""

    def __init__(self, page: Page, settings: Path) -> None:
        self.page = page
        self.settings = settings
        """The file that "machine" settings are kept in."""

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def open(self, name: str) -> None:
        """Open a file of the workspace by its name, as Ctrl+P does, and give it the keyboard."""
        field = self.page.locator(".quick-input-widget input.input")
        row = self.page.locator(".quick-input-list .monaco-list-row", has_text=Path(name).name).first

        async def listed() -> bool:
            # It closes by itself when something else takes the keyboard: an editor that was asked for just before.
            # The list is made when the name is typed, from what the file system showed then: a file that is newer than
            # VS Code's picture of the folder comes with a later look.
            with contextlib.suppress(PlaywrightTimeout):
                if not await field.is_visible():
                    await self.page.keyboard.press("Control+p")
                await field.fill("", timeout=3000)
                await field.fill(name, timeout=3000)
                await row.wait_for(timeout=3000)
            return await row.is_visible()

        await self.until(listed, f"{name} in Quick Open")
        await self.page.keyboard.press("Enter")
        await self.page.locator(f'.tab.active[data-resource-name="{Path(name).name}"]').wait_for()
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


async def _start_server(vscode: VSCode, folder: Path, env: Mapping[str, str], trust: bool) -> tuple[Any, str]:
    arguments = ["--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--accept-server-license-terms"]
    arguments += [
        "--telemetry-level",
        "off",
        "--server-data-dir",
        str(folder / "vscode"),
        "--extensions-dir",
        str(folder / "ext"),
    ]
    if trust:
        arguments.append("--disable-workspace-trust")
    process = await asyncio.create_subprocess_exec(
        vscode.node,
        vscode.server,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **env},
        start_new_session=True,
    )
    assert process.stdout is not None
    while line := await process.stdout.readline():
        found = re.search(rb"listening on (\d+)", line)
        if found:
            return process, f"http://127.0.0.1:{found.group(1).decode()}"
    raise RuntimeError("VS Code's server ended before it listened")


async def _open_folders(page: Page, address: str) -> None:
    # VS Code in a browser sometimes reads a workspace's file before it can, and then has a workspace without folders for
    # good; a user reloads the page.
    title = page.locator(".explorer-viewlet .pane-header .title").first
    for _ in range(_LOADS):
        await page.goto(address)
        await title.wait_for()
        if (await title.inner_text()).casefold() != "no folder opened":
            return
    raise AssertionError(f"VS Code was loaded {_LOADS} times and had no folder: {address}")


@asynccontextmanager
async def vscode_window(
    vscode: VSCode,
    extension: Path,
    folder: Path,
    *,
    settings: Mapping[str, Any],
    env: Mapping[str, str] | None = None,
    trust: bool = True,
    open_path: Path | None = None,
    size: tuple[int, int] = (1280, 800),
    scale: int = 1,
) -> AsyncIterator[Workbench]:
    """A window on `folder / "project"` (or another path) with the extension installed and nothing else."""
    user = folder / "vscode/data/User/settings.json"
    user.parent.mkdir(parents=True, exist_ok=True)
    # In a browser VS Code is a remote one: "machine" settings count where the server runs, not among the user's others.
    machine = folder / "vscode/data/Machine/settings.json"
    machine.parent.mkdir(parents=True, exist_ok=True)
    machine.write_text(json.dumps({key: value for key, value in settings.items() if key.startswith("hearth.")}))
    user.write_text(json.dumps(_SETTINGS | {key: value for key, value in settings.items() if not key.startswith("hearth.")}))
    home = folder / "home"
    home.mkdir(exist_ok=True)
    clean = {
        "HOME": str(home),
        **{f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("config", "data", "state", "cache")},
        "OLLAMA_HOST": "127.0.0.1:9",  # nobody listens: only what a test names is to be found
        **(env or {}),
    }
    install = ["--install-extension", extension, "--server-data-dir", folder / "vscode", "--extensions-dir", folder / "ext"]
    await asyncio.to_thread(run, [vscode.node, vscode.server, *install], env=clean)
    process, url = await _start_server(vscode, folder, clean, trust)
    drain = asyncio.create_task(process.stdout.read())
    try:
        async with async_playwright() as playwright:
            context: BrowserContext = await playwright.chromium.launch_persistent_context(
                str(folder / "browser"),
                executable_path=vscode.chromium,
                headless=True,
                viewport={"width": size[0], "height": size[1]},
                device_scale_factor=scale,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ],
            )
            try:
                page = context.pages[0] if context.pages else await context.new_page()
                page.set_default_timeout(PATIENCE_MS)
                where = open_path or folder / "project"
                kind = "workspace" if where.suffix == ".code-workspace" else "folder"
                await _open_folders(page, f"{url}/?{kind}={where}")
                yield Workbench(page, machine)
            finally:
                await context.close()
    finally:
        with_group = os.getpgid(process.pid)
        os.killpg(with_group, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            os.killpg(with_group, signal.SIGKILL)
            await process.wait()
        drain.cancel()
        shutil.rmtree(folder / "browser", ignore_errors=True)
