"""The action engine over Ollama's wire: what the model is shown, when it is stopped, asked again, and given up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from indexer.records import Hit
from lsp_server.actions import catalogue
from lsp_server.actions.engine import ActionEngine
from lsp_server.actions.records import ActionRequest, Diagnostic, Event, Outcome, Span, Target
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import ModelUnreachableError, UsageError
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel, ModelInfo
from lsp_server.settings import ActionSettings
from tests.support.scripted_ollama import MODEL, ScriptedOllama, scripted_ollama

SHOP = '''import os

LIMIT = 5


class Store(Base):
    """Keeps things."""

    def size(self):
        """How many there are."""
        return count(self.items)

    def add(self, item):
        # TODO: refuse more than
        # LIMIT of them
        self.items.append(Item(item, LIMIT))
        return self.size()
'''

LONG = "class Long:\n" + "".join(
    f"    def m{number}(self):\n" + "".join(f"        self.x{number} = compute({line})\n" for line in range(12)) + "\n"
    for number in range(20)
)


class Empty:
    """A repository without other files."""

    def text(self, path: str) -> str | None:
        return None

    def names(self, folder: str) -> Sequence[str]:
        return []

    def locate(self, path: str, line: int | None) -> str | None:
        return f"file:///r/{path}#L{line}" if path == "shop.py" else None


class Index:
    """A repository index that answers what it is told to, or nothing for ever."""

    def __init__(self, hits: Sequence[Hit] = (), *, hangs: bool = False) -> None:
        self.hits, self.hangs = hits, hangs
        self.asked: list[Sequence[str]] = []

    async def search(self, text: str, *, k: int) -> Sequence[Hit]:
        return self.hits[:k]

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        self.asked.append(names)
        if self.hangs:
            await asyncio.Event().wait()
        return self.hits[:k]


ITEM = Hit("item.py", 3, 5, "Item", "class", 1.0, "class Item:\n    def __init__(self, name, limit):\n        self.name = name")


@dataclass
class Desk:
    """An engine with a model whose words are known, and what was heard while it ran."""

    model: ScriptedOllama
    client: OllamaClient
    settings: ActionSettings = field(default_factory=ActionSettings)
    repository: Index | None = None
    context: int = 4096
    heard: list[Event] = field(default_factory=list)

    async def run(self, action: str, text: str, at: str, *, instruction: str = "", problem: str = "") -> Outcome:
        async def chosen() -> ChosenModel:
            return ChosenModel(self.client, ModelInfo(MODEL, "ollama", context_tokens=self.context), None, "for the test")

        snapshot = DocumentSnapshot("file:///r/shop.py", "shop.py", "/r", "python", 1, text)
        start = text.index(at)
        selection = Span(start, start + len(at)) if "\n" in at else Span(start, start)
        diagnostics = (Diagnostic(Span(start, start + len(at)), problem),) if problem else ()
        engine = ActionEngine(model=chosen, repository=self.repository, settings=self.settings)
        request = ActionRequest(catalogue.find(action), Target(snapshot, selection, diagnostics), instruction)
        return await engine.run(request, Empty(), self.heard.append)

    def says(self, *replies: str) -> None:
        """One reply after the other, the last one for ever, in small pieces."""
        left = list(replies)

        def reply(prompt: str) -> list[str]:
            text = left.pop(0) if len(left) > 1 else left[0]
            return [text[at : at + 9] for at in range(0, len(text), 9)]

        self.model.reply = reply

    def messages(self, number: int = -1) -> list[dict[str, Any]]:
        return list(self.model.asked[number].body["messages"])

    def written(self) -> str:
        return "".join(one.text for one in self.heard if one.stage == "writing")


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest.fixture
async def desk(running: ScriptedOllama) -> AsyncIterator[Desk]:
    running.asked.clear()
    running.piece_s = 0.0
    client = OllamaClient(running.url)
    yield Desk(running, client)
    await client.aclose()


ADD = "```python\ndef add(self, item):\n    self.items.append(Item(item, LIMIT))\n    return len(self.items)\n```\n"


async def test_the_model_is_shown_the_code_where_it_stands_and_what_it_uses(desk: Desk) -> None:
    desk.repository = Index([ITEM])
    desk.says(ADD)
    outcome = await desk.run("simplify", SHOP, "append")
    system, user = desk.messages()
    assert (system["role"], user["role"]) == ("system", "user")
    assert "It is the method `Store.add`, in `class Store(Base)`." in user["content"]
    assert "In item.py:\nclass Item:" in user["content"]
    assert "LIMIT = 5" in user["content"]  # defined in the document itself
    assert "```python\ndef add(self, item):\n    # TODO" in user["content"]  # at the margin
    assert desk.repository.asked == [["Item"]] or "Item" in desk.repository.asked[0]
    assert [one.path for one in outcome.sources] == ["shop.py", "shop.py", "item.py"]
    assert len(outcome.edits) == 1


async def test_an_index_that_does_not_answer_costs_its_budget_and_no_more(desk: Desk) -> None:
    desk.repository = Index(hangs=True)
    desk.settings = ActionSettings(context_budget_ms=20)
    desk.says(ADD)
    assert (await desk.run("simplify", SHOP, "append")).edits


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


async def test_a_todo_and_a_problem_are_told_in_words(desk: Desk) -> None:
    desk.says(ADD)
    await desk.run("todo", SHOP, "TODO")
    assert "The TODO:\n# TODO: refuse more than\n# LIMIT of them\n\n" in desk.messages(0)[-1]["content"]
    desk.model.asked.clear()
    await desk.run("fix", SHOP, "count", problem="undefined name 'count'")
    assert "undefined name 'count'\nIt is in this line: return count(self.items)" in desk.messages(0)[-1]["content"]


async def test_an_instruction_goes_along_and_must_be_there(desk: Desk) -> None:
    desk.says(ADD)
    await desk.run("refactor", SHOP, "append", instruction="use len")
    assert "What is asked: use len\n" in desk.messages()[-1]["content"]
    with pytest.raises(UsageError, match="needs to be told"):
        await desk.run("refactor", SHOP, "append", instruction="  ")


async def test_documentation_is_shown_a_neighbours(desk: Desk) -> None:
    desk.says("Add an item.")
    outcome = await desk.run("document", SHOP, "append")
    assert 'How others in this file are documented:\n"""How many there are."""' in desk.messages()[-1]["content"]
    assert '    def add(self, item):\n        """Add an item."""\n' in outcome.edits[0].after


async def test_a_long_selection_is_rewritten_definition_by_definition(desk: Desk) -> None:
    desk.settings = ActionSettings(max_tokens=512)

    def reply(prompt: str) -> list[str]:
        code = prompt.rpartition("```python\n")[2].removesuffix("\n```")
        return [f"```python\n{code.replace('compute', 'work_out')}\n```"]

    desk.model.reply = reply
    outcome = await desk.run("simplify", LONG, LONG)
    (edit,) = outcome.edits
    assert edit.after.count("work_out") == 12 * 12
    assert edit.after.count("compute") == 8 * 12
    assert [one.split("`")[1] for one in outcome.left_out] == [f"Long.m{number}" for number in range(12, 20)]
    assert all(len(json.dumps(asked.body["messages"])) / 3 < 4096 for asked in desk.model.asked)


async def test_a_selection_without_definitions_that_is_too_long_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(UsageError, match="too long") as refused:
        await desk.run("simplify", "x = 1\n" * 5000, "x = 1\n" * 5000)
    assert "Select less" in refused.value.advice
    assert desk.model.asked == []


async def test_a_long_selection_is_explained_by_its_outline_and_the_user_is_told(desk: Desk) -> None:
    desk.context = 2048
    desk.says("It computes.\n")
    outcome = await desk.run("explain", LONG, LONG)
    shown = desk.messages()[-1]["content"]
    assert len(shown) / 3 < 2048
    assert "def m19(self):" in shown
    assert "lines not shown" in shown
    assert "*Not shown to the model:* the body of `Long.m" in outcome.markdown


async def test_an_explanation_streams_what_it_ends_as(desk: Desk) -> None:
    desk.says("It **adds**, see shop.py:3.\n![x](https://evil.example)\nlast line")
    outcome = await desk.run("explain", SHOP, "append")
    assert desk.written() in outcome.markdown
    assert "[shop.py:3](file:///r/shop.py#L3)" in desk.written()
    assert "![" not in desk.written()
    assert outcome.markdown.startswith("### Explain this\n\n[shop.py:13](file:///r/shop.py#L13) `Store.add`\n\nIt **adds**")


async def test_a_question_needs_an_index_and_shows_numbered_pieces(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no index"):
        await desk.run("ask", SHOP, "append", instruction="what is an item?")
    desk.repository = Index([ITEM, Hit("shop.py", 6, 9, "Store", "class", 0.5, "class Store(Base):")])
    desk.says("A name with a limit [1].\n")
    outcome = await desk.run("ask", SHOP, "append", instruction="what is an item?")
    assert "[1] item.py, line 3:\nclass Item:" in desk.messages()[-1]["content"]
    assert [one.path for one in outcome.sources] == ["item.py"]
    assert "#### Sources\n\n1. item.py:3 `Item`\n2. [shop.py:6]" in outcome.markdown
    desk.repository = Index()
    assert "resembles the question" in (await desk.run("ask", SHOP, "append", instruction="why?")).markdown


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
