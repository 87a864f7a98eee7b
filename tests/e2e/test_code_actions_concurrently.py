"""Typing while a model writes, through the real server: edits land where the code is by now or nowhere, keys are answered."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from indexer.languages import parse
from lsp_server.actions.change import errors
from tests.support.action_bench import KINDS, Bench
from tests.support.editing import Editor, edits_for
from tests.support.editing import applied as after
from tests.support.replies import BAD, GOOD, Sample, samples
from tests.support.scripted_ollama import scripted_ollama
from tests.support.wire import Wire, running_server, scripted_config, write_config

CLIENT: dict[str, Any] = {
    "textDocument": {"inlineCompletion": {}},
    "workspace": {"workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}},
    "experimental": {"hearth": {"status": True, "markdown": True}},
}


class Round:
    """One document, one action, somebody who types. The region is tracked by arithmetic."""

    def __init__(self, wire: Wire, one: Sample, uri: str, encoding: str, dice: random.Random) -> None:
        text = one.text.replace("never twice", "never twice 😀") if dice.random() < 0.5 else one.text
        text = text.replace("\n", "\r\n") if dice.random() < 0.3 else text
        self.editor = Editor(wire, uri, text, encoding, one.language)
        self.start = text.index("never twice")
        self.wire, self.dice = wire, dice

    def type(self) -> None:
        """One change, mostly outside of the function."""
        text = self.editor.text
        at = self.dice.choice([0, len(text), text.rfind("\n") + 1, self.start, text.find("\n") + 1])
        self.editor.type(at, 0, self.dice.choice(["😀", "\n", "# x\n", "// y\n", "z"]))


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_edits_land_in_the_right_place_or_nowhere(tmp_path: Path, encoding: str) -> None:
    dice = random.Random(encoding)
    drawn = list(samples())
    landed = kept_away = 0
    with scripted_ollama() as model:
        write_config(tmp_path, scripted_config(model.url))
        async with running_server(tmp_path) as wire:
            # Whether an edit is applied the test decides; the server is told "no" and must not care.
            wire.replies["workspace/applyEdit"] = lambda params: {"applied": False}
            await wire.initialize({**CLIENT, "general": {"positionEncodings": [encoding]}})
            await wire.status("ready")
            for number in range(100):
                one = dice.choice(drawn)
                shape = dice.choice([*GOOD, *GOOD, *BAD])
                reply = GOOD[shape](one) if shape in GOOD else BAD[shape][0](one)
                model.asked.clear()
                model.gate.clear()
                model.reply = lambda prompt, reply=reply: [reply[at : at + 40] for at in range(0, len(reply), 40)]  # type: ignore[misc]
                round_ = Round(wire, one, f"file:///nowhere/{number}", encoding, dice)
                asked = _ask(round_)
                await asyncio.to_thread(model.wait_until_asked, 1)
                for _ in range(dice.randrange(4)):
                    round_.type()
                model.gate.set()
                if dice.random() < 0.3:
                    round_.type()  # it may cross the edit on its way: then the editor has a newer version than it names
                await wire.answer(asked)
                applied = _delivered(round_)
                landed += applied
                kept_away += not applied
                wire.received.clear()
            assert await wire.quit() == 0
    assert landed > 20
    assert kept_away > 20


def _ask(round_: Round) -> Any:
    place = round_.editor.position(round_.start)
    argument = {"id": "simplify", "uri": round_.editor.uri, "range": {"start": place, "end": place}, "version": 1}
    return round_.wire.ask("workspace/executeCommand", {"command": "hearth.action", "arguments": [argument]})


def _delivered(round_: Round) -> bool:
    """Apply what was sent, as an editor does: to the version that it names, or not at all. Whether it was applied."""
    editor = round_.editor
    sent = round_.wire.heard("workspace/applyEdit")
    if not sent:
        return False
    (change,) = sent[0]["edit"]["documentChanges"]
    if change["textDocument"]["version"] != editor.version:
        return False
    result = after(editor.text, edits_for(sent[0]["edit"], editor.uri, editor.version), editor.encoding)
    language = str(editor.language)
    before_tree, after_tree = parse(editor.text, language), parse(result, language)
    assert before_tree is not None
    assert after_tree is not None
    assert len(errors(after_tree)) <= len(errors(before_tree))
    # A right answer differs from the document in two lines of the function; whatever was typed is still there.
    gone = set(editor.text.splitlines()) - set(result.splitlines())
    assert all("total" in line or "never twice" in line for line in gone), gone
    return True


async def test_actions_may_have_a_model_of_their_own(tmp_path: Path) -> None:
    """Ghost text asks the one and an action the other; while the other writes, a keystroke is answered."""
    with scripted_ollama() as model:
        model.models.append("larger:scripted")
        model.reply = lambda prompt: ["1"]
        write_config(tmp_path, scripted_config(model.url) + '[actions]\nmodel = "larger:scripted"\n')
        async with running_server(tmp_path) as wire:
            wire.replies["workspace/applyEdit"] = lambda params: {"applied": False}
            wire.replies["window/showDocument"] = lambda params: {"success": True}
            (tmp_path / "repository").mkdir()
            await wire.initialize(KINDS["plain"], folders=[tmp_path / "repository"])
            await wire.status("ready")
            bench = Bench(wire, "plain", "utf-16", tmp_path)
            _, about = bench.open("def add(a, b):\n    returnˇ a + b\n")
            model.gate.clear()
            acting = asyncio.ensure_future(bench.act("explain", about))
            await asyncio.to_thread(model.wait_until_asked, 1)
            wire.open("file:///nowhere/typed.py", "x = ")
            number = wire.ask_ghost_text("file:///nowhere/typed.py", 0, 4)
            await asyncio.to_thread(model.wait_until_asked, 2)
            assert not model.asked[0].closed.is_set()
            model.gate.set()
            assert (await wire.answer(number))["result"]["items"][0]["insertText"] == "1"
            await acting
            assert [one.body["model"] for one in model.asked[:2]] == ["larger:scripted", "smollm2:scripted"]
