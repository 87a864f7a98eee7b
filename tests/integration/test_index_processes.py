"""An index and several processes: killed writers, one writer at a time, readers that see what others commit."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.build import build, update
from indexer.embedding import Embedder
from indexer.errors import IndexDamagedError, IndexLockedError, NoIndexError
from indexer.footprint import verify
from indexer.manifest import load_inventory, load_manifest
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from indexer.versions import KEPT_VERSIONS, count_versions
from indexer.workers import Job, Pool
from tests.support.building import REPOSITORY, start
from tests.support.trees import paths_of, plant, rows_of

ANY = IndexSettings()
MAX_RESIDENT_MIB = 250


def source(number: int) -> str:
    """A module of its own, large enough that thirty need workers and several commits."""
    parts = [f"def part_{number}_{part}(value):\n" + f"    use(value, {part * number})\n" * 40 for part in range(60)]
    return f'"""Module {number}."""\n\n' + "\n\n".join(parts)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return plant(tmp_path / "root", {f"pkg/m{number:02}.py": source(number) for number in range(32)})


def lines_until(process: subprocess.Popen[str], wanted: int) -> list[str]:
    assert process.stdout is not None
    return [line for _, line in zip(range(wanted), process.stdout, strict=False)]


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def committed(location: Path) -> int:
    """Files that count now, of an index that is whole."""
    manifest = load_manifest(location)
    if manifest is None:
        return 0
    verify(location, manifest.footprint or {})
    return sum(1 for entry in load_inventory(location, manifest).values() if entry.chunks)


@pytest.mark.slow
def test_killed_again_and_again_it_ends_like_a_clean_build(tree: Path, tmp_path: Path, static: Embedder) -> None:
    """Kill -9 at moments spread over looking, indexing, committing and tidying; each run goes on from the last commit."""
    location = tmp_path / "index"
    chance = random.Random(20261122)
    before = 0
    for moment in range(8):
        process = start(tree, location, commit_chunks=300)
        lines_until(process, 2 + moment % 4)
        time.sleep(chance.random() * 0.15)  # not waiting for anything: the moment is meant to be any
        process.kill()
        process.communicate()
        now = committed(location)
        assert now >= before, "what was committed is never lost"
        before = now
        if now:
            assert IndexReader.open(location, static).search("use value")
    build(tree, location, ANY, static)
    build(tree, tmp_path / "clean", ANY, static)
    assert rows_of(location) == rows_of(tmp_path / "clean")
    assert count_versions(location / "tables") <= 2 * KEPT_VERSIONS, "one that was killed while it tidied leaves a few"


@pytest.mark.slow
def test_killed_while_tidying_it_is_whole(tree: Path, tmp_path: Path, static: Embedder) -> None:
    location = tmp_path / "index"
    for pause in (0.0, 0.05, 0.1, 0.2):
        process = start(tree, location, commit_chunks=100_000)
        assert process.stdout is not None
        next((line for line in process.stdout if line.startswith(("tidying", "done"))), "")
        time.sleep(pause)  # any moment of it
        process.kill()
        process.communicate()
        assert committed(location) == 32
    build(tree, location, ANY, static)
    build(tree, tmp_path / "clean", ANY, static)
    assert rows_of(location) == rows_of(tmp_path / "clean")


def test_workers_do_not_outlive_a_killed_build(tree: Path, tmp_path: Path) -> None:
    process = start(tree, tmp_path / "index", commit_chunks=100_000, step=True)
    lines_until(process, 1)
    go_on(process)
    lines_until(process, 1)
    children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    assert children
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.02)


def test_one_writer_and_its_readers(tree: Path, tmp_path: Path, static: Embedder) -> None:
    location = tmp_path / "index"
    build(tree, location, ANY, static)
    plant(tree, {"new.py": "def fresh_name():\n    pass\n"})
    process = start(tree, location, commit_chunks=1, step=True)
    lines_until(process, 1)  # it holds the lock and waits for us
    with pytest.raises(IndexLockedError, match=str(process.pid)):
        update(tree, location, ANY, static, ["new.py"])
    with pytest.raises(IndexLockedError):
        build(tree, location, ANY, static)
    reader = IndexReader.open(location, static)
    assert reader.search("part_3_7")[0].path == "pkg/m03.py"
    assert reader.definitions(["fresh_name"], k=3) == []
    process.communicate("\n" * 20)
    assert process.returncode == 0
    assert [hit.path for hit in reader.definitions(["fresh_name"], k=3)] == ["new.py"]


def test_a_killed_writer_frees_the_lock(tree: Path, tmp_path: Path, static: Embedder) -> None:
    process = start(tree, tmp_path / "index", commit_chunks=1, step=True)
    lines_until(process, 1)
    process.kill()
    process.communicate()
    assert build(tree, tmp_path / "index", ANY, static).files == 32


def test_a_reader_follows_saves_tidying_and_rebuilding(tmp_path: Path, static: Embedder) -> None:
    root = plant(tmp_path / "root", {"a.py": "def one():\n    pass\n", "b.py": "def other():\n    pass\n"})
    location = tmp_path / "index"
    build(root, location, ANY, static)
    reader = IndexReader.open(location, static)
    assert reader.search("one")[0].path == "a.py"
    for number in range(30):  # more than the commits between two tidyings
        plant(root, {"a.py": f"def name_{number}():\n    pass\n"})
        update(root, location, ANY, static, ["a.py"])
        (hit,) = reader.definitions([f"name_{number}"], k=3)
        assert (hit.path, hit.start_line) == ("a.py", 1)
        assert reader.search(f"name_{number}")[0].text.startswith(f"def name_{number}()")
        assert reader.definitions([f"name_{number - 1}"], k=3) == []
    assert reader.status().files == 2
    (location / "manifest.json").write_text("{")
    build(root, location, ANY, static)
    assert reader.search("name_29")[0].path == "a.py"
    assert reader.search("other")[0].path == "b.py"


SAVING = """
import sys
from pathlib import Path
from indexer.build import update
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings
root, location, embedder = Path(sys.argv[1]), Path(sys.argv[2]), make_embedder("static")
for number in range(60):
    (root / "a.py").write_text(f"def name_{number}():\\n    pass\\n")
    update(root, location, IndexSettings(), embedder, ["a.py"])
