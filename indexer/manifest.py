"""What makes a folder of tables one index: which versions of them count, which files they hold, and who may write.

A commit is one rename of `manifest.json`: it names the version of each table and the inventory that belong together, so a
writer that is killed between two tables has changed nothing. Knows no table from the inside; `store.py` does.

    <indexes>/<name>-<hash>/manifest.json       the commit: versions, counts, embedder
                            inventory-<n>.json  the files: size, time, digest
                            lock                held by the one writer
                            tables/             LanceDB
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

from indexer.errors import IndexDamagedError, IndexLockedError, IndexUnwritableError
from indexer.footprint import REBUILD_ADVICE, Piece

SCHEMA = 6
"""Raised with every change of a table's columns or of what a chunk is; an index of another schema is built anew."""

MANIFEST = "manifest.json"

UNWRITABLE_ADVICE = "Free space or permit writing there, or set XDG_CACHE_HOME to a folder that can be written."


class Entry(NamedTuple):
    """A file as it was when it was last read. A tuple, because thousands are read and written with every save.

    `reason` is why its content keeps it out of the index, empty when it is in. `modified_ns` is 0 where the file changed so
    shortly before it was read that its time cannot tell another change. Its chunks have the ids from `first_chunk` on.
    """

    size: int
    modified_ns: int
    digest: str
    reason: str = ""
    lines: int = 0
    chunks: int = 0
    symbols: int = 0
    first_chunk: int = 0
    credentials: int = 0


class Removal(NamedTuple):
    """Chunks that a commit took out: `chunks` ids from `first` on."""

    commit: int
    first: int
    chunks: int


MAX_CHANGES = 256
"""Changed files that a manifest names before the list of all files is written again: 20 KB instead of a megabyte a save."""

MAX_REMOVALS = 512
"""Removals that a manifest remembers: a reader that has missed more reads all ids anew."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit. `tables` maps a table to the version that counts; `footprint` a file under `tables/` to what it holds.

    `birth` is another for every index built from nothing: its chunk ids begin anew. `footprint` is None while old versions
    are being deleted. `full_text` says that the tables have their word index. `writes` counts commits and `unindexed` new
    chunks since the last tidying, `tidied_bytes` what the tables took right after it; `next_id` is the next chunk's.

    `changes` are files that differ from the written inventory, None for one that is gone. `commits` counts the commits since
    `birth`, `tidied` is the last that moved rows, and `removals` are what was taken out after the commit `removals_after`.
    """

    schema: int
    embedder: str
    dimensions: int
    root: str
    birth: str
    inventory: str
    tables: Mapping[str, int]
    footprint: Mapping[str, Piece] | None = None
    full_text: bool = False
    files: int = 0
    chunks: int = 0
    symbols: int = 0
    lines: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    writes: int = 0
    unindexed: int = 0
    tidied_bytes: int = 0
    next_id: int = 0
    changes: Mapping[str, Entry | None] = field(default_factory=dict)
    commits: int = 0
    tidied: int = 0
    removals: tuple[Removal, ...] = ()
    removals_after: int = 0

    def removed_since(self, other: Manifest) -> tuple[Removal, ...] | None:
        """What was taken out since another commit of the same index, or None where rows moved or nobody remembers."""
        if self.birth != other.birth or other.commits < max(self.tidied, self.removals_after):
            return None
        return tuple(one for one in self.removals if one.commit > other.commits)


def index_location(root: Path, indexes: Path) -> Path:
    """The folder of a root's index, whether it exists or not: a name a person recognises, and a hash that keeps two apart."""
    resolved = root.resolve()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", resolved.name).strip("-.")[:40] or "root"
    return indexes / f"{name}-{sha256(os.fsencode(resolved)).hexdigest()[:12]}"


def load_manifest(location: Path) -> Manifest | None:
    """The last commit, or None where there is none. Raises IndexDamagedError where it cannot be understood."""
    try:
        values = json.loads((location / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise IndexDamagedError(f"The index in {location} cannot be read: {error}.", REBUILD_ADVICE) from error
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        return None
    try:
        manifest = Manifest(**values)
        changes = {path: entry and Entry._make(entry) for path, entry in manifest.changes.items()}
        pieces = None if manifest.footprint is None else {name: Piece._make(one) for name, one in manifest.footprint.items()}
        removals = tuple(map(Removal._make, manifest.removals))
        return replace(manifest, changes=changes, removals=removals, footprint=pieces)
    except (TypeError, AttributeError) as error:
        raise IndexDamagedError(f"The index in {location} has a broken manifest.", REBUILD_ADVICE) from error


def stamp(location: Path) -> tuple[int, int]:
    """What changes with every commit: a commit is a new file under the same name. Zeros where there is none."""
    try:
        status = (location / MANIFEST).stat()
    except OSError:
        return (0, 0)
    return (status.st_ino, status.st_mtime_ns)


def load_inventory(location: Path, manifest: Manifest) -> dict[str, Entry]:
    """The files of a commit, by path. Raises IndexDamagedError."""
    try:
        values = json.loads((location / manifest.inventory).read_bytes())
        inventory = {path: Entry._make(entry) for path, entry in values.items()}
        for path, entry in manifest.changes.items():
            if entry is None:
                inventory.pop(path, None)
            else:
                inventory[path] = entry
        return inventory
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"The index in {location} has lost its list of files.", REBUILD_ADVICE) from error


def commit(location: Path, manifest: Manifest, before: Manifest | None, inventory: Mapping[str, Entry] | None) -> Manifest:
    """Make a state of the tables the one that counts, and return it with the name of its inventory.

    `inventory` is None where the list of files that was written before, with `manifest.changes`, tells all of them. Not
    flushed to the platter: a killed process loses nothing, and what a power cut leaves half-written is noticed by `verify`.
    """
    name = before.inventory if before is not None else ""
    if inventory is not None:
        name = f"inventory-{int(re.sub(r'[^0-9]', '', name) or 0) + 1}.json"
        _replace(location / name, json.dumps(inventory, separators=(",", ":")))
    manifest = replace(manifest, inventory=name)
    values = {one.name: getattr(manifest, one.name) for one in fields(manifest)}
    _replace(location / MANIFEST, json.dumps(values, default=dict))
    if before is not None and before.inventory != name:
        (location / before.inventory).unlink(missing_ok=True)
    return manifest


@contextmanager
def writing(location: Path) -> Iterator[None]:
    """Hold the writer's lock. The system frees it when the process ends, however it ends.

    Raises IndexLockedError naming who holds it, IndexUnwritableError where the folder cannot be made or written.
    """
    try:
        location.mkdir(parents=True, exist_ok=True)
        lock = (location / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise unwritable(location, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexLockedError(
                f"Another process{_holder(lock)} is writing the index in {location}.", "Wait until it is done, or end it."
            ) from error
        except OSError as error:
            raise unwritable(location, error) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def unwritable(location: Path, error: OSError) -> IndexUnwritableError:
    """The sentence for a folder that refuses writes."""
    return IndexUnwritableError(f"The index in {location} cannot be written: {error.strerror or error}.", UNWRITABLE_ADVICE)


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    text = lock.read(20).strip()
    return f" ({text})" if text.isdigit() else ""


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or none of it."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="ascii")
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path.parent, error) from error
