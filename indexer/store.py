"""The tables on disk, in LanceDB: chunks with their vectors and words, symbols. The only file that imports lancedb, and only
when a table is opened: the import costs two seconds and 135 MB. Decides nothing about files, versions that count or ranking.

Every column a query selects is named together with `_score`, because LanceDB's logger warns on stderr otherwise.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.errors import IndexDamagedError, IndexerError, IndexUnwritableError
from indexer.footprint import REBUILD_ADVICE
from indexer.lance import connect
from indexer.manifest import UNWRITABLE_ADVICE
from indexer.tables import CHUNKS, SYMBOLS, any_of, groups, matrix, quoted_bytes, schemas
from indexer.versions import newest_version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.analysis import Rows

WORD_COLUMNS = ("words", "defines")
"""Columns of the chunks with a full-text index."""

TIDY_ROUNDS = 5
"""One round leaves work for a second where it made new pieces; a third has always found nothing."""

ROWS_AT_ONCE = 4096
"""Rows of a batch that is read: a few MB of text at a time, whatever the size of the index."""

MIN_FREE_BYTES = 16 * 1024 * 1024
"""With less left on the disk, a failed write is taken for a full disk."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """All chunks of a version: their ids, where LanceDB keeps them, and the vectors of those that were asked for."""

    ids: NDArray[np.int64]
    places: NDArray[np.uint64]
    vectors: NDArray[np.float16]


class Store:
    """Writes. One at a time: the caller holds the writer's lock."""

    def __init__(self, folder: Path, database: Any, tables: dict[str, Any]) -> None:
        self._folder = folder
        self._database = database
        self._tables = tables
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="index-symbols")

    @classmethod
    def create(cls, folder: Path, dimensions: int) -> Store:
        """Empty tables in an empty folder. Whatever was in it is deleted. Raises IndexUnwritableError."""
        with _faults(folder, writing=True):
            shutil.rmtree(folder, ignore_errors=True)
            database = connect(str(folder))
            tables = {name: database.create_table(name, schema=schema) for name, schema in schemas(dimensions).items()}
        return cls(folder, database, tables)

    @classmethod
    def open(cls, folder: Path, names: Iterable[str]) -> Store:
        """These tables at their newest versions. Raises IndexDamagedError."""
        with _faults(folder):
            database = connect(str(folder))
            return cls(folder, database, {name: database.open_table(name) for name in names})

    def return_to(self, versions: Mapping[str, int]) -> None:
        """Go on from these versions: what a killed writer added after them is dropped. Raises IndexDamagedError."""
        with _faults(self._folder):
            for name, version in versions.items():
                table = self._tables[name]
                if newest_version(self._folder, name) == version == table.version:  # a tenth of the time of asking LanceDB
                    continue
                table.checkout_latest()
                if table.version != version:
                    table.checkout(version)
                    table.restore()

    @property
    def versions(self) -> dict[str, int]:
        """The newest version of each table, for the manifest."""
        return {name: table.version for name, table in self._tables.items()}

    def replace(self, paths: Collection[str], rows: Rows, vectors: NDArray[np.float16] | None, first_id: int) -> None:
        """Remove all that these files brought, and append chunks, their vectors (one row each) and symbols. Ids go up from
        `first_id`. Both tables at once: half of a save is waiting for one or the other."""
        with _faults(self._folder, writing=True):
            symbols = self._beside.submit(self._replace, SYMBOLS, paths, self._symbol_rows(rows))
            try:
                self._replace(CHUNKS, paths, self._chunk_rows(rows, vectors, first_id))
            finally:
                wait([symbols])  # nothing is written any more when this returns, whatever went wrong
            symbols.result()

    def _replace(self, name: str, paths: Collection[str], rows: Any) -> None:
        for some in groups(paths):
            self._tables[name].delete(any_of("path", some))
        if rows is not None:
            self._tables[name].add(rows)

    def _chunk_rows(self, rows: Rows, vectors: NDArray[np.float16] | None, first_id: int) -> Any:
        import numpy as np
        import pyarrow as pa

        if vectors is None or not rows.embedded:
            return None
        schema = schemas(vectors.shape[1])[CHUNKS]
        columns = {name: pa.array(values, schema.field(name).type) for name, values in rows.chunks.items()}
        columns["id"] = pa.array(np.arange(first_id, first_id + len(vectors), dtype=np.int64))
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float16).reshape(-1))
        columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        return pa.table({field.name: columns[field.name] for field in schema}, schema=schema)

    def _symbol_rows(self, rows: Rows) -> Any:
        import pyarrow as pa

        return pa.table(rows.symbols, schema=schemas(1)[SYMBOLS]) if rows.symbols["path"] else None

    def vectors_of(self, paths: Collection[str]) -> dict[bytes, NDArray[np.float16]]:
        """The vectors of these files' chunks, by the chunks' keys."""
        return self._vectors(any_of("path", some) for some in groups(paths))

    def vectors_by_key(self, keys: Collection[bytes]) -> dict[bytes, NDArray[np.float16]]:
        """The vectors of chunks with these keys, whichever file they are in; 8 ms for a few among 130,000."""
        return self._vectors(f"key IN ({', '.join(map(quoted_bytes, some))})" for some in groups(keys))

    def _vectors(self, conditions: Iterable[str]) -> dict[bytes, NDArray[np.float16]]:
        known: dict[bytes, NDArray[np.float16]] = {}
        with _faults(self._folder):
            chunks = self._tables[CHUNKS]
            count = max(chunks.count_rows(), 1)
            for condition in conditions:
                found = chunks.search().where(condition).select(["key", "vector"]).limit(count).to_arrow()
                known.update(zip(found["key"].to_pylist(), matrix(found["vector"]), strict=True))
        return known

    def index_words(self) -> None:
        """Make the full-text indexes; before this, a full-text search reads every row."""
        from lancedb.index import FTS

        # The words are split, lower-cased and stemmed already: `analysis.searchable`.
        plain = FTS(
            base_tokenizer="whitespace",
            stem=False,
            remove_stop_words=False,
            lower_case=False,
            ascii_folding=False,
            max_token_length=None,
        )
        with _faults(self._folder, writing=True):
            for column in WORD_COLUMNS:
                self._tables[CHUNKS].create_index(column, config=plain, replace=True)

    def tidy(self) -> bool:
        """Put small pieces together and take new rows into the indexes. Old versions stay until `prune`.

        Returns whether nothing is left to tidy, which `prune` relies on.
        """
        with _faults(self._folder, writing=True):
            for _ in range(TIDY_ROUNDS):
                before = self.versions
                for table in self._tables.values():
                    table.optimize()
                if self.versions == before:
                    return True
        return False

    def prune(self) -> None:
        """Delete all but the newest versions, which have to be those that count: call it when `tidy` has nothing left to do,
        since LanceDB tidies once more before it deletes. A reader of an older version finds its files gone and moves on."""
        with _faults(self._folder, writing=True):
            for table in self._tables.values():
                # One millisecond, because zero makes LanceDB warn of readers; ours know.
                table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    def close(self) -> None:
        """Let go of the tables."""
        self._beside.shutdown()
        self._tables.clear()


