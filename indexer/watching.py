"""Which files of a directory change, as they change, and when to look at all of them. Knows no index; what a path means, the
walk knows.

`watchfiles` (docs/decisions/0014-watching-files.md) is imported when somebody watches, never by the server: editors tell it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.upkeep import look_again_after
from indexer.walk import TOOLING_DIRECTORIES

if TYPE_CHECKING:
    from threading import Event

STEP_MS = 50
"""Changes are waited for this long: an editor that saves by renaming makes three within a millisecond or two."""

TICK_MS = 1000
"""Without changes the caller gets a turn this often: to try again what another writer was in the way of, or to look at all."""

MANY_FILES = 512
"""Changed files from which all are looked at: it is quicker, and what made so many may have made more than was told of."""


class Looks:
    """When all files are to be looked at while changes are followed. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.looked(0.0)

    def looked(self, seconds: float) -> None:
        """They were looked at just now, which took so long."""
        self._last, self._pause = self._clock(), look_again_after(seconds)

    def is_due(self, changed: Collection[str]) -> bool:
        """After these changes: in a pause between changes, or at last without one."""
        waited = self._clock() - self._last
        return len(changed) > MANY_FILES or waited >= (3 * self._pause if changed else self._pause)


def changes(root: Path, stop: Event | None = None, on_trouble: Callable[[str], None] = lambda _: None) -> Iterator[set[str]]:
    """Paths that were made, changed or deleted, relative to the root with `/`; an empty set each second without any.

    Not all of them: where the system's queue runs full, or it watches no more directories, nothing says so (`Looks`).
    A directory that appears is given by its files: those that were in it before it could be watched are else never heard of.
    Ends when `stop` is set, or with KeyboardInterrupt. Where the system refuses to watch, `on_trouble` is told why, and empty
    sets go on to come.
    """
    try:
        yield from _told(root.resolve(), stop)
    except (OSError, RuntimeError) as error:  # watchfiles' own kind is a RuntimeError
        on_trouble(f"The system does not tell of changes here ({error}); all files are looked at now and then.")
        while stop is None or not stop.is_set():
            time.sleep(TICK_MS / 1000)
            yield set()


def _told(root: Path, stop: Event | None) -> Iterator[set[str]]:
    from watchfiles import watch

    events = watch(
        root,
        watch_filter=lambda _, path: _counts(root, path),
        step=STEP_MS,
        debounce=TICK_MS,
        rust_timeout=TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=True,
        ignore_permission_denied=True,
    )
    for batch in events:
        found: set[str] = set()
        for _, path in batch:
            found.update(_files(root, path))
        yield found


def _counts(root: Path, path: str) -> bool:
    """Whether a path can be in an index: tools fill their directories by the thousand."""
    return TOOLING_DIRECTORIES.isdisjoint(Path(path).relative_to(root).parts)


def _files(root: Path, path: str) -> Iterator[str]:
    """The path itself, and all files below where it is a directory. A link is not followed."""
    yield Path(path).relative_to(root).as_posix()
    if Path(path).is_symlink():
        return
    for folder, names, files in os.walk(path):
        names[:] = [name for name in names if name not in TOOLING_DIRECTORIES]
        for name in files:
            yield Path(folder, name).relative_to(root).as_posix()
