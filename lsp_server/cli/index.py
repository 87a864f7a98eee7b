"""`index` and `search`: a repository to an index, a question to places in it. Prints; the work is the indexer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsp_server.cli import console
from lsp_server.cli.workbench import Workbench, hit_as_json
from lsp_server.errors import UsageError

if TYPE_CHECKING:
    from indexer.records import BuildReport, Hit


def build(path: Path, embedder: str | None, as_json: bool) -> int:
    """Index a folder and print what came of it."""
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder.", "Name the folder of the repository.")
    bench = Workbench(embedder=embedder)
    console.warn(bench.problems)
    root = path.resolve()
    with console.build_progress() as show:
        report = bench.build(root, show)
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
        f"[bold]{root}[/]: {report.files:,} files, {report.chunks:,} chunks, {report.symbols:,} symbols "
        f"in {report.seconds:.1f} s ({changed}; {decimal(report.bytes_on_disk)} on disk)"
    )
    for reason, count in sorted(report.skipped.items(), key=lambda item: -item[1]):
        console.out.print(f"  [dim]left out, {reason.replace('_', ' ')}:[/] {count:,}")


def search(query: str | None, root: Path | None, k: int, batch: Path | None, as_json: bool) -> int:
    """Answer one question, or a file of them."""
    if (query is None) == (batch is None):
        raise UsageError("Give either a QUERY or --batch FILE.jsonl.")
    asked = _questions(batch) if batch else []
    bench = Workbench()
    console.warn(bench.problems)
    folder = root.resolve() if root else bench.indexed_root(Path())
    reader = bench.reader(folder)
    try:
        if batch is not None:
            for row in asked:
                hits = reader.search(row["query"], k=k)
                console.write_json({"id": row["id"], "results": [hit_as_json(hit) for hit in hits]})
            return console.DONE
        hits = reader.search(query or "", k=k)
    finally:
        reader.close()
    if as_json:
        console.write_json([hit_as_json(hit) for hit in hits])
    else:
        _print_hits(hits)
    return console.DONE


def _questions(batch: Path) -> list[Mapping[str, Any]]:
    """Every request of a batch. All are looked at before the first is answered: a wrong line is said at once."""
    rows = list(console.read_batch(batch))
    for number, row in rows:
        if not isinstance(row.get("query"), str):
            raise UsageError(f"{batch}, line {number}: a search has a `query` of text.")
    return [row for _, row in rows]


SHOWN_LINES = 6
"""Of each result: enough to recognise it, little enough to see ten."""


def _print_hits(hits: list[Hit]) -> None:
    from rich.syntax import Syntax

    if not hits:
        console.err.print("Nothing found.")
    for hit in hits:
        name = f"  [cyan]{hit.kind} {hit.symbol}[/]" if hit.symbol else ""
        console.out.print(f"[bold]{hit.path}[/]:{hit.start_line}-{hit.end_line}{name}  [dim]{hit.score:.3f}[/]")
        shown = "\n".join(hit.text.splitlines()[:SHOWN_LINES])
        lexer = Syntax.guess_lexer(hit.path, shown)
        console.out.print(Syntax(shown, lexer, background_color="default", line_numbers=True, start_line=hit.start_line))
