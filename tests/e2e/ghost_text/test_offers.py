"""What is offered, one suggestion or several, and what became of it: shown, taken, taken in part, counted."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from tests.support.scripted_ollama import MODEL, ScriptedOllama
from tests.support.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANCELLED = -32800
URIS = (f"file:///nowhere/file_{number}.py" for number in count())


async def test_a_key_brings_several_suggestions_and_each_is_another(wire: Wire, model: ScriptedOllama) -> None:
    """The first is the likeliest; the others are drawn for the same prompt, and what comes twice is offered once."""
    uri, replies = next(URIS), iter(["alpha", "beta", "alpha", "", "gamma", "delta"])
    model.reply = lambda prompt: [next(replies)]
    wire.open(uri, "x = ")
    number = wire.ask_ghost_text(uri, 0, 4, kind=1)
    items = (await wire.answer(number))["result"]["items"]
    assert [item["insertText"] for item in items] == ["alpha", "beta", "gamma"]
    assert len({item["command"]["arguments"][0] for item in items}) == 3
    asked = model.asked[:5]
    assert len({one.prompt for one in asked}) == 1
    assert [one.body["options"]["temperature"] > 0 for one in asked] == [False, True, True, True, True]
    before = (await wire.command("hearth.stats"))["all"]
    await wire.command("hearth.accepted", *items[2]["command"]["arguments"])
    after = (await wire.command("hearth.stats"))["all"]
    assert after["taken"] == before["taken"] + 1
    assert after["taken_characters"] == before["taken_characters"] + len("gamma")
    # Typed along, only those are left that go on from what was typed.
    place = {"line": 0, "character": 4}
    wire.change(uri, 2, {"range": {"start": place, "end": place}, "text": "al"})
    again = (await wire.answer(wire.ask_ghost_text(uri, 0, 6, kind=2)))["result"]["items"]
    assert [item["insertText"] for item in again] == ["pha"]


async def test_cancelling_while_others_are_drawn_frees_the_model(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)

    def reply(prompt: str) -> list[str]:
        model.gate.clear()  # the first is answered, what follows is held back
        return ["1"]

    model.reply = reply
    wire.open(uri, "x = ")
    number = wire.ask_ghost_text(uri, 0, 4, kind=1)
    await asyncio.to_thread(model.wait_until_asked, 2)
    wire.notify("$/cancelRequest", {"id": number})
    assert (await wire.answer(number))["error"]["code"] == CANCELLED
    assert model.asked[1].closed.wait(10)
    model.gate.set()


async def test_a_key_asks_for_others_where_one_is_known_already(wire: Wire, model: ScriptedOllama) -> None:
    uri, replies = next(URIS), iter(["alpha", "beta", "gamma"])
    model.reply = lambda prompt: [next(replies, "delta")]
    wire.open(uri, "x = ")
    assert await wire.ghost_text(uri, 0, 4, kind=2) == "alpha"
    items = (await wire.answer(wire.ask_ghost_text(uri, 0, 4, kind=1)))["result"]["items"]
    assert [item["insertText"] for item in items] == ["alpha", "beta", "gamma"]


async def test_what_was_taken_is_counted(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["1"]
    wire.open(uri, "x = ")
    before = (await wire.command("hearth.status"))["counts"]
    answer = await wire.answer(wire.ask_ghost_text(uri, 0, 4))
    command = answer["result"]["items"][0]["command"]
    await wire.command(command["command"], *command["arguments"])
    after = (await wire.command("hearth.status"))["counts"]
    assert after["accepted"] == before.get("accepted", 0) + 1
    assert after["offered"] == before.get("offered", 0) + 1


async def test_what_was_shown_and_taken_is_in_the_ledger(wire: Wire, model: ScriptedOllama) -> None:
    """Every way an editor can tell of it: shown, a word taken, all of it taken by the item's command; and nonsense."""
    uri = next(URIS)
    model.reply = lambda prompt: ["😀 + two"]
    wire.open(uri, "x = ")
    before = (await wire.command("hearth.stats"))["all"]
    answer = await wire.answer(wire.ask_ghost_text(uri, 0, 4))
    (item,) = answer["result"]["items"]
    for nonsense in (None, [], {"item": 1}, {"item": {"command": {"arguments": [7]}}}, {"item": {"insertText": 3}}):
        wire.notify("textDocument/didShowCompletion", nonsense)
        wire.notify("textDocument/didPartiallyAcceptCompletion", nonsense)
    wire.notify("textDocument/didShowCompletion", {"item": item})
    wire.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 4})
    partly = (await wire.command("hearth.stats", {"days": 7}))["all"]
    assert partly["suggestions"] == before["suggestions"] + 1
    assert partly["taken_partly"] == before["taken_partly"] + 1
    assert partly["taken_characters"] == before["taken_characters"] + len("😀 +")
    await wire.command(item["command"]["command"], *item["command"]["arguments"])
    wholly = await wire.command("hearth.stats")
    assert wholly["all"]["taken"] == before["taken"] + 1
    assert wholly["all"]["taken_partly"] == before["taken_partly"]
    assert wholly["all"]["taken_characters"] == before["taken_characters"] + len("😀 + two")
    assert [one["model"] for one in wholly["models"]] == [f"{MODEL} (ollama)"]
