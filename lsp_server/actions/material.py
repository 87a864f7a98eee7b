"""What a prompt tells about a region besides its code: where it stands, what it uses, how its neighbours look. Judges nothing.

Asks the index under a time budget, and the open document; reads nothing else.
"""

from __future__ import annotations

import asyncio
import os.path
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from indexer.credentials import redacted
from indexer.errors import IndexerError
from indexer.languages import language_of, parse
from indexer.outline import outline
from indexer.records import Hit, Symbol
from lsp_server.actions import documentation, fitting, region
from lsp_server.actions.mentions import Mentions, mentions
from lsp_server.actions.records import Diagnostic, Region, Span, Target
from lsp_server.actions.testfiles import TestFile
from lsp_server.completion.context import choose_snippets
from lsp_server.completion.names import names_in
from lsp_server.completion.records import Repository
from lsp_server.documents import DocumentSnapshot

MOST_NAMES = 16
"""Definitions looked up. A function uses about ten names that are not its own; more would not fit beside the code."""

SHOWN_LINES = 12
"""Of each definition: its signature, its documentation and the first lines of its body."""

_NEVER_IMPLICIT = frozenset({"python", "javascript", "typescript", "tsx", "go", "rust", "php", "lua"})
"""Languages in which a name that stands alone is no method."""

EXAMPLE_LINES = 40
"""Of a file of tests: its imports and one or two tests."""


def standing(place: Region, symbols: Sequence[Symbol]) -> str:
    """One sentence on where a region stands: the definitions around it, with the signature of the nearest."""
    if not place.symbol:
        return ""
    holder = place.symbol.rpartition(".")[0] if place.is_definition else place.symbol
    signature = next((one.signature for one in symbols if one.qualified_name == holder), "")
    inside = f"`{signature}`" if signature else f"`{holder}`"
    if place.is_definition:
        return f"It is the {place.kind} `{place.symbol}`{f', in {inside}' if holder else ''}."
    return f"It lies in {inside}."


async def definitions(
    repository: Repository | None,
    snapshot: DocumentSnapshot,
    place: Region,
    symbols: Sequence[Symbol],
    budget_ms: int,
    room: int,
) -> tuple[Hit, ...]:
    """Definitions of the names that a region uses: those of its own document first, then the repository's. May be empty.

    What is local in the region is no such name. A member counts where its class is spoken of in the document.
    """
    used = mentions(snapshot, place)
    names = dict.fromkeys((*used.bare, *used.members))
    first, last = snapshot.line_of(place.span.start), snapshot.line_of(place.span.end)
    near = [_hit(snapshot, one) for one in symbols if one.name in names and not first <= one.start_line - 1 <= last]
    known = {one.name for one in symbols}
    wanted = [name for name in names if name not in known][:MOST_NAMES]
    far: Iterable[Hit] = ()
    if repository is not None and budget_ms and wanted:
        with suppress(TimeoutError, IndexerError):
            far = await asyncio.wait_for(repository.definitions(wanted, k=MOST_NAMES), budget_ms / 1000)
    spoken = set(names_in(snapshot.text))
    found = [one for hit in far if hit.path != snapshot.path for one in _definitions_in(hit, wanted, used, spoken)]
    return choose_snippets([*map(_short, near), *found], snapshot.path, place.span.of(snapshot.text), room)


def _definitions_in(hit: Hit, wanted: Sequence[str], used: Mentions, spoken: Container[str]) -> Iterator[Hit]:
    """The definitions that a piece of the repository was found for, each from its own first line."""
    language = language_of(hit.path) or ""
    tree = parse(hit.text, language)
    symbols = outline(tree, language, hit.path) if tree is not None else []
    mine = [one for one in symbols if one.name in wanted]
    if not mine:
        yield _short(hit)
    lines = hit.text.replace("\r\n", "\n").split("\n")
    for one in mine:
        holder = one.container.rpartition(".")[2] or hit.symbol.removesuffix(one.name).rstrip(".").rpartition(".")[2]
        free = one.name in used.bare and (one.kind != "method" or language not in _NEVER_IMPLICIT)
        if free or (one.name in used.members and (not holder or holder in spoken)):
            symbol = hit.symbol if hit.symbol.rpartition(".")[2] == one.name else one.qualified_name
            text = "\n".join(lines[one.start_line - 1 : one.end_line])
            start = hit.start_line + one.start_line - 1
            yield _short(Hit(hit.path, start, start + text.count("\n"), symbol, one.kind, hit.score, text))


