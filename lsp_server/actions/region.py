"""Find what an action may replace: whole lines, one expression, or the definition around the cursor. Pure; asks no model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from indexer.languages import parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.actions.records import Diagnostic, Region, Span
from lsp_server.completion.comments import line_comment
from lsp_server.documents import DocumentSnapshot

WHOLE_LINES = 600
"""Documents up to here are parsed whole for a menu: about 6 ms on a slow core. The menu has 20, and is not alone there."""

WINDOW_LINES = 250
"""Parsed around the selection in longer ones. What encloses the selection from further away is not seen by the menu; it
is parsed whole when the action runs."""

SMALL_DEFINITION = 60
"""Lines. A definition up to here is what a fix rewrites; in a longer one only the paragraph around the diagnostic."""

_CALLABLE = frozenset({"function", "method"})
_DEFINITION = frozenset({"function", "method", "class", "interface", "type", "module"})
_TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
_LONE_CR = re.compile(r"\r(?!\n)")
_BLANK = re.compile(r"[ \t\f]*")


def whole_lines(snapshot: DocumentSnapshot, selection: Span) -> Region | None:
    """A selection as what may be replaced; None where nothing but white space is selected.

    Part of one line stays as it is, without white space at its ends. Anything else grows to whole lines: people select
    loosely, and a replacement that starts in the middle of an indentation never fits.
    """
    chosen = selection.of(snapshot.text)
    if not chosen.strip():
        return None
    start = selection.start + len(chosen) - len(chosen.lstrip())
    end = selection.end - (len(chosen) - len(chosen.rstrip()))
    first, last = snapshot.line_of(start), snapshot.line_of(end)
    line_start = snapshot.line_starts[first]
    line_end = snapshot.line_starts[last] + len(snapshot.line_text(last))
    around = snapshot.text[line_start:start] + snapshot.text[end:line_end]
    if first == last and around.strip():
        return Region(Span(start, end), inline=True)
    return Region(Span(line_start, line_end))


def definitions(snapshot: DocumentSnapshot, near: Span | None = None) -> Sequence[Symbol]:
    """The definitions of a document in the order of the text; of a long one, where `near` is given, those around it."""
    count = len(snapshot.line_starts)
    if near is None or count <= WHOLE_LINES:
        return _outlined(snapshot.text, snapshot.language, snapshot.path)
    first = max(snapshot.line_of(near.start) - WINDOW_LINES, 0)
    last = min(snapshot.line_of(near.end) + WINDOW_LINES, count - 1)
    end = snapshot.line_starts[last + 1] if last + 1 < count else len(snapshot.text)
    found = _outlined(snapshot.text[snapshot.line_starts[first] : end], snapshot.language, snapshot.path)
    return [replace(one, start_line=one.start_line + first, end_line=one.end_line + first) for one in found]


@lru_cache(maxsize=4)
def _outlined(text: str, language: str, path: str) -> Sequence[Symbol]:
    """A menu is asked for on each move of the cursor, and the document has not changed by that."""
    # To LSP a lone carriage return ends a line, to a grammar it does not.
    tree = parse(_LONE_CR.sub("\n", text) if "\r" in text else text, language)
    return [] if tree is None else outline(tree, language, path)


def enclosing(symbols: Iterable[Symbol], first_line: int, last_line: int, kinds: frozenset[str] = _DEFINITION) -> Symbol | None:
    """The smallest definition that holds two 0-based lines."""
    holding = [
        one for one in symbols if one.kind in kinds and one.start_line <= first_line + 1 and last_line + 1 <= one.end_line
    ]
    return min(holding, key=lambda one: one.end_line - one.start_line, default=None)


def definition_region(snapshot: DocumentSnapshot, symbol: Symbol) -> Region:
    """A definition's whole lines."""
    first, last = symbol.start_line - 1, min(symbol.end_line - 1, len(snapshot.line_starts) - 1)
    span = Span(snapshot.line_starts[first], snapshot.line_starts[last] + len(snapshot.line_text(last)))
    return Region(span, symbol.qualified_name, symbol.kind, is_definition=True)


