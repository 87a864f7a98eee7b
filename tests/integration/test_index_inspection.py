"""`check` notices whatever a commit says that is not so; `stats` counts; both change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.build import build, update
from indexer.embedding import make_embedder
from indexer.errors import NoIndexError
from indexer.footprint import TABLES
from indexer.inspection import check, stats
from indexer.manifest import MANIFEST, load_manifest
from indexer.settings import IndexSettings
from tests.support.trees import plant

ANY = IndexSettings()
TREE = {
    "a.py": "import b\n\n\ndef one():\n    return 1\n",
    "b.go": "package b\n\nfunc Two() {}\n",
    "notes.md": "# Notes\n",
    "x.min.js": "x",
    "yarn.lock": "x",
}


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    root = plant(tmp_path / "root", TREE)
    build(root, tmp_path / "index", ANY, make_embedder("static"))
    return root, tmp_path / "index"


def table(location: Path, name: str):
    import lancedb

    return lancedb.connect(str(location / TABLES)).open_table(name)


def recommit(location: Path, **changes: object) -> None:
    """A manifest that says something else, with the tables as they are now and no list of their files."""
    values = json.loads((location / MANIFEST).read_text())
    versions = {name: table(location, name).version for name in values["tables"]}
    (location / MANIFEST).write_text(json.dumps(values | {"tables": versions, "footprint": None} | changes))


def lose_chunks(location: Path) -> None:
    table(location, "chunks").delete("path = 'a.py'")
    recommit(location)


def double_symbols(location: Path) -> None:
    symbols = table(location, "symbols")
    symbols.add(symbols.to_arrow())
    recommit(location)


def strange_chunks(location: Path) -> None:
    table(location, "chunks").update(where="path = 'a.py'", values={"path": "ghost.py"})
    recommit(location)


def strange_ids(location: Path) -> None:
    table(location, "chunks").update(where="path = 'a.py'", values={"id": 999})
    recommit(location)


def cut(location: Path) -> None:
    file = next((location / TABLES / "chunks.lance" / "data").iterdir())
    file.write_bytes(file.read_bytes()[:-10])


def scribble(location: Path) -> None:
    """The size is right, the content is not."""
    file = next((location / TABLES / "chunks.lance" / "data").iterdir())
    file.write_bytes(b"\0" * file.stat().st_size)


HARM: dict[Callable[[Path], None], str] = {
    lose_chunks: "a.py has 0 chunks instead of 1",
    double_symbols: "symbols twice",
    strange_chunks: "ghost.py, which is not in the list",
    strange_ids: "an id that is not theirs",
    cut: "bytes instead of",
    scribble: "damaged",
    lambda location: recommit(location, chunks=99): "does not add up",
    lambda location: (location / MANIFEST).write_text("{"): "cannot be read",
    lambda location: next(location.glob("inventory-*")).unlink(): "lost its list of files",
}


@pytest.mark.parametrize(("harm", "said"), HARM.items(), ids=range(len(HARM)))
def test_damage_is_named_and_a_build_mends_what_it_can_see(place: tuple[Path, Path], harm, said: str) -> None:
    root, location = place
    harm(location)
    found = check(root, location, ANY)
    assert said in " ".join(found.damage), found.damage


def test_a_whole_index_is_whole_also_between_saves_and_changes_of_files_are_no_damage(place: tuple[Path, Path]) -> None:
    root, location = place
    assert check(root, location, ANY).damage == ()
    assert check(root, location, ANY).stale == 0
    plant(root, {"a.py": "def other(): pass\n", "new.py": "x = 1\n"})
    (root / "notes.md").unlink()
    before = (location / MANIFEST).stat().st_mtime_ns  # not all of it: reading changes the time of access
    found = check(root, location, ANY)
    assert (found.damage, found.stale, found.files) == ((), 3, 3)
    assert (location / MANIFEST).stat().st_mtime_ns == before
    update(root, location, ANY, make_embedder("static"), ["a.py", "new.py", "notes.md"])
    found = check(root, location, ANY)
    assert (found.damage, found.stale, found.files) == ((), 0, 3)


def test_stats_count_by_language_and_by_part(place: tuple[Path, Path]) -> None:
    root, location = place
    found = stats(location)
    assert (found.root, found.files, found.lines, found.symbols) == (str(root), 3, 9, 2)
    assert found.languages["python"] == {"files": 1, "chunks": 1, "symbols": 1, "lines": 5}
    assert found.languages.keys() == {"python", "go", "markdown"}
    assert found.skipped == {"minified": 1, "lock": 1}
    assert sum(found.parts.values()) == found.bytes_on_disk
    manifest = load_manifest(location)
    assert manifest is not None
    assert (found.schema, found.commits, found.versions > 0) == (manifest.schema, manifest.commits, True)


def test_no_index_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError):
        check(tmp_path, tmp_path / "index", ANY)
    with pytest.raises(NoIndexError):
        stats(tmp_path / "index")


def test_a_folder_beyond_the_limit_keeps_its_code_and_says_so(tmp_path: Path) -> None:
    tree = {"a.py": "x = 1\n" * 10, "b.py": "y = 2\n" * 100, "c.txt": "z\n", "d.py": "w = 3\n" * 1000}
    root, location, embedder = plant(tmp_path / "root", tree), tmp_path / "index", make_embedder("static")
    small = IndexSettings(max_source_bytes=800)
    report = build(root, location, small, embedder)
    assert (report.files, report.skipped) == (2, {"beyond": 2})
    assert "index.max_source_mib" in report.messages[0]
    plant(root, {"e.py": "v = 4\n" * 100, "a.py": "x = 2\n" * 10})
    report = update(root, location, small, embedder, ["e.py", "a.py"])
    assert (report.added, report.replaced) == (0, 1)
