"""`doctor` and `settings`: is everything there, what is missing, what to do about it. Looks only; changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.markup import escape

from indexer.errors import IndexerError
from lsp_server import __version__
from lsp_server.cli import console
from lsp_server.cli.workbench import Workbench
from lsp_server.errors import HearthError
from lsp_server.model.choose import HOW_TO_FETCH, make_client
from lsp_server.model.shelf import BACKENDS
from lsp_server.settings import entries
from lsp_server.settings_export import as_markdown, as_schema

State = Literal["good", "note", "bad"]
_MARKS: dict[State, str] = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "bad": "[red]✗[/]"}

LEAST_FREE_BYTES = 1_000_000_000
"""An index of a million lines takes a fifth of this, and LanceDB writes a new version before it drops the old one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `bad` keeps Hearth from its main job, `note` is worth knowing."""

    about: str
    state: State
    said: str
    advice: str = ""


def doctor(root: Path | None, as_json: bool) -> int:
    """Print every finding; 1 where one is bad."""
    bench = Workbench()
    findings = [*_machine(), *_settings(bench), *asyncio.run(_models(bench)), *_index(bench, root)]
    if as_json:
        console.write_json({"version": __version__, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            console.out.print(f"{_MARKS[finding.state]} [bold]{finding.about}[/]: {escape(finding.said)}")
            if finding.advice and finding.state != "good":
                console.out.print(f"    [dim]→[/] {escape(finding.advice)}")
    return console.FAILED if any(finding.state == "bad" for finding in findings) else console.DONE


def _machine() -> Iterator[Finding]:
    yield Finding(
        "hearth", "good", f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("processor", "good" if cores >= 4 else "note", f"{cores} cores",
        "A model without a GPU is slow on so few cores: choose one of 1.5 billion parameters or less.")  # fmt: skip


def _settings(bench: Workbench) -> Iterator[Finding]:
    file = bench.paths.config
    if bench.problems:
        for problem in bench.problems:
            yield Finding("settings", "note", problem, f"Edit {file}; `lsp_server settings` lists every setting.")
    else:
        yield Finding("settings", "good", str(file) if file.exists() else "all defaults")


async def _models(bench: Workbench) -> list[Finding]:
    found: list[Finding] = []
    for backend in BACKENDS:
        try:
            client = make_client(backend, bench.settings.model, bench.paths)
        except HearthError as error:
            found.append(Finding(backend, "note", str(error), error.advice))
            continue
        try:
            names = [info.name for info in await client.models()]
            if names:
                count = "1 model" if len(names) == 1 else f"{len(names)} models"
                found.append(Finding(backend, "good", f"{count}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}"))
            else:
                found.append(Finding(backend, "note", "has no model yet", HOW_TO_FETCH[backend]))
        except HearthError as error:
            found.append(Finding(backend, "note", str(error), error.advice))
        finally:
            await client.aclose()
    try:
        async with bench.model() as chosen:
            how = f"fill-in-the-middle as {chosen.fim}" if chosen.fim else "continues the text before the cursor"
            found.append(Finding("model", "good", f"{chosen.info.name} on {chosen.info.backend}, {how}. {chosen.why}"))
    except HearthError as error:
        found.append(Finding("model", "bad", str(error), error.advice))
    return found


def _index(bench: Workbench, root: Path | None) -> Iterator[Finding]:
    folder = bench.root(root, Path())
    try:
        reader = bench.reader(folder)
        status = reader.status()
        reader.close()
        said = f"{folder}: {status.files:,} files, {status.chunks:,} chunks, {status.bytes_on_disk / 1e6:.1f} MB"
        yield Finding("index", "good", said)
    except IndexerError as error:
        yield Finding("index", "note", str(error), error.advice)
    cache = next(one for one in (bench.paths.indexes, *bench.paths.indexes.parents) if one.exists())
    if not os.access(cache, os.W_OK):
        yield Finding("cache", "bad", f"{cache} cannot be written to.", "Make it writable, or set XDG_CACHE_HOME.")
    free = shutil.disk_usage(cache).free
    state: State = "good" if free > LEAST_FREE_BYTES else "note"
    yield Finding("disk", state, f"{free / 1e9:.0f} GB free at {cache}", "An index needs room for two versions of itself.")


def settings(as_json: bool, markdown: bool, schema: bool) -> int:
    """Print the settings in force, or what the documentation is made of."""
    if markdown:
        print(as_markdown(), end="")  # noqa: T201  a page for a file: no wrapping, no markup
        return console.DONE
    if schema:
        print(json.dumps(as_schema(), indent=2))  # noqa: T201  likewise
        return console.DONE
    bench = Workbench()
    console.warn(bench.problems)
    sections = asdict(bench.settings)  # actions of the user's own are tables again
    values = {entry.key: sections[entry.key.split(".")[0]][entry.key.split(".")[1]] for entry in entries()}
    if as_json:
        shown = {key: "(set)" if key == "model.openai_api_key" and value else value for key, value in values.items()}
        console.write_json({"config": str(bench.paths.config), "settings": shown})
        return console.DONE
    there = "" if bench.paths.config.exists() else " (not there yet)"
    console.out.print(f"[dim]# {escape(str(bench.paths.config))}{there}[/]")
    section = ""
    for entry in entries():
        table, name = entry.key.split(".")
        if table != section:
            console.out.print(f"\n[bold]\\[{table}][/]")
            section = table
        value = values[entry.key]
        said = "(set)" if name == "openai_api_key" and value else json.dumps(value, ensure_ascii=False)
        console.out.print(f"[dim]# {escape(entry.doc)}[/]")
        mark = "" if value == entry.default else "  [yellow]# changed[/]"
        console.out.print(f"{name} = {escape(said)}{mark}")
    return console.DONE
