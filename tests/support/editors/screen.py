"""A real Neovim with a screen that can be read: what is drawn where, and in which highlight group. Knows nothing of Hearth."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgpack

from tests.support.editors.neovims import Neovim

WIDTH, HEIGHT = 100, 30

PATIENCE_S = 180.0
"""No test waits this long but one that is going to fail: conditions are looked at whenever the screen changes."""


class Screen:
    """Started by `open`; `grid` holds the characters, `groups` the highlight groups of each cell."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self._highlights: dict[int, tuple[str, ...]] = {}
        self._colours: dict[int, dict[str, Any]] = {}
        self._defaults: tuple[int, int] = (0xE0E2EA, 0x14161B)
        self._cells: dict[int, list[list[tuple[str, int]]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.cursor = (0, 0)
        self.notified: list[tuple[str, list[Any]]] = []

    @classmethod
    async def open(cls, neovim: Neovim, init: Path, *arguments: str | Path, env: Mapping[str, str], cwd: Path) -> Screen:
        """Start Neovim with one init file and nothing else of this machine's."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("NVIM", "VIM"))}
        if neovim.runtime:
            clean["VIMRUNTIME"] = str(neovim.runtime)
        process = await asyncio.create_subprocess_exec(
            neovim.binary,
            "--embed",
            "-n",
            "-i",
            "NONE",
            "-u",
            init,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**clean, **env},
            cwd=cwd,
        )
        screen = cls(process)
        await screen.request("nvim_ui_attach", WIDTH, HEIGHT, {"ext_linegrid": True, "ext_hlstate": True, "rgb": True})
        await screen.until(lambda: any(screen.rows()), "a first screen")
        return screen

    async def close(self) -> None:
        """Quit, whatever it is doing."""
        if self._process.returncode is None:
            self._notify("nvim_command", ["qall!"])
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    # -- talking -------------------------------------------------------------------------------------------------------

    async def request(self, method: str, *arguments: Any) -> Any:
        """Call one of Neovim's API functions."""
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._send([0, number, method, list(arguments)])
        return await asyncio.wait_for(future, PATIENCE_S)

    async def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua in it and return what it returns."""
        return await self.request("nvim_exec_lua", code, list(arguments))

    async def command(self, command: str) -> None:
        """Run an Ex command."""
        await self.request("nvim_command", command)

    async def type(self, keys: str) -> None:
        """Press keys, as in `:help key-notation`; returns when they were read, whatever they led to."""
        await self.request("nvim_input", keys)

    async def lines(self) -> list[str]:
        """The current buffer's text."""
        return await self.request("nvim_buf_get_lines", 0, 0, -1, True)  # type: ignore[no-any-return]

    # -- looking -------------------------------------------------------------------------------------------------------

    def rows(self, group: str = "") -> list[str]:
        """What is drawn, row by row; with a highlight group, only the cells drawn in it, other rows empty."""
        out = []
        for row in self._composed():
            text = "".join(
                (char or "") if not group or group in self._highlights.get(highlight, ()) else ("" if char == "" else "\0")
                for char, highlight in row
            )
            out.append(text.replace("\0", " ").rstrip() if not group else text.strip("\0").replace("\0", " ").rstrip())
        return out

    def drawn(self, group: str) -> str:
        """The text that is drawn in a highlight group, its rows joined; rows of spaces only are kept between others."""
        return "\n".join(row for row in self.rows(group) if row)

    def text(self) -> str:
        """Everything on the screen."""
        return "\n".join(self.rows())

    async def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until something on the screen holds, looked at after each redraw. The screen is in the failure."""

        async def look() -> Any:
            async with self._changed:
                while not (found := condition()):
                    await self._changed.wait()
                return found

        try:
            return await asyncio.wait_for(look(), PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"never seen: {what}\n{self.text()}") from None

    async def eventually(self, ask: Callable[[], Any], what: str) -> Any:
        """Wait until an awaited question has a true answer. For what no redraw tells of."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            found = await ask()
            if found:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"never true: {what}\n{self.text()}")

    def picture(self) -> list[list[tuple[str, int, int, dict[str, Any]]]]:
        """Rows of (character, foreground, background, attributes) for a picture of the screen."""
        out = []
        for row in self._composed():
            cells = []
            for char, highlight in row:
                look = self._colours.get(highlight, {})
                foreground, background = look.get("foreground", self._defaults[0]), look.get("background", self._defaults[1])
                if look.get("reverse"):
                    foreground, background = background, foreground
                cells.append((char, foreground, background, look))
            out.append(cells)
        return out

    # -- the wire ------------------------------------------------------------------------------------------------------

    def _composed(self) -> list[list[tuple[str, int]]]:
        return self._cells.get(1, [])

    def _send(self, message: list[Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgpack.packb(message))

    def _notify(self, method: str, arguments: list[Any]) -> None:
        self._send([2, method, arguments])

    async def _read(self) -> None:
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="surrogateescape")
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65536):
            unpacker.feed(data)
            for message in unpacker:
                await self._take(message)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("Neovim ended"))

    async def _take(self, message: list[Any]) -> None:
        kind = message[0]
        if kind == 1:
            _, number, error, result = message
            future = self._waiting.pop(number, None)
            if future is not None and not future.done():
                if error:
                    future.set_exception(RuntimeError(str(error[1] if isinstance(error, list) else error)))
                else:
                    future.set_result(result)
        elif kind == 2 and message[1] == "redraw":
            async with self._changed:
                for event in message[2]:
                    handler = getattr(self, f"_on_{event[0]}", None)
                    if handler is not None:
                        for arguments in event[1:]:
                            handler(*arguments)
                self._changed.notify_all()
        elif kind == 2:
            self.notified.append((message[1], message[2]))
            async with self._changed:
                self._changed.notify_all()
        elif kind == 0:
            self._send([1, message[1], "this user interface answers nothing", None])

    def _on_grid_resize(self, grid: int, width: int, height: int) -> None:
        old = self._cells.get(grid, [])
        self._cells[grid] = [[(" ", 0)] * width for _ in range(height)]
        for y, row in enumerate(old[:height]):
            self._cells[grid][y][: min(width, len(row))] = row[:width]

    def _on_grid_clear(self, grid: int) -> None:
        self._cells[grid] = [[(" ", 0)] * len(row) for row in self._cells[grid]]

    def _on_grid_line(self, grid: int, row: int, column: int, cells: list[list[Any]], *_: Any) -> None:
        highlight = 0
        for cell in cells:
            highlight = cell[1] if len(cell) > 1 else highlight
            for _again in range(cell[2] if len(cell) > 2 else 1):
                self._cells[grid][row][column] = (cell[0], highlight)
                column += 1

    def _on_grid_scroll(self, grid: int, top: int, bottom: int, left: int, right: int, rows: int, _columns: int) -> None:
        cells = self._cells[grid]
        wanted = range(top, bottom - rows) if rows > 0 else range(bottom - 1, top - rows - 1, -1)
        for y in wanted:
            cells[y][left:right] = cells[y + rows][left:right]

    def _on_grid_cursor_goto(self, _grid: int, row: int, column: int) -> None:
        self.cursor = (row, column)

    def _on_hl_attr_define(self, number: int, rgb: dict[str, Any], _cterm: Any, info: list[dict[str, Any]]) -> None:
        self._highlights[number] = tuple(name for one in info for name in (one.get("hi_name"), one.get("ui_name")) if name)
        self._colours[number] = rgb

    def _on_default_colors_set(self, foreground: int, background: int, *_: Any) -> None:
        self._defaults = (foreground, background)
