"""Names asked of an index: where they are defined and used, what a file imports, and that saves keep all of it exact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.build import build, update
from indexer.embedding import make_embedder
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.trees import plant

TREE = {
    "lib/__init__.py": "",
    "lib/shelf.py": """\
LIMIT = 3


class Shelf:
    def add(self, book):
        return LIMIT

    def full(self):
        return self.add(None)


class Box:
    def add(self, thing):
        pass
""",
    "lib/use.py": "from lib.shelf import Shelf\nimport os\n\nShelf().add('LIMIT')  # LIMIT\n",
    "tests/test_shelf.py": "from lib import shelf\n\ndef add():\n    shelf.Shelf().add(1)\n",
    "shelf/shelf.go": "package shelf\n\ntype Store struct{}\n\nfunc (s *Store) Put() {}\n",
    "shelf/more.go": "package shelf\n\nfunc (s *Store) Get() {}\n\ntype Other struct{}\n\nfunc (o *Other) Get() {}\n",
    "it's.py": "def quoted(): pass\n",
}
ANY = IndexSettings()


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, IndexReader]]:
    folder = tmp_path_factory.mktemp("symbols")
    root = plant(folder / "root", TREE)
    build(root, folder / "index", ANY, make_embedder("static"))
    reader = IndexReader.open(folder / "index", make_embedder("static"))
    yield root, folder / "index", reader
    reader.close()


def places(reader: IndexReader, *names: str, k: int = 20) -> list[str]:
    return [f"{one.path}:{one.start_line} {one.qualified_name}" for one in reader.symbols(names, k=k)]


def uses(reader: IndexReader, name: str, k: int = 20) -> list[str]:
    return [f"{one.path}:{one.line}" for one in reader.references(name, k=k)]


def test_definitions_by_their_names(indexed: tuple[Path, Path, IndexReader]) -> None:
    _, _, reader = indexed
    assert places(reader, "Shelf") == ["lib/shelf.py:4 Shelf"]
    assert places(reader, "add") == ["lib/shelf.py:5 Shelf.add", "lib/shelf.py:13 Box.add", "tests/test_shelf.py:3 add"]
    assert places(reader, "Box.add", "LIMIT") == ["lib/shelf.py:13 Box.add", "lib/shelf.py:1 LIMIT"]
    assert places(reader, "LIMIT", "add", k=2) == ["lib/shelf.py:1 LIMIT", "lib/shelf.py:5 Shelf.add"]
    assert places(reader, "shelf", "") == places(reader) == places(reader, "Shelf", k=0) == []
    assert places(reader, "quoted") == ["it's.py:1 quoted"]
    assert places(reader, "x') OR 1=1 --") == []


def test_references_are_code_only(indexed: tuple[Path, Path, IndexReader]) -> None:
    _, _, reader = indexed
    assert uses(reader, "LIMIT") == ["lib/shelf.py:6"]
    assert uses(reader, "Shelf.add") == ["lib/shelf.py:9", "lib/use.py:4", "tests/test_shelf.py:4"]
    assert uses(reader, "add", k=1) == ["lib/shelf.py:9"]
    assert uses(reader, "nothing") == uses(reader, "") == uses(reader, "add", k=0) == []


def test_members_of_a_class_and_of_a_type_with_methods_in_other_files(indexed: tuple[Path, Path, IndexReader]) -> None:
    _, _, reader = indexed
    (shelf,) = reader.symbols(["Shelf"], k=1)
    assert [one.qualified_name for one in reader.members(shelf, k=9)] == ["Shelf.add", "Shelf.full"]
    assert [one.name for one in reader.members(shelf, k=1)] == ["add"]
    (store,) = reader.symbols(["Store"], k=1)
    assert [f"{one.path} {one.name}" for one in reader.members(store, k=9)] == ["shelf/shelf.go Put", "shelf/more.go Get"]
    assert [one.name for one in reader.outline("shelf/more.go")] == ["Get", "Other", "Get"]
    assert reader.outline("no/such.py") == []


def test_imports_with_the_files_that_are_meant(indexed: tuple[Path, Path, IndexReader]) -> None:
    _, _, reader = indexed
    assert [(one.module, one.names, one.line, one.paths) for one in reader.imports("lib/use.py")] == [
        ("lib.shelf", ("Shelf",), 1, ("lib/shelf.py",)),
        ("os", (), 2, ()),
    ]
    assert [one.paths for one in reader.imports("tests/test_shelf.py")] == [("lib/shelf.py",)]
    assert reader.imports("no/such.py") == []


def test_what_is_saved_is_known_and_what_is_gone_is_not(tmp_path: Path) -> None:
    root, location, embedder = plant(tmp_path / "root", TREE), tmp_path / "index", make_embedder("static")
    build(root, location, ANY, embedder)
    reader = IndexReader.open(location, embedder)
    assert places(reader, "Shelf") == ["lib/shelf.py:4 Shelf"]
    plant(root, {"lib/shelf.py": "class Bookcase:\n    pass\n", "lib/use.py": "from lib.shelf import Bookcase\n"})
    (root / "tests/test_shelf.py").rename(root / "tests/test_other.py")
    update(root, location, ANY, embedder, ["lib/shelf.py", "lib/use.py", "tests/test_shelf.py", "tests/test_other.py"])
    assert places(reader, "Shelf", "Bookcase") == ["lib/shelf.py:1 Bookcase"]
    assert uses(reader, "Bookcase") == ["lib/use.py:1"]
    assert uses(reader, "add") == ["tests/test_other.py:4"]
    assert [one.paths for one in reader.imports("tests/test_other.py")] == [("lib/shelf.py",)]


def test_what_is_written_behind_a_dot_is_counted_in_other_files_as_they_are_now(tmp_path: Path) -> None:
    near, own = "def f(shelf: Shelf, s: Shelf):\n    shelf.add(1)\n    s.full()\n    shelf.add(2)\n", "shelf.mine()\n"
    root = plant(tmp_path / "root", {"lib/near.py": near, "lib/own.py": own, "lib/other.py": "box.lid()\n"})
    location, embedder = tmp_path / "index", make_embedder("static")
    build(root, location, ANY, embedder)
    reader = IndexReader.open(location, embedder)
    assert reader.written_behind("shelf", "lib/own.py") == {"add": 2}
    (root / "lib/near.py").write_text("shelf.turn()\n")
    assert reader.written_behind("shelf", "lib/own.py") == {"turn": 1}
    (root / "lib/near.py").unlink()
    assert reader.written_behind("shelf", "lib/own.py") == {}
    reader.close()
