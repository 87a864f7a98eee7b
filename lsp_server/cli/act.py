"""`actions`, `action`, `ask`: the light bulb and its answers in a terminal. Prints and writes; the engine does the work."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.markup import escape

from indexer.errors import IndexerError, NoIndexError
from indexer.languages import language_of
from lsp_server.actions import catalogue
from lsp_server.actions.custom import custom_actions
from lsp_server.actions.engine import ActionEngine
from lsp_server.actions.files import WorkspaceFiles, leads_out
from lsp_server.actions.markdown import CIRCLES, CUT_OFF
from lsp_server.actions.records import Action, ActionRequest, Diagnostic, Event, Outcome, Span, Target
from lsp_server.cli import console
from lsp_server.cli.edits import as_json, diff_of, print_diff, write
from lsp_server.cli.prose import Prose
from lsp_server.cli.workbench import Workbench
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import UsageError
from lsp_server.indexing.lookup import Lookup
from lsp_server.model.port import ChosenModel

LOOK_UP_MS = 3000
"""Time for definitions. A command waits once, and the index may have to be opened from a cold disk."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: an action's id, a file and lines of it ("A:B", "A", or empty for all), and what goes with it."""

    action: str
    file: Path
    lines: str = ""
    instruction: str = ""
    problem: str = ""

    def target(self, root: Path) -> Target:
        """The place in the file; UsageError where there is none."""
        snapshot = _opened(self.file, root)
        selection = _selection(self.lines, snapshot)
        at = snapshot.line_of(selection.start)
        about = Span(snapshot.line_starts[at], snapshot.line_starts[at] + len(snapshot.line_text(at)))
        return Target(snapshot, selection, (Diagnostic(about, self.problem),) if self.problem else ())


def _opened(file: Path, root: Path) -> DocumentSnapshot:
    try:
        path = file if file.is_absolute() or file.exists() else root / file
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8, so it cannot be edited safely.") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    place = path.resolve()
    relative = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name
    return DocumentSnapshot(place.as_uri(), relative, str(root), language_of(place.name) or "plaintext", 0, text)


def _selection(lines: str, snapshot: DocumentSnapshot) -> Span:
    """Lines as people count them. One line alone is a cursor: then the definition around it is meant."""
    if not lines:
        return Span(0, len(snapshot.text))
    found = re.fullmatch(r"(\d+)(?::(\d+))?", lines.strip())
    count = len(snapshot.line_starts)
    if found is None:
        raise UsageError(f"--lines is A:B or A, with lines from 1, not {lines}.")
    first, last = int(found[1]), int(found[2] or found[1])
    if first > last:
        raise UsageError(f"--lines {lines} ends before it begins.", f"Did you mean {last}:{first}?")
    if not 1 <= first <= last <= count:
        raise UsageError(f"{snapshot.path} has {count} lines; --lines {lines} is not among them.")
    start = snapshot.line_starts[first - 1]
    if found[2] is None:
        text = snapshot.line_text(first - 1)
        at = start + len(text) - len(text.lstrip())
        return Span(at, at)
    return Span(start, snapshot.line_starts[last - 1] + len(snapshot.line_text(last - 1)))


def show_offers(file: Path, lines: str, problem: str, as_json: bool) -> int:
    """List what can be done at a place."""
    bench = Workbench()
    console.warn(bench.problems)
    root = bench.indexed_root(file.parent)
    target = Asked("", file, lines or "1", problem=problem).target(root)
    disabled = bench.settings.actions.disabled
    custom = custom_actions(bench.settings.actions)
    found = [one for one in catalogue.offers(target, custom=custom) if one.action.id not in disabled]
    rows = [(one.action.id, one.title, *_lines_of(target.snapshot, one.region.span)) for one in found]
    if as_json:
        keys = ("id", "title", "start_line", "end_line")
        console.write_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        for action_id, title, first, last in rows:
            console.out.print(f"[bold]{action_id:10}[/] {escape(title)}  [dim]lines {first}-{last}[/]")
    return console.DONE


def _lines_of(snapshot: DocumentSnapshot, span: Span) -> tuple[int, int]:
    return snapshot.line_of(span.start) + 1, snapshot.line_of(span.end) + 1


@dataclass(frozen=True, slots=True)
class Options:
    """How a command answers: which index and model, and what becomes of an edit."""

    root: Path | None = None
    backend: str | None = None
    model: str | None = None
    apply: bool = False
    diff: bool = False
    as_json: bool = False


