"""Which files of a directory change, as they change. Knows no index; what a path means, the walk knows.

`watchfiles` (docs/decisions/0014-watching-files.md) is imported when somebody watches, never by the server: editors tell it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.walk import TOOLING_DIRECTORIES

if TYPE_CHECKING:
    from threading import Event

STEP_MS = 50
"""Changes are waited for this long: an editor that saves by renaming makes three within a millisecond or two."""

TICK_MS = 1000
"""Without changes the caller gets a turn this often: to try again what another writer was in the way of, or to tidy."""

IDLE_S = 30.0
"""Without a change for so long, nobody minds a few seconds of work."""


def changes(root: Path, stop: Event | None = None) -> Iterator[set[str]]:
    """Paths that were made, changed or deleted, relative to the root with `/`; an empty set each second without any.

    A directory that appears is given by its files: those that were in it before it could be watched are else never heard of.
    Ends when `stop` is set, or with KeyboardInterrupt.
    """
    from watchfiles import watch

    root = root.resolve()
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
