"""The tables of an index, their columns, how a condition is written and a column of vectors read. Opens nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

CHUNKS, SYMBOLS = "chunks", "symbols"

VALUES_AT_ONCE = 500
"""Paths or keys in one condition: LanceDB parses it as SQL, and slows down with its length."""


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


def groups(values: Collection[T]) -> Iterator[list[T]]:
    """As many values at a time as a condition may name."""
    remaining = iter(values)
    while some := list(islice(remaining, VALUES_AT_ONCE)):
        yield some


def any_of(column: str, values: Sequence[str]) -> str:
    """The condition that a column has one of these values."""
    return f"{column} IN ({', '.join(map(quoted, values))})"


def matrix(column: Any) -> NDArray[np.float16]:
    """A fixed-size-list column as a matrix, without a Python object per number."""
    import numpy as np

    width = column.type.list_size
    parts = [part.flatten().to_numpy(zero_copy_only=True).reshape(-1, width) for part in column.chunks if len(part)]
    return np.concatenate(parts) if parts else np.zeros((0, width), dtype=np.float16)
