"""`index --check`, `--stats`, `--rebuild` and `--watch` as a user meets them: real damage, real changes, advice followed."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import pytest

from indexer.footprint import TABLES, footprint
from indexer.manifest import commit, load_manifest
from tests.support.commands import Run, hears_interrupts, index_below, rows, runner
from tests.support.trees import plant
from tests.support.wire import environment

TREE = {
    "shapes.py": "class Ring:\n    def area(self):\n        return 3\n\n\ndef area_of_circle(radius):\n    return 3 * radius\n",
    "greeting.js": "// Greets people.\nexport function greet(name) {\n  return `Hi ${name}`;\n}\n",
    "notes.md": "# Notes\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plant(tmp_path / "repository", TREE)


@pytest.fixture
def hearth(tmp_path: Path) -> Run:
    return runner(tmp_path)


def test_an_index_is_checked_and_described(hearth: Run, repository: Path, tmp_path: Path) -> None:
    hearth("index", str(repository))
    (whole,) = rows(hearth("index", str(repository), "--check", "--json"))
    assert whole == {"whole": True, "damage": [], "files": 3, "chunks": 3, "stale": 0}
    assert "whole, 3 files" in hearth("index", "--check", at=repository).stdout
    (shown,) = rows(hearth("index", str(repository), "--stats", "--json"))
    assert shown["languages"]["python"]["symbols"] == 3
    assert sum(shown["parts"].values()) == shown["bytes_on_disk"]
    assert "python" in hearth("index", "--stats", at=repository).stdout


def cut(location: Path) -> None:
    data = next(location.glob("tables/chunks.lance/data/*"))
    data.write_bytes(data.read_bytes()[:100])


def flip_a_bit(location: Path) -> None:
    """In the text of a chunk: its size is right, and LanceDB reads it without a word."""
    data = next(location.glob("tables/chunks.lance/data/*"))
    assert b"greet(name)" in data.read_bytes()
    data.write_bytes(data.read_bytes().replace(b"greet(name)", b"greet(nane)"))


def lose_a_row(location: Path) -> None:
    """A commit that is whole as far as files go, and says what is not so."""
    chunks = lancedb.connect(str(location / TABLES)).open_table("chunks")
    chunks.delete("path = 'shapes.py'")
    manifest = load_manifest(location)
    assert manifest is not None
    tables = {**manifest.tables, "chunks": chunks.version}
    commit(location, replace(manifest, tables=tables, footprint=footprint(location, tables)), manifest, None)


@pytest.mark.parametrize("harm", [cut, flip_a_bit, lose_a_row])
def test_damage_is_noticed_and_the_advice_mends_it(
    hearth: Run, repository: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    hearth("index", str(repository))
    harm(index_below(tmp_path))
    done = hearth("index", "--check", at=repository)
    assert (done.returncode, "damaged" in done.stdout) == (1, True)
    if harm is not lose_a_row:
        searched = hearth("search", "greet", at=repository)
        assert (searched.returncode, "damaged" in searched.stderr) == (1, True), "noticed on open, too"
    (advice,) = re.findall(r"`lsp_server (.+?)`", done.stdout)
    assert hearth(*advice.split(), at=repository).returncode == 0
    assert hearth("index", "--check", at=repository).returncode == 0
    assert "greet(name)" in hearth("search", "greet", at=repository).stdout


@pytest.mark.parametrize("harm", [cut, flip_a_bit])
def test_the_next_run_mends_what_happened_to_files(
    hearth: Run, repository: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    hearth("index", str(repository))
    harm(index_below(tmp_path))
    assert "3 added" in hearth("index", at=repository).stdout
    assert hearth("index", "--check", at=repository).returncode == 0


@contextmanager
def watching(command: Sequence[str], repository: Path, home: Path) -> Iterator[subprocess.Popen[str]]:
    """`index --watch --json`, which has told of a first file and so listens; ended in any case."""
    arguments = [sys.executable, "-P", *command, "index", str(repository), "--watch", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment(home)}
    with subprocess.Popen(arguments, preexec_fn=hears_interrupts, **pipes) as one:
        try:
            assert one.stdout is not None
            assert one.stderr is not None
            assert json.loads(one.stdout.readline())["files"] == 3
            assert "Watching" in one.stderr.readline()
            paths: list[str] = []
            number = 0
            while not paths:  # it listens a moment after it says so: a file a time until one is heard of
                number += 1
                (repository / f"fresh_{number}.py").write_text("def fresh(): ...\n")
                if select.select([one.stdout], [], [], 1.0)[0]:
                    paths = json.loads(one.stdout.readline())["paths"]
            assert any(path.startswith("fresh_") for path in paths)
            yield one
        finally:
            one.kill()


def until(one: subprocess.Popen[str], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    assert one.stdout is not None
    return next(told for told in map(json.loads, one.stdout) if wanted(told))


def test_changes_are_followed_until_it_is_stopped(repository: Path, tmp_path: Path) -> None:
    with watching(["-m", "lsp_server"], repository, tmp_path) as one:
        (repository / "shapes.py").rename(repository / "figures.py")
        until(one, lambda told: told["deleted"] == 1)
        one.send_signal(signal.SIGINT)
        assert one.wait(30) == 130
        assert one.stderr is not None
        assert "Traceback" not in one.stderr.read()


LOOKING_EACH_SECOND = """
import sys
import indexer.upkeep
indexer.upkeep.LOOK_S = 1.0
from lsp_server.__main__ import main
sys.exit(main())
"""


def test_what_a_full_queue_dropped_is_found_by_a_look(hearth: Run, repository: Path, tmp_path: Path) -> None:
    """The watcher sleeps while more happens than the system remembers for it; of what comes then nobody ever tells it."""
    (repository / "node_modules").mkdir()
    with watching(["-c", LOOKING_EACH_SECOND], repository, tmp_path) as one:
        one.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(one.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        noise = repository / "node_modules" / "noise.js"
        for _ in range(int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())):
            noise.touch()
            noise.unlink()
        (repository / "dropped.py").write_text("def dropped_by_the_queue(): ...\n")
        (repository / "notes.md").unlink()
        one.send_signal(signal.SIGCONT)
        told = until(one, lambda told: told["deleted"] == 1)
        assert not {"dropped.py", "notes.md"} & set(told["paths"])
        assert "dropped.py" in hearth("search", "dropped_by_the_queue", at=repository).stdout
