"""Changes of a directory as they come: what is told of, what is not, and directories that appear and go."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import upkeep
from indexer.watching import MANY_FILES, Looks, changes
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


REFUSED = """
import os, resource, sys
from pathlib import Path
import watchfiles
from indexer.watching import changes
found = changes(Path(sys.argv[1]), on_trouble=print)
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, most))
print(next(found), next(found))
"""


@pytest.mark.slow
def test_where_the_system_refuses_to_watch_there_are_turns_all_the_same(root: Path) -> None:
    """No more files may be open, a watcher's among them: what a machine with too many watchers says, too."""
    done = subprocess.run([sys.executable, "-c", REFUSED, str(root)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("The system does not tell of changes here (")
    assert done.stdout.endswith("set() set()\n")


def test_all_files_are_looked_at_now_and_then_and_after_many_changes() -> None:
    now = 0.0
    looks = Looks(lambda: now)
    assert not looks.is_due(())
    assert looks.is_due([str(number) for number in range(MANY_FILES + 1)])
    now = upkeep.LOOK_S
    assert looks.is_due(())
    assert not looks.is_due(["a.py"]), "somebody saves: not now"
    now = 3 * upkeep.LOOK_S
    assert looks.is_due(["a.py"]), "somebody saves all the time"
    looks.looked(2.0)
    now += 2.0 * upkeep.REST - 1
    assert not looks.is_due(())
    now += 1
    assert looks.is_due(())
