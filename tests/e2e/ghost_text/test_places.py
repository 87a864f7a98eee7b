"""Where ghost text goes and what is around it: places count as the editor counts, and the model is shown what stands there."""

from __future__ import annotations

from itertools import count

import pytest

from tests.support.pictures import Picture, picture
from tests.support.scripted_ollama import ScriptedOllama
from tests.support.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

URIS = (f"file:///nowhere/file_{number}.py" for number in count())


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


async def test_the_word_selected_in_the_editors_list_is_gone_on_from(wire: Wire, model: ScriptedOllama) -> None:
    uri = next(URIS)
    model.reply = lambda prompt: ["(path)"] if prompt.rstrip().endswith("os.listdir") else []
    wire.open(uri, "os.li")
    selected = {"range": {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 5}}, "text": "listdir"}
    answer = await wire.answer(wire.ask_ghost_text(uri, 0, 5, kind=1, selectedCompletionInfo=selected))
    (item,) = answer["result"]["items"]
    assert item["insertText"] == "listdir(path)"
    assert item["range"] == selected["range"]


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


def shown_to(model: ScriptedOllama, at: Picture) -> bool:
    """Whether the newest prompt holds the text before the cursor, with the line ends that all prompts have."""
    before = at.text[: at.offset].rstrip().replace("\r\n", "\n")
    return before in model.asked[-1].prompt
