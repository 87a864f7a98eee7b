"""The engine behind a dot: members that an index knows, over Ollama's wire. The runner is simulated and tells no chances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexer.records import Contents, Import, Member, Name, Symbol
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel, ModelInfo
from lsp_server.settings import CompletionSettings
from tests.support.repositories import Nothing
from tests.support.simulated_runner import MODEL, SimulatedRunner

FILE = """from shapes import Circle

def area_of(circle: Circle):
    return circle.radius * circle.radius * 3
"""


class Shelf(Nothing):
    """An index that knows one class, with these members and perhaps others."""

    def __init__(self, members: Sequence[str], *, complete: bool) -> None:
        held = tuple(Member(name) for name in members)
        self.circle = Contents("shapes.py", "Circle", "class", 1, 9, "python", held, complete=complete)

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        return [self.circle if one.name == "Circle" else None for one in names]


@pytest.mark.parametrize(
    ("shelf", "typed", "shown", "calls"),
    [
        (None, "", "radius * circle.radius * 3", 1),
        (Shelf(["radius", "edge"], complete=True), "", "radius * circle.radius * 3", 1),
        (Shelf(["radius", "edge"], complete=True), "rad", "ius * circle.radius * 3", 1),
        (Shelf(["edge", "corner"], complete=True), "", None, 1),
        (Shelf(["edge", "corner"], complete=False), "", "radius * circle.radius * 3", 1),
    ],
)
async def test_a_name_behind_a_dot_is_a_member(shelf: Shelf | None, typed: str, shown: str | None, calls: int) -> None:
    text = FILE.partition("radius")[0] + typed
    async with SimulatedRunner([FILE], prompt_speed=1e6, writing_speed=1e4) as runner:
        client = OllamaClient(runner.url)
        chosen = ChosenModel(client, ModelInfo(MODEL, "ollama", context_tokens=4096), None, "for the test")

        async def model() -> ChosenModel:
            return chosen

        settings = replace(CompletionSettings(), debounce_ms=1, context_budget_ms=5000)
        engine = CompletionEngine(model=model, repository=shelf, settings=settings)
        snapshot = DocumentSnapshot("file:///area.py", "area.py", None, "python", 1, text)
        suggestion = await engine.complete(CompletionRequest(snapshot, len(text)))
        assert (suggestion and suggestion.text) == shown
        asked = len(runner.calls)
        engine.forget()
        await client.aclose()
    assert asked == calls
