"""Index time beside a peer's: `python -m tests.bench.against_semble CLONES CASES PYTHON`, or SEMBLE_PYTHON and RETRIEVAL_*.

PYTHON is the interpreter of an environment of its own with `semble==0.7` (its half without a model: files, chunks, BM25 kept in
memory; the model is not in its wheel, and its vectors are zeros here). CLONES and CASES are those of the benchmark `retrieval`.
Both index the same roots in turn, so that a busy moment meets both:

- as a library: one process each, which has indexed every root once before the clock starts, so that grammars are loaded; ours
  writes to disk, theirs stays in memory
- as a command: a process a root, from its start to its end
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEMBLE = """
import json, sys, time
from pathlib import Path
import numpy as np
from semble.index.create import create_index_from_path

class Nothing:
    dim = 256
    def encode(self, texts, **_):
        return np.zeros((len(texts), self.dim), dtype=np.float32)

for line in sys.stdin:
    root = Path(json.loads(line)[0])
    started, used = time.perf_counter(), time.process_time()
    _, _, chunks, manifest = create_index_from_path(root, Nothing(), display_root=root)
    row = [time.perf_counter() - started, time.process_time() - used, len(manifest), len(chunks)]
    print(json.dumps(row), flush=True)
"""

OURS = """
import json, resource, sys, time
from pathlib import Path
import psutil
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings

def used():
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    kept = [one.cpu_times() for one in psutil.Process().children()]  # workers wait for the next build
    return sum(one.ru_utime + one.ru_stime for one in both) + sum(one.user + one.system for one in kept)

embedder = make_embedder("static")
for line in sys.stdin:
    root, location = map(Path, json.loads(line))
    started, before = time.perf_counter(), used()
    report = build(root, location, IndexSettings(), embedder)
    print(json.dumps([time.perf_counter() - started, used() - before, report.files, report.chunks]), flush=True)
"""


class Library:
    """A process that indexes one root after the other."""

    def __init__(self, python: str, program: str, work: Path) -> None:
        self._work, self._count = work, 0
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [python, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def index(self, root: Path) -> list[float]:
        """Seconds, CPU seconds, files, chunks."""
        self._count += 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(root), str(self._work / str(self._count))]) + "\n")
        self._process.stdin.flush()
        found: list[float] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def command(arguments: list[str], given: str, cache: str) -> float:
    """Seconds of one process, from its start to its end."""
    started = time.perf_counter()
    environment = os.environ | {"XDG_CACHE_HOME": cache}
    subprocess.run(
        arguments, input=given, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, check=True
    )
    return time.perf_counter() - started


def main() -> int:
    """Index in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="?", default=os.environ.get("RETRIEVAL_CLONES"))
    parser.add_argument("cases", nargs="?", default=os.environ.get("RETRIEVAL_CASES"))
    parser.add_argument("python", nargs="?", default=os.environ.get("SEMBLE_PYTHON"))
    given = parser.parse_args()
    if not (given.clones and given.cases and given.python):
        print("Needs the repositories, the cases, and a Python with semble==0.7; see --help.")
        return 0
    rows = json.loads(Path(given.cases, "repos.json").read_text())
    roots = [Path(given.clones, row["name"], row["root"]).resolve() for row in rows]
    totals = {"ours": [0.0] * 5, "semble": [0.0] * 5}
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as work:
        libraries = {
            "ours": Library(sys.executable, OURS, Path(work)),
            "semble": Library(given.python, SEMBLE, Path(work)),
        }
        for one in libraries.values():
            for root in roots:  # grammars are loaded once by both
                one.index(root)
        for number, root in enumerate(roots):
            for name, one in libraries.items():
                totals[name][:4] = [sum(pair) for pair in zip(totals[name], one.index(root), strict=False)]
            cache = str(Path(work, f"cache-{number}"))
            totals["ours"][4] += command([sys.executable, "-m", "lsp_server", "index", str(root)], "", cache)
            totals["semble"][4] += command([given.python, "-c", SEMBLE], json.dumps([str(root), ""]) + "\n", cache)
        for one in libraries.values():
            one.close()
    print(f"{len(roots)} roots{'':<20}{'seconds':>10}{'CPU':>8}{'files':>8}{'chunks':>8}{'as commands':>14}")
    for name, (seconds, cpu, files, chunks, commands) in totals.items():
        print(f"{name:<28}{seconds:>10.2f}{cpu:>8.2f}{files:>8.0f}{chunks:>8.0f}{commands:>14.2f}")
    ours, theirs = totals["ours"], totals["semble"]
    print(f"{'ours over theirs':<28}{ours[0] / theirs[0]:>10.2f}{ours[1] / theirs[1]:>8.2f}{ours[4] / theirs[4]:>30.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
