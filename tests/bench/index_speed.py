"""How fast an index is made, asked and kept current: `python -m tests.bench.index_speed [ROOT]`.

Prints a table. ROOT is the standard library of the running Python unless named. Everything is measured in this one run;
"parses" is the time over that of tree-sitter alone on the same files in one process, which is what two machines, or a busy
and an idle one, can be compared by. CPU seconds are those of all processes together.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from indexer.build import update
from indexer.embedding import make_embedder
from indexer.footprint import bytes_on_disk
from indexer.languages import parse
from indexer.records import BuildReport
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from indexer.walk import walk

REPOSITORY = Path(__file__).parent.parent.parent

SETTINGS = IndexSettings(exclude=("site-packages",))

QUESTIONS = (
    "parse the header of an http response",
    "where are temporary files deleted",
    "JSONEncoder",
    "read a file line by line",
    "how does the event loop run a callback later",
    "compile a regular expression",
    "zip file with a password",
    "format a date as text",
    "cancel a running task",
    "lock between processes",
)

BUILDING = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings
report = build(Path(sys.argv[1]), Path(sys.argv[2]), IndexSettings(exclude=("site-packages",)), make_embedder("static"))
print(json.dumps(asdict(report)))
"""

UNCHANGED = """
import sys, time
from pathlib import Path
started = time.perf_counter()
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings
loaded = time.perf_counter()
build(Path(sys.argv[1]), Path(sys.argv[2]), IndexSettings(exclude=("site-packages",)), make_embedder("static"))
print(loaded - started, time.perf_counter() - loaded)
"""


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib")).resolve()
    folder = Path(tempfile.mkdtemp(prefix="hearth-bench-"))
    copy = folder / "root"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("site-packages", "__pycache__"), symlinks=True)
    try:
        measure(copy, folder / "index")
    finally:
        shutil.rmtree(folder)


def measure(root: Path, location: Path) -> None:
    files = walk(root, SETTINGS).files
    parsing = sum(parse_seconds(root / file.path, file.language or "") for file in files)
    embedder = make_embedder("static")
    seconds, cpu, peak, printed = run_measured(BUILDING, root, location)
    report = BuildReport(**json.loads(printed))
    print(f"{report.files:,} files, {report.lines:,} lines, {report.chunks:,} chunks, {report.symbols:,} symbols\n")
    row("tree-sitter alone, one process", f"{parsing:.1f} s", f"{report.lines / parsing:,.0f} lines/s")
    row(
        "from nothing, start-up included",
        f"{seconds:.1f} s",
        f"{report.lines / seconds:,.0f} lines/s",
        f"{seconds / parsing:.1f} parses",
    )
    row("  CPU of all processes", f"{cpu:.1f} s", f"{report.lines / cpu:,.0f} lines/s", f"{cpu / parsing:.1f} parses")
    row("  peak memory of all processes", f"{peak:.0f} MiB")
    row("  on disk", f"{bytes_on_disk(location) / 1e6:.0f} MB")
    loading, unchanged = map(float, run_measured(UNCHANGED, root, location)[3].split())
    row("a run with nothing changed", f"{unchanged:.2f} s", f"after {loading:.2f} s of imports")
    reader = IndexReader.open(location, embedder)
    row("first question after opening", f"{timed(lambda: reader.search(QUESTIONS[0])) * 1000:.0f} ms")
    row("question, k=10", *spread([timed(lambda one=one: reader.search(one)) for one in QUESTIONS * 5]))
    names = ["JSONEncoder", "open", "HTTPServer", "dumps", "Path", "run", "Lock", "nothing_of_this_name"]
    row("definitions of 8 names", *spread([timed(lambda: reader.definitions(names, k=10)) for _ in range(30)]))
    paths = [file.path for file in files if file.language == "python"][:: max(1, len(files) // 48)][:48]
    saves, seen = [], []
    for number, path in enumerate(paths):
        with (root / path).open("a") as file:
            file.write(f"\n\ndef saved_{number}():\n    return {number}\n")
        saves.append(timed(lambda path=path: update(root, location, SETTINGS, embedder, [path])))
        seen.append(timed(lambda number=number: reader.definitions([f"saved_{number}"], k=1)))
    row("a saved file, written", *spread(saves))
    row("  and seen by an open reader", *spread(seen))
    row("  on disk afterwards", f"{bytes_on_disk(location) / 1e6:.0f} MB")


def parse_seconds(path: Path, language: str) -> float:
    data = path.read_bytes()
    return timed(lambda: parse(data, language))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run_measured(program: str, *arguments: Path) -> tuple[float, float, float, str]:
    """Run a program in a fresh interpreter: seconds, CPU seconds, peak MiB of it and its children, what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    peak, watched = 0.0, psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, resident(watched))
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.stdout is not None
    printed = process.stdout.read()
    assert process.returncode == 0, printed
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak, printed


def resident(process: psutil.Process) -> float:
    try:
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def spread(seconds: list[float]) -> tuple[str, str, str]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1000:.1f} ms", f"p95 {p95 * 1000:.1f} ms", f"max {ordered[-1] * 1000:.0f} ms"


def row(name: str, *values: str) -> None:
    print(f"{name:<42}" + "".join(f"{value:>24}" for value in values), flush=True)


if __name__ == "__main__":
    main()
