"""Context from the repository: the names asked for, what is chosen of the answers, and that a slow index is not waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from indexer.errors import IndexDamagedError
from indexer.languages import parse
from indexer.records import Asker, Contents, Hit, Import, Member, Name, Symbol
from lsp_server.completion.context import Gathered, choose, choose_snippets, gather
from lsp_server.completion.names import Used
from lsp_server.documents import DocumentSnapshot
from tests.support.repositories import Nothing


def hit(path: str, start: int, text: str) -> Hit:
    return Hit(path, start, start + text.count("\n"), "", "function", 1.0, text)


CONSOLE = Contents(
    "console.py", "Console", "class", 3, 90, "python", (Member("file"), Member("log", "text"), Member("rule", ""))
)


class Shelf(Nothing):
    """A repository with three answers; `slow` ones come too late, `damaged` ones fail."""

    def __init__(self, *, slow: bool = False, damaged: bool = False) -> None:
        self.slow, self.damaged, self.left_over = slow, damaged, 0

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        if self.damaged:
            raise IndexDamagedError("broken")
        if self.slow:
            self.left_over += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.left_over -= 1
        return [hit("found.py", 1, "found = 1"), hit("main.py", 1, "own = 1")]

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        return [hit("defined.py", 1, "def defined(): ...")]

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        return [CONSOLE if name.name == "Console" else None for name in names]


async def gathered(shelf: Shelf, picture: str = "xˇ", budget_ms: int = 5000) -> Gathered:
    before, after = picture.split("ˇ")
    snapshot = DocumentSnapshot("file:///main.py", "main.py", None, "python", 1, before + after)
    return await gather(shelf, snapshot, before, after, parse(before + after, "python"), budget_ms)


async def test_definitions_stand_before_what_only_resembles_and_the_document_itself_is_neither() -> None:
    assert [one.path for one in (await gathered(Shelf())).hits] == ["defined.py", "found.py"]


async def test_what_is_late_is_left_out_and_left_nowhere() -> None:
    shelf = Shelf(slow=True)
    assert [one.path for one in (await gathered(shelf, budget_ms=20)).hits] == ["defined.py"]
    assert shelf.left_over == 0


async def test_a_damaged_index_costs_only_its_own_answer() -> None:
    assert [one.path for one in (await gathered(Shelf(damaged=True))).hits] == ["defined.py"]


async def test_the_object_before_the_dot_comes_first_as_a_stub_of_its_class() -> None:
    found = await gathered(Shelf(), "from console import Console\n\ndef f(out: Console):\n    helper()\n    out.ˇ\n")
    assert found.has_receiver
    first, *others = choose(found, "main.py", "", "out.", 10_000)
    assert first.text == "class Console:\n    file: ...\n    def log(self, text): ...\n    def rule(self): ..."
    assert [one.path for one in others] == ["defined.py", "found.py"]


async def test_the_class_around_the_cursor_is_taken_from_the_document_without_what_the_prompt_shows() -> None:
    code = (
        "class Shelf:\n    def __init__(self):\n        self.books = []\n        self.size = 0\n        self.name = ''\n\n"
        "    def add(self, book):\n        self.ˇ\n"
    )
    found = await gathered(Shelf(), code)
    shown = "    def add(self, book):\n        self."
    assert choose(found, "main.py", shown, shown, 10_000)[0].text == (
        "class Shelf:\n    books: ...\n    size: ...\n    name: ..."
    )


async def test_what_does_not_fit_shows_the_likeliest_members() -> None:
    many = replace(CONSOLE, members=(*[Member(f"attribute_{number}") for number in range(50)], Member("render_lines")))
    found = Gathered(((Used("out", Name("Console"), True), many),))
    text = choose(found, "main.py", "", "lines = out.", 120)[0].text
    assert "render_lines" in text
    assert len(text) <= 120


def test_nothing_is_shown_twice() -> None:
    body = "def area(width, height):\n    return width * height"
    hits = [hit("a.py", 1, body), hit("a.py", 2, "    return width * height"), hit("b.py", 1, "def other_function(): ...")]
    assert [one.path for one in choose_snippets(hits, "main.py", "", 10_000)] == ["a.py", "b.py"]
    assert [one.path for one in choose_snippets(hits, "main.py", body, 10_000)] == ["b.py"]


def test_code_in_a_language_that_this_file_cannot_use_is_no_context() -> None:
    hits = [hit("a.lua", 1, "local function area() end"), hit("b.ts", 1, "function area() { return 1 }")]
    assert choose_snippets(hits, "main.py", "", 10_000) == ()
    assert [one.path for one in choose_snippets(hits, "main.js", "", 10_000)] == ["b.ts"]


def test_what_does_not_fit_is_passed_over_for_what_does() -> None:
    hits = [hit("big.py", 1, "x" * 500), hit("small.py", 1, "y = 1")]
    assert [one.path for one in choose_snippets(hits, "main.py", "", 100)] == ["small.py"]
