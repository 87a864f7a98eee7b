"""Search results as a person reads them in a terminal. Looks nothing up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from lsp_server.cli import console

if TYPE_CHECKING:
    from indexer.records import Hit

SHOWN_LINES = 6
"""Of each result: enough to recognise it, little enough to see ten."""


def print_hits(hits: Sequence[Hit], query: str) -> None:
    """Each place with the lines of its text that say most of the query."""
    from rich.syntax import Syntax

    if not hits:
        console.err.print("Nothing found.")
    for hit in hits:
        name = f"  [cyan]{hit.kind} {escape(hit.symbol)}[/]" if hit.symbol else ""
        console.out.print(f"[bold]{escape(hit.path)}[/]:{hit.start_line}-{hit.end_line}{name}  [dim]{hit.score:.3f}[/]")
        lines = hit.text.split("\n")
        first = telling(lines, query)
        shown = "\n".join(lines[first : first + SHOWN_LINES])
        lexer = Syntax.guess_lexer(hit.path, shown)
        start = hit.start_line + first
        console.out.print(Syntax(shown, lexer, background_color="default", line_numbers=True, start_line=start))


def telling(lines: Sequence[str], query: str) -> int:
    """The first of `SHOWN_LINES` lines that hold most of a query's words: a small file is one piece, and its answer far down.

    The first lines, where none say more.
    """
    from indexer.analysis import searchable

    wanted = frozenset(searchable(query).split())
    held = [wanted.intersection(searchable(line).split()) for line in lines]
    starts = [0, *(min(at, max(len(lines) - SHOWN_LINES, 0)) for at, words in enumerate(held) if words)]
    return max(starts, key=lambda at: len(frozenset[str]().union(*held[at : at + SHOWN_LINES])))


def print_symbol(found: Mapping[str, Any]) -> None:
    """Where a name is defined, then where it is used."""
    if not found["definitions"] and not found["references"]:
        console.err.print("Nothing found.")
    for one in found["definitions"]:
        place = f"[bold]{escape(one['path'])}[/]:{one['start_line']}-{one['end_line']}"
        signature = str(one["signature"])  # often begins with its kind: `class Shelf`
        kind = "" if signature.split(" ")[0] == one["kind"] else f"[cyan]{one['kind']}[/] "
        console.out.print(f"{place}  {kind}{escape(signature)}")
    for one in found["references"]:
        console.out.print(f"{escape(one['path'])}:{one['line']}  [dim]used[/]")


def print_imports(found: Sequence[Mapping[str, Any]]) -> None:
    """What a file imports, with the files of the repository that are meant."""
    if not found:
        console.err.print("Nothing found.")
    for one in found:
        names = f" ({', '.join(one['names'])})" if one["names"] else ""
        meant = f"  [cyan]{escape(', '.join(one['paths']))}[/]" if one["paths"] else ""
        console.out.print(f"{one['line']}: [bold]{escape(one['module'])}[/]{escape(names)}{meant}")
