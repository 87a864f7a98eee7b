"""A directory to an index and back to hits, with the real LanceDB and the real embedder."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from indexer.build import build
from indexer.errors import (
    NoIndexError,
)
from indexer.manifest import load_manifest
from indexer.records import Progress
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.embedders import LetterEmbedder
from tests.support.library import SHELF, Index, counts
from tests.support.trees import plant, rows_of


def test_from_nothing_to_hits(library: Index) -> None:
    report = library.build()
    assert counts(report) == (3, 0, 0)
    assert (report.files, report.lines) == (3, 22)
    assert report.chunks == len(rows_of(library.location)["chunks"]) == 3
    assert (report.symbols, len(rows_of(library.location)["symbols"])) == (4, 2)
    assert report.skipped == {"empty": 1, "secret": 1}
    assert report.bytes_on_disk > 1000
    for question, path in {
        "where are books put in order of their titles": "shelf.py",
        "hand a book to a reader": "lending/lend.go",
        "what does a late return cost": "docs/notes.md",
        "add_book": "shelf.py",
        "Lend": "lending/lend.go",
    }.items():
        assert library.search(question)[0].path == path, question


def test_a_credential_is_left_out_of_its_file_and_counted(library: Index) -> None:
    token = "ghp_" + "".join(random.Random(5).choices("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", k=36))
    plant(
        library.root,
        {"deploy.py": f"def deploy():\n    return push('{token}')\n", "id_rsa_work": "x", "package-lock.json": "{}"},
    )
    report = library.build()
    assert (report.credentials, report.skipped["secret"], report.skipped["lock"]) == (1, 2, 1)
    (hit,) = [hit for hit in library.search("deploy push") if hit.path == "deploy.py"]
    assert hit.text == "def deploy():\n    return push('[redacted]')"
    for path in library.location.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes()
    assert library.build().credentials == 1, "counted, though nothing was read again"


def test_a_hit_is_what_the_file_holds_there(library: Index) -> None:
    library.build()
    for hit in library.search("book"):
        lines = (library.root / hit.path).read_text().split("\n")
        assert hit.text == "\n".join(lines[hit.start_line - 1 : hit.end_line])
    first = library.search("Shelf.add_book")[0]
    assert (first.symbol, first.kind) == ("Shelf", "class")
    scores = [hit.score for hit in library.search("book")]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", ["", "   ", "?!", "'; DROP TABLE chunks; --", "\x00", "😀" * 50, "word " * 5000])
def test_any_question_is_answered(library: Index, question: str) -> None:
    library.build()
    assert isinstance(library.search(question), list)


def test_k_bounds_the_answer(library: Index) -> None:
    library.build()
    assert len(library.search("book", k=2)) == 2
    assert library.search("book", k=0) == []


def test_definitions_in_the_order_of_the_names(library: Index) -> None:
    library.build()
    reader = IndexReader.open(library.location, library.embedder)
    assert [hit.path for hit in reader.definitions(["Lend", "nowhere", "Shelf"], k=5)] == ["lending/lend.go", "shelf.py"]
    assert [hit.path for hit in reader.definitions(["Shelf", "Lend"], k=1)] == ["shelf.py"]
    assert reader.definitions(["shelf", "lend"], k=5) == []
    assert reader.definitions([], k=5) == []


def test_progress_goes_from_looking_to_all_files(library: Index) -> None:
    seen: list[Progress] = []
    build(library.root, library.location, IndexSettings(), library.embedder, on_progress=seen.append, words_in_memory=0)
    assert seen[0] == Progress("looking", 0, 0)
    assert seen[-2] == Progress("indexing", 3, 3)
    assert seen[-1].stage == "tidying"


def test_a_small_index_has_its_words_in_memory_and_answers_alike(library: Index, tmp_path: Path) -> None:
    library.build()
    small = Index(library.root, tmp_path / "small", library.embedder)
    build(small.root, small.location, IndexSettings(), small.embedder)
    indexed, unindexed = (load_manifest(one.location) for one in (library, small))
    assert indexed is not None
    assert unindexed is not None
    assert (indexed.full_text, unindexed.full_text) == (True, False)
    for asked in ("add_book", "self.books.append(book)", "func Lend(reader string"):
        for asker in ("question", "cursor"):
            one, other = (
                IndexReader.open(index.location, index.embedder).search(asked, asker=asker)  # type: ignore[arg-type]
                for index in (library, small)
            )
            assert [hit.path for hit in one] == [hit.path for hit in other]
    readers = [IndexReader.open(index.location, index.embedder) for index in (library, small)]
    one, other = ([hit.path for hit in reader.definitions(["Lend", "Shelf"], k=5)] for reader in readers)
    assert one == other == ["lending/lend.go", "shelf.py"]


def test_a_small_index_stays_in_few_pieces(library: Index) -> None:
    build(library.root, library.location, IndexSettings(), library.embedder)
    for number in range(3):
        (library.root / "shelf.py").write_text(f"{SHELF}\n\ndef count():\n    return {number}\n")
        library.update("shelf.py")
    (library.root / "more.py").write_text("def more():\n    return 1\n")
    build(library.root, library.location, IndexSettings(), library.embedder)
    state = load_manifest(library.location)
    assert state is not None
    assert (state.writes, state.full_text) == (0, False)
    assert library.search("count")[0].path == "shelf.py"


def test_a_changed_embedder_rebuilds_and_never_mixes(library: Index, tmp_path: Path) -> None:
    library.build()
    other = Index(library.root, library.location, LetterEmbedder())
    with pytest.raises(NoIndexError, match="letters:26"):
        other.search("book")
    with pytest.raises(NoIndexError):
        other.update("shelf.py")


def test_another_embedder_gets_every_text(library: Index, tmp_path: Path) -> None:
    library.build()
    letters = LetterEmbedder()
    other = Index(library.root, library.location, letters)
    assert counts(other.build()) == (3, 0, 0)
    assert len(letters.seen) == 3
    manifest = load_manifest(library.location)
    assert manifest is not None
    assert (manifest.embedder, manifest.dimensions) == ("letters:26", 26)
    assert other.search("book")
    assert rows_of(library.location) == other.clean_rows(tmp_path / "clean")
