"""Real VS Code started in a headless browser, with one extension and folders of its own, and ended. Looks at nothing in it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.support.editors.machine import run
from tests.support.editors.vscode import VSCode
from tests.support.editors.workbench import PATIENCE_MS, Workbench

_LOADS = 10
"""A window without its folders is loaded anew this often."""

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
