"""A small JSON file of what was learnt about models. One that cannot be read or written costs only a new question."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

MOST = 64
"""Rows; the newest are kept. Nobody uses so many models."""


def recall(file: Path | None) -> dict[str, object]:
    """All rows, in the order in which they were learnt; none of no file."""
    if file is not None:
        with suppress(OSError, ValueError):
            told = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(told, dict):
                return told
    return {}


def remember(file: Path | None, rows: dict[str, object]) -> None:
    """Write the newest rows in place of the file."""
    if file is None:
        return
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(dict(list(rows.items())[-MOST:]), indent=1), encoding="utf-8")
        partial.replace(file)