def act(asked: Asked, options: Options) -> int:
    """Run an action on a file."""
    if options.apply and options.diff:
        raise UsageError("Give either --apply or --diff.")
    bench = Workbench(backend=options.backend, model=options.model, acting=True)
    console.warn(bench.problems)
    root = bench.root(options.root, asked.file.parent)
    action = catalogue.find(asked.action, custom_actions(bench.settings.actions))
    if action.reach == "repository":
        raise UsageError(f"`{action.id}` is not about a file.", 'Use `lsp_server ask "question"`.')
    _check(action, asked)
    target = asked.target(root)
    catalogue.place(action, target)  # a wrong place is said before a model is loaded
    outcome = asyncio.run(_run(bench, root, ActionRequest(action, target, asked.instruction), options))
    applied = options.apply and bool(outcome.edits)
    for edit in outcome.edits if applied else ():
        own = edit.path == target.snapshot.path
        if not own and leads_out(root, edit.path):
            raise UsageError(f"{edit.path} leads out of {root}; nothing was written.")
        write(Path(asked.file).resolve() if own else root / edit.path, edit, target.snapshot.language)
    if options.as_json:
        console.write_json(as_json(outcome, applied=applied))
    else:
        _print(outcome, options, applied=applied)
    return console.FAILED if outcome.refusal and outcome.refusal.code != "unchanged" else console.DONE


def _check(action: Action, asked: Asked) -> None:
    """Raises UsageError where an action was not told what it needs."""
    if action.asks and not asked.instruction.strip():
        raise UsageError(f"`{action.id}` needs to be told: {action.asks}", 'Say it with --instruction "...".')
    if action.reach == "diagnostic" and not asked.problem.strip():
        raise UsageError(f"`{action.id}` needs to be told which problem.", "Say it with --problem \"undefined name 'x'\".")


def ask(question: str, options: Options) -> int:
    """Answer a question from the index."""
    if not question.strip():
        raise UsageError("The question is empty.", 'Use `lsp_server ask "how are settings layered?"`.')
    bench = Workbench(backend=options.backend, model=options.model, acting=True)
    console.warn(bench.problems)
    root = bench.root(options.root, Path())
    nowhere = Target(DocumentSnapshot("", "", str(root), "plaintext", 0, ""), Span(0, 0))
    outcome = asyncio.run(_run(bench, root, ActionRequest(catalogue.find("ask"), nowhere, question), options))
    if options.as_json:
        console.write_json(as_json(outcome, applied=False))
    else:
        _print(outcome, options, applied=False)
    return console.DONE


async def _run(bench: Workbench, root: Path, request: ActionRequest, options: Options) -> Outcome:
    lookup = _open_lookup(bench, root, needed=request.action.reach == "repository")
    try:
        async with bench.model() as chosen:

            async def model() -> ChosenModel:
                return chosen

            settings = replace(bench.settings.actions, context_budget_ms=LOOK_UP_MS)
            engine = ActionEngine(model=model, repository=lookup, settings=settings)
            return await engine.run(request, WorkspaceFiles(root), _listener(request.action, options))
    finally:
        if lookup:
            lookup.close()


def _open_lookup(bench: Workbench, root: Path, *, needed: bool) -> Lookup | None:
    try:
        return Lookup(bench.reader(root))
    except NoIndexError as error:
        if needed:
            raise
        console.warn([f"{error} Going on without the repository's definitions. {error.advice}"])
    except IndexerError as error:
        if needed:
            raise
        console.warn([f"{error} {error.advice}"])
    return None


def _listener(action: Action, options: Options) -> Callable[[Event], None]:
    """Text as it comes: an explanation on stdout, where it is the result; an edit's raw answer on a terminal's stderr."""
    quiet = options.as_json
    prose = Prose()

    def hear(event: Event) -> None:
        if event.stage != "writing":
            if console.err.is_terminal:
                console.err.print(f"[dim]{escape(event.text)}[/]")
        elif action.answer == "explanation" and not quiet:
            console.out.print(prose.feed(event.text), end="", markup=False)
        elif console.err.is_terminal and not quiet:
            console.err.print(event.text, end="", markup=False, style="dim")

    return hear


def _print(outcome: Outcome, options: Options, *, applied: bool) -> None:
    """What came of it, besides the text that was streamed already."""
    if options.diff:
        for edit in outcome.edits:
            console.write(diff_of(edit))
        console.warn([outcome.refusal.sentence] if outcome.refusal else [])
        return
    if outcome.edits:
        for edit in outcome.edits:
            print_diff(edit)
        said = "Applied." if applied else "Not applied: --apply does it."
        console.err.print(f"{said} [dim]{escape(outcome.model)}, {outcome.timings['total'] / 1000:.1f} s[/]")
    elif outcome.refusal is not None:
        console.out.print(Prose().feed(outcome.markdown), markup=False)
    elif not outcome.timings["model"]:
        console.out.print(Prose().feed(outcome.markdown), markup=False)  # nobody was asked, so nothing was streamed
    else:
        console.warn(note.strip("*") for note in (CUT_OFF, CIRCLES) if f"\n{note}\n" in outcome.markdown)
        sources = outcome.markdown.rpartition("\n#### ")[2] if "\n#### " in outcome.markdown else ""
        console.out.print("\n\n" + Prose().feed(sources), markup=False)
    console.warn(f"Left out: {one}." for one in outcome.left_out)