"""


def test_a_reader_is_never_disturbed_by_a_writer(tmp_path: Path, static: Embedder) -> None:
    """Saves, commits, tidying and pruning next door, and questions all the while."""
    root = plant(tmp_path / "root", {"a.py": "def one():\n    pass\n", "b.py": "def other():\n    pass\n"})
    location = tmp_path / "index"
    build(root, location, ANY, static)
    writer = subprocess.Popen([sys.executable, "-c", SAVING, str(root), str(location)], cwd=REPOSITORY)
    reader, asked = IndexReader.open(location, static), 0
    while writer.poll() is None or not asked:
        assert {hit.path for hit in reader.search("other name")} == {"a.py", "b.py"}
        assert [hit.path for hit in IndexReader.open(location, static).definitions(["other"], k=2)] == ["b.py"]
        asked += 1
    assert writer.returncode == 0
    assert reader.definitions(["name_59"], k=2)


def test_a_reader_whose_index_is_deleted_says_so(tmp_path: Path, static: Embedder) -> None:
    root = plant(tmp_path / "root", {"a.py": "def one():\n    pass\n"})
    location = tmp_path / "index"
    build(root, location, ANY, static)
    reader = IndexReader.open(location, static)
    (location / "manifest.json").unlink()
    with pytest.raises(NoIndexError):
        reader.search("one")


def test_damage_under_an_open_reader_is_damage(tmp_path: Path, static: Embedder) -> None:
    root = plant(tmp_path / "root", {"a.py": "def one():\n    pass\n"})
    location = tmp_path / "index"
    build(root, location, ANY, static)
    reader = IndexReader.open(location, static)
    for path in (location / "tables").rglob("*.lance"):
        if path.is_file():
            os.truncate(path, 3)
    with pytest.raises(IndexDamagedError):
        reader.search("one")


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )


READING = """
import sys
from pathlib import Path
from indexer.embedding import make_embedder
from indexer.search import IndexReader
import pygls.lsp.server
reader = IndexReader.open(Path(sys.argv[1]), make_embedder("static"))
for number in range(30):
    assert reader.search(f"where is part_{number}_3 used, value {number}")
    assert reader.definitions([f"part_{number}_3", "nothing"], k=5)
status = Path("/proc/self/status").read_text()
print(next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")))
"""


def test_a_process_that_serves_an_index_stays_small_and_quiet(tree: Path, tmp_path: Path, static: Embedder) -> None:
    build(tree, tmp_path / "index", ANY, static)
    done = run(READING, tmp_path / "index")
    assert int(done.stdout) < MAX_RESIDENT_MIB
    assert done.stderr == ""


UNCHANGED = """
import sys
from pathlib import Path
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings
from indexer.workers import Job, Pool
report = build(Path(sys.argv[1]), Path(sys.argv[2]), IndexSettings(), make_embedder("static"))
print(report.files, report.added, "lancedb" in sys.modules)
"""


def test_a_run_without_changes_does_not_pay_for_the_database(tree: Path, tmp_path: Path, static: Embedder) -> None:
    for path in tree.rglob("*.py"):
        os.utime(path, ns=(10**18, 10**18))
    build(tree, tmp_path / "index", ANY, static)
    assert run(UNCHANGED, tree, tmp_path / "index").stdout.split() == ["32", "0", "False"]


def test_a_repository_cannot_put_its_own_modules_into_a_worker(tree: Path, tmp_path: Path) -> None:
    """The current directory may be the repository: a worker must not import from it."""
    bomb = "import pathlib; pathlib.Path(__file__).with_name('exploded').touch()\n"
    plant(tree, {"indexer/__init__.py": bomb, "pickle.py": bomb, "tree_sitter.py": bomb, "sitecustomize.py": bomb})
    program = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n" + UNCHANGED
    subprocess.run([sys.executable, "-P", "-c", program, str(tree), str(tmp_path / "index")], cwd=tree, check=True)
    assert len(paths_of(tmp_path / "index")) == 36
    assert not list(tree.rglob("exploded"))


DYING = """
import os
from indexer import workers
honest = workers.analyse_here

def analyse_here(root, jobs, embedder):
    if any(job.path == "bomb.py" for job in jobs):
        os._exit(1)
    return honest(root, jobs, embedder)

workers.analyse_here = analyse_here
workers.answer_jobs()
"""


def test_a_file_that_ends_its_worker_is_left_out_and_named(tmp_path: Path) -> None:
    names = ["a.py", "bomb.py", "c.py", "d.py"]
    root = plant(tmp_path / "root", {name: f"name = '{name}'\n" for name in names})
    with Pool(str(root), "", 2, program=DYING) as pool:
        done, after = pool.results([[Job(name, "python", 8) for name in names], [Job("a.py", "python", 8)]])
    assert [facts.path for facts in done.files] == names
    assert [facts.message for facts in done.files if facts.message] == [
        "bomb.py was left out: reading it ended a worker process."
    ]
    assert done.rows.chunks["path"] == ["a.py", "c.py", "d.py"]
    assert after.rows.chunks["path"] == ["a.py"]
