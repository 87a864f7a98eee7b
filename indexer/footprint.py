"""The files of the tables that a commit needs: how large each is and what its bytes come to. Knows no table from the inside.

LanceDB never changes a file that it has written, so a checksum is taken once, when a file first belongs to a commit. It notices
what a size does not: blocks that a power cut left empty, a disk that forgets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from indexer.errors import IndexDamagedError
from indexer.versions import belongs

TABLES = "tables"

REBUILD_ADVICE = "Run `lsp_server index --rebuild` to build it again."

READ_BYTES = 1024 * 1024
"""At a time. All 214 MB of an index of 130,000 chunks take 0.05 s where the system has them in memory."""


class Piece(NamedTuple):
    """A file: its size in bytes and the CRC-32 of its content."""

    size: int
    crc: int


def footprint(location: Path, tables: Mapping[str, int], known: Mapping[str, Piece] | None = None) -> dict[str, Piece]:
    """Every file that these versions of the tables may need: what must be there for the commit to be whole. Those in `known`
    with the size they had are not read again."""
    pieces = {}
    for name, size in files_below(str(location / TABLES)):
        if belongs(name, tables):
            before = (known or {}).get(name)
            pieces[name] = before if before is not None and before.size == size else Piece(size, _crc(location / TABLES / name))
    return pieces


def verify(location: Path, pieces: Mapping[str, Piece]) -> None:
    """Raise IndexDamagedError if a file that belongs to a commit is gone, has another size or other content."""
    there = dict(files_below(str(location / TABLES)))
    for name, piece in pieces.items():
        if name not in there:
            state = "is missing"
        elif there[name] != piece.size:
            state = f"has {there[name]:,} bytes instead of {piece.size:,}"
        elif _crc(location / TABLES / name) != piece.crc:
            state = "has other content than was written"
        else:
            continue
        raise IndexDamagedError(f"The index in {location} is damaged: {name} {state}.", REBUILD_ADVICE)


def bytes_on_disk(location: Path) -> int:
    """What an index takes on disk."""
    return sum(size for _, size in files_below(str(location)))


def files_below(folder: str, below: str = "") -> Iterator[tuple[str, int]]:
    """Every file under a folder, by its path from there, with its size in bytes; none of what is gone by then."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except FileNotFoundError:  # a writer tidies while we look
        return
    for entry in found:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(entry.path, f"{below}{entry.name}/")
            else:
                yield below + entry.name, entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue


def _crc(path: Path) -> int:
    """Of a file's content; -1, which is nobody's, where it cannot be read."""
    value = 0
    try:
        with path.open("rb", buffering=0) as file:
            while data := file.read(READ_BYTES):
                value = crc32(data, value)
    except OSError:
        return -1
    return value
