"""No index, a broken one, bad files, a cache that is read-only: each is said and survived, and nothing committed is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.build import build
from indexer.embedding import Embedder, make_embedder
from indexer.errors import (
    BuildCancelledError,
    EmbedderError,
    IndexDamagedError,
    IndexUnwritableError,
    NoIndexError,
)
from indexer.footprint import TABLES
from indexer.manifest import MANIFEST
from indexer.records import Progress
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from tests.support.embedders import LetterEmbedder
from tests.support.library import SHELF, Index, counts
from tests.support.trees import paths_of, plant, rows_of


def test_update_before_a_build_says_so(library: Index) -> None:
    with pytest.raises(NoIndexError) as caught:
        library.update("shelf.py")
    assert "lsp_server index" in caught.value.advice


def test_no_index_says_so(library: Index) -> None:
    with pytest.raises(NoIndexError):
        library.search("book")


def test_unknown_embedders_say_what_there_is() -> None:
    with pytest.raises(EmbedderError) as caught:
        make_embedder("magic")
    assert "static" in caught.value.advice


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
