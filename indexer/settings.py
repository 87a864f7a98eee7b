"""What a user may decide about indexing, as one frozen value. Reads no file and no environment."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FILE_BYTES = 1_048_576
"""Hand-written source over 1 MiB is rare (SQLite's amalgamation, a few); generated data of that size is common."""


MAX_SOURCE_BYTES = 1 << 30
"""About 25 million lines; the index takes about twice as much. A folder of more is somebody's data, or a whole disk."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Bounds of the walk. `exclude` holds gitignore patterns applied after the repository's own ignore files;
    `max_source_bytes` bounds all files of a folder together, and so its index."""

    max_file_bytes: int = MAX_FILE_BYTES
    max_source_bytes: int = MAX_SOURCE_BYTES
    exclude: tuple[str, ...] = ()
