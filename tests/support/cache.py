"""Where the tests keep what is slow to make: a built Ollama, its models, pulled weights. Deletes nothing."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache_folder(*parts: str) -> Path:
    """A folder below `.cache/` of the repository, or below $HEARTH_TEST_CACHE; made if missing."""
    base = Path(os.environ.get("HEARTH_TEST_CACHE") or ROOT / ".cache").absolute()
    folder = base.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold the cache's lock of that name: two test runs on one machine must not build the same thing at once."""
    with (cache_folder("locks") / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
