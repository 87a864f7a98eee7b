"""A question -> places in the repository. Reads only; sees what another process commits as soon as it is asked again.

An `IndexReader` belongs to one thread. The vectors are kept in memory and compared exactly: a scan of a hundred thousand
takes less than LanceDB's own search of ten thousand. So are the words, from the first question on. The text stays on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.analysis import searchable
from indexer.embedding import Embedder
from indexer.errors import IndexDamagedError, NoIndexError
from indexer.footprint import REBUILD_ADVICE, TABLES, bytes_on_disk, verify
from indexer.manifest import Manifest, load_manifest
from indexer.manifest import stamp as stamp_of
from indexer.meanings import Files, Meanings
from indexer.question import Question
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
from indexer.records import Asker, Contents, Hit, Import, IndexStatus, Name, Reference, Symbol
from indexer.symbols import Symbols
from indexer.usage import Usage
from indexer.vectors import Alignment, Vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.lexicon import Lexicon
    from indexer.store import View

T = TypeVar("T")

_HIT_COLUMNS = ("path", "start_line", "end_line", "symbol", "kind", "text")


class IndexReader:
    """An open index. Raises IndexDamagedError from any question when its files are broken under it."""

    def __init__(self, location: Path, embedder: Embedder, manifest: Manifest, view: View, stamp: tuple[int, int]) -> None:
        self._location = location
        self._embedder = embedder
        self._manifest = manifest
        self._view = view
        self._stamp = stamp
        self._vectors: Vectors | None = None
        self._lexicon: Lexicon | None = None
        self._files = Files(manifest.root)
        self._usage = Usage(manifest.root)
        self._symbols = Symbols(view)
        self._meanings = Meanings(self._symbols, self._files)
        self._alignment: Alignment | None = None

    @classmethod
    def open(cls, location: Path, embedder: Embedder) -> IndexReader:
        """The index in a folder. Raises NoIndexError where there is none for this embedder, IndexDamagedError."""
        from indexer.store import View

        while True:
            stamp = stamp_of(location)
            manifest = _manifest(location, embedder)
            try:
                verify(location, manifest.footprint or {})
                return cls(location, embedder, manifest, View(location / TABLES, manifest.tables), stamp)
            except IndexDamagedError:
                if stamp_of(location) == stamp:  # not just tidied while we looked
                    raise

    def search(self, query: str, *, k: int = 10, asker: Asker = "question") -> list[Hit]:
        """At most k chunks, best first, no two of which overlap. Empty for no words.

        To a question: the best chunk of each of the best files, then more chunks of the same files. To a cursor: the chunks
        most like the text, wherever they are.
        """
        answer = self._search if asker == "question" else self._resembling
        return self._asked(lambda: answer(query, k))

    def definitions(self, names: Sequence[str], *, k: int) -> list[Hit]:
        """At most k chunks in which these names (exact, as written) are defined, in the order of the names."""
        return self._asked(lambda: self._definitions(names, k))

    def symbols(self, names: Sequence[str], *, k: int) -> list[Symbol]:
        """At most k definitions of these names (exact, as written; `add` or `Shelf.add`), in the order of the names."""
        return self._asked(lambda: self._symbols.defined(names, k))

    def members(self, of: Symbol, *, k: int) -> list[Symbol]:
        """At most k definitions directly inside of another: a class's methods, also where they stand in other files."""
        return self._asked(lambda: self._symbols.members(of, k))

    def outline(self, path: str) -> list[Symbol]:
        """All definitions of a file, in the order of the text."""
        return self._asked(lambda: self._symbols.outline(path))

    def references(self, name: str, *, k: int) -> list[Reference]:
        """At most k lines of code that use a name. By the name alone: what it means in a place, no index knows."""
        return self._asked(lambda: self._symbols.references(name, k))

    def imports(self, path: str) -> list[Import]:
        """What a file imports, each with the files of the repository that are meant, where that can be known."""
        return self._asked(lambda: self._symbols.imports(path))

    def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> list[Contents | Symbol | None]:
        """What names of a document mean: classes and files with what they hold, functions with their heads."""
        return self._asked(lambda: self._meanings.of(names, imports, path, language))

    def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        """How often files other than `path` write which name behind the dot of this one."""
        return self._asked(lambda: self._usage.behind(self._symbols, spoken, path))

    def status(self) -> IndexStatus:
        """What the index holds now."""
        self._asked(lambda: None)
        one = self._manifest
        return IndexStatus(one.root, one.embedder, one.files, one.chunks, one.symbols, bytes_on_disk(self._location))

    def close(self) -> None:
        """Let go of tables and vectors. The reader is not used afterwards."""
        self._vectors = self._lexicon = self._alignment = None

    def _search(self, query: str, k: int) -> list[Hit]:
        if not searchable(query) or k <= 0 or not self._manifest.chunks:
            return []
        vectors, lexicon = self._loaded(), self._words()
        if self._alignment is None:
            self._alignment = vectors.alignment(lexicon.ids)
        cosines = vectors.similar(self._embedder.embed_query(query), self._alignment)
        scores = dict(islice(Question(query, lexicon, cosines).answer(k).items(), k))
        rows = self._rows(scores, _HIT_COLUMNS)
        return [_hit(rows[one], score) for one, score in scores.items() if one in rows]

    def _resembling(self, query: str, k: int) -> list[Hit]:
        words = searchable(query)
        if not words or k <= 0 or not self._manifest.chunks:
            return []
        by_words = self._full_text("words", words.split(), CANDIDATES)
        by_names = self._full_text("defines", names_in(query), CANDIDATES)
        by_vector = self._loaded().nearest(self._embedder.embed_query(query), CANDIDATES)
        rankings = [(by_words, WORDS_WEIGHT), (by_vector, VECTOR_WEIGHT), (by_names, DEFINITION_WEIGHT)]
        scores = fuse(rankings)
        rows = self._rows(scores, _HIT_COLUMNS)
        hits = [_hit(row, scores[one] * path_factor(row["path"], query)) for one, row in rows.items()]
        return without_overlaps(sorted(hits, key=lambda hit: (-hit.score, hit.path, hit.start_line)))[:k]

    def _full_text(self, column: str, words: Sequence[str], limit: int) -> list[int]:
        """Chunks with any of these words, best first: by the index of a large table; a small one's words are in memory."""
        if self._manifest.full_text:
            return list(self._view.full_text(column, " ".join(words), limit))
        return self._words().best_chunks(column, dict.fromkeys(words), limit)

    def _definitions(self, names: Sequence[str], k: int) -> list[Hit]:
        if not names or k <= 0 or not self._manifest.chunks:
            return []
        scores = self._full_text("defines", names, max(CANDIDATES, 4 * k))
        rows = self._rows(scores, (*_HIT_COLUMNS, "defines"))
        defined = {one: rows[one]["defines"].split(" ") for one in scores if one in rows}
        ordered = in_order_of_names(names, defined)[:k]
        return [_hit(rows[one], float(len(ordered) - at)) for at, one in enumerate(ordered)]

    def _rows(self, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
        return self._view.rows(self._loaded().places_of(list(ids)), columns)

    def _asked(self, question: Callable[[], T]) -> T:
        """Answer on the newest commit; again on the next one where that was tidied away under the question."""
        while True:
            stamp = stamp_of(self._location)
            try:
                self._refresh(stamp)
                return question()
            except IndexDamagedError:
                if stamp_of(self._location) == stamp:
                    raise

    def _refresh(self, stamp: tuple[int, int]) -> None:
        """Move to the commit that is there now."""
        if stamp == self._stamp:
            return
        manifest = _manifest(self._location, self._embedder)
        vectors, self._vectors = self._vectors, None
        lexicon, self._lexicon = self._lexicon, None
        self._alignment = None
        if manifest.birth == self._manifest.birth:
            self._view.move_to(manifest.tables)
            if vectors is not None:
                vectors.follow(self._view, manifest.removed_since(self._manifest))
                self._vectors = vectors
                if lexicon is not None and not lexicon.is_worn(vectors.ids):
                    lexicon.follow(self._view, vectors.ids)
                    self._lexicon = lexicon
        else:  # built anew: other tables under the same names
            from indexer.store import View

            self._view = View(self._location / TABLES, manifest.tables)
        self._symbols = Symbols(self._view)
        self._meanings = Meanings(self._symbols, self._files)
        self._manifest, self._stamp = manifest, stamp

    def _loaded(self) -> Vectors:
        if self._vectors is None:
            self._vectors = Vectors(self._manifest.dimensions)
            self._vectors.follow(self._view)
        return self._vectors

    def _words(self) -> Lexicon:
        if self._lexicon is None:
            from indexer.lance import return_memory
            from indexer.lexicon import Lexicon

            lexicon = Lexicon()
            lexicon.follow(self._view, self._loaded().ids)
            self._lexicon = lexicon
            return_memory()  # every row was read for this; half of what that took is free again
        return self._lexicon


def _manifest(location: Path, embedder: Embedder) -> Manifest:
    manifest = load_manifest(location)
    if manifest is None:
        raise NoIndexError("Nothing is indexed for this folder yet.", "Run `lsp_server index` in it.")
    if manifest.embedder != embedder.identity:
        raise NoIndexError(
            f"The index of this folder was made with the embedder {manifest.embedder}, not with {embedder.identity}.",
            REBUILD_ADVICE,
        )
    return manifest


def _hit(row: dict[str, Any], score: float) -> Hit:
    return Hit(row["path"], row["start_line"], row["end_line"], row["symbol"], row["kind"], score, row["text"])
