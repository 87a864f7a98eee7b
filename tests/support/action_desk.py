"""An action engine on a desk: a document, a repository index that says what it is told, a model whose words are known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from indexer.records import Hit, Reference
from lsp_server.actions import catalogue
from lsp_server.actions.engine import ActionEngine
from lsp_server.actions.records import ActionRequest, Diagnostic, Event, Outcome, Span, Target
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel, ModelInfo
from lsp_server.settings import ActionSettings
from tests.support.scripted_ollama import MODEL, ScriptedOllama

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

ADD = "```python\ndef add(self, item):\n    self.items.append(Item(item, LIMIT))\n    return len(self.items)\n```\n"
"""A sound answer about `Store.add`."""

ITEM = Hit("item.py", 3, 5, "Item", "class", 1.0, "class Item:\n    def __init__(self, name, limit):\n        self.name = name")


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

    def __init__(self, hits: Sequence[Hit] = (), *, hangs: bool = False, used: Sequence[Reference] = ()) -> None:
        self.hits, self.hangs, self.used = hits, hangs, used
        self.asked: list[Sequence[str]] = []

    async def search(self, text: str, *, k: int) -> Sequence[Hit]:
        return self.hits[:k]

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        self.asked.append(names)
        if self.hangs:
            await asyncio.Event().wait()
        return self.hits[:k]

    async def references(self, name: str, *, k: int) -> Sequence[Reference]:
        if self.hangs:
            await asyncio.Event().wait()
        return self.used[:k]


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
