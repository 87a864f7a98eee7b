"""How long a question takes in a large index: `python -m tests.bench.query_speed [ROOT ...]`.

The files of the roots (the standard library and what is installed beside it, and this environment's packages, unless named) are
put together until they make `CHUNKS` chunks, and indexed; fewer are said. Then questions are asked warm, in this process, the
embedding of the question and the reading of the text included; and the same from the thread that a server answers in. The
questions are mined from the indexed files themselves: first sentences of docstrings, and names, so that words are as common as
words are.
"""

from __future__ import annotations

import ast
import random
import resource
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from indexer.build import build
from indexer.embedding import make_embedder
from indexer.lance import import_lancedb
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from indexer.walk import walk

CHUNKS = 130_000
LINES_A_CHUNK = 23.8
"""Of Python packages, measured on two of 80,000 and 200,000 chunks, and one in fifty more: not less than CHUNKS."""

QUESTIONS = 400

IN_WORDS = (
    "where is the connection pool closed",
    "how does the event loop run a callback later",
    "what happens when a file cannot be read",
    "who decides which tests are collected",
    "convert a value to and from json",
    "how are the options of the command line parsed and checked before the program starts and the files are read",
)
"""Asked as people ask: small words, common words, one long."""


def main() -> None:
    """Build, ask, print."""
    roots = [Path(one) for one in sys.argv[1:]] or [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    embedder = make_embedder("static")
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        root, location = Path(folder, "root"), Path(folder, "index")
        files = put_together(roots, root)
        report = build(root, location, IndexSettings(max_file_bytes=10**9), embedder)
        print(f"{report.files:,} files, {report.lines:,} lines, {report.chunks:,} chunks, indexed in {report.seconds:.0f} s")
        if report.chunks < CHUNKS:
            print(f"These roots hold less than the {CHUNKS:,} chunks that the target is about: name more.")
        import_lancedb()  # 0.3 s of the first question otherwise, and nothing of the index
        before = resident()
        reader = IndexReader.open(location, embedder)
        row("first question after opening, which reads all vectors and words", [timed(reader, IN_WORDS[0])])
        print(f"{'peak memory of reading them':<64}{resident() - before:8.0f} MiB more than before")
        mined = list(questions(files))
        for name, some in (
            ("first sentences of docstrings", mined),
            ("names", list(names(files))),
            ("in words", IN_WORDS * 20),
        ):
            for question in some[:20]:
                reader.search(question)
            row(f"{name} ({len(some)})", [timed(reader, question) for question in some])


def put_together(roots: Sequence[Path], folder: Path) -> list[Path]:
    """Copies of files that count, in a mixed order, until they are as many lines as `CHUNKS` chunks have."""
    found = [(root, file) for root in roots for file in walk(root, IndexSettings()).files if file.language == "python"]
    random.Random(0).shuffle(found)
    lines, made = 0.0, []
    for number, (root, file) in enumerate(found):
        data = (root / file.path).read_bytes()
        target = folder / str(roots.index(root)) / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        made.append(target)
        lines += data.count(b"\n")
        if lines >= CHUNKS * LINES_A_CHUNK and number:
            break
    return made


def questions(files: Sequence[Path]) -> Iterator[str]:
    """First sentences of the docstrings of functions, from some of the files."""
    for path in files[:: max(1, len(files) // QUESTIONS)]:
        for node in parsed(path):
            text = ast.get_docstring(node) or ""
            if len(text.split()) > 3:
                yield text.partition("\n\n")[0].replace("\n", " ")[:200]
                break


def names(files: Sequence[Path]) -> Iterator[str]:
    """Names of functions."""
    for path in files[1 :: max(1, len(files) // QUESTIONS)]:
        yield from [node.name for node in parsed(path)][:1]


def parsed(path: Path) -> list[ast.FunctionDef]:
    """The functions of a file; none where it is no Python of this version."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.FunctionDef)]
    except (SyntaxError, ValueError):
        return []


def timed(reader: IndexReader, question: str) -> float:
    """Seconds of one question."""
    started = time.perf_counter()
    reader.search(question, k=10)
    return time.perf_counter() - started


def resident() -> float:
    """The largest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def row(name: str, seconds: Sequence[float]) -> None:
    """One line of the table."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{name:<64} p50 {median(ordered) * 1000:7.1f} ms   p95 {p95 * 1000:7.1f} ms", flush=True)


if __name__ == "__main__":
    main()
