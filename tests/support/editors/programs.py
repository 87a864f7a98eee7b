"""Small programs that a test puts on somebody's PATH. Runs none of them."""

from __future__ import annotations

from pathlib import Path


def program(file: Path, script: str) -> Path:
    """An executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file
