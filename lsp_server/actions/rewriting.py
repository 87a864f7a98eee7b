"""Rewrite code: one region at once, or a long selection definition by definition and then together. Knows no prompt's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lsp_server.actions import abridge, gate, patch, prompting, region
from lsp_server.actions.conversation import Reply
from lsp_server.actions.naming import left_behind
from lsp_server.actions.records import Event, FileEdit, Outcome, Refusal, Region, Replacement, Span
from lsp_server.actions.run import Run
from lsp_server.errors import UsageError

MOST_PARTS = 12
"""Definitions of a long selection that are rewritten one after the other: about as long as anybody waits."""

_NOT_TOGETHER = Refusal("syntax", "The rewritten parts do not parse together.")


async def rewrite(run: Run) -> Outcome:
    """What a rewriting of the run's place comes to. UsageError where it is too long and has no definitions to go by."""
    code = run.code
    room = run.talk.budget.code
    if len(code) > room:
        return await _rewrite_parts(run, code, room)
    edit, reply = await _rewritten(run, run.place, code)
    if isinstance(edit, FileEdit) and run.request.action.renames:
        language = run.request.target.snapshot.language
        run.left_out += await left_behind(edit, language, run.repository, run.settings.context_budget_ms)
    return run.edited(edit, reply)


async def _rewritten(run: Run, place: Region, code: str) -> tuple[FileEdit | Refusal, Reply]:
    """One region's edit, or why there is none."""
    snapshot, action, budget = run.request.target.snapshot, run.request.action, run.talk.budget
    answer = budget.answer_to(len(code), rewrites=True)
    values = await run.values(place, code, budget.beside(len(code), answer))

    asked = f"{action.template} {run.request.instruction}".strip()

    def propose(said: str, truncated: bool) -> FileEdit | Refusal:
        return patch.propose(said, action, place, snapshot, asked=asked, truncated=truncated)

    return await run.until_sound(prompting.of(action).render(values), answer, propose)


async def _rewrite_parts(run: Run, code: str, room: int) -> Outcome:
    """A selection too long to be rewritten at once: its definitions one by one, each judged for itself, then together."""
    snapshot, place = run.request.target.snapshot, run.place
    first_line = snapshot.line_of(place.span.start)
    found = abridge.parts(code, snapshot.language, room)
    if found is None:
        lines = code.count("\n") + 1
        raise UsageError(
            f"The selection is too long for {run.talk.chosen.info.name}: {lines} lines, and it can rewrite about "
            f"{room // max(len(code) // lines, 1)} at once.",
            "Select less, or one definition.",
        )
    edits: list[FileEdit] = []
    refusal, reply = None, Reply()
    for one in found[:MOST_PARTS]:
        moved = replace(one, start_line=one.start_line + first_line, end_line=one.end_line + first_line)
        part = region.definition_region(snapshot, moved)
        known = next(
            (other for other in run.symbols if other.start_line == moved.start_line and other.name == moved.name), moved
        )
        part = replace(part, symbol=known.qualified_name)
        shown = run.shown(part)
        run.listen(Event("reading", f"Rewriting {known.name}, {len(edits) + 1} of {len(found)}"))
        edit, reply = await _rewritten(run, part, shown)
        if isinstance(edit, FileEdit):
            edits.append(edit)
        else:
            refusal = edit
            run.left_out.append(f"`{known.qualified_name}`: {edit.sentence}")
    run.left_out += [f"`{one.qualified_name}`, since the selection is long" for one in found[MOST_PARTS:]]
    if not edits:
        assert refusal is not None
        return run.edited(refusal, reply)
    whole = _together(edits)
    return run.edited(whole if gate.still_sound(whole, snapshot.language) else _NOT_TOGETHER, reply)


def _together(edits: Sequence[FileEdit]) -> FileEdit:
    """Edits of apart regions of one document as one; imports that several of them add are added once."""
    at: dict[Span, list[str]] = {}
    for edit in edits:
        for one in edit.replacements:
            texts = at.setdefault(one.span, [])
            texts += (
                [line for line in one.text.splitlines(keepends=True) if line not in texts] if not len(one.span) else [one.text]
            )
    made = [Replacement(span, "".join(texts)) for span, texts in sorted(at.items(), key=lambda item: item[0].start)]
    return FileEdit(edits[0].path, edits[0].before, tuple(made))
