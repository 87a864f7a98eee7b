"""`models`: what is on this machine, what can be fetched, what a model can do. Prints; the work is the model port's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from lsp_server.cli import console
from lsp_server.cli.workbench import Workbench
from lsp_server.errors import HearthError, ModelError, ModelUnreachableError, UsageError
from lsp_server.model import weights
from lsp_server.model.choose import choose, make_client
from lsp_server.model.port import ModelInfo, PullProgress
from lsp_server.model.probe import Findings, examine
from lsp_server.model.shelf import take_inventory


def show_all(as_json: bool) -> int:
    """Every backend's models, what is wrong with the backends that do not answer, and the choice."""
    bench = Workbench()
    console.warn(bench.problems)
    found, silent, choice = asyncio.run(_list(bench))
    if as_json:
        rows = [_as_json(info) for info in found]
        console.write_json({"models": rows, "unavailable": silent, "chosen": choice[0], "why": choice[1]})
        return console.DONE
    table = Table("model", "backend", "size", "context", "capabilities", box=None, header_style="bold")
    for info in found:
        mark = "[green]●[/] " if info.name == choice[0] else "  "
        size = f"{info.size_bytes / 1e9:.1f} GB" if info.size_bytes else ""
        table.add_row(
            mark + escape(info.name), info.backend, size, str(info.context_tokens or ""), ", ".join(sorted(info.capabilities))
        )
    console.out.print(table)
    for backend, reason in silent.items():
        console.out.print(f"[dim]{backend}: {escape(reason)}[/]")
    console.out.print(escape(choice[1]))
    return console.DONE


async def _list(bench: Workbench) -> tuple[list[ModelInfo], dict[str, str], tuple[str | None, str]]:
    inventory = await take_inventory(bench.settings.model, bench.paths)
    found, silent = list(inventory.models), inventory.unavailable
    try:
        chosen = await choose(bench.settings.model, bench.paths)
    except HearthError as error:
        return found, silent, (None, f"{error} {error.advice}".strip())
    await chosen.client.aclose()
    return found, silent, (chosen.info.name, chosen.why)


def pull(name: str, backend: str, accepted: bool) -> int:
    """Fetch a model, its terms shown and agreed to first where it has any."""
    if backend not in ("", "embedded", "ollama"):
        raise UsageError(f"--backend is embedded or ollama, not {backend}.")
    bench = Workbench()
    console.warn(bench.problems)
    if backend == "embedded" or (not backend and name in weights.WEIGHTS and weights.can_be_run()):
        make_client("embedded", bench.settings.model, bench.paths)  # says so where weights would be of no use
        return asyncio.run(_pull_weights(name, bench, accepted))
    try:
        return asyncio.run(_pull_into_ollama(name, bench))
    except ModelUnreachableError as error:
        error.advice = f"{error.advice} {_without_ollama(name)}"
        raise


def _without_ollama(name: str) -> str:
    if not weights.can_be_run():
        return "Or install the embedded runner, which needs no Ollama: `pip install 'hearth-lsp[embedded]'`."
    return f"Without Ollama these can be fetched: {', '.join(one for one in weights.WEIGHTS if one != name)}."


async def _pull_weights(name: str, bench: Workbench, accepted: bool) -> int:
    wanted = weights.find(name)
    if wanted.installed(bench.paths.weights):
        console.err.print(f"{name} is here already: {escape(str(wanted.path(bench.paths.weights)))}")
        return console.DONE
    if wanted.terms and not accepted:
        terms = await weights.read_terms(wanted)
        with console.out.pager():
            console.out.print(terms, markup=False)
        if not console.agrees(f"Accept the {wanted.licence}?"):
            console.err.print(f"Not fetched. `lsp_server models pull {name} --yes` accepts the terms: {wanted.licence}.")
            return console.FAILED
    await _show(weights.pull(wanted, bench.paths.weights))
    place = escape(str(wanted.path(bench.paths.weights)))
    console.err.print(f"{name} is ready: {place}  [dim]({wanted.licence})[/]")
    return console.DONE


async def _pull_into_ollama(name: str, bench: Workbench) -> int:
    client = make_client("ollama", bench.settings.model, bench.paths)
    try:
        await _show(client.pull(name))
    finally:
        await client.aclose()
    console.err.print(f"{escape(name)} is ready in Ollama.")
    return console.DONE


async def _show(steps: AsyncIterator[PullProgress]) -> None:
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        console=console.err, transient=True, disable=not console.err.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("starting", total=None)
        async with aclosing(steps) as progress:  # type: ignore[type-var]  # every implementation is an async generator
            async for step in progress:
                bar.update(task, description=step.status, completed=step.done, total=step.total or None)


def probe(name: str | None, backend: str | None, as_json: bool) -> int:
    """Examine a model and print what was found."""
    bench = Workbench(backend=backend, model=name)
    console.warn(bench.problems)
    info, findings = asyncio.run(_probe(bench))
    if as_json:
        console.write_json(_as_json(info) | findings.as_json())
        return console.DONE
    console.out.print(f"[bold]{escape(info.name)}[/] on {info.backend}")
    for label, said in findings.described():
        console.out.print(f"  [dim]{label}:[/] {escape(said)}")
    return console.DONE


async def _probe(bench: Workbench) -> tuple[ModelInfo, Findings]:
    async with bench.model() as chosen:
        try:
            return chosen.info, await examine(chosen)
        except ModelError as error:
            error.advice = error.advice or "`lsp_server doctor` checks the whole chain."
            raise


def _as_json(info: ModelInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "backend": info.backend,
        "family": info.family,
        "parameters": info.parameters,
        "context_tokens": info.context_tokens,
        "capabilities": sorted(info.capabilities),
        "size_bytes": info.size_bytes,
    }
