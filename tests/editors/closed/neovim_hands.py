"""The hands of a user in Neovim. Presses the keys and runs the commands that doc/hearth.txt names."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.editors.closed.hands import Part
from tests.editors.closed.project import NEXT_KEY, WHOLE
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.neovims import neovim
from tests.support.editors.screen import Screen
from tests.support.ollama import SMOLLM

_KEYS: dict[Part, str] = {"all": "<M-l>", "word": "<M-Right>", "line": "<M-Down>"}

_LUA = """\
vim.g.said, vim.g.percents = {}, {}
vim.notify = function(message) vim.g.said = vim.list_extend(vim.g.said, { message }) end
vim.api.nvim_create_autocmd("User", { pattern = "HearthStatus", callback = function(event)
  if event.data.state == "indexing" then vim.g.percents = vim.list_extend(vim.g.percents, { event.data.percent or 0 }) end
end })
-- What a project can bring, by a plugin for settings of projects: another host and another model.
vim.lsp.config("hearth", { settings = { hearth = {
  model = { name = "gemma3:270m", ollama_host = "http://127.0.0.1:1" },
} } })
"""

_SHOWN = 80
"""Of a line of the diff, in characters: the window is not wider than the screen, which has 100."""

_MARKS = """
local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace("hearth.ghost"), 0, -1, { details = true })
local lines = {}
for _, mark in ipairs(marks) do
  for _, row in ipairs({ mark[4].virt_text, unpack(mark[4].virt_lines or {}) }) do
    lines[#lines + 1] = table.concat(vim.tbl_map(function(chunk) return chunk[1] end, row))
  end
end
return table.concat(lines, "\\n")
"""


@asynccontextmanager
async def neovim_hands(version: str, folder: Path, url: str) -> AsyncIterator[NeovimHands]:
    """A Neovim on `folder / "project"`, with the real model at `url`; its project sends settings that must not count."""
    settings = {"model": {"backend": "ollama", "name": SMOLLM, "ollama_host": url}}
    async with neovim_session(neovim(version), folder, settings=settings, lua=_LUA, open_file="total.py") as screen:
        yield NeovimHands(screen)


class NeovimHands:
    """Follows `hands.Hands`."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        return await self.screen.eventually(ask, what)

    async def open(self, file: Path) -> None:
        await self.screen.type("<Esc>")
        # `edit!` reads the file anew: whatever a scene before did to it is dropped.
        await self.screen.command(f"silent! only | edit! {file}")
        await self._attached()
        await self.screen.type("G$a")
        await self._inserting()

    async def warm_up(self, file: Path) -> None:
        """Once: Neovim asks from the first key on that it is attached."""
        await self.open(file)
        await self.type(NEXT_KEY)

    async def new(self) -> None:
        await self.screen.type("<Esc>")
        await self.screen.command("enew | setfiletype text")
        await self._attached()
        await self.screen.type("i")
        await self._inserting()

    async def _attached(self) -> None:
        await self.screen.eventually(
            lambda: self.screen.lua("return #vim.lsp.get_clients({ bufnr = 0, name = 'hearth' }) > 0"), "the server attached"
        )

    async def _inserting(self) -> None:
        await self.screen.eventually(lambda: self._is_mode("i"), "Insert mode")

    async def _is_mode(self, mode: str) -> bool:
        return bool((await self.screen.request("nvim_get_mode"))["mode"] == mode)

    async def type(self, text: str) -> None:
        await self.screen.type(text.replace("<", "<lt>").replace("\n", "<CR>"))

    async def text(self) -> str:
        return "\n".join(await self.screen.lines())

    async def ghost(self) -> str | None:
        """What the extmarks say, when the screen shows the same."""
        marks = str(await self.screen.lua(_MARKS))
        # A row without a character has no cell that could be drawn.
        seen = "\n".join(row for row in marks.split("\n") if row)
        return marks if ghost_text(self.screen) == seen else None

    async def take(self, part: Part) -> None:
        await self.screen.type(_KEYS[part])

    async def dismiss(self) -> None:
        await self.screen.type("<C-]>")

    async def undo(self) -> None:
        await self.screen.type("<Esc>u")

    async def save(self) -> None:
        await self.screen.type("<Esc>")
        await self.screen.command("write")

    async def type_in_vain(self, text: str) -> None:
        await self.screen.type("<Esc>")
        await self.screen.command("setlocal nomodifiable")
        await self.screen.type(f"A{text}")
        await self.screen.until(lambda: "E21" in self.screen.text(), "Neovim's refusal")
        await self.screen.type("<Esc>")

    async def status(self) -> str:
        line = self.screen.rows()[-2]
        return "ready" if line.endswith(" hearth") else line[line.find("hearth") :]

    async def percents(self) -> list[int]:
        """How far the index was, at each time it was told."""
        return list(await self.screen.lua("return vim.g.percents"))

    async def explain(self, line: int) -> tuple[str, str]:
        await self._at(line)
        await self.screen.command("Hearth explain")
        partial = ""

        async def whole() -> str:
            nonlocal partial
            text = await self.text()
            if not text.startswith("*Reading"):
                partial = partial if WHOLE in text else text
            return text if WHOLE in text else ""

        found = str(await self.screen.eventually(whole, "the whole explanation"))
        await self.screen.type("q")
        return partial, found

    async def rewrite(self, line: int, instruction: str) -> tuple[str, str] | None:
        await self._at(line)
        await self.screen.command(f"Hearth refactor {instruction}")

        async def answered() -> str:
            return str(await self.screen.lua("return #vim.api.nvim_list_wins() > 1 and vim.bo.filetype or ''"))

        if await self.screen.eventually(answered, "a preview, or why there is none") != "diff":
            await self.screen.type("q")
            return None
        diff = [one for one in await self.screen.lines() if not one.startswith("@@")]
        await self.screen.until(
            lambda: all(one[:_SHOWN].rstrip() in self.screen.text() for one in diff), "the diff on the screen"
        )
        return tuple("\n".join(one[1:] for one in diff if one[0] in kept) for kept in (" -", " +"))  # type: ignore[return-value]

    async def apply(self) -> None:
        await self.screen.type("a")
        await self.screen.eventually(lambda: self.screen.lua("return #vim.api.nvim_list_wins() == 1"), "the preview closed")

    async def begin_rewrite(self, line: int, instruction: str) -> None:
        await self._at(line)
        await self.screen.command(f"Hearth refactor {instruction}")
        await self.screen.until(lambda: "hearth: Refactor" in self.screen.rows()[-2], "that the model is at it")

    async def cancel(self) -> None:
        await self.screen.command("Hearth cancel")
        await self.said("Hearth: stopped.")
        await self.screen.until(lambda: self.screen.rows()[-2].endswith(" hearth"), "nothing under way any more")

    async def _at(self, line: int) -> None:
        await self.screen.type("<Esc>")
        await self.screen.eventually(lambda: self._is_mode("n"), "Normal mode")
        await self.screen.command(f"call cursor({line}, 6)")

    async def use_model(self, model: str, url: str) -> None:
        await self.screen.type("<Esc>")
        named = {"model": {"backend": "ollama", "name": model, "ollama_host": url}}
        await self.screen.lua('vim.lsp.config("hearth", { init_options = ... })', named)
        await self.screen.command("Hearth restart")

    async def misses(self, model: str) -> bool:
        named = "local last = require('hearth.status').last(); return last and last.model == ..."
        return "no model" in await self.status() and bool(await self.screen.lua(named, model))

    async def fetch(self, model: str) -> None:
        await self.screen.lua("""vim.ui.select = function(items, _, on_choice)
            vim.g.first_offered = items[1].name
            on_choice(items[1], 1)
        end""")
        await self.screen.command("Hearth pull")
        first = "return vim.g.first_offered == ..."
        await self.screen.eventually(lambda: self.screen.lua(first, model), f"{model} offered first")

    async def fetched_percent(self) -> int:
        found = re.search(r"fetching .*, (\d+)%", self.screen.rows()[-2])
        return int(found[1]) if found else 0

    async def said(self, words: str) -> str:
        """Wait for a message with these words in it."""

        async def look() -> str:
            return next((one for one in await self.screen.lua("return vim.g.said") if words in one), "")

        return str(await self.screen.eventually(look, f"a message with {words!r}"))
