"""One file's bytes -> everything the store keeps about it, except vectors. Pure; the same code in every process.

Rows are kept as columns of plain values, because they travel between processes and end in an Arrow table: a frozen record
for each of a million rows would cost more than parsing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from indexer.chunking import chunk
from indexer.imports import imported, package
from indexer.languages import known, language_of_script, parse
from indexer.matching import matches
from indexer.outline import defined
from indexer.reading import read
from indexer.records import Chunk, Import, Symbol
from indexer.references import references
from indexer.words import split_name, split_names, stem

KEY_BYTES = 16
"""A chunk's key: 128 bits of BLAKE2b over the text that is embedded; two texts with one key will not be met."""

MAX_REMEMBERED_NAMES = 131_072
"""Names whose stems are remembered, because a repository repeats its names; about 20 MB when full."""

CHUNK_COLUMNS = ("path", "start_line", "end_line", "text", "symbol", "kind", "language", "words", "defines", "key")
"""`words` are the stems that full text searches, `defines` the names whose definition starts in the chunk, by spaces."""

SYMBOL_COLUMNS = (
    *("path", "language", "package"),
    *("names", "kinds", "containers", "signatures", "start_lines", "end_lines", "name_lines"),
    *("used", "used_lines"),
    *("modules", "imported", "import_lines"),
)
"""One row a file. The second group describes its definitions, the third the names it uses, the fourth its imports: each
column of a group is a list, and the i-th values of a group belong together."""


@dataclass(slots=True)
class Rows:
    """Chunks and symbols of several files as columns: `chunks["path"][i]` belongs to `chunks["text"][i]`. A file has any
    number of rows in `chunks`, and one in `symbols` if it defines, uses or imports something.

    `embedded[i]` is what an embedder reads of chunk i wherever its file is; it is not stored, its hash `key` is.
    """

    chunks: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in CHUNK_COLUMNS})
    symbols: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in SYMBOL_COLUMNS})
    embedded: list[str] = field(default_factory=list)

    def extend(self, other: Rows) -> None:
        """Append the rows of another."""
        for name, column in other.chunks.items():
            self.chunks[name] += column
        for name, column in other.symbols.items():
            self.symbols[name] += column
        self.embedded += other.embedded

    def placed(self) -> list[str]:
        """What an embedder reads that costs less than to look a vector up: where a chunk is, as well."""
        return [f"{path} {text}" for path, text in zip(self.chunks["path"], self.embedded, strict=True)]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file came to. `reason` is a key of `walk.SKIP_REASONS` where its content forbade it, else empty;
    `same` says that it was only touched and nothing was done."""

    path: str
    digest: bytes = b""
    reason: str = ""
    message: str = ""
    lines: int = 0
    chunks: int = 0
    symbols: int = 0
    same: bool = False
    credentials: int = 0


def digest(data: bytes) -> bytes:
    """What tells whether a file's content changed."""
    return blake2b(data, digest_size=KEY_BYTES).digest()


def analyse(path: str, language: str | None, data: bytes, rows: Rows) -> FileFacts:
    """Read, parse, outline and cut one file, appending to `rows`. Never raises on what a file holds."""
    row = known(language) if language else None
    reading = read(data, path, prose=row is not None and row.prose)
    if reading.reason:
        return FileFacts(path, digest(data), reading.reason, reading.message)
    text = reading.text
    if language is None and (language := language_of_script(text[:200].partition("\n")[0])):
        row = known(language)
    tree = parse(text, language) if language else None
    definitions, importing = matches(tree, language) if tree is not None and language is not None else ([], [])
    symbols = defined(definitions, tree, language, path) if tree is not None and language is not None else []
    chunks = chunk(text, path, language, tree, symbols, prose=row is None or row.prose)
    _add_chunks(rows, chunks, symbols)
    used = references(tree, language, symbols) if tree is not None and language is not None else {}
    _add_symbols(rows, path, language or "", package(importing, language, path, text), symbols, used, imported(importing))
    lines = text.count("\n") + (not text.endswith("\n"))
    counts = (lines, len(chunks), len(symbols))
    return FileFacts(path, digest(data), "", reading.message, *counts, credentials=reading.credentials)


def searchable(text: str) -> str:
    """The words of a text as full-text search compares them: stems of parts and of whole names, by spaces."""
    return " ".join(map(_STEMS.__getitem__, split_names(text)))


def embedded_text(chunk: Chunk) -> str:
    """What an embedder reads of a chunk: what it is called and what it says. Not where it is, so that a file that moves, a copy
    and another branch have the vectors that were made once."""
    return f"{chunk.symbol}\n{chunk.text}"


class _Stems(dict[str, str]):
    """Stems of a name, made when first asked for. A dictionary, which answers in half the time of `lru_cache`."""

    def __missing__(self, name: str) -> str:
        parts = split_name(name)
        if len(parts) > 1:
            parts = (*parts, "".join(parts))
        if len(self) >= MAX_REMEMBERED_NAMES:
            self.clear()
        stems = self[name] = " ".join(map(stem, parts))
        return stems


_STEMS = _Stems()


def _add_chunks(rows: Rows, chunks: Iterable[Chunk], symbols: list[Symbol]) -> None:
    columns, at = rows.chunks, 0
    for one in chunks:
        defined: dict[str, None] = {}
        while at < len(symbols) and symbols[at].start_line <= one.end_line:
            defined[symbols[at].name] = None
            at += 1
        text = embedded_text(one)
        rows.embedded.append(text)
        columns["path"].append(one.path)
        columns["start_line"].append(one.start_line)
        columns["end_line"].append(one.end_line)
        columns["text"].append(one.text)
        columns["symbol"].append(one.symbol)
        columns["kind"].append(one.kind)
        columns["language"].append(one.language or "")
        columns["words"].append(searchable(f"{one.path} {text}"))
        columns["defines"].append(" ".join(defined))
        columns["key"].append(digest(text.encode("utf-8", "replace")))


def _add_symbols(
    rows: Rows,
    path: str,
    language: str,
    own: str,
    symbols: list[Symbol],
    used: dict[str, list[int]],
    imports: list[Import],
) -> None:
    if not (symbols or used or imports or own):
        return
    row: dict[str, object] = {"path": path, "language": language, "package": own}
    row |= {f"{name}s": [getattr(one, name) for one in symbols] for name in _OF_SYMBOL}
    row |= {"used": list(used), "used_lines": list(used.values())}
    row |= {"modules": [one.module for one in imports], "imported": [list(one.names) for one in imports]}
    row["import_lines"] = [one.line for one in imports]
    for name in SYMBOL_COLUMNS:
        rows.symbols[name].append(row[name])


_OF_SYMBOL = ("name", "kind", "container", "signature", "start_line", "end_line", "name_line")
