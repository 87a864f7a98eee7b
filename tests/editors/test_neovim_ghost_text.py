"""Ghost text in real Neovims, the real server behind it: what is drawn, what each key takes, what undo gives back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from lsp_server.completion.ahead import LONGEST_NEXT
from tests.editors.conftest import neovim_or_not_run
from tests.editors.texts import AREA, CALL, GREETING, TOTAL, upto
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.screen import Screen
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]

_names = count(1)

TAB = """
vim.keymap.set("i", "<Tab>", function()
  return require("hearth").accept() and "" or "<Tab>"
end, { expr = true })
"""
"""What doc/hearth.txt shows for those who want Tab."""


@dataclass
class Editor:
    screen: Screen
    project: Path
    model: ScriptedOllama

    async def edit(self, text: str, *, options: str = "", name: str = "") -> None:
        """Open a new file with this text, the cursor behind its last character, in insert mode."""
        file = self.project / (name or f"file{next(_names)}.py")
        file.write_bytes(text.encode())
        await self.screen.type("<Esc>")
        await self.screen.command(f"edit {options} {file.name}")
        await self.attached()
        await self.screen.type("G$a")

    async def attached(self) -> None:
        await self.screen.eventually(
            lambda: self.screen.lua("return #vim.lsp.get_clients({ bufnr = 0, name = 'hearth' }) > 0"), "the server attached"
        )

    async def until_ghost(self, text: str) -> None:
        await self.screen.until(lambda: ghost_text(self.screen) == text, f"ghost text {text!r}")

    async def until_text(self, text: str) -> None:
        async def look() -> bool:
            return "\n".join(await self.screen.lines()) == text

        try:
            await self.screen.eventually(look, "the text")
        except AssertionError as error:
            now = "\n".join(await self.screen.lines())
            raise AssertionError(f"{error}\nin the buffer:\n{now}\nwanted:\n{text}") from None

    async def count(self, what: str) -> int:
        """A count of the server's."""
        number = await self.screen.lua(
            """local client = vim.lsp.get_clients({ name = "hearth", bufnr = 0 })[1]
            local answer = client:request_sync("workspace/executeCommand", { command = "hearth.status" }, 10000, 0)
            return answer.result.counts[...] or 0""",
            what,
        )
        return int(number)


@pytest_asyncio.fixture(
    loop_scope="module", scope="module", params=["0.11 own", "0.12 own", "0.12 builtin"], ids=lambda one: one.replace(" ", "-")
)
async def editor(
    request: pytest.FixtureRequest, reciter: ScriptedOllama, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Editor]:
    version, drawn_by = request.param.split()
    folder = tmp_path_factory.mktemp(f"neovim-{version}-{drawn_by}")
    (folder / "project/.git").mkdir(parents=True)
    settings = {"model": {"backend": "ollama", "name": MODEL, "ollama_host": reciter.url}}
    options = {"ghost_text": drawn_by}
    async with neovim_session(neovim_or_not_run(version), folder, settings=settings, options=options, lua=TAB) as screen:
        yield Editor(screen, folder / "project", reciter)


