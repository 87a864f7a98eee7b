"""`index --check`, `--stats` and `--watch`: look after an index. Prints; the work is the indexer's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from indexer.errors import IndexDamagedError, IndexLockedError
from indexer.footprint import REBUILD_ADVICE
from lsp_server.cli import console
from lsp_server.cli.workbench import Workbench
from lsp_server.indexing import access

if TYPE_CHECKING:
    from indexer.inspection import Stats
    from indexer.records import BuildReport

MEND = f"{REBUILD_ADVICE} Nothing of yours is in danger: an index is made from your files."


def check(path: Path, embedder: str | None, as_json: bool) -> int:
    """Say whether an index is whole and up to date; exit code 1 where it is damaged."""
    bench = Workbench(embedder=embedder)
    console.warn(bench.problems)
    root = bench.root(path, path)
    found = bench.check(root)
    if as_json:
        console.write_json(asdict(found) | {"whole": not found.damage})
    else:
        for sentence in found.damage:
            console.out.print(f"[red]damaged:[/] {escape(sentence)}")
        if found.damage:
            console.out.print(f"[dim]  →[/] {MEND}")
        else:
            console.out.print(f"[bold]{escape(str(root))}[/]: whole, {found.files:,} files, {found.chunks:,} chunks.")
        if found.stale:
            console.out.print(f"{found.stale:,} files have changed since; `lsp_server index` takes them in.")
    return console.FAILED if found.damage else console.DONE


def stats(path: Path, embedder: str | None, as_json: bool) -> int:
    """Say what an index holds."""
    bench = Workbench(embedder=embedder)
    console.warn(bench.problems)
    found = bench.stats(bench.root(path, path))
    if as_json:
        console.write_json(asdict(found))
    else:
        _print_stats(found)
    return console.DONE


def _print_stats(found: Stats) -> None:
    from rich.filesize import decimal
    from rich.table import Table

    say = console.out.print
    say(f"[bold]{escape(found.root)}[/]: {found.files:,} files, {found.lines:,} lines")
    made_by = f"embedder {escape(found.embedder)}, {found.dimensions} numbers a vector"
    say(f"{found.chunks:,} chunks, {found.symbols:,} symbols; {made_by}")
    when = datetime.fromtimestamp(found.committed).astimezone().isoformat(" ", "seconds")
    say(f"last commit {when}, number {found.commits}; {found.commits_since_tidying} since it was tidied")
    say(f"{found.versions} versions kept, schema {found.schema}")
    parts = ", ".join(f"{name} {decimal(size)}" for name, size in sorted(found.parts.items(), key=lambda one: -one[1]))
    say(f"{decimal(found.bytes_on_disk)} on disk: {parts}")
    table = Table("language", "files", "lines", "chunks", "symbols", box=None)
    for name, row in found.languages.items():
        table.add_row(name, *(f"{row[one]:,}" for one in ("files", "lines", "chunks", "symbols")))
    say(table)
    if left := ", ".join(f"{reason} {count:,}" for reason, count in sorted(found.skipped.items(), key=lambda one: -one[1])):
        say(f"left out: {left}")
    if found.credentials:
        say(f"credentials left out of files: {found.credentials:,}")


def watch(path: Path, embedder: str | None, as_json: bool) -> int:
    """Follow the folder's changes until Ctrl-C, and look at all files now and then for what the system did not tell of. The
    index is up to date before, as `index` leaves it."""
    from indexer.watching import Looks, changes

    bench = Workbench(embedder=embedder)
    root = path.resolve()
    job = bench.job(root)
    made = access.make_embedder(job)
    updater = access.make_updater(job, made)
    waiting: set[str] = set()
    looks = Looks()
    console.err.print(f"Watching {escape(str(root))}; Ctrl-C ends it.")
    for changed in changes(root, on_trouble=lambda why: console.warn([why])):
        waiting |= changed
        try:
            if looks.is_due(waiting):
                report = access.build(job, made, lambda _: None, lambda: False)
                looks.looked(report.seconds)
            elif waiting:
                report = updater.update(sorted(waiting))
            else:
                continue
            _tell(report, waiting, as_json)
            waiting = set()
        except IndexLockedError as error:  # an editor's server: it sees the same changes, and we try again
            console.err.print(f"[dim]{escape(str(error))}[/]")
        except IndexDamagedError as error:
            console.warn([f"{error} It is built again."])
            bench.build(root, lambda _: None, rebuild=True)
    return console.DONE


def _tell(report: BuildReport, paths: Collection[str], as_json: bool) -> None:
    """What a batch of changes came to; nothing, where none of them counts."""
    changed = (report.added, report.replaced, report.deleted)
    if not any(changed):
        return
    console.warn(report.messages)
    if as_json:
        shown = {name: getattr(report, name) for name in ("files", "chunks", "added", "replaced", "deleted", "seconds")}
        console.write_json({"paths": sorted(paths)} | shown)
    else:
        added, replaced, deleted = changed
        console.out.print(f"{added} added, {replaced} changed, {deleted} deleted in {report.seconds * 1000:.0f} ms")
