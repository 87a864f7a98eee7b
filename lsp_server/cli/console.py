"""How commands speak: results on stdout, words about them on stderr, failures as an exit code. Decides nothing else."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.segment import Segment

from indexer.errors import IndexerError
from indexer.records import Progress as BuildProgress
from lsp_server.errors import HearthError, UsageError

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, or shows in another order: a repository's text and a model's words are to be read, and no more."""


class _Terminal(Console):
    """Draws a mark in place of each control character that is not its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does it."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(harmless(one.text), one.style)


def harmless(text: str) -> str:
    """A text without control characters but for tabs and line feeds."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


out = _Terminal(highlight=False, soft_wrap=True)
err = _Terminal(stderr=True, highlight=False, soft_wrap=True)

DONE, FAILED, WRONG_USAGE, STOPPED = 0, 1, 2, 130
"""Exit codes, documented in docs/cli.md; 130 is what shells expect of a program that Ctrl-C ended."""


def take_any_encoding() -> None:
    """Have a sign that a terminal's encoding does not know (`✓` in Latin-1) printed as `?`, where it ended the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def write_json(value: object) -> None:
    """One JSON document on one line of stdout; non-ASCII as it is, what stdout cannot say (lone surrogates) escaped."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        line = json.dumps(value)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write(text: str) -> None:
    """A text on stdout, byte for byte in UTF-8 where that is a file or a pipe: a patch has to fit."""
    sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write(harmless(text.replace("\r\n", "\n")))
    else:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


def explain(error: HearthError | IndexerError) -> int:
    """Say on stderr what happened and what to do next; returns the exit code that fits."""
    err.print(f"[bold red]error:[/] {_plain(str(error))}")
    if error.advice:
        err.print(f"[dim]  →[/] {_plain(error.advice)}")
    return WRONG_USAGE if isinstance(error, UsageError) else FAILED


def warn(problems: Iterable[str]) -> None:
    """Say on stderr what is wrong without being fatal."""
    for problem in problems:
        err.print(f"[yellow]warning:[/] {_plain(problem)}")


def agrees(question: str) -> bool:
    """Whether the user says yes. No, where nobody can be asked."""
    if not (err.is_terminal and sys.stdin is not None and sys.stdin.isatty()):
        return False
    try:
        return err.input(f"{_plain(question)} \\[y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


@contextmanager
def build_progress() -> Iterator[Any]:
    """A progress bar on stderr; yields the callback that `indexer.build` wants. Silent where stderr is no terminal."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        task = bar.add_task("starting", total=None)

        def show(progress: BuildProgress) -> None:
            bar.update(task, description=progress.stage, completed=progress.done, total=progress.total or None)

        yield show


def read_batch(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The requests of a JSON-lines file with their 1-based line numbers. UsageError names the line that is none."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8.") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{file}, line {number}: not JSON ({error}).", "One JSON object a line.") from error
        if not isinstance(row, dict) or "id" not in row:
            raise UsageError(f"{file}, line {number}: a request is an object with an `id`.")
        yield number, row
