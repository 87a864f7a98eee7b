"""`stats`: what became of the suggestions, as tables and bars in the terminal. Prints; the figures are the ledger's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from time import time

from rich.markup import escape

from lsp_server.cli import console
from lsp_server.ledger.store import Store
from lsp_server.ledger.summary import DAY_S, Figures, Stats, summarize
from lsp_server.paths import Paths

_BLOCKS = " ▏▎▍▌▋▊▉█"
_BAR = 24
"""Characters of the longest bar."""

_BOUNDS_MS = (50, 100, 200, 400, 800, 1600)
"""Of the histogram of waits, each twice the one before: up to 100 ms feels instant, above 400 people type on."""


def stats(days: int, clear: bool, as_json: bool) -> int:
    """Print the figures of the last days, or delete them all."""
    store = Store(Paths.of_user().ledger)
    if clear:
        found = store.clear()
        console.err.print(f"{'Deleted' if found else 'There was no'} {escape(str(store.file))}")
        return console.DONE
    figures = summarize(store.read(time() - days * DAY_S))
    if as_json:
        console.write_json({"file": str(store.file), "days_asked": days, **figures.as_json()})
    elif not figures.all.suggestions:
        console.out.print(f"No suggestions in the last {days} days. They are counted while an editor is connected.")
    else:
        _draw(figures, days)
        console.out.print(f"\n[dim]{escape(str(store.file))}: figures only, no code. They stay on this machine.[/]")
    return console.DONE


def _draw(stats: Stats, days: int) -> None:
    whole = stats.all
    console.out.print(
        f"[bold]{_count(whole.suggestions, 'suggestion')}[/] in the last {days} days, "
        f"{_percent(whole.acceptance)} of them taken "
        f"({whole.taken:,} whole, {whole.taken_partly:,} in part; {whole.taken_characters:,} characters), "
        f"{_percent(whole.kept)} of that still there after 30 s.\n"
        f"{_count(whole.answers, 'request')} answered with text, "
        f"{_percent(whole.from_memory)} of them without asking the model."
    )
    _table("model", stats.models)
    if len(stats.languages) > 1:
        _table("language", stats.languages)
    console.out.print("\n[bold]From a keystroke to ghost text[/], the pause for another keystroke included")
    _histogram(stats.totals_ms)
    console.out.print("\n[bold]By day[/]: suggestions, and how many were taken")
    most = max(day.suggestions for day in stats.days.values())
    for name, day in list(stats.days.items())[-31:]:
        taken = (day.taken + day.taken_partly) / most
        bar = f"[green]{_bar(taken)}[/][dim]{'░' * round(_BAR * (day.suggestions / most - taken))}[/]"
        console.out.print(f"  {name}  {bar} {day.suggestions:,}, {_percent(day.acceptance)} taken")


def _table(title: str, groups: Mapping[str, Figures]) -> None:
    # Not rich's table: in a pipe or a narrow terminal that cuts names off, where a long line can still be read.
    rows = [(title, "shown", "taken", "kept", "p50 ms", "p95 ms", "first token", "from memory", "prompt reused")]
    for name, one in groups.items():
        shares = (_percent(one.acceptance), _percent(one.kept))
        times = (_number(one.total_ms_p50), _number(one.total_ms_p95), _number(one.first_token_ms_p50))
        rows.append((name, f"{one.suggestions:,}", *shares, *times, _percent(one.from_memory), _percent(one.reused)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    console.out.print()
    for number, (name, *cells) in enumerate(rows):
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        console.out.print(f"{escape(name.ljust(widths[0]))}  {line}", style="" if number else "bold")


def _histogram(waits: Sequence[float]) -> None:
    edges = (0.0, *_BOUNDS_MS, float("inf"))
    counts = [sum(low <= wait < high for wait in waits) for low, high in pairwise(edges)]
    for (low, high), count in zip(pairwise(edges), counts, strict=True):
        label = f"under {high:.0f}" if not low else f"{low:.0f} and more" if high == edges[-1] else f"{low:.0f} to {high:.0f}"
        console.out.print(f"  {label:>13} ms  [cyan]{_bar(count / max(counts))}[/] {count:,}")


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    return "█" * (eighths // 8) + (_BLOCKS[eighths % 8].strip() if eighths % 8 else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
