"""What a user may decide about indexing, as one frozen value. Reads no file and no environment."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FILE_BYTES = 1_048_576
"""Hand-written source over 1 MiB is rare (SQLite's amalgamation, a few); generated data of that size is common."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Bounds of the walk. `exclude` holds gitignore patterns applied after the repository's own ignore files."""

    max_file_bytes: int = MAX_FILE_BYTES
    exclude: tuple[str, ...] = ()
