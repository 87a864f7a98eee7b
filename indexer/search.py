"""A question -> places in the repository. Reads only; sees what another process commits as soon as it is asked again.

An `IndexReader` belongs to one thread. The vectors are kept in memory and compared exactly: a scan of a hundred thousand
takes less than LanceDB's own search of ten thousand. Full text and rows stay on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.analysis import searchable
from indexer.embedding import Embedder
from indexer.errors import IndexDamagedError, NoIndexError
from indexer.manifest import MANIFEST, TABLES, Manifest, bytes_on_disk, load_manifest, verify
from indexer.ranking import (
    CANDIDATES,
    DEFINITION_WEIGHT,
    VECTOR_WEIGHT,
    WORDS_WEIGHT,
    fuse,
    in_order_of_names,
    names_in,
    path_factor,
    without_overlaps,
)
from indexer.records import Hit, IndexStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from indexer.store import View

T = TypeVar("T")

_HIT_COLUMNS = ("path", "start_line", "end_line", "symbol", "kind", "text")


class IndexReader:
    """An open index. Raises IndexDamagedError from any question when its files are broken under it."""

    def __init__(self, location: Path, embedder: Embedder, manifest: Manifest, view: View) -> None:
        self._location = location
        self._embedder = embedder
        self._manifest = manifest
        self._view = view
        self._stamp = _stamp(location)
        self._memory: _Memory | None = None

    @classmethod
    def open(cls, location: Path, embedder: Embedder) -> IndexReader:
        """The index in a folder. Raises NoIndexError where there is none for this embedder, IndexDamagedError."""
        manifest = _manifest(location, embedder)
        verify(location, manifest)
        from indexer.store import View

        return cls(location, embedder, manifest, View(location / TABLES, manifest.tables))

    def search(self, query: str, *, k: int = 10) -> list[Hit]:
        """The k chunks that answer a question best, best first; of overlapping ones the better. Empty for no words."""
        return self._asked(lambda: self._search(query, k))

    def definitions(self, names: Sequence[str], *, k: int) -> list[Hit]:
        """At most k chunks in which these names (exact, as written) are defined, in the order of the names."""
        return self._asked(lambda: self._definitions(names, k))

    def status(self) -> IndexStatus:
        """What the index holds now."""
        self._refresh()
        one = self._manifest
        return IndexStatus(one.root, one.embedder, one.files, one.chunks, one.symbols, bytes_on_disk(self._location))

    def close(self) -> None:
        """Let go of tables and vectors. The reader is not used afterwards."""
        self._memory = None

    def _search(self, query: str, k: int) -> list[Hit]:
        words = searchable(query)
        if not words or k <= 0 or not self._manifest.chunks:
            return []
        by_words = self._view.full_text("words", words, CANDIDATES)
        by_names = self._view.full_text("defines", " ".join(names_in(query)), CANDIDATES)
        by_vector = self._loaded().nearest(self._embedder.embed_query(query), CANDIDATES)
        rankings = [(list(by_words), WORDS_WEIGHT), (by_vector, VECTOR_WEIGHT), (list(by_names), DEFINITION_WEIGHT)]
        scores = fuse(rankings)
        rows = self._rows(scores, _HIT_COLUMNS)
        hits = [_hit(row, scores[one] * path_factor(row["path"], query)) for one, row in rows.items()]
        return without_overlaps(sorted(hits, key=lambda hit: (-hit.score, hit.path, hit.start_line)))[:k]

    def _definitions(self, names: Sequence[str], k: int) -> list[Hit]:
        if not names or k <= 0 or not self._manifest.chunks:
            return []
        scores = self._view.full_text("defines", " ".join(names), max(CANDIDATES, 4 * k))
        rows = self._rows(scores, (*_HIT_COLUMNS, "defines"))
        defined = {one: rows[one]["defines"].split(" ") for one in scores if one in rows}
        ordered = in_order_of_names(names, defined)[:k]
        return [_hit(rows[one], float(len(ordered) - at)) for at, one in enumerate(ordered)]

    def _rows(self, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        return self._view.rows(self._loaded().places_of(list(ids)), columns)

    def _asked(self, question: Callable[[], T]) -> T:
        """Answer on the newest commit; once more if that was tidied away under the question."""
        self._refresh()
        try:
            return question()
        except IndexDamagedError:
            if not self._refresh():
                raise
            return question()

    def _refresh(self) -> bool:
        """Move to the newest commit. Returns whether there was a newer one."""
        stamp = _stamp(self._location)
        if stamp == self._stamp:
            return False
        before, self._manifest = self._manifest, _manifest(self._location, self._embedder)
        self._stamp = stamp
        if self._manifest.birth == before.birth:
            self._view.move_to(self._manifest.tables)
            if self._memory is not None:
                self._memory = self._memory.brought_up_to(self._view)
        else:  # built anew: other tables under the same names
            from indexer.store import View

            self._memory = None
            self._view = View(self._location / TABLES, self._manifest.tables)
        return True

    def _loaded(self) -> _Memory:
        if self._memory is None:
            self._memory = _Memory.of(self._view, self._manifest.dimensions)
        return self._memory


class _Memory:
    """Ids, places and vectors of all chunks, in the order of the ids."""

    def __init__(self, ids: NDArray[np.int64], places: NDArray[np.uint64], vectors: NDArray[np.float32]) -> None:
        self._ids, self._places, self._vectors = ids, places, vectors

    @classmethod
    def of(cls, view: View, dimensions: int) -> _Memory:
        import numpy as np

        empty = np.zeros((0, dimensions), dtype=np.float32)
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64), empty).brought_up_to(view)

    def brought_up_to(self, view: View) -> _Memory:
        """The same for a newer commit. Ids only grow, so what is new has a larger one than all that were."""
        import numpy as np

        loaded = view.load(after=int(self._ids[-1]) if len(self._ids) else -1)
        kept = np.isin(self._ids, loaded.ids, assume_unique=True)
        old = self._vectors if kept.all() else self._vectors[kept]
        vectors = np.concatenate([old, loaded.vectors.astype(np.float32)]) if len(loaded.vectors) else old
        if len(vectors) != len(loaded.ids):
            raise IndexDamagedError("The index lists chunks that have no vector.", "Build it again.")
        return _Memory(loaded.ids, loaded.places, vectors)

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[int]:
        """Ids of the chunks with the largest cosine, best first; none that has nothing in common with the question."""
        import numpy as np

        similar = self._vectors @ vector
        count = min(count, len(similar))
        best = np.argpartition(-similar, count - 1)[:count] if count else np.zeros(0, dtype=np.int64)
        best = best[np.argsort(-similar[best], kind="stable")]
        return [int(one) for one in self._ids[best[similar[best] > 0]]]

    def places_of(self, ids: Sequence[int]) -> list[int]:
        """Where LanceDB keeps these chunks, those that exist."""
        import numpy as np

        if not ids or not len(self._ids):
            return []
        wanted = np.asarray(ids, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        return [int(place) for place in self._places[at[self._ids[at] == wanted]]]


def _manifest(location: Path, embedder: Embedder) -> Manifest:
    manifest = load_manifest(location)
    if manifest is None:
        raise NoIndexError("Nothing is indexed for this folder yet.", "Run `lsp_server index` in it.")
    if manifest.embedder != embedder.identity:
        raise NoIndexError(
            f"The index of this folder was made with the embedder {manifest.embedder}, not with {embedder.identity}.",
            "Run `lsp_server index` to build it again.",
        )
    return manifest


def _stamp(location: Path) -> tuple[int, int]:
    """What changes with every commit: a commit is a new file under the same name."""
    try:
        status = (location / MANIFEST).stat()
    except OSError:
        return (0, 0)
    return (status.st_ino, status.st_mtime_ns)


def _hit(row: dict[str, Any], score: float) -> Hit:
    return Hit(row["path"], row["start_line"], row["end_line"], row["symbol"], row["kind"], score, row["text"])
