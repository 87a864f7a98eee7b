"""What the action engine shows a model: the code where it stands, what it uses, and how much of what is too long."""

from __future__ import annotations

import json

import pytest

from indexer.records import Hit, Reference
from lsp_server.errors import UsageError
from lsp_server.settings import ActionSettings
from tests.support.action_desk import ADD, ITEM, LONG, SHOP, Desk, Index


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
        return [f"```python\n{code.replace('compute', 'round')}\n```"]

    desk.model.reply = reply
    outcome = await desk.run("simplify", LONG, LONG)
    (edit,) = outcome.edits
    assert edit.after.count("round") == 12 * 12
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
    assert "*Not shown to the model:* the bodies of `Long.m" in outcome.markdown


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


async def test_a_local_name_is_looked_up_nowhere_and_a_definition_is_shown_from_its_first_line(desk: Desk) -> None:
    code = "from work import Future, wait\n\n\ndef total(box, limit):\n    result = wait(box.size)\n    return result + limit\n"
    work = "import time\n\n\nclass Future:\n    def result(self):\n        return 1\n\n\ndef wait(one):\n    return one\n"
    desk.repository = Index([Hit("work.py", 1, 10, "", "code", 1.0, work)])
    desk.says("It waits.\n")
    outcome = await desk.run("explain", code, "wait(box")
    assert desk.repository.asked == [["wait", "size"]]
    assert [(one.path, one.start_line, one.end_line, one.symbol) for one in outcome.sources] == [("work.py", 9, 10, "wait")]
    assert "In work.py:\ndef wait(one):\n    return one" in desk.messages()[-1]["content"]


async def test_where_a_name_that_goes_is_still_used_is_said(desk: Desk) -> None:
    desk.repository = Index(used=[Reference("till.py", 7)])
    desk.says(ADD.replace("def add", "def put_in"))
    outcome = await desk.run("refactor", SHOP, "append", instruction="call it put_in")
    assert outcome.edits
    assert outcome.left_out == ("`add` where it is used: till.py:7",)
    outcome = await desk.run("refactor", SHOP, "append", instruction="make it faster")
    assert outcome.refusal is not None
    assert outcome.refusal.code == "names"


async def test_a_name_that_nothing_defines_is_said_to_the_model_and_to_the_user(desk: Desk) -> None:
    desk.says(ADD.replace("self.items.append", "insert"))
    outcome = await desk.run("simplify", SHOP, "append")
    assert outcome.refusal is not None
    assert outcome.refusal.sentence == "The answer uses `insert`, which nothing defines."
    assert "`insert` is not defined" in desk.messages()[-1]["content"]