class View:
    """Reads, at one version of each table at a time. Not made for two threads."""

    def __init__(self, folder: Path, versions: Mapping[str, int]) -> None:
        """Open the tables. Raises IndexDamagedError."""
        self._folder = folder
        with _faults(folder):
            self._database = connect(str(folder))
            self._chunks = self._database.open_table(CHUNKS)
        self._symbols: Any = None  # opened when it is first asked
        self.move_to(versions)

    def move_to(self, versions: Mapping[str, int]) -> None:
        """See another commit."""
        self._versions = versions
        with _faults(self._folder):
            self._chunks.checkout(versions[CHUNKS])
            if self._symbols is not None:
                self._symbols.checkout(versions[SYMBOLS])

    def symbols(self, condition: str, columns: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """Columns of the rows of the symbols for which an SQL condition holds, in no order. An empty condition always does.

        Read without an index: ten thousand files take 5 ms by a name they define and 54 by one they use, and no save pays.
        """
        with _faults(self._folder):
            if self._symbols is None:
                table = self._database.open_table(SYMBOLS)
                table.checkout(self._versions[SYMBOLS])
                self._symbols = table
            query = self._symbols.search().select(list(columns)).limit(limit)
            found: list[dict[str, Any]] = (query.where(condition) if condition else query).to_arrow().to_pylist()
            return found

    def load(self, after: int) -> Loaded:
        """Ids and places of all chunks, in the order of the ids, and the vectors of those with a larger id than `after`."""
        import numpy as np

        with _faults(self._folder):
            count = max(self._chunks.count_rows(), 1)
            every = self._chunks.search().select(["id"]).with_row_id(True).limit(count).to_arrow()
            ids, places = every["id"].to_numpy(), every["_rowid"].to_numpy()
        order = np.argsort(ids, kind="stable")
        return Loaded(ids[order], places[order], self.load_new(after).vectors)

    def load_new(self, after: int) -> Loaded:
        """Ids, places and vectors of the chunks with a larger id than `after`, in the order of the ids."""
        import numpy as np

        with _faults(self._folder):
            query = self._chunks.search().where(f"id > {after}").select(["id", "vector"]).with_row_id(True)
            fresh = query.limit(max(self._chunks.count_rows(), 1)).to_arrow()
            ids = fresh["id"].to_numpy()
            order = np.argsort(ids, kind="stable")
            return Loaded(ids[order], fresh["_rowid"].to_numpy()[order], matrix(fresh["vector"])[order])

    def batches(self, after: int, columns: Sequence[str]) -> Iterator[Any]:
        """Arrow batches of the chunks with a larger id than `after`: `id` and these columns, in no order."""
        with _faults(self._folder):
            query = self._chunks.search().where(f"id > {after}").select(["id", *columns])
            yield from query.limit(max(self._chunks.count_rows(), 1)).to_batches(ROWS_AT_ONCE)

    def full_text(self, column: str, words: str, limit: int) -> dict[int, float]:
        """Chunks with any of these words (by spaces) in a column of `WORD_COLUMNS`, best first: id to BM25 score."""
        from lancedb.query import MatchQuery

        match: Any = MatchQuery  # typed by pydantic as if no argument had a default
        if not words:
            return {}
        with _faults(self._folder):
            query = self._chunks.search(match(words, column), query_type="fts").select(["id", "_score"]).limit(limit)
            found = query.to_arrow()
            return dict(zip(found["id"].to_pylist(), found["_score"].to_pylist(), strict=True))

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Columns of the chunks at these places, by id."""
        if not places:
            return {}
        with _faults(self._folder):
            found = self._chunks.take_row_ids(list(places)).select(["id", *columns]).to_arrow().to_pylist()
            return {row["id"]: row for row in found}


@contextmanager
def _faults(folder: Path, *, writing: bool = False) -> Iterator[None]:
    """Whatever goes wrong inside LanceDB, as one of our errors. It raises RuntimeError, ValueError and OSError for anything."""
    try:
        yield
    except IndexerError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        if writing and _refuses(folder):
            raise IndexUnwritableError(f"The index in {folder} cannot be written: {error}", UNWRITABLE_ADVICE) from error
        raise IndexDamagedError(f"The index in {folder} is damaged: {error}", REBUILD_ADVICE) from error


def _refuses(folder: Path) -> bool:
    """Whether the disk is full or closed to us, rather than its content broken."""
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    return not os.access(there, os.W_OK) or not there.is_dir() or shutil.disk_usage(there).free < MIN_FREE_BYTES
