"""What names of a document mean in a real index: followed through imports and bases, and nothing else by that name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.build import build
from indexer.embedding import make_embedder
from indexer.imports import imports
from indexer.languages import parse
from indexer.records import Contents, Name, Symbol
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.trees import plant

TREE = {
    "app/__init__.py": "from app.pages import Page\n",
    "app/pages.py": """\
from app.leaves import Leaf


class Page(Leaf):
    def __init__(self, number):
        self.number = number

    def turn(self, back): ...


def open_page(path) -> Page: ...
""",
    "app/leaves.py": "class Leaf:\n    color = 'white'\n\n    def burn(self): ...\n",
    "app/loose.py": "import enum\nfrom app.leaves import Leaf\n\n\nclass Loose(Leaf, enum.Enum):\n    a = 1\n\n\n"
    "class Looser(Loose):\n    b = 1\n\n\nclass Firm(Leaf, Generic[T]):\n    c = 1\n",
    "other/pages.py": "class Page:\n    def wrong(self): ...\n",
    "go.mod": "module x.org/m\n",
    "books/a.go": "package books\n\ntype Book struct {\n\tTitle string\n}\n",
    "books/b.go": "package books\n\nfunc (b *Book) Read(n int) {}\n",
}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, IndexReader]]:
    folder = tmp_path_factory.mktemp("meanings")
    root = plant(folder / "root", TREE)
    build(root, folder / "index", IndexSettings(), make_embedder("static"))
    reader = IndexReader.open(folder / "index", make_embedder("static"))
    yield root, reader
    reader.close()


def meant(
    reader: IndexReader, text: str, name: Name, path: str = "app/main.py", language: str = "python"
) -> Contents | Symbol | None:
    tree = parse(text, language)
    assert tree is not None
    return reader.meanings([name], imports(tree, language), path, language)[0]


def members(found: Contents | Symbol | None) -> list[str]:
    assert isinstance(found, Contents)
    return [one.name for one in found.members]


@pytest.mark.parametrize(
    "text", ["from app.pages import Page\n", "from .pages import Page\n", "from app import Page\n", "from . import Page\n"]
)
def test_a_class_is_the_one_that_is_imported_with_what_it_inherits(indexed: tuple[Path, IndexReader], text: str) -> None:
    assert members(meant(indexed[1], text, Name("Page"))) == ["__init__", "turn", "number", "color", "burn"]


def test_the_other_class_of_that_name_is_meant_where_it_is_imported(indexed: tuple[Path, IndexReader]) -> None:
    assert members(meant(indexed[1], "from other.pages import Page\n", Name("Page"))) == ["wrong"]


def test_a_function_stands_for_its_head_or_for_what_it_returns(indexed: tuple[Path, IndexReader]) -> None:
    text = "from app.pages import open_page\n"
    head = meant(indexed[1], text, Name("open_page"))
    assert isinstance(head, Symbol)
    assert head.signature == "def open_page(path) -> Page"
    assert "turn" in members(meant(indexed[1], text, Name("open_page", result=True)))


@pytest.mark.parametrize(
    ("text", "name"), [("from app import pages\n", Name("pages")), ("import app.pages as p\n", Name("p", "app.pages"))]
)
def test_a_module_offers_what_stands_at_its_top(indexed: tuple[Path, IndexReader], text: str, name: Name) -> None:
    assert members(meant(indexed[1], text, name)) == ["Page", "open_page"]


def test_methods_in_other_files_belong_to_a_type(indexed: tuple[Path, IndexReader]) -> None:
    assert members(meant(indexed[1], "package main\n", Name("Book"), "main.go", "go")) == ["Title", "Read"]


def test_what_nobody_defines_means_nothing(indexed: tuple[Path, IndexReader]) -> None:
    assert meant(indexed[1], "", Name("Missing")) is None
    assert meant(indexed[1], "import os\n", Name("os", "os")) is None


def test_a_file_that_changed_is_read_again(indexed: tuple[Path, IndexReader]) -> None:
    root, reader = indexed
    place = root / "other" / "pages.py"
    place.write_text("class Page:\n    def right_now(self): ...\n")
    try:
        assert members(meant(reader, "from other.pages import Page\n", Name("Page"))) == ["right_now"]
    finally:
        place.unlink()
    assert meant(reader, "from other.pages import Page\n", Name("Page")) is None


@pytest.mark.parametrize(
    ("name", "complete"), [("Leaf", True), ("Page", True), ("Firm", True), ("Loose", False), ("Looser", False)]
)
def test_a_class_has_all_its_members_only_where_all_its_bases_were_found(
    indexed: tuple[Path, IndexReader], name: str, complete: bool
) -> None:
    found = meant(indexed[1], "", Name(name))
    assert isinstance(found, Contents)
    assert found.complete is complete
