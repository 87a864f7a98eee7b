"""Make the word table that ships in `indexer/data/`, from packages that `fetch_packages` brought. Downloads nothing.

    pip install numpy scipy        # in an environment of its own: scipy is no dependency of Hearth
    python -m tests.bench.embedding.fetch_packages FOLDER
    python -m tests.bench.embedding.train_table FOLDER [OUT]

Mining takes about ten minutes of one core, training about five, 6 GB of memory in all. From a random start each word's row
is moved until the sum over a comment's words points where the sum over its code's words points, and away from the other code of
the batch (InfoNCE, van den Oord et al. 2018). An eighth of every batch is one package: what tells its own functions apart is
what a search in a repository needs. Nothing counts frequencies, yet common words come out short: the length of a row is the
weight of its word. `docs/decisions/0005-static-embedding.md` has what was tried and measured.
"""

from __future__ import annotations

import re
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from indexer.static_table import DATA, _Rows
from indexer.words import split_words
from tests.bench.embedding.mine_pairs import Pair, mine

Floats = NDArray[np.float32]

WORDS = 30_000
DIMENSIONS = 256
KEPT = 128
"""Dimensions that ship: the trained table turned so that its first ones hold most. Half the memory, disk and scan of a query,
for 0.003 of NDCG@10 where vectors work alone, and nothing beside full text."""
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"  # always words, so that every unknown word falls into pieces

MOST_PAIRS = 6_000
"""Of one package, lest the largest few decide."""

COMMENT, CODE, HEADER = 40, 220, 15
"""Words read of a comment, of its code, of its path: a sentence or two, a chunk, two folders and a name."""

EPOCHS = 3
BATCH = 1_024
BLOCK = 128
TEMPERATURE = 0.07
RATE = 0.01
DROPPED = 0.1
"""Share of words left out at random, so that no single word answers for a pair."""

NAME_INSTEAD = 0.15
"""Share of pairs that ask with the function's name in place of its comment, half of them with it taken out of the code."""

WITH_HEADER = 0.5
CROPPED = 0.3
HELD_OUT = 16
"""One package in so many is not trained on, and says how good the table is."""


@dataclass(slots=True)
class Texts:
    """Many short texts as numbers, one after the other."""

    numbers: array[int] = field(default_factory=lambda: array("i"))
    starts: array[int] = field(default_factory=lambda: array("q", [0]))

    def add(self, numbers: Iterable[int]) -> None:
        """Append one text."""
        self.numbers.extend(numbers)
        self.starts.append(len(self.numbers))

    def frozen(self, rows: Sequence[Sequence[int]]) -> list[NDArray[np.int32]]:
        """Each text as rows of the table, given the rows of each word."""
        return [
            np.array([row for word in self.numbers[a:b] for row in rows[word]], dtype=np.int32)
            for a, b in zip(self.starts, self.starts[1:], strict=False)
        ]


@dataclass(slots=True)
class Pairs:
    """All pairs by column; `package` is an index into `names`."""

    names: list[str]
    package: NDArray[np.int64]
    comment: list[NDArray[np.int32]]
    code: list[NDArray[np.int32]]
    name: list[NDArray[np.int32]]
    header: list[NDArray[np.int32]]


def words_of(pair: Pair) -> tuple[list[str], list[str], list[str], list[str]]:
    """Words of comment, code, name and path. A comment that begins with the name (as Go's do) would give it away."""
    comment = pair.comment
    if pair.name and comment.lower().startswith(pair.name.lower()):
        comment = comment[len(pair.name) :]
    path = "/".join(pair.path.split("/")[-3:]).rsplit(".", 1)[0]
    return (
        split_words(comment)[:COMMENT],
        split_words(pair.code[: 12 * CODE])[:CODE],
        split_words(pair.name)[:8],
        split_words(path)[:HEADER],
    )


