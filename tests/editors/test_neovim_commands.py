"""Everything of Hearth in real Neovims that is not ghost text: status, models, search, explain, refactor, recovery, health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from tests.editors.conftest import neovim_or_not_run
from tests.editors.texts import TOTAL, upto
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.neovims import VERSIONS
from tests.support.editors.screen import Screen
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]

EXPLANATION = "It adds the **prices** up.\n\nThe built-in `sum` does the work, so an empty list gives 0.\n"
REWRITTEN = TOTAL.replace("sum(prices)", "sum(prices, start=0)")

ANSWERS = """
vim.g.said = {}
vim.notify = function(message)
  local said = vim.g.said
  said[#said + 1] = message
  vim.g.said = said
end
vim.ui.select = function(items, options, on_choice)
  vim.g.offered = vim.tbl_map(function(one) return options.format_item and options.format_item(one) or tostring(one) end, items)
  on_choice(items[1], 1)
end
"""
"""A chooser and a notifier as plugins bring them: nothing blocks, and what was said and offered can be read."""


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=VERSIONS)
async def screen(
    request: pytest.FixtureRequest, reciter: ScriptedOllama, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Screen]:
    folder = tmp_path_factory.mktemp(f"neovim-{request.param}")
    (folder / "project/.git").mkdir(parents=True)
    (folder / "project/shop.py").write_text(TOTAL)
    settings = {"model": {"backend": "ollama", "name": MODEL, "ollama_host": reciter.url}}
    session = neovim_session(neovim_or_not_run(request.param), folder, settings=settings, lua=ANSWERS, open_file="shop.py")
    async with session as opened:
        await opened.until(lambda: opened.text().split("\n")[-2].rstrip().endswith(" hearth"), "the server is ready")
        yield opened


async def shop(screen: Screen) -> None:
    """The file as it was, the cursor in its function, in normal mode, one window."""
    await screen.type("<Esc>")
    await screen.command("silent! only | edit! shop.py")
    await screen.command("call cursor(3, 8)")
    await attached(screen)


async def said(screen: Screen, words: str) -> str:
    """Wait for a message with these words in it."""

    async def look() -> str:
        messages = await screen.lua("return vim.g.said")
        return next((one for one in messages if words in one), "")

    return str(await screen.eventually(look, f"a message with {words!r}"))


async def attached(screen: Screen) -> None:
    """Wait until the server follows the current buffer."""
    await screen.eventually(
        lambda: screen.lua("return #vim.lsp.get_clients({ bufnr = 0, name = 'hearth' }) > 0"), "the server attached"
    )


async def test_status_and_stats_say_how_it_is(screen: Screen) -> None:
    await screen.command("Hearth status")
    assert "1 files" in await said(screen, MODEL)
    await screen.command("Hearth stats")
    await said(screen, "suggestions")


async def test_a_long_message_of_the_server_stays_on_one_line(screen: Screen) -> None:
    long = {"type": 2, "message": "Hearth: " + "long " * 60}
    await screen.lua("require('hearth.status').message(...)", long)
    told = await said(screen, "long long")
    assert len(told) <= await screen.lua("return vim.v.echospace")
    assert told.endswith("(:Hearth log)")


async def test_commands_complete(screen: Screen) -> None:
    found = await screen.lua("return vim.fn.getcompletion('Hearth re', 'cmdline')")
    assert found == ["refactor", "restart"]


async def test_a_wrong_command_says_which_there_are(screen: Screen) -> None:
    await screen.command("Hearth nonsense")
    assert "explain" in await said(screen, "there is no `:Hearth nonsense`")


async def test_search_goes_to_what_it_found(screen: Screen) -> None:
    await screen.command("enew")
    await screen.command("Hearth search add up prices")
    await screen.eventually(lambda: screen.lua("return vim.fn.expand('%:t') == 'shop.py'"), "the file that was found")
    assert any("shop.py:1" in one for one in await screen.lua("return vim.g.offered"))


async def test_a_model_is_chosen_from_those_that_are_there(screen: Screen) -> None:
    await shop(screen)
    before = await screen.lua("return vim.lsp.get_clients({ name = 'hearth' })[1].id")
    await screen.command("Hearth model")
    await said(screen, f"{MODEL} from now on")
    assert any(f"● {MODEL}  ollama" in one for one in await screen.lua("return vim.g.offered"))
    await screen.eventually(
        lambda: screen.lua("local c = vim.lsp.get_clients({ name = 'hearth' })[1]; return c and c.id ~= ...", before),
        "another server",
    )


async def test_an_explanation_streams_into_a_window(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    before, reciter.reply = reciter.reply, lambda _: [EXPLANATION[i : i + 8] for i in range(0, len(EXPLANATION), 8)]
    reciter.held = 4
    try:
        await screen.command("Hearth explain")
        await screen.until(lambda: "It adds the" in screen.text() and "empty list" not in screen.text(), "a part of the answer")
        reciter.held = None
        await screen.until(lambda: "empty list gives 0." in screen.text(), "the whole answer")
        assert await screen.lua("return vim.bo.filetype") == "markdown"
        await screen.type("q")
        await screen.eventually(lambda: screen.lua("return #vim.api.nvim_list_wins() == 1"), "the window closed")
    finally:
        reciter.reply, reciter.held = before, None


async def test_closing_the_window_stops_the_model(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    before, reciter.reply = reciter.reply, lambda _: ["word word\n\n"] * 200
    reciter.held = 1
    try:
        await screen.command("Hearth explain")
        await screen.until(lambda: "word word" in screen.text(), "the beginning of the answer")
        running = reciter.chats[-1]
        await screen.type("q")

        async def closed() -> bool:
            return running.closed.is_set()

        await screen.eventually(closed, "the model was stopped")
    finally:
        reciter.reply, reciter.held = before, None


@pytest.mark.parametrize("key", ["a", "q"])
async def test_a_rewrite_is_shown_then_applied_or_not_and_undone_in_one_step(
    screen: Screen, reciter: ScriptedOllama, key: str
) -> None:
    await shop(screen)
    before, reciter.reply = reciter.reply, lambda _: [f"```python\n{REWRITTEN}```\n"]
    try:
        await screen.command("Hearth refactor name the start of the sum")
        await screen.until(
            lambda: "-    return sum(prices)" in screen.text() and "+    return sum(prices, start=0)" in screen.text(),
            "the diff",
        )
        await screen.type(key)
        await screen.eventually(lambda: screen.lua("return #vim.api.nvim_list_wins() == 1"), "the diff closed")
        if key == "a":
            await screen.eventually(lambda: _reads(screen, REWRITTEN), "the rewritten text")
            await screen.type("u")
        await screen.eventually(lambda: _reads(screen, TOTAL), "the text as it was")
    finally:
        reciter.reply = before


async def test_a_rewrite_tells_how_far_it_is_and_is_cancelled(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    before, reciter.reply = reciter.reply, lambda _: ["```python\n", *(f"x = {number}\n" for number in range(600))]
    reciter.held = 3
    try:
        await screen.command("Hearth refactor make it longer")
        await screen.until(lambda: "hearth: Refactor, 3 lines" in screen.rows()[-2], "how far it is")
        running = reciter.chats[-1]
        await screen.command("Hearth cancel")
        await said(screen, "Hearth: stopped.")
        await screen.until(lambda: screen.rows()[-2].endswith(" hearth"), "the statusline as it was")

        async def closed() -> bool:
            return running.closed.is_set()

        await screen.eventually(closed, "the model was stopped")
        assert await _reads(screen, TOTAL)
        await screen.command("Hearth cancel")
        await said(screen, "nothing is under way")
    finally:
        reciter.reply, reciter.held = before, None


async def test_a_question_is_answered_with_links_that_jump(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    await screen.command("enew")
    before, reciter.reply = reciter.reply, lambda _: ["In `total` [1], ", "see shop.py:3.\n"]
    try:
        await screen.command("Hearth ask where are prices added up?")
        await screen.until(lambda: "Sources" in screen.text(), "the whole answer")
        await screen.command("call search('Sources')")
        await screen.command("call search('shop.py')")
        await screen.type("<CR>")
        await screen.eventually(lambda: screen.lua("return vim.fn.expand('%:t') == 'shop.py'"), "the file behind the link")
        assert await screen.lua("return vim.fn.line('.')") == 1
    finally:
        reciter.reply = before


async def _reads(screen: Screen, text: str) -> bool:
    return "\n".join(await screen.lines()) + "\n" == text


async def test_the_light_bulb_asks_and_shows_the_same_diff(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    before, reciter.reply = reciter.reply, lambda _: [f"```python\n{REWRITTEN}```\n"]
    try:
        await screen.lua(
            "vim.ui.input = function(options, on_confirm) vim.g.asked_for = options.prompt; on_confirm('do it') end"
        )
        await screen.lua("""vim.schedule(function()
          vim.lsp.buf.code_action({ apply = true, filter = function(one) return one.title:find("Rewrite this") ~= nil end })
        end)""")
        await screen.until(lambda: "+    return sum(prices, start=0)" in screen.text(), "the diff")
        assert "rewritten" in await screen.lua("return vim.g.asked_for")
        await screen.type("q")
        await screen.eventually(lambda: screen.lua("return #vim.api.nvim_list_wins() == 1"), "the diff closed")
    finally:
        reciter.reply = before


async def test_a_killed_server_comes_back(screen: Screen) -> None:
    await shop(screen)
    client = await screen.lua("return vim.lsp.get_clients({ name = 'hearth' })[1].id")
    children = psutil.Process(await screen.lua("return vim.fn.getpid()")).children()
    next(one for one in children if "lsp_server" in one.cmdline()).kill()
    await said(screen, "is started again")
    await screen.eventually(
        lambda: screen.lua(
            "local c = vim.lsp.get_clients({ bufnr = 0, name = 'hearth' })[1]; return c and c.id ~= ...", client
        ),
        "another server",
    )
    Path(await screen.lua("return vim.fn.getcwd()"), "again.py").write_text(upto(TOTAL, '"""\n') + "    ")
    await screen.command("edit! again.py")
    await attached(screen)
    await screen.type("G$aret")
    await screen.until(lambda: ghost_text(screen) == "urn sum(prices)", "ghost text from the new server")
    await screen.type("<Esc>")


async def test_toggle(screen: Screen, reciter: ScriptedOllama) -> None:
    await shop(screen)
    await screen.command("Hearth toggle")
    await screen.until(lambda: "hearth off" in screen.text(), "the statusline")
    asked = len(reciter.asked)
    await screen.type("o<Esc>")
    assert len(reciter.asked) == asked
    await screen.command("Hearth toggle")
    await screen.until(lambda: "hearth off" not in screen.rows()[-2], "the statusline")
    await screen.type("u")


async def test_health_names_server_and_version(screen: Screen) -> None:
    await shop(screen)
    await screen.command("checkhealth hearth")
    text = "\n".join(await screen.lines())
    assert "hearth-lsp" in text
    assert "drawn by Hearth" in text
    assert "ERROR" not in text
    await screen.command("bdelete!")


async def test_help_names_every_command_and_function(screen: Screen) -> None:
    names = await screen.lua("return require('hearth.commands').names()")
    help_text = (Path(__file__).parents[2] / "editors/neovim/doc/hearth.txt").read_text()
    missing = [name for name in names if f"*:Hearth-{name}*" not in help_text]
    assert missing == []
    functions = await screen.lua(
        "return vim.tbl_filter(function(n) return not n:find('^_') and n ~= 'attach' and n ~= 'client' and n ~= 'is_off' end,"
        " vim.tbl_keys(require('hearth')))"
    )
    assert [name for name in functions if f"*hearth.{name}()*" not in help_text] == []
