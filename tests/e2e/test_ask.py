"""A question about the repository, over the wire: real server, real index, links to real files; the words are scripted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import pytest_asyncio

from tests.support.action_bench import KINDS, Bench, private_page
from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.trees import plant
from tests.support.wire import running_server, scripted_config, write_config

QUESTION = "where are prices rounded?"
FILES = {
    "shop/money.py": 'def round_price(price):\n    """Round a price to whole cents."""\n    return round(price, 2)\n',
    "shop/store.py": 'class Store:\n    """Keeps things."""\n\n    def add(self, item):\n        self.items.append(item)\n',
    ".git/HEAD": "ref: refs/heads/main\n",
}
SAID = [
    "Prices are rounded in `round_price` [1], ",
    "see shop/money.py:3.\n",
    "Not in gone.py, ",
    "and ![x](https://evil.example)\n",
]


@pytest_asyncio.fixture(params=["plugin", "vscode"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Bench, ScriptedOllama]]:
    """One of our plugins, and an editor that only knows LSP."""
    root = plant(tmp_path / "repository", FILES)
    with scripted_ollama() as model:
        model.reply = lambda prompt: SAID
        write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false", "[index]\nenabled = true"))
        async with running_server(tmp_path) as wire:
            wire.replies["window/showDocument"] = lambda params: {"success": True}
            await wire.initialize(KINDS[request.param], folders=[root])
            await wire.status("ready")
            yield Bench(wire, request.param, "utf-16", tmp_path), model
            assert await wire.quit() == 0


def links(markdown: str) -> list[tuple[str, str]]:
    """(path of the file, fragment) of each link that can be clicked."""
    found = [urlsplit(uri) for uri in re.findall(r"\]\((\S+?)\)", markdown)]
    assert all(one.scheme == "file" for one in found), markdown
    return [(unquote(one.path), one.fragment) for one in found]


async def test_the_answer_streams_and_links_to_what_it_was_made_from(bench: tuple[Bench, ScriptedOllama]) -> None:
    client, model = bench
    answer = await client.act("ask", {}, instruction=QUESTION, run="q")
    assert answer["outcome"] == "text"
    money = str(client.home / "repository/shop/money.py")
    assert links(answer["markdown"])[:2] == [(money, "L1"), (money, "L3")], "the citation, and the place in the text"
    head, _, sources = answer["markdown"].partition("#### Sources")
    assert QUESTION in head
    assert (money, "L1") in links(sources)
    assert "gone.py" in head
    assert "evil" in head
    streamed = [one["text"] for one in client.wire.heard("hearth/partial") if one["stage"] == "writing"]
    assert len(streamed) > 1
    assert "".join(streamed).strip() in head
    assert "round(price, 2)" in model.asked[-1].prompt, "the model was shown the code"
    shown = client.wire.heard("window/showDocument")
    if client.kind == "plugin":
        assert shown == []
    else:
        await client.wire.until(lambda: bool(client.wire.heard("window/showDocument")))
        (asked,) = client.wire.heard("window/showDocument")
        assert private_page(asked["uri"], client.home) == answer["markdown"]


async def test_it_is_offered_only_where_the_editor_can_ask_for_the_question(bench: tuple[Bench, ScriptedOllama]) -> None:
    client, _ = bench
    _, about = client.open("x = ˇ1\n", uri=(client.home / "repository/new.py").as_uri())
    titles = [one["title"] for one in await client.menu(about)]
    assert any("Ask about the repository" in one for one in titles) == (client.kind == "plugin")


async def test_it_may_be_asked_from_a_document_that_lies_nowhere(bench: tuple[Bench, ScriptedOllama]) -> None:
    client, _ = bench
    _, about = client.open("x = ˇ1\n", uri="untitled:Untitled-1")
    answer = await client.act("ask", about, instruction=QUESTION)
    assert (str(client.home / "repository/shop/money.py"), "L1") in links(answer["markdown"])


async def test_a_question_that_nothing_resembles_is_answered_without_the_model(tmp_path: Path) -> None:
    (tmp_path / "empty/.git").mkdir(parents=True)
    with scripted_ollama() as model:
        write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false", "[index]\nenabled = true"))
        async with running_server(tmp_path) as wire:
            await wire.initialize(KINDS["plugin"], folders=[tmp_path / "empty"])
            await wire.status("ready")
            answer = await Bench(wire, "plugin", "utf-16", tmp_path).act("ask", {}, instruction=QUESTION)
            assert "Nothing in the index" in answer["markdown"]
            assert all("round" not in one.prompt for one in model.asked)
