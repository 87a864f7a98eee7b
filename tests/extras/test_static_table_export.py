"""The exported word table in sentence-transformers gives the vectors that ours gives. Judges no search quality."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.embedding import make_embedder
from indexer.static_table import StaticEmbedder
from tests.bench.embedding.export_sentence_transformers import export, make_tokenizer

REPOSITORY = Path(__file__).parents[2]

ODD = [
    "",
    "a" * 101 + " longer than a name may be",
    "Ab" * 300,
    "XMLHttpRequest parseHTTPHeader readline __init__ utf8 0x1F600 1_000_000",
    "größe GrößeÄndern naïveBayes ПриветМир 変数名 名前Name İstanbul ΣΑΣ e\u0301a ²½ ٣٤ ａｂ a😀b",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Odd ones, and this repository's sources by the thousand characters."""
    sources = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "indexer").glob("*.py"))]
    return [*ODD, *(source[at : at + 1000] for source in sources for at in range(0, len(source), 1000))]


def test_the_tokenizer_finds_the_same_rows(texts: list[str]) -> None:
    ours = StaticEmbedder()
    _, rows = ours._load()
    vocabulary = (REPOSITORY / "indexer" / "data" / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    tokenizer = make_tokenizer(vocabulary)
    for text in texts:
        theirs = [row for row in tokenizer.encode(text, add_special_tokens=False).ids if row != len(vocabulary)]
        assert theirs == rows.of(text).tolist()


def test_the_vectors_are_the_same(tmp_path: Path, texts: list[str]) -> None:
    export(tmp_path / "model")
    theirs = make_embedder(f"sentence-transformers:{tmp_path / 'model'}")
    ours = StaticEmbedder()
    assert theirs.dimensions == ours.dimensions
    worded = [text for text in texts if text]  # of no text at all, sentence-transformers makes no promise
    assert np.abs(theirs.embed_documents(worded) - ours.embed_documents(worded)).max() < 1e-5
    assert np.abs(theirs.embed_query(texts[3]) - ours.embed_query(texts[3])).max() < 1e-5