async def test_it_is_drawn_and_taken_whole_and_undone_alone(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    taken = await editor.count("accepted")
    await editor.screen.type("ret")
    await editor.until_ghost("urn sum(prices)")
    await editor.screen.type("<M-l>")
    await editor.until_text(TOTAL.rstrip("\n"))
    await editor.until_ghost("")
    assert await editor.count("accepted") == taken + 1
    await editor.screen.type("<Esc>u")
    await editor.until_text(upto(TOTAL, "ret"))


BODY = """\
if width < 0 or height < 0:
        return 0
    result = width * height
    return result"""


async def test_a_block_by_word_by_line_and_by_the_rest(editor: Editor) -> None:
    await editor.edit(upto(AREA, '"""\n') + "   ")
    partly = await editor.count("partly_accepted")
    await editor.screen.type(" ")
    await editor.until_ghost(BODY)
    await editor.screen.type("<M-Right>")
    await editor.until_text(upto(AREA, "    if"))
    await editor.until_ghost(BODY.removeprefix("if"))
    await editor.screen.type("<M-Right>")
    await editor.until_text(upto(AREA, "if width"))
    await editor.screen.type("<M-Down>")
    await editor.until_text(upto(AREA, "height < 0:"))
    await editor.screen.type("<M-Down>")
    await editor.until_text(upto(AREA, "return 0"))
    if await _is_own(editor):
        assert await editor.count("partly_accepted") == partly + 4
    await editor.until_ghost("\n".join(BODY.split("\n")[2:]))
    await editor.screen.type("<M-l>")
    await editor.until_text(AREA.rstrip("\n"))


async def _is_own(editor: Editor) -> bool:
    return not await editor.screen.lua("return require('hearth.builtin').draws(vim.api.nvim_get_current_buf())")


async def test_what_is_typed_along_is_not_doubled(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.type("ret")
    await editor.until_ghost("urn sum(prices)")
    # All at once: the acceptance comes before any newer answer can.
    await editor.screen.type("urn su<M-l>")
    await editor.until_text(TOTAL.rstrip("\n"))


async def test_what_is_typed_otherwise_is_not_glued_to_it(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.type("ret")
    await editor.until_ghost("urn sum(prices)")
    await editor.screen.type("x<M-l><Esc>")
    lines = await editor.screen.lines()
    assert "sum(prices)" not in lines[2]
    assert lines[2].startswith("    retx")


async def test_it_is_sent_away_and_stays_away(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.type("ret")
    await editor.until_ghost("urn sum(prices)")
    await editor.screen.type("<C-]>")
    await editor.until_ghost("")
    await editor.until_text(upto(TOTAL, "ret"))


async def test_tab_takes_it_and_is_a_tab_otherwise(editor: Editor) -> None:
    await editor.edit("x = 1;")
    await editor.screen.command("setlocal expandtab shiftwidth=4 softtabstop=4")
    await editor.screen.type("<Tab>y")
    await editor.until_text("x = 1;  y")
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.type("ret")
    await editor.until_ghost("urn sum(prices)")
    await editor.screen.type("<Tab>")
    await editor.until_text(TOTAL.rstrip("\n"))


async def test_behind_a_wide_character(editor: Editor) -> None:
    await editor.edit(upto(GREETING, '"""\n') + "   ")
    await editor.screen.type(' message = "🙂 hello, " + na')
    await editor.until_ghost('me + "!"')
    await editor.screen.type("<M-l>")
    await editor.until_text(upto(GREETING, '"!"'))


async def test_in_the_middle_of_a_line(editor: Editor) -> None:
    await editor.edit(upto(CALL, '"""\n') + "    print()")
    await editor.screen.type("<Left>w")
    await editor.until_ghost("ord.upper(), flush=True")
    assert any("    print(word.upper(), flush=True)" in row for row in editor.screen.rows())
    await editor.screen.type("<M-l>")
    await editor.until_text(CALL.rstrip("\n"))


async def test_line_endings_of_the_file_are_kept(editor: Editor) -> None:
    await editor.edit((upto(AREA, '"""\n') + "   ").replace("\n", "\r\n"), name="endings.py")
    assert await editor.screen.lua("return vim.bo.fileformat") == "dos"
    await editor.screen.type(" ")
    await editor.until_ghost(BODY)
    await editor.screen.type("<M-l>")
    await editor.until_text(AREA.rstrip("\n"))
    await editor.screen.type("<Esc>")
    await editor.screen.command("write")
    assert (editor.project / "endings.py").read_bytes().decode() == AREA.replace("\n", "\r\n")


async def test_in_a_buffer_without_a_file(editor: Editor) -> None:
    await editor.screen.type("<Esc>")
    await editor.screen.command("enew | setfiletype python")
    await editor.attached()
    await editor.screen.type("i" + upto(TOTAL, "up").replace("\n", "<CR>").replace("    ", ""))
    await editor.screen.type('."""<CR>ret')
    await editor.until_ghost("urn sum(prices)")
    await editor.screen.type("<Esc>")
    await editor.screen.command("set nomodified")


async def test_where_nothing_may_be_typed_nothing_is_asked(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ret")
    await editor.screen.type("<Esc>")
    await editor.screen.command("setlocal nomodifiable")
    asked = _for_ghost_text(editor.model)
    await editor.screen.type("A")
    await editor.screen.until(lambda: "E21" in editor.screen.text(), "Neovim's refusal")
    await editor.screen.type("<Esc>")
    assert _for_ghost_text(editor.model) == asked


def _for_ghost_text(model: ScriptedOllama) -> int:
    """How often ghost text was asked for; what the server reads and writes ahead while nobody types asks for fewer tokens."""
    return sum(one.body["options"]["num_predict"] > LONGEST_NEXT for one in model.asked)


async def test_older_requests_are_taken_back(editor: Editor) -> None:
    await editor.edit(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.lua("""
        vim.g.asked, vim.g.taken_back = 0, 0
        vim.api.nvim_create_autocmd("LspRequest", { buffer = 0, callback = function(event)
          local request = event.data.request
          if request.method ~= "textDocument/inlineCompletion" then return end
          if request.type == "pending" then vim.g.asked = vim.g.asked + 1 end
          if request.type == "cancel" then vim.g.taken_back = vim.g.taken_back + 1 end
        end })""")
    editor.model.gate.clear()
    try:
        for number, key in enumerate("ret", start=1):
            await editor.screen.type(key)
            await editor.screen.eventually(
                lambda number=number: editor.screen.lua("return vim.g.asked >= ...", number), f"asked after {key}"
            )
        assert await editor.screen.lua("return vim.g.asked - vim.g.taken_back") <= 1
    finally:
        editor.model.gate.set()
    await editor.until_ghost("urn sum(prices)")


async def test_a_second_project_has_a_server_and_ghost_text_of_its_own(editor: Editor) -> None:
    other = editor.project.parent / "other"
    (other / ".git").mkdir(parents=True, exist_ok=True)
    (other / "second.py").write_text(upto(TOTAL, '"""\n') + "    ")
    await editor.screen.type("<Esc>")
    await editor.screen.command(f"edit {other / 'second.py'}")
    await editor.attached()
    root = await editor.screen.lua("return vim.lsp.get_clients({ name = 'hearth', bufnr = 0 })[1].workspace_folders[1].name")
    await editor.screen.type("G$aret")
    await editor.until_ghost("urn sum(prices)")
    assert Path(root).name in ("other", "project")
