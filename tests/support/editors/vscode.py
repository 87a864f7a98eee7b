"""Real VS Code, served to a headless browser: the web server half of code-server, and Chromium. Starts neither."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.editors.machine import EditorUnavailable, fonts, made_once, program, run

CODE_SERVER = "4.100.3"
"""Carries VS Code 1.100.3 and runs on Node 20; from 4.101 on it wants Node 22."""

NPM = ("npm", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


@dataclass(frozen=True, slots=True)
class VSCode:
    """What to start: `node server ...` serves VS Code to `chromium`."""

    node: Path
    server: Path
    chromium: Path


def vscode() -> VSCode:
    """VS Code and a browser for it, set up if need be. Raises EditorUnavailable."""
    node = program("node")
    major = int(run([node, "--version"]).strip().removeprefix("v").split(".")[0])
    if major < 20:
        raise EditorUnavailable(f"VS Code's server needs Node 20 or newer, and this is {major}")
    chromium = program("chromium", "chromium-browser", "google-chrome", package="chromium")
    fonts()
    folder = made_once(f"code-server-{CODE_SERVER}", _make)
    return VSCode(node, folder / "node_modules/code-server/lib/vscode/out/server-main.js", chromium)


def _make(folder: Path) -> None:
    # No install scripts: they download prebuilt binaries from elsewhere, and nothing that is tested needs them.
    run([*NPM, "install", "--ignore-scripts", "--prefix", folder, f"code-server@{CODE_SERVER}"], cwd=folder)
    vscode_folder = folder / "node_modules/code-server/lib/vscode"
    for part in (vscode_folder, vscode_folder / "extensions"):
        run([*NPM, "install", "--omit=dev", "--ignore-scripts"], cwd=part)
    (vscode_folder / "node_modules.asar").symlink_to("node_modules")
    # Quick Open and search call this program; its package would download it in an install script.
    ripgrep = vscode_folder / "node_modules/@vscode/ripgrep/bin/rg"
    ripgrep.parent.mkdir(parents=True, exist_ok=True)
    ripgrep.symlink_to(program("rg", package="ripgrep"))
