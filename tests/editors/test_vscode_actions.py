"""Real VS Code: explain and ask in a panel, a rewriting as a diff, each of them cancelled, and the numbers of the server."""

from __future__ import annotations

import pytest

from tests.editors.texts import TOTAL
from tests.editors.window import Window

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="module")]

EXPLANATION = "It adds the **prices** up.\n\nSee [shop.py](%s#L3): `sum` does the work.\n\nAn empty list gives 0.\n"
REWRITTEN = TOTAL.replace("sum(prices)", "sum(prices, start=0)")


async def test_an_explanation_streams_into_a_panel_with_links_that_jump(window: Window) -> None:
    await window.bench.open("shop.py")
    await window.bench.go_to(3, 8)
    text = EXPLANATION % (window.project / "shop.py").as_uri()
    before, window.model.reply = window.model.reply, lambda _: text.splitlines(keepends=True)
    window.model.held = 1
    try:
        await window.bench.command("Hearth: Explain Selection")
        panel = window.bench.answer()
        await panel.get_by_text("It adds the").wait_for()
        assert not await panel.get_by_text("An empty list gives 0.").is_visible()
        window.model.held = None
        await panel.get_by_text("An empty list gives 0.").wait_for()
        assert await panel.locator("strong", has_text="prices").count() == 1
        link = panel.locator("a", has_text="shop.py")
        if await link.count():
            await link.first.click()
        await window.bench.page.locator('.tab.active[data-resource-name="shop.py"]').first.wait_for()
        await window.bench.close_answer()
    finally:
        window.model.reply, window.model.held = before, None


async def test_closing_the_panel_stops_the_model(window: Window) -> None:
    await window.bench.open("shop.py")
    await window.bench.go_to(3, 8)
    before, window.model.reply = window.model.reply, lambda _: ["word word\n\n"] * 300
    window.model.held = 1
    try:
        await window.bench.command("Hearth: Explain Selection")
        await window.bench.answer().get_by_text("word word").first.wait_for()
        running = window.model.chats[-1]
        await window.bench.close_answer()

        async def closed() -> bool:
            return running.closed.is_set()

        await window.bench.until(closed, "the model was stopped")
    finally:
        window.model.reply, window.model.held = before, None


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


async def test_a_rewrite_that_is_cancelled_stops_the_model_and_changes_nothing(window: Window) -> None:
    await window.edit(TOTAL)
    await window.bench.go_to(3, 8)
    before, window.model.reply = window.model.reply, lambda _: ["```python\n", *(f"x = {number}\n" for number in range(600))]
    window.model.held = 20
    try:
        await window.bench.command("Hearth: Refactor Selection")
        field = window.bench.page.locator(".quick-input-widget input.input")
        await field.fill("make it longer")
        await window.bench.press("Enter")
        await window.bench.page.locator(".notification-toast", has_text="lines written").wait_for()
        running = window.model.chats[-1]
        await window.bench.button("Cancel")

        async def closed() -> bool:
            return running.closed.is_set()

        await window.bench.until(closed, "the model was stopped")
        await window.until_text(TOTAL)
    finally:
        window.model.reply, window.model.held = before, None


async def test_a_question_is_answered_with_links_that_jump(window: Window) -> None:
    await window.edit("# nothing\n")
    before, window.model.reply = window.model.reply, lambda _: ["In `total` [1], ", "see shop.py:3.\n"]
    try:
        await window.bench.command("Hearth: Ask About the Repository")
        field = window.bench.page.locator(".quick-input-widget input.input")
        await field.fill("where are prices added up?")
        await window.bench.press("Enter")
        panel = window.bench.answer()
        await panel.get_by_text("Sources").wait_for()
        await panel.locator("li a", has_text="shop.py:1").click()
        await window.bench.page.locator('.tab.active[data-resource-name="shop.py"]').wait_for()
        await window.bench.close_answer()
    finally:
        window.model.reply = before


async def test_stats_are_shown_in_a_panel(window: Window) -> None:
    await window.bench.command("Hearth: Show Stats")
    panel = window.bench.answer()
    await panel.get_by_text("These numbers stay on this machine.").wait_for()
    assert "suggestions" in await panel.locator("table").first.inner_text()
    await window.bench.close_answer()
