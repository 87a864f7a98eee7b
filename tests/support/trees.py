"""Directories as tests write them, and indexes as tests compare them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexer.footprint import TABLES
from indexer.manifest import load_manifest


def plant(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files under a root, directories included. Text is written as UTF-8 with its newlines as they are."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def rows_of(location: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that counts, sorted, without the ids: equal for two indexes that answer alike."""
    import lancedb

    manifest = load_manifest(location)
    assert manifest is not None
    database = lancedb.connect(str(location / TABLES))
    rows = {}
    for name, version in manifest.tables.items():
        table = database.open_table(name)
        table.checkout(version)
        columns = table.to_arrow().drop_columns(["id"] if name == "chunks" else []).to_pydict()
        columns = {key: [tuple(one) if isinstance(one, list) else one for one in column] for key, column in columns.items()}
        rows[name] = sorted(zip(*columns.values(), strict=True))
    return rows


def paths_of(location: Path) -> set[str]:
    """The files that have chunks."""
    return {row[0] for row in rows_of(location)["chunks"]}
