"""What changed since: a build or an update touches that and no more, and leaves what a build from nothing would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.build import build
from indexer.footprint import TABLES
from indexer.manifest import MANIFEST
from indexer.settings import IndexSettings
from tests.support.embedders import LetterEmbedder
from tests.support.library import SHELF, Index, counts
from tests.support.trees import paths_of, plant, rows_of


def aged(root: Path) -> None:
    """Make files old enough for their times to be trusted."""
    for path in root.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def test_an_unchanged_directory_is_not_written_again(library: Index) -> None:
    aged(library.root)
    library.build()
    before = (library.location / MANIFEST).stat().st_mtime_ns  # not all of it: reading changes the time of access
    report = library.build()
    assert counts(report) == (0, 0, 0)
    assert (report.files, report.chunks, report.symbols) == (3, 3, 4)
    assert report.skipped == {"empty": 1, "secret": 1}
    assert (library.location / MANIFEST).stat().st_mtime_ns == before


def test_a_touched_file_is_not_indexed_again(library: Index, tmp_path: Path) -> None:
    library.build()
    os.utime(library.root / "shelf.py", ns=(1, 1))
    assert counts(library.build()) == (0, 0, 0)
    assert rows_of(library.location) == library.clean_rows(tmp_path / "clean")


def test_a_change_within_one_tick_of_the_clock_is_seen(library: Index) -> None:
    path = plant(library.root, {"racy.py": "first = 1\n"}) / "racy.py"
    library.build()
    time = path.stat().st_mtime_ns
    path.write_text("other = 2\n")
    os.utime(path, ns=(time, time))
    assert library.build().replaced == 1
    assert library.search("other")[0].path == "racy.py"


@pytest.mark.parametrize("whole", [True, False], ids=["build", "update"])
def test_changes_deletions_and_renames_are_exact(library: Index, tmp_path: Path, whole: bool) -> None:
    library.build()
    plant(library.root, {"shelf.py": SHELF.replace("Shelf", "Bookcase"), "new/it's here.py": "def fresh():\n    pass\n"})
    (library.root / "docs" / "notes.md").unlink()
    (library.root / "lending").rename(library.root / "loans")
    changed = ("shelf.py", "new/it's here.py", "docs/notes.md", "lending", "loans/lend.go")
    report = library.build() if whole else library.update(*changed)
    assert counts(report) == (2, 1, 2)
    assert paths_of(library.location) == {"shelf.py", "new/it's here.py", "loans/lend.go"}
    assert rows_of(library.location) == library.clean_rows(tmp_path / "clean")
    assert library.search("Bookcase")[0].path == "shelf.py"
    assert "docs/notes.md" not in {hit.path for hit in library.search("late return cost")}


def test_update_leaves_other_files_alone(library: Index) -> None:
    library.build()
    plant(library.root, {"shelf.py": "x = 1\n", "lending/lend.go": "package other\n"})
    assert counts(library.update("shelf.py", "shelf.py", "no/such.py", "../outside.py", "")) == (0, 1, 0)
    assert library.search("Lend")[0].path == "lending/lend.go"


def test_update_keeps_the_rules_of_the_walk(library: Index) -> None:
    library.build()
    plant(library.root, {"a.min.js": "x", "node_modules/a.js": "x", ".env.local": "x", "big.py": "x = 1\n" * 300_000})
    library.update("a.min.js", "node_modules/a.js", ".env.local", "big.py")
    assert paths_of(library.location) == {"shelf.py", "lending/lend.go", "docs/notes.md"}


def test_a_changed_ignore_file_takes_files_out_and_in(library: Index) -> None:
    library.build()
    plant(library.root, {".gitignore": "docs/\n"})
    assert counts(library.update(".gitignore"))[2] == 1
    assert "docs/notes.md" not in paths_of(library.location)
    (library.root / ".gitignore").unlink()
    library.update(".gitignore")
    assert "docs/notes.md" in paths_of(library.location)


def test_a_file_that_becomes_unfit_leaves_and_comes_back(library: Index) -> None:
    library.build()
    plant(library.root, {"shelf.py": b"\0\1\2"})
    report = library.update("shelf.py")
    assert (report.deleted, report.skipped["binary"]) == (1, 1)
    assert "shelf.py" not in paths_of(library.location)
    plant(library.root, {"shelf.py": SHELF})
    assert library.update("shelf.py").added == 1
    assert "shelf.py" in paths_of(library.location)


def test_deleting_everything_leaves_an_empty_index(library: Index) -> None:
    library.build()
    for path in ("shelf.py", "lending/lend.go", "docs/notes.md"):
        (library.root / path).unlink()
    report = library.build()
    assert (report.files, report.chunks, report.deleted) == (0, 0, 3)
    assert library.search("book") == []


def test_vectors_of_known_chunks_are_kept(tmp_path: Path) -> None:
    parts = [f"def part_{n}():\n" + f"    call({n})\n" * 30 + "\n\n" for n in range(6)]
    letters = LetterEmbedder()
    index = Index(plant(tmp_path / "root", {"a.py": "".join(parts)}), tmp_path / "index", letters)
    index.build()
    assert len(letters.seen) == 6
    letters.seen.clear()
    plant(index.root, {"a.py": "".join(parts).replace("call(3)", "shout(3)")})
    index.update("a.py")
    assert [text.split("\n")[0] for text in letters.seen] == ["part_3"]
    assert rows_of(index.location) == index.clean_rows(tmp_path / "clean")


@pytest.mark.slow
def test_many_saves_do_not_rot_the_index(library: Index, tmp_path: Path) -> None:
    library.build()
    for number in range(30):
        plant(library.root, {"shelf.py": SHELF.replace("Shelf", f"Shelf{number}")})
        library.update("shelf.py")
        assert library.search(f"Shelf{number}")[0].path == "shelf.py"
        versions = len(list((library.location / TABLES / "chunks.lance" / "_versions").glob("*.manifest")))
        assert versions < 50
    assert rows_of(library.location) == library.clean_rows(tmp_path / "clean")
    fresh = build(library.root, tmp_path / "fresh", IndexSettings(), library.embedder)
    files = sum(1 for _ in (library.location / TABLES).rglob("*") if _.is_file())
    assert files < 400
    assert fresh.chunks == 3
