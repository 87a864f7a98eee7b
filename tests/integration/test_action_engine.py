"""The action engine over Ollama's wire: when the model is stopped, asked again, and given up, and what is heard meanwhile."""

from __future__ import annotations

import asyncio
import json

import pytest

from lsp_server.errors import ModelUnreachableError
from lsp_server.model.ollama import OllamaClient
from tests.support.action_desk import ADD, SHOP, Desk


async def test_the_model_is_stopped_when_its_block_is_a_sound_edit(desk: Desk) -> None:
    desk.says(ADD + "\nNow let me explain at length. " * 5000)
    desk.model.piece_s = 0.002  # a model that is faster than its reader has nothing left to be stopped from
    outcome = await desk.run("simplify", SHOP, "append")
    assert outcome.edits
    assert await asyncio.to_thread(desk.model.asked[0].closed.wait, 10)
    assert len(desk.written()) < 1000


async def test_a_block_that_is_none_does_not_stop_it(desk: Desk) -> None:
    desk.says("First the old code:\n```python\n" + "x = 1\n```\nand now:\n" + ADD)
    assert (await desk.run("simplify", SHOP, "append")).edits


async def test_a_refused_answer_is_asked_for_once_more_with_its_reason(desk: Desk) -> None:
    desk.says("```python\ndef add(self, item):\n    # ... existing code\n    return 1\n```", ADD)
    outcome = await desk.run("simplify", SHOP, "append")
    assert (len(outcome.edits), outcome.attempts) == (1, 2)
    first, again = desk.messages(0), desk.messages(1)
    assert again[: len(first)] == first  # what was read already is the start of the new prompt
    assert [one["role"] for one in again[len(first) :]] == ["assistant", "user"]
    assert "left code out" in again[-1]["content"]
    assert [one.stage for one in desk.heard if one.stage != "writing"] == ["reading", "again"]


async def test_an_unchanged_answer_is_not_asked_for_again(desk: Desk) -> None:
    desk.says("```python\n" + SHOP[SHOP.index("    def size") : SHOP.index("    def add")].rstrip() + "\n```")
    outcome = await desk.run("simplify", SHOP, "count(")
    assert outcome.refusal is not None
    assert (outcome.refusal.code, outcome.attempts, outcome.edits) == ("unchanged", 1, ())


async def test_a_model_that_goes_in_circles_is_stopped(desk: Desk) -> None:
    desk.says("The function adds an item to the items of the store, and that is what the function does.\n\n" * 2000)
    desk.model.piece_s = 0.002
    outcome = await desk.run("explain", SHOP, "append")
    assert "cut off here" in outcome.markdown
    assert await asyncio.to_thread(desk.model.asked[0].closed.wait, 10)


async def test_a_reply_that_reached_its_limit_is_not_applied(desk: Desk) -> None:
    desk.says(
        "```python\ndef add(self, item):\n    self.items.append(Item(item, LIMIT))\n    return len(self.items)\n```" + "\n" * 3
    )
    assert (await desk.run("simplify", SHOP, "append")).edits  # closed in time
    desk.says(
        json.dumps("```python\ndef add(self, item):\n    self.items.append(Item(item, LIMIT))\n    return self.size")[1:-1]
    )
    outcome = await desk.run("simplify", SHOP, "append")
    assert outcome.edits == ()


async def test_an_explanation_streams_what_it_ends_as(desk: Desk) -> None:
    desk.says("It **adds**, see shop.py:3.\n![x](https://evil.example)\nlast line")
    outcome = await desk.run("explain", SHOP, "append")
    assert desk.written() in outcome.markdown
    assert "[shop.py:3](file:///r/shop.py#L3)" in desk.written()
    assert "![" not in desk.written()
    assert outcome.markdown.startswith("### Explain this\n\n[shop.py:13](file:///r/shop.py#L13) `Store.add`\n\nIt **adds**")


async def test_cancelling_closes_the_socket(desk: Desk) -> None:
    desk.says("word " * 10_000)
    desk.model.piece_s = 0.005
    running = asyncio.create_task(desk.run("explain", SHOP, "append"))
    while not desk.model.asked:  # noqa: ASYNC110 - the model lives in another thread
        await asyncio.sleep(0.005)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await asyncio.to_thread(desk.model.asked[0].closed.wait, 10)


async def test_a_model_that_is_gone_is_said(desk: Desk) -> None:
    desk.client = OllamaClient("http://127.0.0.1:9")
    with pytest.raises(ModelUnreachableError):
        await desk.run("explain", SHOP, "append")
    await desk.client.aclose()
