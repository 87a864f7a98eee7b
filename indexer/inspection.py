"""Look at an index on disk: whether it is current, whether all that its commit says is so, and what it holds. Reads only; mends
nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import IndexDamagedError, IndexerError, NoIndexError
from indexer.footprint import TABLES, bytes_on_disk, files_below, verify
from indexer.languages import language_of
from indexer.manifest import MANIFEST, Entry, Manifest, load_inventory, load_manifest
from indexer.plan import plan
from indexer.quota import within
from indexer.settings import IndexSettings
from indexer.upkeep import needs_tidying
from indexer.versions import count_versions
from indexer.walk import walk

if TYPE_CHECKING:
    from indexer.store import View

CHUNK_COLUMNS = ("path", "start_line", "end_line", "text", "symbol", "kind", "language", "words", "defines", "key", "vector")
"""All of them: what is not read is not known to be readable."""

SYMBOL_COLUMNS = ("path", "names", "start_lines", "used", "used_lines", "modules", "imported", "import_lines")

MOST_FINDINGS = 20
"""Sentences about one index; more of them say nothing new."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a look at an index found. `damage` are sentences about what is not as the commit says, `stale` counts files that
    have changed, come or gone since, which is no damage: the next run takes them in."""

    files: int
    chunks: int
    damage: tuple[str, ...]
    stale: int


@dataclass(frozen=True, slots=True)
class Stats:
    """What an index holds. `parts` are bytes by what they are for; `languages` maps a language to its files, chunks, symbols
    and lines; `versions` is the most that any table keeps, `committed` the time of the last commit in seconds since 1970."""

    root: str
    embedder: str
    dimensions: int
    schema: int
    files: int
    chunks: int
    symbols: int
    lines: int
    credentials: int
    languages: Mapping[str, Mapping[str, int]]
    skipped: Mapping[str, int]
    bytes_on_disk: int
    parts: Mapping[str, int]
    versions: int
    commits: int
    commits_since_tidying: int
    committed: float


def check(root: Path, location: Path, settings: IndexSettings) -> Checkup:
    """Compare the last commit with the tables, reading every row, and with the directory. Raises NoIndexError,
    RootUnreadableError."""
    try:
        manifest = _manifest(location)
        inventory = load_inventory(location, manifest)
    except IndexDamagedError as error:
        return Checkup(0, 0, (str(error),), 0)
    damage = [*_damage(location, manifest, inventory)][:MOST_FINDINGS]
    todo = plan(walk(root, settings).files, inventory)
    changed = [job for job in todo.read if not job.known]  # the others may only have been touched
    touched = [job for job in todo.read if job.known and _differs(root / job.path, job.known)]
    return Checkup(manifest.files, manifest.chunks, tuple(damage), len(changed) + len(touched) + len(todo.gone))


def is_current(root: Path, location: Path, settings: IndexSettings) -> bool:
    """Whether a build would find nothing to do. Asks no embedder, which may take seconds and other programs' memory to start,
    and opens no table."""
    try:
        manifest = load_manifest(location)
        if manifest is None or needs_tidying(manifest, idle=True):
            return False
        verify(location, manifest.footprint or {})
        todo = plan(within(walk(root, settings).files, settings.max_source_bytes), load_inventory(location, manifest))
    except IndexDamagedError:
        return False
    return not todo.read and not todo.gone


def stats(location: Path) -> Stats:
    """What the last commit holds. Loads no vectors and opens no table. Raises NoIndexError, IndexDamagedError."""
    manifest = _manifest(location)
    inventory = load_inventory(location, manifest)
    languages: dict[str, Counter[str]] = {}
    for path, entry in inventory.items():
        if not entry.reason:
            row = languages.setdefault(language_of(path) or "other", Counter())
            row.update(files=1, chunks=entry.chunks, symbols=entry.symbols, lines=entry.lines)
    skipped = Counter(manifest.skipped)
    skipped.update(entry.reason for entry in inventory.values() if entry.reason)
    return Stats(
        root=manifest.root,
        embedder=manifest.embedder,
        dimensions=manifest.dimensions,
        schema=manifest.schema,
        files=manifest.files,
        chunks=manifest.chunks,
        symbols=manifest.symbols,
        lines=manifest.lines,
        credentials=sum(entry.credentials for entry in inventory.values()),
        languages={name: dict(languages[name]) for name in sorted(languages, key=lambda one: -languages[one]["files"])},
        skipped=dict(skipped),
        bytes_on_disk=bytes_on_disk(location),
        parts=_parts(location),
        versions=count_versions(location / TABLES),
        commits=manifest.commits,
        commits_since_tidying=manifest.writes,
        committed=(location / MANIFEST).stat().st_mtime,
    )


def _manifest(location: Path) -> Manifest:
    manifest = load_manifest(location)
    if manifest is None:
        raise NoIndexError("Nothing is indexed for this folder yet.", "Run `lsp_server index` in it.")
    return manifest


def _damage(location: Path, manifest: Manifest, inventory: Mapping[str, Entry]) -> Iterator[str]:
    from indexer.store import View

    try:
        verify(location, manifest.footprint or {})
        view = View(location / TABLES, manifest.tables)
        yield from _chunks_damage(view, manifest, inventory)
        yield from _symbols_damage(view, inventory)
    except IndexerError as error:
        yield str(error)
    sums = (sum(one.chunks for one in inventory.values()), sum(1 for one in inventory.values() if not one.reason))
    if sums != (manifest.chunks, manifest.files):
        yield "The list of files does not add up to what the commit counts."


def _chunks_damage(view: View, manifest: Manifest, inventory: Mapping[str, Entry]) -> Iterator[str]:
    """Every row, column by column: rows by file, their ids and their vectors."""
    held: Counter[str] = Counter()
    seen: set[int] = set()
    wrong_ids = wrong_vectors = 0
    for batch in view.batches(-1, CHUNK_COLUMNS):
        paths, ids = batch["path"].to_pylist(), batch["id"].to_pylist()
        held.update(paths)
        for path, one in zip(paths, ids, strict=True):
            entry = inventory.get(path)
            wrong_ids += one in seen or entry is None or not entry.first_chunk <= one < entry.first_chunk + entry.chunks
            seen.add(one)
        vectors = batch["vector"]
        wrong_vectors += vectors.null_count + (vectors.type.list_size != manifest.dimensions) * len(vectors)
    for path, entry in inventory.items():
        if held[path] != entry.chunks:
            yield f"{path} has {held[path]} chunks instead of {entry.chunks}."
    for path in held.keys() - inventory.keys():
        yield f"There are {held[path]} chunks of {path}, which is not in the list of files."
    if wrong_ids:
        yield f"{wrong_ids} chunks have an id that is not theirs."
    if wrong_vectors:
        yield f"{wrong_vectors} chunks have no vector of {manifest.dimensions} numbers."


def _symbols_damage(view: View, inventory: Mapping[str, Entry]) -> Iterator[str]:
    rows = view.symbols("", SYMBOL_COLUMNS, max(2 * len(inventory), 1))
    names = {row["path"]: len(row["names"]) for row in rows}
    if len(names) != len(rows):
        yield "Some files have their symbols twice."
    for path, entry in inventory.items():
        if names.get(path, 0) != entry.symbols:
            yield f"{path} has {names.get(path, 0)} symbols instead of {entry.symbols}."
    for path in names.keys() - inventory.keys():
        yield f"There are symbols of {path}, which is not in the list of files."


def _differs(path: Path, known: bytes) -> bool:
    from indexer.analysis import digest

    try:
        return digest(path.read_bytes()) != known
    except OSError:
        return True


def _parts(location: Path) -> dict[str, int]:
    parts = Counter({"lists of files": 0})
    for name, size in files_below(str(location)):
        inside = name.split("/")
        if inside[0] != TABLES or len(inside) < 4:
            parts["lists of files"] += size
        elif inside[2] == "_indices":
            parts["word index"] += size
        elif inside[2] == "data":
            parts[inside[1].removesuffix(".lance")] += size
        else:
            parts["versions"] += size
    return dict(parts)
