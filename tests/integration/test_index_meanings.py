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
    "kit/__init__.py": "from kit._inner import *\n",
    "kit/_inner/__init__.py": "from .deep import Tool, missing\n",
    "kit/_inner/deep.py": "class Tool:\n    def dig(self): ...\n",
    "elsewhere/tool.py": "class Tool:\n    def wrong(self): ...\n\n\nclass Session:\n    def wrong(self): ...\n",
    "elsewhere/bases.py": "from requests import Session\nfrom kit import Tool\n\n\nclass Own(Session):\n    a = 1\n\n\n"
    "class Fitted(Tool):\n    b = 1\n",
    "web/models/index.ts": "export * from './user';\nexport { default as Card } from './card';\n"
    "export { Plain } from './plain';\n",
    "web/models/user.ts": "export class User {\n  greet() {}\n}\n",
    "web/models/card.ts": "export default class Card {\n  flip() {}\n}\n",
    "web/models/plain.ts": "export class Plain {\n  lie() {}\n}\n",
    "web/old/user.ts": "export class User {\n  wrong() {}\n}\n",
    "crate/src/lib.rs": "pub mod shelf;\npub mod other;\n",
    "crate/src/shelf/mod.rs": "mod book;\npub use book::Volume;\n",
    "crate/src/shelf/book.rs": "pub struct Volume {\n    pub pages: u32,\n}\n",
    "crate/src/other.rs": "pub struct Volume {\n    pub wrong: u32,\n}\n\npub struct HashMap {\n    pub wrong: u32,\n}\n",
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


@pytest.mark.parametrize(
    ("path", "text", "name", "expected"),
    [
        ("app/main.py", "from kit import Tool\n", "Tool", ["dig"]),
        ("web/main.ts", "import { User } from './models';\n", "User", ["greet"]),
        ("web/main.ts", "import { Card } from './models';\n", "Card", ["flip"]),
        ("web/main.ts", "import { Plain } from './models/index.js';\n", "Plain", ["lie"]),
        ("web/main.ts", "import { User } from '@/models/user';\n", "User", ["greet"]),  # an alias that a bundler knows
        ("crate/src/main.rs", "use crate::shelf::Volume;\n", "Volume", ["pages"]),
    ],
)
def test_a_name_is_followed_to_where_a_module_has_it_from(
    indexed: tuple[Path, IndexReader], path: str, text: str, name: str, expected: list[str]
) -> None:
    language = {"py": "python", "ts": "typescript", "rs": "rust"}[path.rsplit(".", 1)[-1]]
    assert members(meant(indexed[1], text, Name(name), path, language)) == expected


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("elsewhere/main.py", "from requests import Session\n", "Session"),  # not of this repository
        ("elsewhere/main.py", "from kit._inner.deep import Session\n", "Session"),  # not in that file
        ("elsewhere/main.py", "from .gone import Tool\n", "Tool"),
        ("web/old/main.ts", "import { User } from './gone';\n", "User"),
        ("web/old/main.ts", "import { User } from 'accounts';\n", "User"),
        ("crate/src/main.rs", "use std::collections::HashMap;\n", "HashMap"),
    ],
)
def test_a_class_elsewhere_is_not_meant_by_an_import_that_names_another_module(
    indexed: tuple[Path, IndexReader], path: str, text: str, name: str
) -> None:
    language = {"py": "python", "ts": "typescript", "rs": "rust"}[path.rsplit(".", 1)[-1]]
    assert meant(indexed[1], text, Name(name), path, language) is None
    assert meant(indexed[1], "", Name(name), path, language) is not None  # without the import it is a guess


def test_a_base_is_the_one_that_is_imported_as_well(indexed: tuple[Path, IndexReader]) -> None:
    own = meant(indexed[1], "", Name("Own"))
    assert isinstance(own, Contents)
    assert (members(own), own.complete) == (["a"], False)
    assert members(meant(indexed[1], "", Name("Fitted"))) == ["b", "dig"]


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
