"""`complete`: the ghost text for a place in a file, shown where it would stand. Prints; the work is the engine's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from indexer.errors import IndexerError, NoIndexError
from indexer.languages import language_of
from lsp_server.cli import console
from lsp_server.cli.workbench import Workbench
from lsp_server.completion.describe import describe
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import HearthError, UsageError
from lsp_server.indexing.lookup import Lookup
from lsp_server.model.port import ChosenModel

SHOWN_LINES = 8
"""Above and below the cursor: enough to judge a suggestion by."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor as people count it: line and column from 1, the column in characters."""

    file: Path | None
    line: int
    column: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Place:
        """A request of a batch; UsageError says what it lacks."""
        file, line, column = row.get("file"), row.get("line"), row.get("column")
        if not isinstance(file, str) or not isinstance(line, int) or not isinstance(column, int):
            raise UsageError("A request has a `file` of text, and a `line` and a `column` that are whole numbers.")
        return cls(Path(file), line, column)

    def request(self, root: Path) -> CompletionRequest:
        """The engine's request for this place; UsageError where there is no such place."""
        if self.file is None:
            raise UsageError("Give either a FILE or --batch FILE.jsonl.")
        try:
            path = self.file if self.file.is_absolute() or self.file.exists() else root / self.file
            # newline="" keeps CRLF: the suggestion has to fit the file as it is.
            with path.open(encoding="utf-8", errors="replace", newline="") as stream:
                text = stream.read()
        except OSError as error:
            raise UsageError(f"{self.file} cannot be read: {error.strerror}.") from error
        resolved = path.resolve()
        relative = resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else resolved.name
        snapshot = DocumentSnapshot(resolved.as_uri(), relative, str(root), language_of(resolved.name) or "plaintext", 0, text)
        if not 1 <= self.line <= len(snapshot.line_starts):
            raise UsageError(f"{self.file} has {len(snapshot.line_starts)} lines; --line {self.line} is none of them.")
        longest = len(snapshot.line_text(self.line - 1)) + 1
        if not 1 <= self.column <= longest:
            raise UsageError(f"Line {self.line} has columns 1 to {longest}; --column {self.column} is none of them.")
        return CompletionRequest(snapshot, snapshot.offset(self.line - 1, self.column - 1), "invoked")


def run(place: Place, root: Path | None, batch: Path | None, backend: str | None, model: str | None, as_json: bool) -> int:
    """Complete one place, or a file of them."""
    if (place.file is None) == (batch is None):
        raise UsageError("Give either a FILE or --batch FILE.jsonl.")
    rows = [row for _, row in console.read_batch(batch)] if batch else None  # a wrong line is said before a model is loaded
    bench = Workbench(backend=backend, model=model)
    console.warn(bench.problems)
    folder = bench.root(root, place.file.parent if place.file else Path())
    if rows is None:
        place.request(folder)  # likewise
    return asyncio.run(_run(bench, place, folder, rows, as_json))


async def _run(bench: Workbench, place: Place, root: Path, rows: Sequence[Mapping[str, Any]] | None, as_json: bool) -> int:
    lookup = _open_lookup(bench, root)
    try:
        async with bench.model() as chosen:
            engine = bench.engine(chosen, lookup)
            if rows is not None:
                for row in rows:
                    console.write_json({"id": row["id"], **await _answer(engine, chosen, row, root)})
                return console.DONE
            request = place.request(root)
            suggestion = await engine.complete(request)
    finally:
        if lookup:
            lookup.close()
    if as_json:
        console.write_json(_as_json(suggestion, chosen))
    else:
        _draw(request, suggestion, chosen)
    return console.DONE


async def _answer(engine: CompletionEngine, chosen: ChosenModel, row: Mapping[str, Any], root: Path) -> dict[str, object]:
    """One line of a batch. A failure is that line's answer: the others are still wanted."""
    try:
        return _as_json(await engine.complete(Place.from_row(row).request(root)), chosen)
    except (HearthError, IndexerError) as error:
        return {"error": str(error), "advice": error.advice}


def _open_lookup(bench: Workbench, root: Path) -> Lookup | None:
    """The index of a root, or None with a word on stderr: ghost text works without, only it knows less."""
    try:
        return Lookup(bench.reader(root))
    except NoIndexError as error:
        console.warn([f"{error} Completing without the repository's context. {error.advice}"])
    except IndexerError as error:
        console.warn([f"{error} {error.advice}"])
    return None


def _as_json(suggestion: Suggestion | None, chosen: ChosenModel) -> dict[str, object]:
    """The documented shape; `text` is empty where there is nothing to suggest."""
    return describe(suggestion or Suggestion("", chosen.info.name, chosen.info.backend))


def _draw(request: CompletionRequest, suggestion: Suggestion | None, chosen: ChosenModel) -> None:
    """The file around the cursor with the ghost text in place, then where it came from and what it took."""
    snapshot, offset = request.snapshot, request.offset
    line = snapshot.line_of(offset)
    first = max(line - SHOWN_LINES, 0)
    before = snapshot.text[snapshot.line_starts[first] : offset]
    below = snapshot.text[offset:].split("\n")
    after = "\n".join(below[: SHOWN_LINES + 1])
    ghost = suggestion.text if suggestion else ""
    console.out.rule(f"{escape(snapshot.path)}:{line + 1}", style="dim")
    console.out.print(f"{escape(before)}[black on green]{escape(ghost)}[/]{escape(after)}" if ghost else escape(before + after))
    console.out.rule(style="dim")
    console.out.print(f"[bold]{escape(chosen.info.name)}[/] on {chosen.info.backend}: {escape(chosen.why)}")
    if suggestion is None:
        console.out.print("Nothing to suggest here.")
        return
    for one in suggestion.context:
        console.out.print(f"  [dim]context[/] {escape(one.path)}:{one.start_line}-{one.end_line} {escape(one.symbol)}")
    spent = ", ".join(f"{stage.replace('_', ' ')} {ms:,.0f} ms" for stage, ms in suggestion.timings.items())
    usage = suggestion.usage
    reused = "" if usage.reused_tokens is None else f", {usage.reused_tokens} of them from the runner's cache"
    console.out.print(f"  [dim]time[/] {spent}")
    console.out.print(f"  [dim]prompt[/] {usage.prompt_tokens} tokens{reused}")
