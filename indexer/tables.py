"""The tables of an index, their columns and how a value is written in a condition. Opens nothing."""

from __future__ import annotations

from typing import Any

CHUNKS, SYMBOLS = "chunks", "symbols"


def schemas(dimensions: int) -> dict[str, Any]:
    """Arrow schemas by table, for vectors of so many numbers. `analysis` says what the columns mean."""
    import pyarrow as pa

    from indexer.analysis import KEY_BYTES

    text, number = pa.string(), pa.int32()
    texts, numbers = pa.list_(text), pa.list_(number)
    chunks = [
        ("id", pa.int64()),
        ("path", text),
        ("start_line", number),
        ("end_line", number),
        ("text", text),
        ("symbol", text),
        ("kind", text),
        ("language", text),
        ("words", text),
        ("defines", text),
        ("key", pa.binary(KEY_BYTES)),
        ("vector", pa.list_(pa.float16(), dimensions)),
    ]
    symbols = [
        ("path", text),
        ("language", text),
        ("package", text),
        ("names", texts),
        ("kinds", texts),
        ("containers", texts),
        ("signatures", texts),
        ("start_lines", numbers),
        ("end_lines", numbers),
        ("name_lines", numbers),
        ("used", texts),
        ("used_lines", pa.list_(numbers)),
        ("modules", texts),
        ("imported", pa.list_(texts)),
        ("import_lines", numbers),
    ]
    return {CHUNKS: pa.schema(chunks), SYMBOLS: pa.schema(symbols)}


def quoted(value: str) -> str:
    """A value in an SQL condition."""
    return "'" + value.replace("'", "''") + "'"


def quoted_bytes(value: bytes) -> str:
    """Bytes in an SQL condition."""
    return f"X'{value.hex()}'"
