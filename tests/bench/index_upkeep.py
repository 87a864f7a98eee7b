"""What an index costs over its life: `python -m tests.bench.index_upkeep [PART ...] [--saves N] [--kills N]`.

Parts: `saves` (save to searchable at 130,000 chunks, and what a build of that size needs in memory), `unchanged` (a second run
over 10,000 files), `age` (10,000 saves: versions and bytes), `kills` (kill -9 at random moments, then compared with a clean
build). Source is the standard library of the running Python, copied under several names to reach a size; that is real code, but
three times the same. "parses" is the time over tree-sitter's alone on the same files in one process (from every fifth of them),
in the same run.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from itertools import permutations
from pathlib import Path

from indexer.build import Updater, build
from indexer.embedding import make_embedder
from indexer.footprint import TABLES, bytes_on_disk
from indexer.manifest import MANIFEST, load_manifest
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from indexer.versions import count_versions
from indexer.walk import walk
from tests.bench.index_speed import BUILDING, UNCHANGED, parse_seconds, row, run_measured, spread, timed
from tests.support.building import start
from tests.support.trees import rows_of

SETTINGS = IndexSettings()
WORDS = ["".join(letters) for letters in permutations("zqxvkj", 5)]
"""720 words that nobody wrote before: a search for one finds the file that was saved with it, or does not."""

PARTS = ("saves", "unchanged", "age", "kills")
SEED = 20261125

PARSED_EACH = 5
"""Of the files one in so many is parsed for the unit of time; all of them would be a sixth of the benchmark's own time."""

LARGEST_SMALL = 20_000
"""Bytes of the files that are indexed ten thousand times: 6 KB on average, as in most repositories."""

KILLED_FILES, COMMIT_CHUNKS = 90, 150
"""A build of about 15 commits and a tidying, in a few seconds."""


def main() -> None:
    arguments = sys.argv[1:]
    options = {one: int(arguments[at + 1]) for at, one in enumerate(arguments) if one.startswith("--")}
    parts = [one for one in arguments if one in PARTS] or PARTS
    for part in parts:
        folder = Path(tempfile.mkdtemp(prefix=f"hearth-{part}-"))
        print(f"\n-- {part} --", flush=True)
        started = time.monotonic()
        try:
            if part == "saves":
                saves(folder)
            elif part == "unchanged":
                unchanged(folder)
            elif part == "age":
                age(folder, options.get("--saves", 10_000))
            else:
                kills(folder, options.get("--kills", 50))
        finally:
            shutil.rmtree(folder)
        row("this part took", f"{time.monotonic() - started:.0f} s")


def library(root: Path, copies: int) -> Path:
    """The standard library, under so many names."""
    ignored = shutil.ignore_patterns("site-packages", "__pycache__")
    for number in range(copies):
        shutil.copytree(sysconfig.get_path("stdlib"), root / f"copy_{number}", ignore=ignored, symlinks=True)
    return root


def saves(folder: Path) -> None:
    """A build of more than a million lines, then a save at a time, each asked for by a reader that is open all the while."""
    root, location = library(folder / "root", 3), folder / "index"
    files = walk(root, SETTINGS).files
    parsing = PARSED_EACH * sum(parse_seconds(root / file.path, file.language or "") for file in files[::PARSED_EACH])
    seconds, cpu, peak, printed = run_measured(BUILDING, root, location)
    report = json.loads(printed)
    row("built", f"{report['files']:,} files", f"{report['lines']:,} lines", f"{report['chunks']:,} chunks")
    row("  time", f"{seconds:.1f} s", f"{seconds / parsing:.1f} parses", f"CPU {cpu / parsing:.1f} parses")
    row("  peak memory of all processes", f"{peak:.0f} MiB", f"{peak / report['lines'] * 1e6:.0f} MiB a million lines")
    row("  on disk", f"{bytes_on_disk(location) / 1e6:.0f} MB")
    embedder = make_embedder("static")
    reader, updater = IndexReader.open(location, embedder), Updater(root, location, SETTINGS, embedder)
    row("first question", f"{timed(lambda: reader.search('where are temporary files deleted')):.2f} s")
    paths = [file.path for file in files if file.language == "python"]
    written, seen, whole = [], [], []
    for number, path in enumerate(random.Random(SEED).sample(paths, 120)):
        with (root / path).open("a") as file:
            file.write(f"\n\ndef {WORDS[number]}():\n    return {number}\n")
        written.append(timed(lambda path=path: updater.update([path])))
        started = time.perf_counter()
        hits = reader.search(WORDS[number], k=3)
        seen.append(time.perf_counter() - started)
        whole.append(written[-1] + seen[-1])
        assert path in {hit.path for hit in hits}, hits
    row("a saved file, written", *spread(written[5:]))
    row("  found by an open reader", *spread(seen[5:]))
    row("save to searchable (target p95 150 ms)", *spread(whole[5:]))
    row("tidying afterwards, in idle time", f"{timed(updater.tidy):.1f} s")


