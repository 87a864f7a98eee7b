"""Context from the repository: the names asked for, what is chosen of the answers, and that a slow index is not waited for."""

import asyncio
from collections.abc import Sequence

from indexer.errors import IndexDamagedError
from indexer.records import Asker, Hit
from lsp_server.completion.context import choose_snippets, gather, names_near


def hit(path: str, start: int, text: str) -> Hit:
    return Hit(path, start, start + text.count("\n"), "", "function", 1.0, text)


class Shelf:
    """A repository with two answers; `slow` ones come too late, `damaged` ones fail."""

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
        return [hit("found.py", 1, "found = 1")]

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        return [hit("defined.py", 1, "def defined(): ...")]


def test_the_nearest_names_come_first_and_keywords_never() -> None:
    before = "import alpha\n\ndef beta(self):\n    return gamma.delta("
    assert names_near(before, ")\nepsilon") == ["delta", "gamma", "beta", "alpha", "epsilon"]


async def test_definitions_stand_before_what_only_resembles() -> None:
    assert [one.path for one in await gather(Shelf(), "x", "", 5000)] == ["defined.py", "found.py"]


async def test_what_is_late_is_left_out_and_left_nowhere() -> None:
    shelf = Shelf(slow=True)
    assert [one.path for one in await gather(shelf, "x", "", 20)] == ["defined.py"]
    assert shelf.left_over == 0


async def test_a_damaged_index_costs_only_its_own_answer() -> None:
    assert [one.path for one in await gather(Shelf(damaged=True), "x", "", 5000)] == ["defined.py"]


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
