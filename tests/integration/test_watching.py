"""Changes of a directory as they come: what is told of, what is not, and directories that appear and go."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.watching import changes
from tests.support.trees import plant


class Watcher:
    """Listens in a thread; the first turn says that it listens."""

    def __init__(self, root: Path) -> None:
        self.seen: set[str] = set()
        self._stop, self._turn = threading.Event(), threading.Condition()
        self._turns = 0
        self._thread = threading.Thread(target=self._listen, args=(root,))
        self._thread.start()
        self.until(lambda: self._turns > 0)

    def _listen(self, root: Path) -> None:
        for found in changes(root, self._stop):
            with self._turn:
                self.seen |= found
                self._turns += 1
                self._turn.notify_all()

    def until(self, condition) -> None:
        with self._turn:
            assert self._turn.wait_for(condition, timeout=30), self.seen

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return plant(tmp_path / "root", {"a.py": "x", "old/b.py": "x", "old/deep/c.py": "x", "node_modules/m.js": "x"})


@pytest.fixture
def watcher(root: Path) -> Iterator[Watcher]:
    one = Watcher(root)
    yield one
    one.close()


def test_files_that_are_made_changed_renamed_and_deleted(root: Path, watcher: Watcher) -> None:
    plant(root, {"new.py": "x", "a.py": "y", "node_modules/n.js": "x", ".git/index": "x"})
    (root / "old" / "b.py").rename(root / "old" / "d.py")
    (root / "old" / "deep" / "c.py").unlink()
    watcher.until(lambda: {"new.py", "a.py", "old/b.py", "old/d.py", "old/deep/c.py"} <= watcher.seen)
    assert not any(path.startswith(("node_modules", ".git")) for path in watcher.seen)


def test_a_directory_that_appears_is_given_by_its_files_and_one_that_goes_by_its_name(root: Path, watcher: Watcher) -> None:
    (root / "old").rename(root / "fresh")
    watcher.until(lambda: {"old", "fresh/b.py", "fresh/deep/c.py"} <= watcher.seen)
    shutil.copytree(root / "fresh", root / "copied")
    watcher.until(lambda: {"copied/b.py", "copied/deep/c.py"} <= watcher.seen)
    shutil.rmtree(root / "fresh")
    watcher.until(lambda: "fresh" in watcher.seen or "fresh/b.py" in watcher.seen)
