"""The embedder that ships with the package: look each word up in a table, add the rows. Needs numpy only; trains nothing.

The table is two files in `indexer/data/`: `vocabulary.txt`, one word a line, and `table.npy`, int8, one row a word, shape
(words, dimensions). What a word weighs is the length of its row, so a sum is all there is to compute. How the table is made is
in `tests/bench/embedding/train_table.py`, why this one is in `docs/decisions/0005-static-embedding.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import EmbedderError
from indexer.words import split_name, split_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"

MAX_WORD_LENGTH = 100
"""A longer word is left out whole, as `tokenizers`' WordPiece does by default; `words` never makes one from a name."""

MAX_REMEMBERED_NAMES = 100_000
"""Names whose rows are remembered; about 20 MB when full. A repository of a million lines has about that many."""


class StaticEmbedder:
    """Bag of words over the shipped table. The table is opened at the first text, mapped, and never copied whole."""

    def __init__(self, folder: Path = DATA, remembered_names: int = MAX_REMEMBERED_NAMES) -> None:
        self._folder = folder
        self._remembered_names = remembered_names
        self._table: NDArray[np.int8] | None = None
        self._rows: _Rows | None = None
        self._identity = ""

    @property
    def is_shipped(self) -> bool:
        """Whether this is the package's own table, which any process of ours can have as well."""
        return self._folder == DATA

    @property
    def identity(self) -> str:
        """`static:DIMENSIONS:DIGEST`; the digest covers both files, so another table is another embedder."""
        if not self._identity:
            digest = hashlib.sha256()
            for name in ("vocabulary.txt", "table.npy"):
                digest.update(self._read(name))
            self._identity = f"static:{self.dimensions}:{digest.hexdigest()[:12]}"
        return self._identity

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return int(self._load()[0].shape[1])

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised row a text, shape (len(texts), dimensions); zeros where the table knows no word of it.

        A row depends on its own text alone, to the bit: sums of int8 rows are whole numbers below 2**24, which float32
        holds exactly in any order, up to 132,000 words a text.
        """
        import numpy as np

        table, rows = self._load()
        sums = np.empty((len(texts), table.shape[1]), dtype=np.float32)
        for at, text in enumerate(texts):
            # No matrix product: BLAS would use a thread for each core, six times the work on a machine that is busy.
            sums[at] = table.take(rows.of(text), axis=0).astype(np.float32).sum(axis=0)
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums, dtype=np.float64))
        np.divide(sums, lengths[:, None], out=sums, where=lengths[:, None] > 0, casting="same_kind")
        return sums

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,): questions and documents are read alike."""
        row: NDArray[np.float32] = self.embed_documents([text])[0]
        return row

    def _load(self) -> tuple[NDArray[np.int8], _Rows]:
        if self._table is None or self._rows is None:
            import numpy as np

            words = self._read("vocabulary.txt").decode("utf-8").splitlines()
            try:
                table = np.load(self._folder / "table.npy", mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError) as error:
                raise _broken(self._folder, str(error)) from error
            if table.dtype != np.int8 or table.ndim != 2 or len(table) != len(words):
                raise _broken(self._folder, f"{len(words)} words for an array of {table.dtype} {table.shape}")
            # As a plain array, still mapped: numpy runs Python code for each result of a `memmap`.
            self._table, self._rows = table.view(np.ndarray), _Rows(words, self._remembered_names)
        return self._table, self._rows

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise _broken(self._folder, str(error)) from error


def _broken(folder: Path, reason: str) -> EmbedderError:
    return EmbedderError(f"The word table in {folder} cannot be read: {reason}.", "Install hearth-lsp again.")


class _Rows(dict[str, tuple[int, ...]]):
    """Rows of the table for a name, made when first asked for. A dictionary: one look-up a name is what indexing costs."""

    def __init__(self, words: Sequence[str], most: int) -> None:
        super().__init__()
        self._most = most
        self._number = {word: number for number, word in enumerate(words)}
        self._longest = max(map(len, words), default=0)

    def __missing__(self, name: str) -> tuple[int, ...]:
        if len(self) >= self._most:
            self.clear()
        rows = self[name] = tuple(row for word in split_name(name) for row in self._of_word(word))
        return rows

    def of(self, text: str) -> NDArray[np.int64]:
        """Rows of all words of `text`, as often as they occur."""
        import numpy as np

        return np.fromiter(chain.from_iterable(map(self.__getitem__, split_names(text))), dtype=np.int64)

    def _of_word(self, word: str) -> list[int]:
        """The word's row, else those of its pieces: from the left, always the longest the table has; none if one is missing.

        `readline` unknown becomes `read line`, `widgets` becomes `widget s`: most words that are glued together or inflected
        come apart where they should, and the rest at least comes apart the same way each time.
        """
        number = self._number.get(word)
        if number is not None:
            return [number]
        if len(word) > MAX_WORD_LENGTH:
            return []
        pieces: list[int] = []
        start = 0
        while start < len(word):
            for end in range(min(len(word), start + self._longest), start, -1):
                number = self._number.get(word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return []
        return pieces
