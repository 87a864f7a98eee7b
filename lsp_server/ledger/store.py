"""The ledger's file: SQLite in the user's state folder. Bounded in size and age; trouble with it is never an exception.

Several editors may write at once, so each write is one short transaction, and a file that is locked is tried again later. A
file that is damaged is put aside under another name and a new one begun. Blocking: called from worker threads only.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, fields
from pathlib import Path
from time import time
from typing import Any

from lsp_server.ledger.records import Entry

log = logging.getLogger(__name__)

KEPT_DAYS = 180
"""Half a year: long enough to compare a model with the one before, and nobody asks about older ones."""

KEPT_ROWS = 50_000
"""About 200 suggestions a working day for a year; some 8 MB."""

BUSY_S = 1.0
"""How long a write waits for another editor's. Theirs take milliseconds; a lock held longer is somebody looking at the file."""

_COLUMNS = tuple(column.name for column in fields(Entry))
_VERSION = 1
"""Of the table. Another version's file is put aside like a damaged one."""

_TABLE = f"""
CREATE TABLE IF NOT EXISTS suggestions ({_COLUMNS[0]} INTEGER PRIMARY KEY, {", ".join(_COLUMNS[1:])});
CREATE INDEX IF NOT EXISTS by_time ON suggestions (at);
"""
_WRITE = f"INSERT OR REPLACE INTO suggestions ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_READ = f"SELECT {', '.join(_COLUMNS)} FROM suggestions WHERE at >= ? ORDER BY at"  # noqa: S608  names of our own fields


class Store:
    """One file. It is made when the first row is written; until then, and where it cannot be made, there are no rows."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def write(self, entries: Sequence[Entry]) -> bool:
        """Put rows in, or in place of earlier ones of the same origin. False where they should be tried again later."""
        rows = [astuple(entry) for entry in entries]
        try:
            for again in (True, False):
                try:
                    with self._open() as database:
                        database.executemany(_WRITE, rows)
                    return True
                except sqlite3.OperationalError as error:
                    log.info("the ledger %s was not written: %s", self.file, error)
                    return False
                except sqlite3.DatabaseError as error:
                    log.warning("the ledger %s is damaged (%s) and was put aside", self.file, error)
                    self._put_aside()
                    if not again:
                        return False
        except OSError as error:
            log.info("the ledger %s cannot be written: %s", self.file, error)
        return False

    def read(self, since: float = 0.0) -> list[Entry]:
        """The rows since a time (seconds since 1970), the oldest first; none where there is no file that can be read."""
        if not self.file.exists():
            return []
        try:
            with self._open() as database:
                return [_entry(row) for row in database.execute(_READ, (since,))]
        except (sqlite3.Error, OSError) as error:
            log.info("the ledger %s cannot be read: %s", self.file, error)
            return []

    def prune(self) -> None:
        """Drop what is too old and what is too much."""
        with suppress(sqlite3.Error, OSError):
            if not self.file.exists():
                return
            with self._open() as database:
                database.execute("DELETE FROM suggestions WHERE at < ?", (time() - KEPT_DAYS * 86_400,))
                database.execute(
                    "DELETE FROM suggestions WHERE origin IN"
                    " (SELECT origin FROM suggestions ORDER BY at DESC LIMIT -1 OFFSET ?)",
                    (KEPT_ROWS,),
                )

    def clear(self) -> bool:
        """Delete the file; whether there was one."""
        found = self.file.exists()
        for one in (self.file, self._aside(), *(self.file.with_name(self.file.name + end) for end in ("-journal", "-wal"))):
            one.unlink(missing_ok=True)
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction; it is committed at the end, or rolled back where something was raised."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite makes it, so that other users of this machine cannot read it even for a moment.
        os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(self.file, timeout=BUSY_S)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            if not version:
                database.executescript(f"{_TABLE} PRAGMA user_version = {_VERSION};")
            with database:
                yield database

    def _aside(self) -> Path:
        return self.file.with_name(self.file.name + ".damaged")

    def _put_aside(self) -> None:
        with suppress(OSError):
            self.file.replace(self._aside())


def _entry(row: Sequence[Any]) -> Entry:
    """SQLite has no booleans: they come back as numbers."""
    entry = Entry(*row)
    entry.invoked, entry.asked_model = bool(entry.invoked), bool(entry.asked_model)
    entry.shown = None if entry.shown is None else bool(entry.shown)
    return entry
