"""A small library of three files, and one root with its index as tests use them. Real parts; nothing here knows a fixture."""

from __future__ import annotations

from pathlib import Path

from indexer.build import build, update
from indexer.embedding import Embedder
from indexer.records import BuildReport, Hit
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.trees import rows_of

SHELF = '''\
"""Books on a shelf."""


class Shelf:
    """Holds books in the order of their titles."""

    def __init__(self) -> None:
        self.books = []

    def add_book(self, book):
        """Put a book where its title belongs."""
        self.books.append(book)
        self.books.sort(key=lambda one: one.title)
'''
LENDING = """\
package lending

// Lend hands a book to a reader and remembers the date.
func Lend(reader string, title string) error {
	return ledger.Write(reader, title)
}
"""
NOTES = "# Notes\n\nHow fines for late returns are computed: a coin for every week.\n"
LIBRARY = {"shelf.py": SHELF, "lending/lend.go": LENDING, "docs/notes.md": NOTES, "empty.py": "", ".env": "KEY=1"}


class Index:
    """One root and its index, as a test uses them: with a word index on disk, as a large one has."""

    def __init__(self, root: Path, location: Path, embedder: Embedder) -> None:
        self.root, self.location, self.embedder = root, location, embedder

    def build(self, **settings: object) -> BuildReport:
        return build(self.root, self.location, IndexSettings(**settings), self.embedder, words_in_memory=0)  # type: ignore[arg-type]

    def update(self, *paths: str) -> BuildReport:
        return update(self.root, self.location, IndexSettings(), self.embedder, paths)

    def search(self, query: str, k: int = 10) -> list[Hit]:
        return IndexReader.open(self.location, self.embedder).search(query, k=k)

    def clean_rows(self, elsewhere: Path) -> object:
        """What an index built from nothing would hold."""
        build(self.root, elsewhere, IndexSettings(), self.embedder)
        return rows_of(elsewhere)


def counts(report: BuildReport) -> tuple[int, int, int]:
    """What a build did to files: how many it added, replaced and took out."""
    return report.added, report.replaced, report.deleted
