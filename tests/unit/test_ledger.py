"""The ledger without an editor: what is counted, what still stands, and files that are damaged, locked or too old."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from time import time

import pytest

from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.documents import DocumentSnapshot
from lsp_server.ledger.book import IN_MIND, Book
from lsp_server.ledger.keeping import Inserted
from lsp_server.ledger.records import PARTLY, WHOLLY, Entry
from lsp_server.ledger.store import KEPT_DAYS, Store
from lsp_server.ledger.summary import DAY_S, quantile, summarize
from lsp_server.model.port import Usage
from tests.support.pictures import picture

FAR = "# a\n" * 4000 + "return 1\n"

# What was inserted at the cursor, the document 30 seconds later, and the share of it that still stands there.
KEPT = {
    "as it was": ("total = ˇ\n", "sum(prices)", "total = sum(prices)\n", 1.0),
    "gone on with": ("total = ˇ\n", "sum(prices)", "total = sum(prices) + tax\n", 1.0),
    "undone": ("total = ˇ\n", "sum(prices)", "total = \n", 0.0),
    "one of two lines": ("ˇ\n", "abcd\nefgh", "abcd\nxyz\n", 0.5),
    "moved to another column": ("if x:\nˇ\n", "    return 1", "if x:\n        return 1\n", 1.0),
    "pushed down by an import": ("ˇ\n", "return 1", "import os\n" * 400 + "return 1\n", 1.0),
    "the same words far away are others": ("ˇ\n" + FAR, "return 1", "\n" + FAR, 0.0),
    "a blank line cannot be lost": ("ˇ", "\n", "", 1.0),
}  # fmt: skip


@pytest.mark.parametrize(("drawn", "text", "later", "share"), KEPT.values(), ids=KEPT)
def test_what_was_taken_is_looked_for_where_it_went(drawn: str, text: str, later: str, share: float) -> None:
    at = picture(drawn)
    assert Inserted.of(text).share_in(later, at.offset, len(at.text) - at.offset) == share


def test_no_line_is_remembered() -> None:
    assert "secret" not in repr(Inserted.of("the secret = 1"))


def request(text: str = "x = ", now: str | None = None) -> CompletionRequest:
    snapshot = DocumentSnapshot("file:///a.py", "a.py", None, "python", 1, text)
    return CompletionRequest(snapshot, len(text), now=lambda: now)


def suggestion(text: str = "one two", **more: object) -> Suggestion:
    usage = Usage(prompt_tokens=100, reused_tokens=90, generated_tokens=3)
    return Suggestion(text, "m:1b", "embedded", timings={"total": 80.0, "first_token": 20.0}, usage=usage, **more)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


async def test_a_suggestion_typed_along_is_one_row(file: Path) -> None:
    book = Book(file)
    book.offered("1", suggestion("one two", origin=7), request())
    book.offered("2", suggestion("ne two", origin=7, reused=True), request("x = o"))
    book.taken("2")
    await book.aclose()
    (row,) = Store(file).read()
    assert (row.answers, row.asked_model, row.taken, row.taken_characters) == (2, True, WHOLLY, 6)
    assert (row.characters, row.lines, row.prompt_tokens, row.reused_tokens, row.total_ms) == (7, 1, 100, 90, 80.0)
    assert row.shown


async def test_what_still_stands_is_looked_at_later(file: Path) -> None:
    book = Book(file, kept_after_s=0.001)
    book.offered("1", suggestion("one two"), request(now="x = one two"))
    book.offered("2", suggestion("one two"), request(now="x = "))
    book.taken("1")
    book.partly_taken("2", "one")
    async with asyncio.timeout(10):
        while sorted(one.kept for one in Store(file).read() if one.kept is not None) != [0.0, 1.0]:
            await book.stats(1)
            await asyncio.sleep(0.01)
    assert {one.taken: one.taken_characters for one in Store(file).read()} == {WHOLLY: 7, PARTLY: 3}
    await book.aclose()


async def test_nothing_of_the_code_is_in_the_file(file: Path) -> None:
    book = Book(file)
    book.offered("1", suggestion("confidential()"), request("classified = "))
    book.taken("1")
    await book.aclose()
    written = await asyncio.to_thread(file.read_bytes)
    assert b"m:1b" in written
    for word in (b"confidential", b"classified", b"a.py"):
        assert word not in written
    assert (await asyncio.to_thread(file.stat)).st_mode & 0o077 == 0


async def test_switched_off_it_makes_no_file(file: Path) -> None:
    book = Book(file)
    book.enabled = False
    book.offered("1", suggestion(), request())
    book.shown("1")
    book.taken("1")
    await book.aclose()
    assert not await asyncio.to_thread(file.exists)


async def test_notes_of_a_file_that_cannot_be_written_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    book = Book(tmp_path / "file" / "ledger.sqlite")
    for number in range(3 * IN_MIND):
        book.offered(str(number), suggestion(), request())
    await book.aclose()
    assert len(book._unwritten) == IN_MIND
    book.taken("0")  # long forgotten
    assert (await book.stats(1)).all.suggestions == 0


@pytest.mark.parametrize("content", [b"no database", b"", b"SQLite format 3\0" + bytes(4096)])
def test_a_damaged_file_is_put_aside(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    store = Store(file)
    store.read()
    store.prune()
    assert store.write([Entry(1, "m", "ollama", "python")])
    assert len(store.read()) == 1
    assert store.clear()
    assert list(file.parent.iterdir()) == []
    assert not store.clear()


def test_another_versions_file_is_put_aside(file: Path) -> None:
    assert Store(file).write([Entry(1, "m", "ollama", "python")])
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")
    assert Store(file).read() == []
    assert Store(file).write([Entry(2, "m", "ollama", "python")])
    assert [one.origin for one in Store(file).read()] == [2]


def test_a_locked_file_is_tried_again_later(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.ledger.store.BUSY_S", 0.01)
    store = Store(file)
    assert store.write([Entry(1, "m", "ollama", "python")])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not store.write([Entry(2, "m", "ollama", "python")])
        assert store.read() == []
        store.prune()
    assert store.write([Entry(2, "m", "ollama", "python")])
    assert len(store.read()) == 2


def test_old_and_many_rows_go(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.ledger.store.KEPT_ROWS", 3)
    now = time()
    days = (KEPT_DAYS + 1, 4, 3, 2, 1, 0)
    store = Store(file)
    assert store.write([Entry(number, "m", "ollama", "python", at=now - age * DAY_S) for number, age in enumerate(days)])
    store.prune()
    assert [one.origin for one in store.read()] == [3, 4, 5]


def test_figures() -> None:
    rows = [
        Entry(1, "a", "ollama", "python", answers=4, taken=WHOLLY, taken_characters=30, kept=1.0, total_ms=100, shown=True),
        Entry(2, "a", "ollama", "python", answers=1, taken=PARTLY, taken_characters=10, kept=0.0, total_ms=300),
        Entry(3, "b", "embedded", "go", answers=1, prompt_tokens=100, reused_tokens=75, total_ms=200, first_token_ms=20),
        Entry(4, "b", "embedded", "go", answers=2, asked_model=False, total_ms=0, prompt_tokens=999),
        Entry(5, "b", "embedded", "go", answers=1, shown=False, total_ms=9000),
    ]
    stats = summarize(rows)
    whole = stats.all
    assert (whole.suggestions, whole.taken, whole.taken_partly, whole.acceptance) == (4, 1, 1, 0.5)
    assert (whole.answers, whole.model_calls, whole.from_memory) == (8, 3, 0.625)
    assert (whole.kept, whole.reused, whole.total_ms_p50, whole.total_ms_p95) == (0.75, 0.75, 100, 300)
    assert list(stats.models) == ["a (ollama)", "b (embedded)"]
    assert stats.models["b (embedded)"].first_token_ms_p50 == 20
    assert len(stats.days) == 1
    assert summarize([]).all.acceptance is None


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.95, 4), (1.0, 4)])
def test_quantiles_are_values_that_were_there(share: float, value: float) -> None:
    assert quantile([1, 2, 3, 4], share) == value
    assert quantile([], share) is None
