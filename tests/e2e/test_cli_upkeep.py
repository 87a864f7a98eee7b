"""`index --check`, `--stats`, `--rebuild` and `--watch` as a user meets them: real damage, real changes, advice followed."""

from __future__ import annotations

import json
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import pytest

from indexer.footprint import TABLES, footprint
from indexer.manifest import commit, load_manifest
from tests.support.commands import Run, index_below, rows, runner
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


def _hears_interrupts() -> None:
    """In the child: a shell starts what runs in its background deaf to them, and a test run may be such."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """A test that fails must not wait for a program that nobody stops any more."""
    try:
        yield
    finally:
        process.kill()


def test_changes_are_followed_until_it_is_stopped(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "lsp_server", "index", str(repository), "--watch", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment(tmp_path)}
    with subprocess.Popen(command, preexec_fn=_hears_interrupts, **pipes) as one, _ended(one):
        assert one.stdout is not None
        assert one.stderr is not None
        assert json.loads(one.stdout.readline())["files"] == 3
        assert "Watching" in one.stderr.readline()
        seen: dict[str, Any] = {}
        number = 0
        while seen.get("added") != 1:  # it listens a moment after it says so: a file a time until one is heard of
            number += 1
            (repository / f"fresh_{number}.py").write_text("def fresh(): ...\n")
            if select.select([one.stdout], [], [], 1.0)[0]:
                seen = json.loads(one.stdout.readline())
        assert any(path.startswith("fresh_") for path in seen["paths"])
        (repository / "shapes.py").rename(repository / "figures.py")
        while seen["deleted"] != 1:
            seen = json.loads(one.stdout.readline())
        one.send_signal(signal.SIGINT)
        assert one.wait(30) == 130
        assert "Traceback" not in one.stderr.read()
