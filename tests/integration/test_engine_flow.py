"""The completion engine over Ollama's wire: joining, leaving, reusing. The runner is the simulated one: its clock is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel, ModelInfo, Reuse
from lsp_server.settings import CompletionSettings
from tests.support.simulated_runner import MODEL, SimulatedRunner

FILE = """import math

def area_of_circle(radius):
    square = radius * radius
    return math.pi * square

def area_of_ring(outer, inner):
    return area_of_circle(outer) - area_of_circle(inner)
"""


@dataclass
class Desk:
    """An editor's side of one document: `text` is what stands in it now, the cursor is at its end."""

    engine: CompletionEngine
    runner: SimulatedRunner
    text: str = ""

    def request(self, text: str, trigger: str = "automatic") -> CompletionRequest:
        self.text = text
        snapshot = DocumentSnapshot("file:///area.py", "area.py", None, "python", 1, text)
        return CompletionRequest(snapshot, len(text), "invoked" if trigger == "invoked" else "automatic", now=lambda: self.text)

    async def ask(self, text: str) -> Suggestion | None:
        return await self.engine.complete(self.request(text))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SimulatedRunner([FILE], prompt_speed=1e6, writing_speed=200) as runner:
        client = OllamaClient(runner.url)
        chosen = ChosenModel(
            client, ModelInfo(MODEL, "ollama", context_tokens=4096), None, "for the test", reuse=Reuse(known=True)
        )

        async def model() -> ChosenModel:
            return chosen

        settings = replace(CompletionSettings(), debounce_ms=1)
        yield Desk(CompletionEngine(model=model, repository=None, settings=settings), runner)
        await client.aclose()


def up_to(text: str) -> str:
    return FILE[: FILE.index(text) + len(text)]


async def test_a_statement_is_completed(desk: Desk) -> None:
    suggestion = await desk.ask(up_to("    return math"))
    assert suggestion is not None
    assert suggestion.text == ".pi * square"


async def test_a_block_is_completed_to_its_end(desk: Desk) -> None:
    suggestion = await desk.ask(up_to("def area_of_circle(radius):\n    "))
    assert suggestion is not None
    assert FILE.partition("(radius):\n    ")[2].startswith(suggestion.text)
    assert suggestion.text.startswith("square = radius * radius")


async def test_typing_along_what_was_shown_asks_no_model(desk: Desk) -> None:
    start = up_to("    return math")
    first = await desk.ask(start)
    assert first is not None
    for typed in range(1, len(first.text)):
        again = await desk.ask(start + first.text[:typed])
        assert again is not None
        assert (again.text, again.reused) == (first.text[typed:], True)
    assert len(desk.runner.calls) == 1


async def test_nothing_is_asked_behind_an_answer_that_was_typed_to_its_end(desk: Desk) -> None:
    start = up_to("    return math")
    first = await desk.ask(start)
    assert first is not None
    assert await desk.ask(start + first.text) is None
    # What is written ahead begins on the next line.
    assert not [call for call in desk.runner.calls[1:] if call.prompt.endswith(first.text)]


async def test_typing_along_what_is_still_written_joins_it(desk: Desk) -> None:
    start = up_to("    return ")
    first = asyncio.ensure_future(desk.ask(start))
    await desk.runner.until(lambda call: call.delivered > 0)
    desk.text = start + "ma"
    first.cancel()
    second = await desk.ask(start + "ma")
    assert second is not None
    assert second.text == "th.pi * square"
    assert len(desk.runner.calls) == 1
    assert "math.pi * square" in "".join(desk.runner.calls[0].text)  # nobody stopped it before its line was written


async def test_typing_something_else_frees_the_runner(desk: Desk) -> None:
    first = asyncio.ensure_future(desk.ask(up_to("    return ")))
    await desk.runner.until(lambda call: call.delivered > 0)
    desk.text = up_to("    return ") + "x"
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    call = await desk.runner.until(lambda call: call.ended > 0)
    assert call.abandoned


async def test_a_request_cancelled_before_its_first_step_leaves_nothing_behind(desk: Desk) -> None:
    first = asyncio.ensure_future(desk.ask(up_to("    return ")))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    suggestion = await desk.ask(up_to("    return math"))
    assert suggestion is not None
    assert len(desk.runner.calls) == 1


async def test_a_keystroke_only_appends_to_the_prompt(desk: Desk) -> None:
    start = up_to("    return area_of_circle(outer) - ")
    prompts = []
    for typed in ("x", "xy", "xyz.", "xyz.w"):
        await desk.ask(start + typed)
        prompts.append(desk.runner.calls[-1].prompt)
    assert len(desk.runner.calls) == 4
    for earlier, later in pairwise(prompts):
        assert later.startswith(earlier)


async def test_nothing_is_asked_inside_a_word_unless_the_user_does(desk: Desk) -> None:
    snapshot = DocumentSnapshot("file:///area.py", "area.py", None, "python", 1, FILE)
    inside = FILE.index("area_of_circle(outer)") + 4
    assert await desk.engine.complete(CompletionRequest(snapshot, inside)) is None
    assert desk.runner.calls == []
    await desk.engine.complete(CompletionRequest(snapshot, inside, "invoked"))
    assert len(desk.runner.calls) == 1


async def test_the_same_place_asked_again_and_again_is_answered_in_the_end(desk: Desk) -> None:
    place = up_to("    return math")
    for _ in range(20):
        earlier = asyncio.ensure_future(desk.ask(place))
        await desk.runner.until(lambda call: call.delivered > 0 or call.ended > 0, max(len(desk.runner.calls) - 1, 0))
        earlier.cancel()
        await asyncio.sleep(0)
        earlier.cancel()
        last = await desk.ask(place)
        assert last is not None
        assert last.text == ".pi * square"
        desk.engine.forget()


def working_ahead() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") == "Ahead._work"]


@pytest.mark.parametrize("below", ["    return math.pi * square", "    return 0"])
async def test_nothing_is_written_ahead_behind_an_answer_that_meets_the_line_below(desk: Desk, below: str) -> None:
    before, after = "import math\n\ndef area_of_circle(radius):\n    ", f"\n{below}\n"
    snapshot = DocumentSnapshot("file:///area.py", "area.py", None, "python", 1, before + after)
    while not working_ahead():  # on a busy machine the first answers are what was written so far
        suggestion = await desk.engine.complete(CompletionRequest(snapshot, len(before)))
        await asyncio.sleep(0)  # such an answer is given at once, and the model has to go on meanwhile
    await asyncio.wait(working_ahead())
    meets = below in FILE
    assert suggestion is not None
    assert suggestion.text == "square = radius * radius" + ("" if meets else "\n    return math.pi * square")
    assert [suggestion.text in call.prompt for call in desk.runner.calls[1:]] == ([] if meets else [True])
