"""Code actions through the real server and the real engine, over stdio; the model's words are scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.action_bench import KINDS, Bench, private_page
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import running_server, scripted_config, write_config

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANCELLED, INVALID, FAILED = -32800, -32602, -32803
SHOP = '''"""A shop."""

import os


class Store:
    """Keeps things."""

    def add(self, item):
        note = "😀"; ˇif item in self.items:
            return False
        self.items.append(item)
        return True

    def size(self):
        return len(self.items)
'''

BETTER = """def add(self, item):
    note = "😀"
    if item in self.items:
        return False
    self.items.append(item)
    return True
"""


@pytest.fixture(scope="module")
def running_model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest.fixture
def model(running_model: ScriptedOllama) -> ScriptedOllama:
    running_model.asked.clear()
    running_model.gate.set()
    running_model.piece_s = 0.0
    running_model.reply = lambda prompt: []
    return running_model


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[("vscode", "utf-16"), ("plugin", "utf-8"), ("plain", "utf-16")]
)
async def one_bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, running_model: ScriptedOllama
) -> AsyncIterator[Bench]:
    home = tmp_path_factory.mktemp("home")
    kind, encoding = request.param
    write_config(home, scripted_config(running_model.url))
    async with running_server(home) as wire:
        wire.replies["workspace/applyEdit"] = lambda params: {"applied": False}
        wire.replies["window/showDocument"] = lambda params: {"success": True}
        (home / "repository").mkdir()
        await wire.initialize({**KINDS[kind], "general": {"positionEncodings": [encoding]}}, folders=[home / "repository"])
        await wire.status("ready")
        yield Bench(wire, kind, encoding, home)
        assert await wire.quit() == 0
        assert wire.not_json == []


@pytest_asyncio.fixture(loop_scope="module")
async def bench(one_bench: Bench, model: ScriptedOllama) -> Bench:
    one_bench.wire.received.clear()
    one_bench.wire.silent.clear()
    return one_bench


def fenced(code: str) -> list[str]:
    text = f"Sure, here it is:\n\n```python\n{code}```\n"
    return [text[at : at + 7] for at in range(0, len(text), 7)]


async def test_the_menu_names_what_it_would_work_on(bench: Bench) -> None:
    _, about = bench.open(SHOP)
    titles = [one["title"] for one in await bench.menu(about)]
    assert "Hearth: Explain this: add" in titles
    assert "Hearth: Simplify: add" in titles
    assert ("Hearth: Rewrite this as I say: add…" in titles) == (bench.kind == "plugin")
    commands = [one["command"] if isinstance(one["command"], dict) else one for one in await bench.menu(about)]
    reads = {one["arguments"][0]["id"] for one in commands if one["arguments"][0].get("reads")}
    assert reads == ({"explain", "ask"} if bench.kind == "plugin" else {"explain"})


async def test_only_keeps_to_the_kinds_that_were_asked_for(bench: Bench) -> None:
    _, about = bench.open(SHOP)
    kinds = {one.get("kind") for one in await bench.menu(about, only=["refactor.extract"])}
    assert kinds == ({None} if bench.kind == "plain" else {"refactor.extract.function"})
    assert await bench.menu(about, only=["source.organizeImports"]) == []


async def test_an_edit_goes_to_its_lines_and_nowhere_else(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open(SHOP)
    model.reply = lambda prompt: fenced(BETTER)
    answer = await bench.act("simplify", about)
    assert answer["outcome"] == "edit"
    edit = await bench.edit()
    assert editor.applied(edit) == editor.text.replace('"😀"; if item', '"😀"\n        if item')
    if bench.kind == "plain":
        assert list(edit) == ["changes"]
    else:
        (change,) = edit["documentChanges"]
        assert change["textDocument"] == {"uri": editor.uri, "version": 1}
        assert all("annotationId" in one for one in change["edits"])
        assert edit["changeAnnotations"]["hearth"]["needsConfirmation"] is True


async def test_an_answer_of_the_editor_is_not_waited_for(bench: Bench, model: ScriptedOllama) -> None:
    _, about = bench.open(SHOP)
    bench.wire.silent |= {"workspace/applyEdit", "window/workDoneProgress/create", "window/showDocument"}
    model.reply = lambda prompt: fenced(BETTER)
    assert (await bench.act("simplify", about))["outcome"] == "edit"
    model.reply = lambda prompt: ["It adds.\n"]
    assert (await bench.act("explain", about))["outcome"] == "text"


async def test_what_was_typed_elsewhere_moves_the_edit(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open(SHOP)
    model.gate.clear()
    model.reply = lambda prompt: fenced(BETTER)
    number = bench.ask("simplify", about)
    await asyncio.to_thread(model.wait_until_asked, 1)
    editor.type(0, 0, "# 😀\n")
    editor.type(editor.text.index("    def size"), 0, "    # more\n")
    model.gate.set()
    assert (await bench.wire.answer(number))["result"]["outcome"] == "edit"
    assert editor.applied(await bench.edit()) == editor.text.replace('"😀"; if item', '"😀"\n        if item')


async def test_what_was_typed_into_the_code_keeps_the_edit_away(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open(SHOP)
    model.gate.clear()
    model.reply = lambda prompt: fenced(BETTER)
    number = bench.ask("simplify", about)
    await asyncio.to_thread(model.wait_until_asked, 1)
    editor.type(editor.text.index("return True"), 0, "print(); ")
    model.gate.set()
    error = (await bench.wire.answer(number))["error"]
    assert "changed while the model wrote" in error["message"]
    assert bench.wire.heard("workspace/applyEdit") == []


async def test_a_menu_of_an_older_version_is_refused(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open(SHOP)
    editor.type(0, 0, "# \n")
    error = (await bench.wire.answer(bench.ask("simplify", about, version=1)))["error"]
    assert "Choose the action again" in error["message"]
    assert model.asked == []


async def test_a_bad_answer_is_asked_again_and_then_shown(bench: Bench, model: ScriptedOllama) -> None:
    _, about = bench.open(SHOP)
    model.reply = lambda prompt: fenced("def add(self, item):\n    # ... rest of the code here\n    return True\n")
    answer = await bench.act("simplify", about)
    assert (answer["outcome"], answer["refused"]["code"]) == ("text", "placeholder")
    assert len(model.asked) == 2
    assert "without any placeholder" in model.asked[1].prompt
    assert bench.wire.heard("workspace/applyEdit") == []
    assert "not applied" in answer["markdown"]


async def test_cancel_leaves_the_document_alone_and_frees_the_model(bench: Bench, model: ScriptedOllama) -> None:
    _, about = bench.open(SHOP)
    model.gate.clear()
    number = bench.ask("simplify", about)
    await asyncio.to_thread(model.wait_until_asked, 1)
    bench.wire.notify("$/cancelRequest", {"id": number})
    assert (await bench.wire.answer(number))["error"]["code"] == CANCELLED
    assert model.asked[0].closed.wait(10)
    assert bench.wire.heard("workspace/applyEdit") == []


async def test_the_cancel_button_of_the_progress_bar(bench: Bench, model: ScriptedOllama) -> None:
    if bench.kind == "plain":
        assert bench.wire.heard("window/workDoneProgress/create") == []
        return
    _, about = bench.open(SHOP)
    model.gate.clear()
    number = bench.ask("explain", about)
    await bench.wire.until(lambda: any(one["value"]["kind"] == "begin" for one in bench.wire.heard("$/progress")))
    begun = bench.wire.heard("$/progress")[0]
    assert begun["value"]["cancellable"] is True
    bench.wire.notify("window/workDoneProgress/cancel", {"token": begun["token"]})
    assert (await bench.wire.answer(number))["error"]["code"] == CANCELLED
    await bench.wire.until(lambda: bench.wire.heard("$/progress")[-1]["value"]["kind"] == "end")


async def test_an_explanation_is_shown_as_the_client_can(bench: Bench, model: ScriptedOllama) -> None:
    _, about = bench.open(SHOP)
    model.reply = lambda prompt: ["It **adds**", " an item. ![x](https://evil.example/?q=1)\n", "See `add`.\n"]
    answer = await bench.act("explain", about, run="one")
    assert "It **adds** an item." in answer["markdown"]
    assert "![" not in answer["markdown"]
    parts = [one for one in bench.wire.heard("hearth/partial") if one["stage"] == "writing"]
    assert "".join(one["text"] for one in parts).startswith("It **adds** an item.")
    assert {one["run"] for one in parts} == {"one"}
    shown = bench.wire.heard("window/showDocument")
    if bench.kind == "plugin":
        assert shown == []
    elif bench.kind == "vscode":
        await bench.wire.until(lambda: bool(bench.wire.heard("window/showDocument")))
        (asked,) = bench.wire.heard("window/showDocument")
        assert private_page(asked["uri"], bench.home) == answer["markdown"]
    else:
        assert "the answer is in" in bench.wire.heard("window/showMessage")[-1]["message"]


async def test_a_diagnostic_of_another_server_is_fixed(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open("def area(r):\n    return ˇpi * r\n")
    problem = {"range": about["range"], "message": "undefined name 'pi'", "source": "pyflakes", "code": "F821"}
    rows = await bench.menu(about, diagnostics=[problem], only=["quickfix"])
    (row,) = rows
    command = row if bench.kind == "plain" else row["command"]
    assert row["title"] == "Hearth: Fix: undefined name 'pi'"
    model.reply = lambda prompt: fenced("from math import pi\n\ndef area(r):\n    return pi * r * r\n")
    answer = await bench.wire.request(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
    )
    assert answer["outcome"] == "edit"
    assert "undefined name 'pi' (pyflakes F821)" in model.asked[0].prompt
    assert editor.applied(await bench.edit()) == "from math import pi\ndef area(r):\n    return pi * r * r\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "takes one table"),
        ([{"id": 5}], "takes the id of an action"),
        ([{"id": "simplify", "uri": "file:///not/open.py", "range": {}}], "is not open"),
        ([{"id": "simplify", "uri": "HERE", "range": {"start": 5}}], "takes a range"),
        ([{"id": "nonsense", "uri": "HERE", "range": "WHERE"}], "There is no action `nonsense`"),
        ([{"id": "refactor", "uri": "HERE", "range": "WHERE"}], "needs to be told"),
        ([{"id": "ask", "instruction": "why?"}], "no index"),
    ],
)
async def test_arguments_that_are_none_are_answered(bench: Bench, arguments: list[Any], said: str) -> None:
    _, about = bench.open(SHOP)
    known = {"HERE": about["uri"], "WHERE": about["range"]}
    filled = [
        {key: known.get(value, value) if isinstance(value, str) else value for key, value in one.items()} for one in arguments
    ]
    number = bench.wire.ask("workspace/executeCommand", {"command": "hearth.action", "arguments": filled})
    assert said in (await bench.wire.answer(number))["error"]["message"]


async def test_an_edit_may_be_asked_for_instead_of_applied(bench: Bench, model: ScriptedOllama) -> None:
    editor, about = bench.open(SHOP)
    model.reply = lambda prompt: fenced(BETTER)
    answer = await bench.act("simplify", about, preview=True)
    assert bench.wire.heard("workspace/applyEdit") == []
    assert '"😀"\n        if item' in editor.applied(answer["edit"])


async def test_tests_go_to_a_new_file_where_the_client_can_create_one(bench: Bench, model: ScriptedOllama) -> None:
    _, about = bench.open("def double(a):\n    returnˇ 2 * a\n", uri=(bench.home / "repository" / "sums.py").as_uri())
    model.reply = lambda prompt: fenced("from sums import double\n\n\ndef test_double():\n    assert double(2) == 4\n")
    number = bench.ask("tests", about)
    answer = await bench.wire.answer(number)
    if bench.kind == "plain":
        assert "tests/test_sums.py" in answer["result"]["markdown"]
        assert bench.wire.heard("workspace/applyEdit") == []
        return
    created, change = (await bench.edit())["documentChanges"]
    place = (bench.home / "repository" / "tests" / "test_sums.py").as_uri()
    assert (created["kind"], created["uri"]) == ("create", place)
    assert change["textDocument"] == {"uri": place, "version": None}
    assert "def test_double" in change["edits"][0]["newText"]


async def test_a_link_in_the_repository_takes_no_new_file_out_of_it(bench: Bench, model: ScriptedOllama) -> None:
    root, link = bench.home / "repository", bench.home / "repository" / "tests"
    link.symlink_to(bench.home, target_is_directory=True)
    try:
        _, about = bench.open("def double(a):\n    returnˇ 2 * a\n", uri=(root / "sums.py").as_uri())
        model.reply = lambda prompt: fenced("def test_double():\n    assert True\n")
        answer = await bench.wire.answer(bench.ask("tests", about))
    finally:
        link.unlink()
    assert "leads out of the workspace folder" in answer["error"]["message"]
    assert bench.wire.heard("workspace/applyEdit") == []
