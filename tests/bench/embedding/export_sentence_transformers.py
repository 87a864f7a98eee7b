"""The shipped word table as a sentence-transformers model that gives the same vectors. Trains nothing, needs the extra.

    python -m tests.bench.embedding.export_sentence_transformers FOLDER

The tokenizer repeats `indexer.words` with what `tokenizers` has: names over the limit are blanked, a space goes wherever a
name's part ends, all is lower-cased, runs of letters and of digits become words, and WordPiece without a prefix takes unknown
words apart from the left as `StaticEmbedder` does. `SentenceTransformer(FOLDER)` then loads it like any other model.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from indexer.static_table import DATA, MAX_WORD_LENGTH
from indexer.words import MAX_NAME_LENGTH

UNKNOWN = "[UNK]"
LETTER = r"[\p{L}\p{N}&&[^0-9]]"  # what Python's \w has besides digits and the underscore; no combining marks
SMALL = r"[\p{L}\p{N}&&[^0-9A-Z]]"  # lower case, and every letter outside ASCII
PART_ENDS = (rf"(?<={SMALL})(?=[A-Z])", rf"(?<=[A-Z])(?=[A-Z]{SMALL})")


def make_tokenizer(vocabulary: list[str]) -> Any:
    """A `tokenizers.Tokenizer` whose ids are rows of the table; the row after the last is for unknown words, and zero."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    words = {word: number for number, word in enumerate([*vocabulary, UNKNOWN])}
    tokenizer = Tokenizer(
        models.WordPiece(words, unk_token=UNKNOWN, continuing_subword_prefix="", max_input_chars_per_word=MAX_WORD_LENGTH)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(rf"[\p{{L}}\p{{N}}_]{{{MAX_NAME_LENGTH + 1},}}"), " "),
            *(normalizers.Replace(Regex(end), " ") for end in PART_ENDS),
            normalizers.Replace("İ", "ı"),  # the one letter whose lower case is two characters; unknown to the table either way
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(rf"[0-9]+|{LETTER}+"), behavior="removed", invert=True)
    return tokenizer


def export(folder: Path, table: Path = DATA) -> None:
    """Write the model to `folder`; sentence-transformers must be installed."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    vocabulary = (table / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    rows = np.load(table / "table.npy").astype(np.float32)
    weights = np.vstack([rows, np.zeros((1, rows.shape[1]), dtype=np.float32)])
    static = StaticEmbedding(make_tokenizer(vocabulary), embedding_weights=weights)
    SentenceTransformer(modules=[static, Normalize()], device="cpu").save(str(folder))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    export(Path(sys.argv[1]))
