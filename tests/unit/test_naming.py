"""When a name may go because the user spoke of it: drawn as what they wrote, the names before and the names after."""

from __future__ import annotations

import pytest

from indexer.records import Reference, Symbol
from lsp_server.actions.naming import left_behind, may_go
from lsp_server.actions.records import FileEdit, Replacement, Span
from tests.support.repositories import Nothing

ASKED = [
    ("rename it to put_in", "add", "put_in", True),
    ("give it a better name", "add", "put_in", True),
    ("call it put_in", "add", "put_in", True),
    ("bitte in put_in umbenennen", "add", "put_in", True),
    ("split it up", "add", "check put", True),
    ("turn it into a class", "add remove", "Adder", True),
    ("make it a small dataclass", "add", "Adder", True),
    ("merge these two functions", "add remove", "change", True),
    ("inline `helper`", "add helper", "add", True),
    ("remove the old helper", "add helper", "add", True),
    ("make this function faster", "add", "put_in", False),
    ("call the API only once", "add", "put_in", False),
    ("remove the print from this function", "add", "put_in", False),
    ("replace the loop by a comprehension", "add", "put_in", False),
    ("convert the string to bytes", "add", "put_in", False),
    ("merge the two ifs", "add", "put_in", False),
    ("drop the else", "add", "put_in", False),
    ("make add shorter", "add", "put_in", False),
    ("rename it to put_in", "add", "PUT_IN=", False),  # a variable
    ("give it a better name", "add remove", "change", False),
]


def symbols(names: str) -> list[Symbol]:
    return [Symbol(one.rstrip("="), "constant" if one.endswith("=") else "function", "", 1, 1, "", "") for one in names.split()]


@pytest.mark.parametrize(("asked", "before", "after", "may"), ASKED)
def test_a_name_goes_only_where_it_was_spoken_of(asked: str, before: str, after: str, may: bool) -> None:
    assert may_go(asked, symbols(before), symbols(after)) is may


class Users(Nothing):
    """A repository in which two files use every name."""

    async def references(self, name: str, *, k: int) -> list[Reference]:
        return [Reference("box.py", 4), Reference("shop.py", 2), Reference("till.py", 7)]


async def test_where_the_old_name_is_still_used_is_said() -> None:
    before = "def add(a):\n    return a\n\n\nadd(1)\n"
    edit = FileEdit("shop.py", before, (Replacement(Span(4, 7), "put_in"),))
    assert await left_behind(edit, "python", Users(), 1000) == ["`add` where it is used: shop.py:5, box.py:4, till.py:7"]
    assert await left_behind(edit, "python", None, 1000) == ["`add` where it is used: shop.py:5"]
    both = FileEdit("shop.py", before, (Replacement(Span(4, 7), "put_in"), Replacement(Span(27, 30), "put_in")))
    assert both.after == before.replace("add", "put_in")
    assert await left_behind(both, "python", None, 1000) == []