def _hit(snapshot: DocumentSnapshot, symbol: Symbol) -> Hit:
    span = region.definition_region(snapshot, symbol).span
    return Hit(
        snapshot.path, symbol.start_line, symbol.end_line, symbol.qualified_name, symbol.kind, 1.0, span.of(snapshot.text)
    )


def _short(hit: Hit) -> Hit:
    lines = hit.text.replace("\r\n", "\n").split("\n")
    if len(lines) <= SHOWN_LINES:
        return hit
    text = "\n".join(lines[:SHOWN_LINES])
    return Hit(hit.path, hit.start_line, hit.start_line + SHOWN_LINES - 1, hit.symbol, hit.kind, hit.score, text)


def drawn(hits: Iterable[Hit]) -> str:
    """Snippets as a prompt shows them: the path, then the text."""
    return "\n\n".join(f"In {hit.path}:\n{hit.text.rstrip()}" for hit in hits)


def problems(snapshot: DocumentSnapshot, diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics with the lines they are about: a small model does not count lines."""
    told = []
    for one in diagnostics:
        line = snapshot.line_text(snapshot.line_of(one.span.start)).strip()
        source = " ".join(part for part in (one.source, one.code) if part)
        told.append(f"{one.message.strip()}{f' ({source})' if source else ''}\nIt is in this line: {line}")
    return "\n".join(told)


def todo_text(target: Target) -> str:
    """The comment lines with the TODO, and those right below that go on with it."""
    snapshot = target.snapshot
    first, last = snapshot.line_of(target.selection.start), snapshot.line_of(target.selection.end)
    found = [line for line in range(first, last + 1) if region.is_todo(snapshot.line_text(line), snapshot.language)]
    if not found:
        return ""
    lines = [snapshot.line_text(found[0]).strip()]
    mark = re.match(r"[#/*;\-%! ]+", lines[0])
    for line in range(found[0] + 1, found[0] + 8):
        text = snapshot.line_text(line).strip()
        if not mark or not text.startswith(mark[0].strip() or "\0"):
            break
        lines.append(text)
    return "\n".join(lines)


def selected(target: Target, place: Region) -> str:
    """What the user selected inside of a region, at the margin; empty where that is nothing, or all of it."""
    chosen = region.whole_lines(target.snapshot, target.selection)
    if chosen is None or chosen.span == place.span or not _within(chosen.span, place.span):
        return ""
    return fitting.shown(chosen.span.of(target.snapshot.text), target.snapshot.language).text


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def documented_neighbour(snapshot: DocumentSnapshot, place: Region, symbols: Sequence[Symbol]) -> str:
    """How the nearest other definition of the kind is documented; empty where none is."""
    line = snapshot.line_of(place.span.start)
    others = [one for one in symbols if one.kind == place.kind and one.qualified_name != place.symbol]
    for one in sorted(others, key=lambda one: abs(one.start_line - line))[:6]:
        found = documentation.existing(snapshot, region.definition_region(snapshot, one))
        if found:
            lines = [line.strip() for line in found.splitlines()]
            return "\n".join(lines[:8])
    return ""


def example_tests(there: str) -> str:
    """The head of a file of tests: its imports and first tests."""
    return redacted("\n".join(there.replace("\r\n", "\n").split("\n")[:EXAMPLE_LINES]).strip())[0]


def import_line(place: TestFile, snapshot: DocumentSnapshot, symbol: str) -> str:
    """A sentence that tells how a new file of tests reaches the code; empty where the language's habits do not say."""
    name = symbol.split(".", 1)[0]
    source = PurePosixPath(snapshot.path)
    if snapshot.language == "python":
        parts = [part for part in source.with_suffix("").parts if part not in ("src", "lib")]
        if all(part.isidentifier() for part in parts) and parts:
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            return f"Import it with `from {module} import {name}`."
    if snapshot.language in ("javascript", "typescript", "javascriptreact", "typescriptreact", "tsx"):
        relative = os.path.relpath(source.with_suffix("").as_posix(), PurePosixPath(place.path).parent.as_posix() or ".")
        relative = relative.replace(os.sep, "/")
        return f"Import it from `{relative if relative.startswith('.') else './' + relative}`."
    return ""
