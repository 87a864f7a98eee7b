"""The static embedder over the table that ships, and over tiny tables drawn here. Judges no search quality."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.errors import EmbedderError
from indexer.static_table import DATA, StaticEmbedder

TINY = {"a": (1, 0, 0), "read": (0, 100, 0), "line": (0, 0, 100), "reader": (0, 60, 80), "s": (10, 0, 0)}


def table(folder: Path, rows: dict[str, tuple[int, ...]] = TINY) -> StaticEmbedder:
    folder.mkdir(exist_ok=True)
    (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in rows), encoding="utf-8")
    np.save(folder / "table.npy", np.array(list(rows.values()), dtype=np.int8))
    return StaticEmbedder(folder)


@pytest.fixture(scope="module")
def shipped() -> StaticEmbedder:
    return StaticEmbedder()


def test_a_text_is_the_sum_of_its_words_normalised(tmp_path: Path) -> None:
    embedder = table(tmp_path)
    assert embedder.embed_query("readLine").tolist() == pytest.approx([0, 0.5**0.5, 0.5**0.5])
    assert embedder.embed_query("read read_line line READ LINE").tolist() == pytest.approx([0, 0.5**0.5, 0.5**0.5])
    assert embedder.embed_query("reader").tolist() == pytest.approx([0, 0.6, 0.8])


@pytest.mark.parametrize(
    ("unknown", "pieces"),
    [("readline", "read line"), ("lines", "line s"), ("readers", "reader s"), ("areader", "a reader")],
)
def test_an_unknown_word_falls_into_its_longest_pieces(tmp_path: Path, unknown: str, pieces: str) -> None:
    embedder = table(tmp_path)
    assert embedder.embed_query(unknown).tolist() == embedder.embed_query(pieces).tolist()


@pytest.mark.parametrize("text", ["", " \n", "....", "変数", "readx", "x" * 1_000_000, "a😀"[1:]])
def test_what_the_table_cannot_say_is_zero(tmp_path: Path, text: str) -> None:
    embedder = table(tmp_path)
    assert embedder.embed_query(text).tolist() == [0, 0, 0]
    assert embedder.embed_query(f"read {text}").tolist() == [0, 1, 0]


def test_no_text_gives_no_row(shipped: StaticEmbedder) -> None:
    assert shipped.embed_documents([]).shape == (0, shipped.dimensions)


def test_the_shipped_table_keeps_the_promises_of_an_embedder(shipped: StaticEmbedder) -> None:
    texts = ["def parse_header(line):", "", "größe 変数 ☃", "0x1F + 42", "the quick brown fox " * 1000]
    rows = shipped.embed_documents(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (len(texts), shipped.dimensions)
    assert np.isfinite(rows).all()
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths[[0, 3, 4]] == pytest.approx(1, abs=1e-6)
    assert lengths[1] == 0


def test_a_row_depends_on_its_text_alone_to_the_bit(shipped: StaticEmbedder) -> None:
    texts = [f"word_{n} getUserName({n}) " * (n % 7) + "parse the request header" for n in range(131)]
    together = shipped.embed_documents(texts)
    alone = np.stack([shipped.embed_query(text) for text in texts])
    again = StaticEmbedder().embed_documents(texts[::-1])[::-1]
    assert together.tobytes() == alone.tobytes() == again.tobytes()


def test_words_of_one_meaning_are_nearer_than_words_of_another(shipped: StaticEmbedder) -> None:
    query, near, far = shipped.embed_documents(
        [
            "read a file from disk",
            "def open_path(name): return handle.load(bytes)",
            "def rotate(matrix, angle): return sin * cos",
        ]
    )
    assert query @ near > query @ far


def test_the_names_remembered_are_bounded(tmp_path: Path) -> None:
    table(tmp_path)
    embedder = StaticEmbedder(tmp_path, remembered_names=10)
    for n in range(25):
        assert (
            embedder.embed_query(f"readline a_{'a' * n}").tolist()
            == table(tmp_path).embed_query(f"read line a_{'a' * n}").tolist()
        )
        assert len(embedder._load()[1]) <= 10


def test_identity_is_the_tables_bytes(tmp_path: Path) -> None:
    first = table(tmp_path / "first")
    assert first.identity == table(tmp_path / "same").identity
    assert first.identity.startswith("static:3:")
    assert first.identity != table(tmp_path / "row", TINY | {"a": (2, 0, 0)}).identity
    renamed = {("b" if word == "a" else word): row for word, row in TINY.items()}
    assert first.identity != table(tmp_path / "word", renamed).identity


def test_a_table_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="cannot be read"):
        StaticEmbedder(tmp_path).embed_query("read")
    table(tmp_path)
    (tmp_path / "vocabulary.txt").write_text("too\nfew\n")
    with pytest.raises(EmbedderError, match="2 words"):
        StaticEmbedder(tmp_path).embed_query("read")
    (tmp_path / "table.npy").write_bytes(b"not an array")
    with pytest.raises(EmbedderError, match="cannot be read") as caught:
        StaticEmbedder(tmp_path).embed_query("read")
    assert "again" in caught.value.advice


def test_the_shipped_table_fits_the_wheel_and_the_splitter(shipped: StaticEmbedder) -> None:
    vocabulary = (DATA / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 16 * 2**20
    assert len(set(vocabulary)) == len(vocabulary)
    assert all(word == word.lower().strip() and word for word in vocabulary)
    assert set("abcdefghijklmnopqrstuvwxyz0123456789") <= set(vocabulary), (
        "without its letters a word could not fall into pieces"
    )