def region_at(snapshot: DocumentSnapshot, selection: Span, symbols: Sequence[Symbol]) -> Region | None:
    """What a rewriting works on: the selection, named after the definition it is or lies in; else the definition around."""
    chosen = whole_lines(snapshot, selection)
    if chosen is None:
        return definition_at(snapshot, selection, symbols)
    first, last = snapshot.line_of(chosen.span.start), snapshot.line_of(chosen.span.end)
    holder = enclosing(symbols, first, last)
    if holder is None:
        return chosen
    if not chosen.inline and _same_lines(snapshot, holder, first, last):
        return definition_region(snapshot, holder)
    return replace(chosen, symbol=holder.qualified_name, kind=holder.kind)


def definition_at(
    snapshot: DocumentSnapshot, selection: Span, symbols: Sequence[Symbol], *, callable_only: bool = False
) -> Region | None:
    """The smallest definition around a selection. A selection that covers one whole definition means that one."""
    chosen = whole_lines(snapshot, selection)
    span = chosen.span if chosen else selection
    first, last = snapshot.line_of(span.start), snapshot.line_of(span.end)
    holder = enclosing(symbols, first, last, _CALLABLE if callable_only else _DEFINITION)
    return definition_region(snapshot, holder) if holder else None


def _same_lines(snapshot: DocumentSnapshot, symbol: Symbol, first: int, last: int) -> bool:
    """Whether lines are a definition, blank lines and its own decorators apart."""
    region = definition_region(snapshot, symbol)
    inside = snapshot.text[snapshot.line_starts[first] : snapshot.line_starts[last] + len(snapshot.line_text(last))]
    return inside.strip() == region.span.of(snapshot.text).strip()


def diagnostic_region(snapshot: DocumentSnapshot, diagnostic: Diagnostic, symbols: Sequence[Symbol]) -> Region | None:
    """The code that a fix may rewrite: the small definition around a diagnostic, else the paragraph around it."""
    first, last = snapshot.line_of(diagnostic.span.start), snapshot.line_of(diagnostic.span.end)
    holder = enclosing(symbols, first, last)
    if holder is not None and holder.end_line - holder.start_line < SMALL_DEFINITION:
        return definition_region(snapshot, holder)
    region = _paragraph(snapshot, first, last)
    if region is None or holder is None:
        return region
    return replace(region, symbol=holder.qualified_name, kind=holder.kind)


def todo_region(snapshot: DocumentSnapshot, selection: Span, symbols: Sequence[Symbol]) -> Region | None:
    """The code around a TODO in a comment on the selected lines; None where there is none.

    At the top level, outside of any definition, the comment's own paragraph.
    """
    first, last = snapshot.line_of(selection.start), snapshot.line_of(selection.end)
    if not any(is_todo(snapshot.line_text(line), snapshot.language) for line in range(first, min(last, first + 200) + 1)):
        return None
    holder = enclosing(symbols, first, last)
    if holder is not None:
        return definition_region(snapshot, holder)
    return _paragraph(snapshot, first, last)


def is_todo(line: str, language: str) -> bool:
    """Whether a line holds a TODO behind a comment mark. By text: in a string the mark and the word rarely meet."""
    found = _TODO.search(line)
    if found is None:
        return False
    head = line[: found.start()]
    return any(mark in head for mark in (line_comment(language), "/*", "<!--", "#", "--")) or head.lstrip().startswith("*")


def _paragraph(snapshot: DocumentSnapshot, first: int, last: int) -> Region | None:
    """The lines between the nearest blank ones, at most `SMALL_DEFINITION` of them."""
    low, high, count = first, min(last, len(snapshot.line_starts) - 1), len(snapshot.line_starts)
    if _blank(snapshot, first):
        return None
    while low > 0 and not _blank(snapshot, low - 1) and high - low < SMALL_DEFINITION // 2:
        low -= 1
    while high + 1 < count and not _blank(snapshot, high + 1) and high - low < SMALL_DEFINITION:
        high += 1
    return Region(Span(snapshot.line_starts[low], snapshot.line_starts[high] + len(snapshot.line_text(high))))


def _blank(snapshot: DocumentSnapshot, line: int) -> bool:
    return _BLANK.fullmatch(snapshot.line_text(line)) is not None
