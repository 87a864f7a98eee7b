"""A directory to an index and back to hits, with the real LanceDB and the real embedder."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from indexer.build import build, update
from indexer.embedding import Embedder, make_embedder
from indexer.errors import (
    BuildCancelledError,
    EmbedderError,
    IndexDamagedError,
    IndexUnwritableError,
    NoIndexError,
)
from indexer.footprint import TABLES
from indexer.manifest import MANIFEST, load_manifest
from indexer.records import BuildReport, Hit, Progress
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.embedders import LetterEmbedder
from tests.support.trees import paths_of, plant, rows_of

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


@pytest.fixture(scope="session")
def static() -> Embedder:
    return make_embedder("static")


@pytest.fixture
def library(tmp_path: Path, static: Embedder) -> Index:
    return Index(plant(tmp_path / "root", LIBRARY), tmp_path / "index", static)


def counts(report: BuildReport) -> tuple[int, int, int]:
    return report.added, report.replaced, report.deleted


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


def test_update_before_a_build_says_so(library: Index) -> None:
    with pytest.raises(NoIndexError) as caught:
        library.update("shelf.py")
    assert "lsp_server index" in caught.value.advice


def test_no_index_says_so(library: Index) -> None:
    with pytest.raises(NoIndexError):
        library.search("book")


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


def test_an_embedder_that_fails_midway_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    calls = {n: "".join(f"    call({n}, {line})\n" for line in range(7_000)) for n in range(6)}
    root = plant(tmp_path / "root", {f"{n}.py": f"def f_{n}():\n{calls[n]}" for n in range(6)})
    location = tmp_path / "index"
    failing = LetterEmbedder(fail_after=1000)
    with pytest.raises(EmbedderError, match="went away"):
        build(root, location, IndexSettings(), failing, commit_chunks=1)
    before = len(paths_of(location))
    assert 0 < before < 6
    letters = LetterEmbedder()
    report = build(root, location, IndexSettings(), letters)
    assert counts(report) == (6 - before, 0, 0)
    assert not set(letters.seen) & set(failing.seen), "nor is what was embedded and not committed"
    assert len(letters.seen) + len(failing.seen) == report.chunks
    build(root, tmp_path / "clean", IndexSettings(), LetterEmbedder())
    assert rows_of(location) == rows_of(tmp_path / "clean")


def test_a_cancelled_build_keeps_what_it_committed(tmp_path: Path, static: Embedder) -> None:
    # Enough for workers, which have to end with the build.
    root = plant(tmp_path / "root", {f"{n:02}.py": ("compute('" + "x" * 90 + "')\n") * 1500 for n in range(12)})
    location = tmp_path / "index"
    seen: list[Progress] = []

    def enough() -> bool:
        return len(seen) >= 3

    with pytest.raises(BuildCancelledError):
        build(root, location, IndexSettings(), static, on_progress=seen.append, cancelled=enough, commit_chunks=1)
    committed = paths_of(location)
    assert 0 < len(committed) < 12
    assert IndexReader.open(location, static).search("compute")
    build(root, location, IndexSettings(), static)
    assert len(paths_of(location)) == 12


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


def test_bad_input_is_counted_named_and_survived(tmp_path: Path, static: Embedder) -> None:
    root = plant(
        tmp_path / "root",
        {
            "good.py": SHELF,
            "latin.py": "# caf\xe9\nx = 1\n".encode("latin-1"),
            "empty.py": "",
            "huge.py": b"x = 1\n" * (50 * 1024 * 1024 // 6),
            "line.js": "x" * 1_000_000,
            "broken.py": "def (((:\n  class\n" * 50,
            "deep.py": "(" * 20_000 + ")" * 20_000,
            "nul.txt": b"a\0b",
            "crlf.py": SHELF.replace("\n", "\r\n"),
            "unicode.py": "naïve = '😀'\n# \u2028 \x0c\n",
        },
    )
    (root / "loop").symlink_to(root, target_is_directory=True)
    index = Index(root, tmp_path / "index", static)
    report = index.build()
    assert report.skipped == {"empty": 1, "oversized": 1, "minified": 2, "binary": 1, "link": 1}
    assert report.messages == ("latin.py is not UTF-8 (line 1); it was read as Latin-1.",)
    assert paths_of(index.location) == {"good.py", "latin.py", "broken.py", "crlf.py", "unicode.py"}
    assert index.search("café")[0].path == "latin.py"


@pytest.mark.parametrize("place", ["file/index", "/proc/index"])
def test_a_cache_that_cannot_be_written_says_what_to_do(library: Index, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(IndexUnwritableError) as caught:
        build(library.root, tmp_path / place, IndexSettings(), library.embedder)
    assert "XDG_CACHE_HOME" in caught.value.advice


def damaged_files(location: Path) -> list[Path]:
    """One data file, one index file, one table manifest."""
    kinds = ("chunks.lance/data/*.lance", "chunks.lance/_indices/*/*", "chunks.lance/_versions/*.manifest")
    return [next((location / TABLES).glob(kind)) for kind in kinds]


@pytest.mark.parametrize("which", range(3), ids=["data", "words", "version"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: os.truncate(path, 10)], ids=["gone", "short"])
def test_damage_is_noticed_on_open_and_mended_by_a_build(library: Index, tmp_path: Path, which: int, harm) -> None:
    library.build()
    harm(damaged_files(library.location)[which])
    with pytest.raises(IndexDamagedError) as caught:
        IndexReader.open(library.location, library.embedder)
    assert "lsp_server index" in caught.value.advice
    assert counts(library.build()) == (3, 0, 0)
    assert rows_of(library.location) == library.clean_rows(tmp_path / "clean")


def test_a_broken_manifest_is_mended_by_a_build(library: Index) -> None:
    library.build()
    (library.location / MANIFEST).write_text("{")
    with pytest.raises(IndexDamagedError):
        library.search("book")
    library.build()
    assert library.search("add_book")[0].path == "shelf.py"


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


def test_unknown_embedders_say_what_there_is() -> None:
    with pytest.raises(EmbedderError) as caught:
        make_embedder("magic")
    assert "static" in caught.value.advice


def test_deleting_everything_leaves_an_empty_index(library: Index) -> None:
    library.build()
    for path in ("shelf.py", "lending/lend.go", "docs/notes.md"):
        (library.root / path).unlink()
    report = library.build()
    assert (report.files, report.chunks, report.deleted) == (0, 0, 3)
    assert library.search("book") == []
