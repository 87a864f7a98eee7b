"""Real VS Code, the packed extension and the real server: what is drawn on the page, and what each key and button does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from tests.editors.texts import AREA, CALL, GREETING, TOTAL, upto
from tests.editors.window import Window
from tests.support.processes import running_below

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]


async def test_ghost_text_is_drawn_and_taken_whole_and_undone_alone(window: Window) -> None:
    await window.edit(upto(TOTAL, '"""\n') + "    ")
    await window.bench.type("ret")
    await window.bench.until_ghost("urn sum(prices)")
    await window.bench.press("Tab")
    await window.until_text(TOTAL.rstrip("\n"))
    await window.bench.press("Control+z")
    await window.until_text(upto(TOTAL, "    ret"))


async def test_a_block_by_word_and_then_line_by_line(window: Window) -> None:
    await window.edit(upto(AREA, '"""\n') + "   ")
    await window.bench.type(" ")
    body = AREA[len(upto(AREA, '"""\n    ')) :].rstrip("\n")
    await window.bench.until_ghost(body)
    await window.bench.press("Control+ArrowRight")
    await window.until_text(upto(AREA, "    if"))
    await window.bench.until_ghost(body.removeprefix("if"))
    await window.bench.press("Control+ArrowDown")
    await window.until_text(upto(AREA, "height < 0:\n"))  # VS Code takes the line's end along
    await window.bench.until_ghost(lambda text: text.lstrip().startswith("return 0"))
    await window.bench.press("Control+ArrowDown")
    await window.until_text(upto(AREA, "return 0\n"))
    await window.bench.until_ghost(lambda text: text.lstrip().startswith("result = "))
    await window.bench.press("Control+ArrowDown")
    await window.until_text(upto(AREA, "height\n"))
    await window.bench.until_ghost(lambda text: text.lstrip() == "return result")
    await window.bench.press("Control+ArrowDown")
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
    (victim,) = running_below("lsp_server", "serve")
    os.kill(victim.pid, signal.SIGKILL)

    async def replaced() -> bool:
        return [one.pid for one in running_below("lsp_server", "serve")] not in ([], [victim.pid])

    await window.bench.until(replaced, "another server")
    await window.until_status("flame Hearth")
    await window.warm_up()  # VS Code may show for a moment what the dead one said: a key that is typed then asks nobody


async def test_the_model_can_be_chosen_and_the_choice_is_the_users_setting(window: Window) -> None:
    window.model.models.append("smollm2:other")
    await window.bench.command("Hearth: Choose Model")
    await window.bench.choose("smollm2:other")

    async def chosen() -> bool:
        with contextlib.suppress(json.JSONDecodeError):  # while it is written it is empty
            return bool(json.loads(window.bench.settings.read_text()).get("hearth.model.name") == "smollm2:other")
        return False

    await window.bench.until(chosen, "the user's setting")
    await window.until_status("flame Hearth")
