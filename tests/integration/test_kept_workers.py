"""Workers that a build leaves for the next one: real processes, looked at from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from indexer import kept_workers
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.kept_workers import Kept, started
from indexer.settings import IndexSettings
from indexer.workers import Job, Pool
from tests.support.trees import plant, rows_of

Rows = dict[str, list[tuple[Any, ...]]]

TWICE = """
import os, sys, threading
from pathlib import Path
from indexer.build import build
from indexer.embedding import make_embedder
from indexer.settings import IndexSettings
from indexer import kept_workers
from indexer.workers import warm_up

kept_workers.KEPT_S = 3600.0  # however busy the machine is

def tell():
    print(*Path(f"/proc/self/task/{os.getpid()}/children").read_text().split(), flush=True)

def index(name):
    build(Path(sys.argv[1]), Path(sys.argv[2], name), IndexSettings(), make_embedder("static"))
    tell()
    sys.stdin.readline()

def other_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


class Session:
    """A process that does what it is told to, and says after each build which children it has."""

    def __init__(self, tree: Path, indexes: Path, does: str) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a thread of numpy's would be one too many to fork
        self.process = subprocess.Popen(
            [sys.executable, "-c", TWICE + does, str(tree), str(indexes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def children(self) -> list[int]:
        """Of the process, when its next build is done."""
        assert self.process.stdout is not None
        return [int(one) for one in self.process.stdout.readline().split()]

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.communicate("\n" * 9)
        assert self.process.returncode == 0


def ended(process: int) -> bool:
    """Whether a process is gone, or nobody but its parent remembers it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for_the_end_of(processes: list[int]) -> None:
    deadline = time.monotonic() + 60
    while not all(map(ended, processes)):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough for workers that are there, too little to start an interpreter for."""
    names = [f"m{number:02}.py" for number in range(24)]
    return plant(
        tmp_path_factory.mktemp("kept") / "root", {name: f"def of_{name[:3]}(x):\n    return x\n" * 200 for name in names}
    )


@pytest.fixture(scope="module")
def clean(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows that a build of this process makes."""
    location = tmp_path_factory.mktemp("kept") / "clean"
    build(tree, location, IndexSettings(), make_embedder("static"))
    return rows_of(location)


def test_the_next_build_has_the_workers_of_the_last(tree: Path, tmp_path: Path, clean: Rows) -> None:
    session = Session(tree, tmp_path, "index('a'); index('b')")
    first = session.children()
    assert first
    session.go_on()
    assert session.children() == first
    session.end()
    wait_for_the_end_of(first)
    assert rows_of(tmp_path / "a") == rows_of(tmp_path / "b") == clean


def test_a_worker_has_nothing_of_its_parent_open(tree: Path, tmp_path: Path) -> None:
    session = Session(tree, tmp_path, "kept_open = open(os.devnull); index('a')")
    for child in session.children():
        assert sorted(one.name for one in Path(f"/proc/{child}/fd").iterdir()) == ["0", "1", "2"]
    session.end()


def test_workers_killed_between_two_builds_are_not_missed(tree: Path, tmp_path: Path, clean: Rows) -> None:
    session = Session(tree, tmp_path, "index('a'); index('b')")
    for child in (first := session.children()):
        os.kill(child, signal.SIGKILL)
    wait_for_the_end_of(first)
    session.go_on()
    session.children()
    session.end()
    assert rows_of(tmp_path / "b") == clean


def test_workers_end_with_a_parent_that_is_killed_between_two_builds(tree: Path, tmp_path: Path) -> None:
    session = Session(tree, tmp_path, "index('a')")
    first = session.children()
    session.process.kill()
    session.process.communicate()
    wait_for_the_end_of(first)


def test_a_process_with_threads_is_not_forked(tree: Path, tmp_path: Path, clean: Rows) -> None:
    session = Session(tree, tmp_path, "other_thread(); index('a')")
    assert session.children() == []
    session.end()
    assert rows_of(tmp_path / "a") == clean


def test_workers_from_before_the_threads_serve_the_build(tree: Path, tmp_path: Path, clean: Rows) -> None:
    session = Session(tree, tmp_path, "warm_up('static'); tell(); other_thread(); index('a')")
    first = session.children()
    assert first
    assert session.children() == first
    session.end()
    assert rows_of(tmp_path / "a") == clean


def test_a_worker_that_rests_too_long_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_workers, "KEPT_S", 0.01)
    worker = started("from indexer.workers import answer_jobs; answer_jobs()")
    kept = Kept()
    kept.put([worker])
    deadline = time.monotonic() + 60
    while Path(f"/proc/{worker.process}").exists():  # not even the system remembers it
        assert time.monotonic() < deadline, "a worker lives on, or nobody waited for its end"
        time.sleep(0.02)
    assert not kept
    assert kept.take(1) == []
    worker.stop()  # once more: its number may be another process's by now


def test_a_worker_hears_the_job_that_comes_with_its_rest(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": "name = 1\n"})
    worker = started("from indexer.workers import answer_jobs; answer_jobs()")
    worker.rest()  # it is not up yet: both lie in its pipe when it looks
    done = worker.ask((str(tmp_path), [Job("a.py", "python", 9)], ""))
    assert [facts.chunks for facts in done.files] == [1]
    worker.stop()


ANSWERS_ONCE = """
import itertools, threading
from indexer.kept_workers import serve
from indexer.workers import Analysed
jobs = itertools.count()
serve(lambda job: Analysed() if next(jobs) == 0 else threading.Event().wait())
"""


def test_who_gives_up_is_not_held_by_what_is_still_queued(tmp_path: Path) -> None:
    """As Ctrl-C does it: the workers end, and the threads that drove them find none for the next part."""

    def give_up() -> None:
        parts = [[Job(f"{number}.py", "python", 1)] for number in range(20)]
        with suppress(InterruptedError), Pool(str(tmp_path), "", 2, program=ANSWERS_ONCE) as pool:
            next(iter(pool.results(parts)))
            raise InterruptedError

    thread = threading.Thread(target=give_up, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "a thread waits for a worker that nobody gives back"
