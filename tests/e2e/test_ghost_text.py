"""Ghost text through the real server and the real engine; the model's words are scripted, so that they can be foretold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from tests.support.pictures import Picture, picture
from tests.support.scripted_ollama import MODEL, ScriptedOllama, scripted_ollama
from tests.support.wire import GHOST_TEXT, Wire, running_server, scripted_config, write_config

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANCELLED, MODIFIED = -32800, -32801
URIS = (f"file:///nowhere/file_{number}.py" for number in count())


@pytest.fixture(scope="module")
def running_model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["utf-8", "utf-16", "utf-32"])
async def one_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, running_model: ScriptedOllama
) -> AsyncIterator[tuple[Wire, str]]:
    home = tmp_path_factory.mktemp("home")
    write_config(home, scripted_config(running_model.url))
    async with running_server(home) as wire:
        result = await wire.initialize({**GHOST_TEXT, "general": {"positionEncodings": [request.param, "utf-16"]}})
        assert result["capabilities"]["positionEncoding"] == request.param
        await wire.status("ready")
        yield wire, request.param
        assert await wire.quit() == 0
        assert wire.not_json == []


@pytest.fixture
def encoding(one_server: tuple[Wire, str]) -> str:
    return one_server[1]


@pytest.fixture
def model(running_model: ScriptedOllama) -> ScriptedOllama:
    running_model.asked.clear()
    running_model.gate.set()
    running_model.reply = lambda prompt: []
    return running_model


@pytest_asyncio.fixture(loop_scope="module")
async def wire(one_server: tuple[Wire, str], model: ScriptedOllama) -> Wire:
    wire, _ = one_server
    await wire.command("hearth.clearCache")
    wire.received.clear()
    wire.answers.clear()
    return wire


DRAWN = {
    "at the end of a line": ("def add(a, b):\n    return ˇ\n", "a + b"),
    "at the end of the document": ("total = ˇ", "0"),
    "in a fresh block": ("def add(a, b):\n    ˇ", "return a + b"),
    "behind an emoji": ('x = "😀😀"; y = ˇ\n', "1"),
    "behind letters of two and three bytes": ("größe = 'ﬁ€'; maß = ˇ\n", "2"),
    "in a document with CRLF": ("a = 1\r\nb = ˇ\r\nc = 3\r\n", "2"),
    "behind a form feed, which ends no line": ("a = 1\n\f\nb = ˇ\n", "2"),
    "behind U+2028, which ends no line": ("s = '\u2028'\nb = ˇ\n", "2"),
    "with text behind the cursor": ("print(ˇ)\n", "value"),
}


@pytest.mark.parametrize(("drawn", "said"), DRAWN.values(), ids=DRAWN)
async def test_the_missing_text_goes_to_the_cursor(
    wire: Wire, model: ScriptedOllama, encoding: str, drawn: str, said: str
) -> None:
    at, uri = picture(drawn, encoding), next(URIS)
    # A prompt ends before the blanks at the cursor, so a model says those first.
    space = at.text[len(at.text[: at.offset].rstrip(" ")) : at.offset]
    model.reply = lambda prompt: [space + said]
    wire.open(uri, at.text)
    answer = await wire.answer(wire.ask_ghost_text(uri, at.line, at.character))
    (item,) = answer["result"]["items"]
    place = {"line": at.line, "character": at.character}
    assert item["insertText"] == said
    assert item["range"] == {"start": place, "end": place}
    assert item["command"]["command"] == "hearth.accepted"
    assert shown_to(model, at)


TYPED = [
    ("ˇ", "x", "xˇ"),
    ("a😀ˇ\n", "é", "a😀éˇ\n"),
    ("a\r\nb😀ˇ\r\nc", "\r\n", "a\r\nb😀\r\nˇ\r\nc"),
    ("\f\n\x0b\x85\u2029ˇ\n", "1", "\f\n\x0b\x85\u20291ˇ\n"),
    ("one\rtwoˇ\rthree", "!", "one\rtwo!ˇ\rthree"),
]


@pytest.mark.parametrize(("before", "typed", "after"), TYPED)
async def test_what_is_typed_arrives_where_it_was_typed(
    wire: Wire, model: ScriptedOllama, encoding: str, before: str, typed: str, after: str
) -> None:
    at, then, uri = picture(before, encoding), picture(after, encoding), next(URIS)
    model.reply = lambda prompt: ["done"]
    wire.open(uri, at.text, language="plaintext")
    place = {"line": at.line, "character": at.character}
    wire.change(uri, 2, {"range": {"start": place, "end": place}, "text": typed})
    number = wire.ask_ghost_text(uri, then.line, then.character, kind=1)
    answer = await wire.answer(number)
    (item,) = answer["result"]["items"]
    assert item["range"]["start"] == {"line": then.line, "character": then.character}
    assert shown_to(model, then)


async def test_several_changes_each_count_from_the_text_before_them(wire: Wire, model: ScriptedOllama, encoding: str) -> None:
    uri = next(URIS)
    wire.open(uri, "a\nb\nc\n")
    first = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}, "text": "A1\nA2\n"}
    second = {"range": {"start": {"line": 1, "character": 2}, "end": {"line": 3, "character": 1}}, "text": " = "}
    wire.change(uri, 2, first, second)
    model.reply = lambda prompt: ["1"]
    await wire.ghost_text(uri, 1, 5)
    assert model.asked[-1].prompt.rstrip().endswith("A1\nA2 =")
    wire.change(uri, 3, {"text": "whole = "})
    await wire.ghost_text(uri, 0, 8)
    assert model.asked[-1].prompt.rstrip().endswith("whole =")
    assert "A1" not in model.asked[-1].prompt


async def test_positions_outside_of_the_document_are_its_edges(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["1"]
    wire.open(uri, "x = ")
    for line, character in ((0, 1000), (1000, 0), (1000, 1000)):
        answer = await wire.answer(wire.ask_ghost_text(uri, line, character))
        assert answer["result"]["items"][0]["range"]["start"] == {"line": 0, "character": 4}


async def test_an_empty_document_is_fine(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["import os"]
    wire.open(uri, "")
    assert await wire.ghost_text(uri, 0, 0, kind=1) in ("import os", None)


async def test_lone_surrogates_do_not_reach_the_model(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["1"]
    wire.send_body(
        b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":'
        b'{"uri":"%s","languageId":"python","version":1,"text":"s = \\"\\ud83d\\"; x = "}}}' % uri.encode()
    )
    await wire.ghost_text(uri, 0, 13, kind=1)
    assert "\ufffd" in model.asked[-1].prompt


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


async def test_the_word_selected_in_the_editors_list_is_gone_on_from(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["(path)"] if prompt.rstrip().endswith("os.listdir") else []
    wire.open(uri, "os.li")
    selected = {"range": {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 5}}, "text": "listdir"}
    answer = await wire.answer(wire.ask_ghost_text(uri, 0, 5, kind=1, selectedCompletionInfo=selected))
    (item,) = answer["result"]["items"]
    assert item["insertText"] == "listdir(path)"
    assert item["range"] == selected["range"]


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


async def test_a_document_that_was_only_opened_is_shown_where_it_is_like_the_code_at_the_cursor(
    wire: Wire, model: ScriptedOllama
) -> None:
    beside, uri = next(URIS), next(URIS)
    wire.open(beside, "def parcel_weight(parcel, scales):\n    return scales.heaviest_part(parcel) * parcel.pieces\n")
    at = picture("def letter_weight(parcel, scales):\n    parcel.pieces += scales.ˇ\n", "utf-16")
    wire.open(uri, at.text)
    await wire.ghost_text(uri, at.line, at.character)
    assert "return scales.heaviest_part(parcel) * parcel.pieces" in model.asked[-1].prompt
    assert beside.rsplit("/", 1)[1] in model.asked[-1].prompt


async def test_no_message_pops_up_while_one_types(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    wire.open(uri, "x = ")
    for _ in range(20):
        wire.ask_ghost_text(uri, 0, 4)
    await wire.ghost_text(uri, 0, 4)
    assert wire.heard("window/showMessage") == []


def shown_to(model: ScriptedOllama, at: Picture) -> bool:
    """Whether the newest prompt holds the text before the cursor, with the line ends that all prompts have."""
    before = at.text[: at.offset].rstrip().replace("\r\n", "\n")
    return before in model.asked[-1].prompt


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
