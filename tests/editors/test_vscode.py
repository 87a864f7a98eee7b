"""Real VS Code, the packed extension and the real server: what is drawn on the page, and what each key and button does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from tests.editors.texts import AREA, CALL, GREETING, TOTAL, upto
from tests.support.cache import ROOT
from tests.support.editors.vscode import VSCode
from tests.support.editors.workbench import Workbench, vscode_window
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]

SERVER = [sys.executable, "-m", "lsp_server", "serve", "--log-level", "info"]

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


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def window(
    real_vscode: VSCode, extension: Path, reciter: ScriptedOllama, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Window]:
    """One window on a workspace of two folders, ready."""
    folder = tmp_path_factory.mktemp("vscode")
    for name in ("project", "other"):
        (folder / name / ".git").mkdir(parents=True)
    (folder / "project/shop.py").write_text(TOTAL)
    (folder / "other/second.py").write_text(upto(TOTAL, '"""\n') + "    ")
    workspace = folder / "two.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": "project"}, {"path": "other"}]}))
    env = {"PYTHONPATH": str(ROOT)}
    settings = user_settings(reciter, **{"files.readonlyInclude": {"**/readonly.py": True}})
    async with vscode_window(real_vscode, extension, folder, settings=settings, env=env, open_path=workspace) as bench:
        made = Window(bench, folder / "project", reciter)
        await made.until_status("flame Hearth")
        await made.warm_up()
        yield made


async def test_ghost_text_is_drawn_and_taken_whole_and_undone_alone(window: Window) -> None:
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")
    await window.bench.press("Tab")
    await window.until_text(TOTAL.rstrip("\n"))
    await window.bench.press("Control+z")
    await window.until_text(upto(TOTAL, "    ret"))


async def test_a_block_by_word_and_by_the_rest(window: Window) -> None:
    await window.edit(upto(AREA, '"""\n') + "   ")
    await window.bench.type(" ")
    body = AREA[len(upto(AREA, '"""\n    ')) :].rstrip("\n")
    await window.bench.until_ghost(body)
    await window.bench.press("Control+ArrowRight")
    await window.until_text(upto(AREA, "    if"))
    await window.bench.until_ghost(body.removeprefix("if"))
    await window.bench.press("Tab")
    await window.until_text(AREA.rstrip("\n"))


async def test_it_is_sent_away(window: Window) -> None:
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")
    await window.bench.press("Escape")

    async def gone() -> bool:
        return not await window.bench.ghost_text()

    await window.bench.until(gone, "no ghost text")
    await window.until_text(upto(TOTAL, "    ret"))


async def test_what_is_typed_along_is_not_doubled(window: Window) -> None:
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")
    await window.bench.type("urn su", delay_ms=0)
    await window.bench.until_ghost("m(prices)")
    await window.bench.press("Tab")
    await window.until_text(TOTAL.rstrip("\n"))


async def test_behind_a_wide_character(window: Window) -> None:
    await window.edit(upto(GREETING, '"""\n') + "    ")
    await window.bench.type('message = "🙂 hello, " + na')
    await window.bench.until_ghost('me + "!"')
    await window.bench.press("Tab")
    await window.until_text(upto(GREETING, '"!"'))


async def test_between_brackets_that_the_editor_closed(window: Window) -> None:
    await window.edit(upto(CALL, '"""\n') + "    ")
    await window.bench.type("print(w")
    await window.bench.until_ghost("ord.upper(), flush=True")
    await window.bench.press("Tab")
    await window.until_text(CALL.rstrip("\n"))


async def test_line_endings_of_the_file_are_kept(window: Window) -> None:
    name = await window.edit((upto(AREA, '"""\n') + "   ").replace("\n", "\r\n"))
    await window.bench.type(" ")
    await window.bench.until_ghost(lambda text: text.endswith("return result"))
    await window.bench.press("Tab")
    await window.until_text(AREA.rstrip("\n"))
    await window.bench.press("Control+s")
    wanted = AREA.rstrip("\n").replace("\n", "\r\n").encode()
    await window.bench.until(lambda: _reads(window.project / name, wanted), "the file as it was saved")


async def _reads(file: Path, wanted: bytes) -> bool:
    return file.read_bytes() == wanted


async def test_in_a_file_that_has_no_name_yet(window: Window) -> None:
    await window.bench.command("File: New Untitled Text File")
    await window.bench.page.locator('.tab.active[data-resource-name^="Untitled"]').wait_for()
    await window.bench.focus()
    await window.bench.type("def total(prices):\n")
    await window.bench.until_ghost(lambda text: "Sum them up" in text)


async def test_in_the_second_folder(window: Window) -> None:
    await window.bench.open("second.py")
    await window.bench.end_of_file()
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")


async def test_a_read_only_file_is_left_alone(window: Window) -> None:
    await window.edit(upto(TOTAL, '"""\n') + "    ", "readonly.py")
    await window.bench.type("r")
    assert await window.bench.ghost_text() == ""
    # Not the number of requests: the server may still be writing ahead in the file of the test before.
    assert not any("readonly.py" in one.prompt for one in window.model.asked)
    await window.until_text(upto(TOTAL, '"""\n') + "    ")


