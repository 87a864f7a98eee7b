"""What can go wrong in the indexer, each a sentence for the user. Knows no protocol.

IndexerError
├── NoIndexError          nothing was indexed for this root yet
├── IndexLockedError      another process is writing this index
├── IndexDamagedError     the files on disk cannot be read; a rebuild mends it
├── IndexUnwritableError  the cache folder refuses writes
├── RootUnreadableError   the folder to index is gone, or may not be looked into
├── EmbedderError         the embedder cannot load or answer
└── BuildCancelledError   the asker gave up; what was committed stays
"""

from __future__ import annotations


class IndexerError(Exception):
    """Base of all: `str(error)` says what happened, `advice` what to do next (may be empty)."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class NoIndexError(IndexerError):
    """Nothing was indexed for this root yet."""


class IndexLockedError(IndexerError):
    """Another process is writing this index."""


class IndexDamagedError(IndexerError):
    """The files on disk cannot be read as an index; building it again mends it."""


class IndexUnwritableError(IndexerError):
    """The cache folder refuses writes: read-only, full, or owned by someone else."""


class RootUnreadableError(IndexerError):
    """The folder to index is gone, or may not be looked into."""


class EmbedderError(IndexerError):
    """The embedder cannot be loaded or did not answer."""


class BuildCancelledError(IndexerError):
    """The asker gave up; what was committed before stays and is used."""
