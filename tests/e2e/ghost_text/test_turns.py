"""Who gets an answer when: cancelled, replaced, overtaken by a key. Each request is answered once, about its own text."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from tests.support.scripted_ollama import ScriptedOllama
from tests.support.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANCELLED, MODIFIED = -32800, -32801
URIS = (f"file:///nowhere/file_{number}.py" for number in count())


async def test_nothing_to_suggest_is_null(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    wire.open(uri, "x = ")
    assert await wire.ghost_text(uri, 0, 4) is None


async def test_a_cancelled_request_is_answered_and_the_model_stops(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.gate.clear()
    wire.open(uri, "x = ")
    number = wire.ask_ghost_text(uri, 0, 4)
    await asyncio.to_thread(model.wait_until_asked, 1)
    wire.notify("$/cancelRequest", {"id": number})
    assert (await wire.answer(number))["error"]["code"] == CANCELLED
    assert model.asked[0].closed.wait(10)
    assert len(wire.answers[number]) == 1


async def test_a_request_cancelled_before_its_first_step_is_answered(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.gate.clear()
    wire.open(uri, "x = ")
    with one_packet(wire):
        number = wire.ask_ghost_text(uri, 0, 4)
        wire.notify("$/cancelRequest", {"id": number})
    assert (await wire.answer(number))["error"]["code"] == CANCELLED
    assert model.asked == []


async def test_the_newest_request_of_a_document_replaces_the_older_ones(wire: Wire, model: ScriptedOllama) -> None:
    uri, other = next(URIS), next(URIS)
    model.gate.clear()
    model.reply = lambda prompt: ["1"]
    wire.open(uri, "x = ")
    wire.open(other, "other = ")
    elsewhere = wire.ask_ghost_text(other, 0, 8)
    older = [wire.ask_ghost_text(uri, 0, 4) for _ in range(5)]
    newest = wire.ask_ghost_text(uri, 0, 4)
    for number in older:
        assert (await wire.answer(number))["error"]["code"] == CANCELLED
    model.gate.set()
    assert (await wire.answer(newest))["result"]["items"][0]["insertText"] == "1"
    assert "error" not in await wire.answer(elsewhere)


async def test_a_request_means_the_text_it_was_sent_with(wire: Wire, model: ScriptedOllama) -> None:
    """The request and the next key in one packet: the handler must not see the key, and the answer is too late to be drawn."""
    uri = next(URIS)
    model.reply = lambda prompt: ["1"]
    wire.open(uri, "x = ")
    place = {"line": 0, "character": 4}
    with one_packet(wire):
        number = wire.ask_ghost_text(uri, 0, 4)
        wire.change(uri, 2, {"range": {"start": place, "end": place}, "text": "later"})
    assert (await wire.answer(number))["error"]["code"] == MODIFIED
    assert "later" not in model.asked[-1].prompt


async def test_closing_a_document_takes_its_request_back(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.gate.clear()
    wire.open(uri, "x = ")
    number = wire.ask_ghost_text(uri, 0, 4)
    await asyncio.to_thread(model.wait_until_asked, 1)
    wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert (await wire.answer(number))["error"]["code"] == CANCELLED
    assert model.asked[0].closed.wait(10)


async def test_no_message_pops_up_while_one_types(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    wire.open(uri, "x = ")
    for _ in range(20):
        wire.ask_ghost_text(uri, 0, 4)
    await wire.ghost_text(uri, 0, 4)
    assert wire.heard("window/showMessage") == []


class one_packet:  # noqa: N801 - reads as the words of a test
    """Everything that is sent inside leaves in one write."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._parts: list[bytes] = []
        self._send = wire.send_bytes

    def __enter__(self) -> None:
        self._wire.send_bytes = self._parts.append  # type: ignore[method-assign]

    def __exit__(self, *_: Any) -> None:
        self._wire.send_bytes = self._send  # type: ignore[method-assign]
        self._wire.send_bytes(b"".join(self._parts))