async def test_search_jumps_to_what_it_found(window: Window) -> None:
    await window.bench.command("Hearth: Search Repository")
    field = window.bench.page.locator(".quick-input-widget input.input")
    await field.fill("sum up the prices")
    await window.bench.choose("shop.py:1")
    await window.bench.page.locator('.tab.active[data-resource-name="shop.py"]').wait_for()


async def test_stats_are_shown_in_a_panel(window: Window) -> None:
    await window.bench.command("Hearth: Show Stats")
    panel = window.bench.answer()
    await panel.get_by_text("These numbers stay on this machine.").wait_for()
    assert "suggestions" in await panel.locator("table").first.inner_text()
    await window.bench.close_answer()


EXPLANATION = "It adds the **prices** up.\n\nSee [shop.py](%s#L3): `sum` does the work.\n\nAn empty list gives 0.\n"
REWRITTEN = TOTAL.replace("sum(prices)", "sum(prices, start=0)")


async def test_an_explanation_streams_into_a_panel_with_links_that_jump(window: Window) -> None:
    await window.bench.open("shop.py")
    await window.bench.go_to(3, 8)
    text = EXPLANATION % (window.project / "shop.py").as_uri()
    before, window.model.reply = window.model.reply, lambda _: text.splitlines(keepends=True)
    window.model.piece_s = 1.0
    try:
        await window.bench.command("Hearth: Explain Selection")
        panel = window.bench.answer()
        await panel.get_by_text("It adds the").wait_for()
        assert not await panel.get_by_text("An empty list gives 0.").is_visible()
        await panel.get_by_text("An empty list gives 0.").wait_for()
        assert await panel.locator("strong", has_text="prices").count() == 1
        link = panel.locator("a", has_text="shop.py")
        if await link.count():
            await link.first.click()
        await window.bench.page.locator('.tab.active[data-resource-name="shop.py"]').first.wait_for()
        await window.bench.close_answer()
    finally:
        window.model.reply, window.model.piece_s = before, 0.0


async def test_closing_the_panel_stops_the_model(window: Window) -> None:
    await window.bench.open("shop.py")
    await window.bench.go_to(3, 8)
    before, window.model.reply = window.model.reply, lambda _: ["word word\n\n"] * 300
    window.model.piece_s = 0.1
    try:
        await window.bench.command("Hearth: Explain Selection")
        await window.bench.answer().get_by_text("word word").first.wait_for()
        running = window.model.asked[-1]
        await window.bench.close_answer()

        async def closed() -> bool:
            return running.closed.is_set()

        await window.bench.until(closed, "the model was stopped")
    finally:
        window.model.reply, window.model.piece_s = before, 0.0


@pytest.mark.parametrize("button", ["Apply", "Discard"])
async def test_a_rewrite_is_shown_then_applied_or_not_and_undone_in_one_step(window: Window, button: str) -> None:
    name = await window.edit(TOTAL)
    await window.bench.go_to(3, 8)
    before, window.model.reply = window.model.reply, lambda _: [f"```python\n{REWRITTEN}```\n"]
    try:
        await window.bench.command("Hearth: Refactor Selection")
        field = window.bench.page.locator(".quick-input-widget input.input")
        await field.wait_for(state="visible")
        await field.fill("name the start of the sum")
        await window.bench.press("Enter")
        diff = window.bench.page.locator(".monaco-diff-editor")
        await diff.locator(".modified .view-line", has_text="start=0").wait_for()
        await window.bench.button(button)
        await diff.wait_for(state="detached")
        await window.bench.page.locator(f'.tab.active[data-resource-name="{name}"]').wait_for()
        await window.bench.focus()
        if button == "Apply":
            await window.until_text(REWRITTEN)
            await window.bench.press("Control+z")
        await window.until_text(TOTAL)
    finally:
        window.model.reply = before


async def test_switched_off_and_on_again(window: Window) -> None:
    await window.bench.command("Hearth: Toggle Ghost Text")
    await window.until_status("circle-slash Hearth")
    asked = len(window.model.asked)
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.command("Hearth: Toggle Ghost Text")
    await window.until_status("flame Hearth")
    assert len(window.model.asked) == asked
    await window.bench.focus()
    await window.bench.type("u")
    await window.bench.until_ghost("rn sum(prices)")


async def test_a_killed_server_comes_back(window: Window) -> None:
    def servers() -> list[psutil.Process]:
        ours = psutil.Process().children(recursive=True)
        return [one for one in ours if one.is_running() and "lsp_server" in _command(one) and "serve" in _command(one)]

    (victim,) = servers()
    os.kill(victim.pid, signal.SIGKILL)

    async def replaced() -> bool:
        return [one.pid for one in servers()] not in ([], [victim.pid])

    await window.bench.until(replaced, "another server")
    await window.until_status("flame Hearth")
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def test_the_model_can_be_chosen_and_the_choice_is_the_users_setting(window: Window) -> None:
    window.model.models.append("smollm2:other")
    await window.bench.command("Hearth: Choose Model")
    await window.bench.choose("smollm2:other")

    async def chosen() -> bool:
        return json.loads(window.bench.settings.read_text()).get("hearth.model.name") == "smollm2:other"

    await window.bench.until(chosen, "the user's setting")
    await window.until_status("flame Hearth")
