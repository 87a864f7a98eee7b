"""`index` and `search`: a repository to an index, a question to places in it. Prints; the work is the indexer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from lsp_server.cli import console, listing
from lsp_server.cli.workbench import Workbench, hit_as_json
from lsp_server.errors import UsageError
from lsp_server.paths import holds_home

if TYPE_CHECKING:
    from indexer.records import BuildReport
    from indexer.search import IndexReader


def build(path: Path, embedder: str | None, as_json: bool, *, rebuild: bool = False, agreed: bool = False) -> int:
    """Index a folder and print what came of it; `rebuild` forgets first what was there. A home folder wants to be `agreed`."""
    bench = Workbench(embedder=embedder)
    console.warn(bench.problems)
    root = bench.root(path, path)
    if holds_home(root) and not agreed and not console.agrees(f"{root} holds a whole home folder. Index all of it?"):
        raise UsageError(f"{root} is not indexed: it holds a whole home folder.", "Name a project's folder, or say --yes.")
    bench.warm_up(root)
    try:
        with console.build_progress() as show:
            report = bench.build(root, show, rebuild=rebuild)
    except KeyboardInterrupt:
        console.err.print("Stopped. What is indexed by now is kept, and the next run goes on from there.")
        raise
    console.warn(report.messages)
    if as_json:
        console.write_json(asdict(report) | {"skipped": dict(report.skipped)})
    else:
        _print_report(root, report)
    return console.DONE


def _print_report(root: Path, report: BuildReport) -> None:
    from rich.filesize import decimal

    changed = f"{report.added} added, {report.replaced} changed, {report.deleted} deleted"
    console.out.print(
        f"[bold]{escape(str(root))}[/]: {report.files:,} files, {report.chunks:,} chunks, {report.symbols:,} symbols "
        f"in {report.seconds:.1f} s ({changed}; {decimal(report.bytes_on_disk)} on disk)"
    )
    for reason, count in sorted(report.skipped.items(), key=lambda item: -item[1]):
        console.out.print(f"  [dim]left out, {reason.replace('_', ' ')}:[/] {count:,}")
    if report.credentials:
        console.out.print(f"  [dim]left out of files, credentials:[/] {report.credentials:,}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched: exactly one of a question, a name, a file whose imports are wanted, or a file of many such."""

    query: str | None = None
    symbol: str | None = None
    imports: str | None = None
    batch: Path | None = None


def search(wanted: Wanted, root: Path | None, k: int, as_json: bool) -> int:
    """Answer one question, or a file of them."""
    if sum(getattr(wanted, one.name) is not None for one in fields(wanted)) != 1:
        raise UsageError("Give one of QUERY, --symbol NAME, --imports FILE and --batch FILE.jsonl.")
    asked = _questions(wanted.batch) if wanted.batch else []
    bench = Workbench()
    console.warn(bench.problems)
    folder = bench.root(root, Path())
    reader = bench.reader(folder)
    try:
        for row in asked:
            console.write_json({"id": row["id"]} | _answer(reader, row, k))
        if wanted.batch is not None:
            return console.DONE
        if wanted.symbol is not None:
            answer = _symbol(reader, wanted.symbol, k)
            console.write_json(answer) if as_json else listing.print_symbol(answer)
        elif wanted.imports is not None:
            found = [asdict(one) for one in reader.imports(_inside(folder, wanted.imports))]
            console.write_json(found) if as_json else listing.print_imports(found)
        else:
            hits = reader.search(wanted.query or "", k=k)
            console.write_json([hit_as_json(hit) for hit in hits]) if as_json else listing.print_hits(hits, wanted.query or "")
    finally:
        reader.close()
    return console.DONE


ASKED = ("query", "symbol", "imports")
"""What a row of a batch may ask; one of them."""


def _answer(reader: IndexReader, row: Mapping[str, Any], k: int) -> dict[str, Any]:
    if "symbol" in row:
        return _symbol(reader, row["symbol"], k)
    if "imports" in row:
        return {"imports": [asdict(one) for one in reader.imports(row["imports"])]}
    return {"results": [hit_as_json(hit) for hit in reader.search(row["query"], k=k)]}


def _symbol(reader: IndexReader, name: str, k: int) -> dict[str, Any]:
    definitions, references = reader.symbols([name], k=k), reader.references(name, k=k)
    return {"definitions": [asdict(one) for one in definitions], "references": [asdict(one) for one in references]}


def _inside(folder: Path, path: str) -> str:
    """A file as the index names it, given from the working directory or from the root; UsageError where there is none."""
    for place in (Path(path).resolve(), (folder / path).resolve()):
        if place.is_file() and place.is_relative_to(folder):
            return place.relative_to(folder).as_posix()
    raise UsageError(f"{path} is no file in {folder}.", "Name it from here or from the root of the repository.")


def _questions(batch: Path) -> list[Mapping[str, Any]]:
    """Every request of a batch. All are looked at before the first is answered: a wrong line is said at once."""
    rows = list(console.read_batch(batch))
    for number, row in rows:
        asked = [name for name in ASKED if name in row]
        if len(asked) != 1 or not isinstance(row[asked[0]], str):
            raise UsageError(f"{batch}, line {number}: a search has a `query`, a `symbol` or `imports`, which is text.")
    return [row for _, row in rows]