def read_pairs(folder: Path) -> tuple[list[str], Pairs]:
    """Mine every package of the folder. Returns the vocabulary and the pairs in its numbers."""
    number: dict[str, int] = {}
    counts: Counter[str] = Counter()
    packages: Counter[str] = Counter()
    columns = [Texts() for _ in range(4)]
    belongs, names, seen = array("q"), [], set()
    generator = np.random.default_rng(0)
    for place in sorted(folder.iterdir()):
        mined = list(mine(place))
        some = mined if len(mined) <= MOST_PAIRS else [mined[i] for i in sorted(generator.permutation(len(mined))[:MOST_PAIRS])]
        used: set[str] = set()
        for pair in some:
            texts = words_of(pair)
            key = (pair.comment, pair.code[:200])
            if key in seen or len(texts[0]) < 2 or len(texts[1]) < 8:
                continue
            seen.add(key)
            words = set(chain(texts[0], texts[1]))
            counts.update(words)
            used |= words
            for column, text in zip(columns, texts, strict=True):
                column.add(number.setdefault(word, len(number)) for word in text)
            belongs.append(len(names))
        packages.update(used)
        names.append(place.name)
        print(f"{place.name}: {len(mined)} pairs", flush=True)
    vocabulary = choose_vocabulary(counts, packages)
    rows = _Rows(vocabulary, len(number))
    pieces = [rows._of_word(word) for word in number]
    return vocabulary, Pairs(names, np.array(belongs), *(column.frozen(pieces) for column in columns))


def choose_vocabulary(counts: Counter[str], packages: Counter[str]) -> list[str]:
    """Letters and digits, then the words met in most packages and most often; of fewer than 3 packages, none."""
    known = [word for word in counts if packages[word] >= 3 and re.fullmatch("[a-z]{2,24}|[0-9]{2,4}", word)]
    known.sort(key=lambda word: (-packages[word] * counts[word] ** 0.5, word))
    return [*LETTERS, *known[: WORDS - len(LETTERS)]]


def is_held_out(package: str) -> bool:
    """Decided by the name, so that it stays when the list grows."""
    return zlib.crc32(package.encode()) % HELD_OUT == 0


def counted(texts: Sequence[NDArray[np.int32]], width: int) -> sparse.csr_matrix:
    """Texts as rows of word counts."""
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    flat = np.concatenate(texts)
    return sparse.csr_matrix((np.ones(len(flat), dtype=np.float32), flat, starts), shape=(len(texts), width))


def normalised(x: Floats) -> tuple[Floats, Floats]:
    """Rows of length 1, and the lengths they had."""
    lengths = np.sqrt((x * x).sum(axis=1, keepdims=True)) + 1e-6
    return x / lengths, lengths


