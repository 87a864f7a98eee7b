"""VS Code's window as its tests see it: files to type into, and what to wait for. Knows the extension's settings."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.editors.texts import TOTAL, upto
from tests.support.editors.workbench import Workbench
from tests.support.scripted_ollama import MODEL, ScriptedOllama

SERVER = [sys.executable, "-P", "-m", "lsp_server", "serve", "--log-level", "info"]

_names = count(1)


def user_settings(model: ScriptedOllama, **more: Any) -> dict[str, Any]:
    """What a user of this server has in their settings."""
    own = {"hearth.server.path": SERVER, "hearth.model.backend": "ollama", "hearth.model.name": MODEL}
    return {**own, "hearth.model.ollama_host": model.url, **more}


@dataclass
class Window:
    bench: Workbench
    project: Path
    model: ScriptedOllama

    async def edit(self, text: str, name: str = "") -> str:
        """Open a new file with this text, the cursor behind its last character; returns its name."""
        name = name or f"file{next(_names)}.py"
        (self.project / name).write_bytes(text.encode())
        await self.bench.open(name)
        await self.bench.end_of_file()
        return name

    async def warm_up(self) -> None:
        """Type until there is ghost text: VS Code makes what asks for it when idle, after the first file."""
        await self.edit("# " + upto(TOTAL, '"""\n') + "    ")

        async def seen() -> bool:
            await self.bench.type("ret")
            for _ in range(20):
                if await self.bench.ghost_text():
                    return True
                await asyncio.sleep(0.1)
            for _ in "ret":
                await self.bench.press("Backspace")
            return False

        await self.bench.until(seen, "the first ghost text")

    async def until_text(self, text: str) -> None:
        async def look() -> bool:
            return await self.bench.text() == text

        try:
            await self.bench.until(look, "the text")
        except AssertionError as error:
            raise AssertionError(f"{error}\ndrawn:\n{await self.bench.text()}\nwanted:\n{text}") from None

    async def until_status(self, text: str) -> None:
        async def look() -> bool:
            return await self.bench.status() == text

        try:
            await self.bench.until(look, f"status {text!r}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; it is {await self.bench.status()!r}, saying {await self.bench.status_tooltip()!r}"
            ) from None