def unchanged(folder: Path) -> None:
    """A second run over 10,000 files."""
    root, location = folder / "root", folder / "index"
    every = [path for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")) if "site-packages" not in path.parts]
    sources = [path for path in every if path.stat().st_size <= LARGEST_SMALL]
    for number in range(10_000):
        path = root / f"package_{number % 100}" / f"module_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sources[number % len(sources)], path)
    report = build(root, location, SETTINGS, make_embedder("static"))
    time.sleep(0.2)  # files that changed just before they were looked at are read again
    run_measured(UNCHANGED, root, location)
    runs = [float(run_measured(UNCHANGED, root, location)[3].split()[1]) for _ in range(5)]
    row("files, lines", f"{report.files:,}", f"{report.lines:,}")
    row("nothing changed (target 1 s)", f"median {statistics.median(runs):.2f} s", f"of {report.seconds:.0f} s from nothing")


def age(folder: Path, count: int) -> None:
    """Saves without a pause, as many as a year brings; what a fresh index would take is measured at the end."""
    root, location = folder / "root", folder / "index"
    library(folder / "all", 1)
    chosen = sorted((folder / "all" / "copy_0").glob("*.py"))
    root.mkdir()
    for path in chosen:
        shutil.copyfile(path, root / path.name)
    embedder, chance = make_embedder("static"), random.Random(SEED)
    build(root, location, SETTINGS, embedder)
    updater = Updater(root, location, SETTINGS, embedder)
    most_versions, most_bytes, slow, took = 0, 0, 0, []
    for number in range(count):
        path = chance.choice(chosen).name
        text = (root / path).read_text("utf-8", "replace").split("\n\n# saved")[0]
        (root / path).write_text(f"{text}\n\n# saved\ndef saved_{number}():\n    return {number}\n", "utf-8")
        took.append(timed(lambda path=path: updater.update([path])))
        most_versions = max(most_versions, count_versions(location / TABLES))
        most_bytes = max(most_bytes, bytes_on_disk(location))
        slow += took[-1] > 10 * took[0]
    build(root, folder / "fresh", SETTINGS, embedder)
    fresh = bytes_on_disk(folder / "fresh")
    state = load_manifest(location)
    assert state is not None
    row("saves", f"{count:,}", f"files {state.files}", f"chunks {state.chunks:,}")
    row("most versions of a table (target under 50)", str(most_versions))
    row("on disk, fresh index = 1 (target 1.5)", f"end {bytes_on_disk(location) / fresh:.2f}", f"most {most_bytes / fresh:.2f}")
    row("a save", *spread(took))
    same = rows_of(location) == rows_of(folder / "fresh")
    row("rows like those of the fresh index", "yes" if same else "NO")


def kills(folder: Path, count: int) -> None:
    """Each build is killed at a random moment of a whole one, then goes on; then it is compared.

    A moment is a step of the build's progress and a part of the time that a whole build took from there to the next step, so
    it comes before the end whatever else the machine does; the part is shortened where this build has been quicker to there.
    One that came later all the same is tried again, and told. Every second one is chosen from the first commit on: a short
    build spends half of its time before.
    """
    root = folder / "root"
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:KILLED_FILES]
    for path in sources:
        (root / "lib").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / "lib" / path.name)
    steps, first = run(root, folder / "clean")
    clean, chance, location = rows_of(folder / "clean"), random.Random(SEED), folder / "index"
    equal = killed = late = empty = 0
    while killed < count:
        moment = chance.uniform(first if killed % 2 else 0, steps[-1])
        seen = sum(one <= moment for one in steps)
        process = start(root, location, commit_chunks=COMMIT_CHUNKS)
        assert process.stdout is not None
        began = time.perf_counter()
        for _ in range(seen):
            process.stdout.readline()
        reached = steps[seen - 1] if seen else 0.0
        pace = min(1.0, (time.perf_counter() - began) / reached) if seen else 1.0
        time.sleep(pace * (moment - reached))  # any moment: that is what is measured
        process.kill()
        process.communicate()
        if process.returncode == 0:  # it was done
            late += 1
        else:
            killed += 1
            empty += load_manifest(location) is None
            run(root, location)
            equal += rows_of(location) == clean
        shutil.rmtree(location, ignore_errors=True)
    row(
        "kill -9 before the end of a build",
        f"{killed} of {killed}",
        f"{steps[-1]:.1f} s each",
        f"{empty} before a first commit",
    )
    row("  moments that came too late, chosen again", str(late))
    row("the next run identical to a clean build", f"{equal} of {killed}")


def run(root: Path, location: Path) -> tuple[list[float], float]:
    """A whole build: the seconds from its start to each step of its progress, the last of them its end, and to the first at
    which there was a commit."""
    started = time.perf_counter()
    process = start(root, location, commit_chunks=COMMIT_CHUNKS)
    assert process.stdout is not None
    steps, first = [], 0.0
    for _ in process.stdout:
        steps.append(time.perf_counter() - started)
        first = first or (steps[-1] if (location / MANIFEST).exists() else 0.0)
    process.communicate()
    assert process.returncode == 0
    return steps, first


if __name__ == "__main__":
    main()