def batches(pairs: Pairs, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """One epoch: every package's pairs shuffled and cut into blocks, the blocks shuffled, some of them a batch."""
    blocks: list[NDArray[np.int64]] = []
    for index, name in enumerate(pairs.names):
        own = np.flatnonzero(pairs.package == index)
        if len(own) >= BLOCK // 2 and not is_held_out(name):
            blocks += np.array_split(generator.permutation(own), max(1, round(len(own) / BLOCK)))
    order, together = generator.permutation(len(blocks)), BATCH // BLOCK
    for start in range(0, len(order) - together + 1, together):
        yield np.concatenate([blocks[i] for i in order[start : start + together]])


def read_batch(pairs: Pairs, batch: NDArray[np.int64], generator: np.random.Generator) -> tuple[list, list]:  # type: ignore[type-arg]
    """Questions and the texts that answer them, with the variations that `NAME_INSTEAD`, `CROPPED` and `WITH_HEADER` name."""
    questions, answers = [], []
    for i, chance in zip(batch, generator.random((len(batch), 3)), strict=True):
        question, answer, name = pairs.comment[i], pairs.code[i], pairs.name[i]
        if chance[0] < NAME_INSTEAD and len(name) >= 2:
            question = name
            if chance[0] < NAME_INSTEAD / 2:
                answer = answer[~np.isin(answer, name)]
        if chance[1] < CROPPED and len(answer) > 60:
            start = generator.integers(0, len(answer) - 50)
            answer = answer[start : start + generator.integers(50, 120)]
        if chance[2] < WITH_HEADER:
            answer = np.concatenate([pairs.header[i], answer])
        questions.append(question)
        answers.append(answer)
    return questions, answers


def gradient(table: Floats, questions: sparse.csr_matrix, answers: sparse.csr_matrix) -> tuple[Floats, float]:
    """Of the symmetric InfoNCE loss by the table's rows; also the loss of finding the answer."""
    (a, a_length), (b, b_length) = normalised(questions @ table), normalised(answers @ table)
    scores = a @ b.T / TEMPERATURE
    forward = np.exp(scores - scores.max(axis=1, keepdims=True))
    forward /= forward.sum(axis=1, keepdims=True)
    backward = np.exp(scores - scores.max(axis=0, keepdims=True))
    backward /= backward.sum(axis=0, keepdims=True)
    loss = float(-np.log(np.diag(forward) + 1e-9).mean())
    slope = (forward + backward) / 2
    slope[np.diag_indices_from(slope)] -= 1
    slope /= len(slope) * TEMPERATURE
    by_a, by_b = slope @ b, slope.T @ a
    by_a = (by_a - a * (by_a * a).sum(axis=1, keepdims=True)) / a_length
    by_b = (by_b - b * (by_b * b).sum(axis=1, keepdims=True)) / b_length
    return np.asarray(questions.T.tocsr() @ by_a + answers.T.tocsr() @ by_b, dtype=np.float32), loss


def train(pairs: Pairs, words: int, seed: int = 0) -> Floats:
    """The table, (words, DIMENSIONS). Adam (Kingma and Ba 2015) over the rows a batch touches, the rate falling to a tenth."""
    generator = np.random.default_rng(seed)
    table = generator.standard_normal((words, DIMENSIONS), dtype=np.float32) * np.float32(0.1)
    mean, square = np.zeros_like(table), np.zeros_like(table)
    total = EPOCHS * sum(1 for _ in batches(pairs, np.random.default_rng(seed)))
    smooth = 0.0
    for step, batch in enumerate(chain.from_iterable(batches(pairs, generator) for _ in range(EPOCHS)), 1):
        two = [counted(texts, words) for texts in read_batch(pairs, batch, generator)]
        used = np.unique(np.concatenate([one.indices for one in two]))
        for one in two:
            one.data *= generator.random(len(one.data)) > DROPPED
        change, loss = gradient(table[used], two[0][:, used], two[1][:, used])
        mean[used] = 0.9 * mean[used] + 0.1 * change
        square[used] = 0.999 * square[used] + 0.001 * change * change
        rate = RATE * min(1, step / 50) * (1 - 0.9 * step / total)
        table[used] -= rate * (mean[used] / (1 - 0.9**step)) / (np.sqrt(square[used] / (1 - 0.999**step)) + 1e-8)
        smooth = 0.98 * smooth + 0.02 * loss
        if step % 100 == 0:
            print(f"{step}/{total}: loss {smooth / (1 - 0.98**step):.3f}", flush=True)
    return table


def held_out_score(table: Floats, pairs: Pairs, most: int = 1_500, asked: int = 200) -> float:
    """NDCG@10 of finding a comment's code among its package's, mean over packages that were not trained on."""
    generator, scores = np.random.default_rng(5), []
    for index, name in enumerate(pairs.names):
        own = np.flatnonzero(pairs.package == index)
        if not is_held_out(name) or len(own) < 100:
            continue
        own = generator.permutation(own)[:most]
        code = [np.concatenate([pairs.header[i], pairs.code[i]]) for i in own]
        answers = normalised(counted(code, len(table)) @ table)[0]
        questions = normalised(counted([pairs.comment[i] for i in own[:asked]], len(table)) @ table)[0]
        near = questions @ answers.T
        right = np.arange(len(near))
        rank = (near > near[right, right][:, None]).sum(axis=1)
        scores.append(float(np.where(rank < 10, 1 / np.log2(rank + 2), 0).mean()))
    return float(np.mean(scores))


def turned(table: Floats) -> Floats:
    """The table by its own principal axes, not centred, the first `KEPT` of them: sums and angles stay as near as they can."""
    axes = np.linalg.svd(table.astype(np.float64), full_matrices=False)[2]
    return np.asarray(table @ axes[:KEPT].T, dtype=np.float32)


def quantised(table: Floats) -> NDArray[np.int8]:
    """One scale for all rows, so that sums of int8 rows are sums of the table; one value in 2,000 is cut."""
    scale = np.quantile(np.abs(table), 0.9995) / 127
    return np.clip(np.round(table / scale), -127, 127).astype(np.int8)


def main(folder: Path, out: Path) -> None:
    """Mine, train, measure, write."""
    vocabulary, pairs = read_pairs(folder / "packages")
    print(f"{len(pairs.package)} pairs of {len(pairs.names)} packages, {len(vocabulary)} words")
    table = quantised(turned(train(pairs, len(vocabulary))))
    print(f"NDCG@10 on packages held out: {held_out_score(table.astype(np.float32), pairs):.4f}")
    out.mkdir(parents=True, exist_ok=True)
    (out / "vocabulary.txt").write_text("".join(f"{word}\n" for word in vocabulary), encoding="utf-8")
    np.save(out / "table.npy", table)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else DATA)
