"""Run an action: material, prompt, stream, judgement, once more with the reason, and then an edit or text. Knows no editor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from indexer.records import Symbol
from lsp_server.actions import abridge, catalogue, documentation, fitting, gate, material, patch, prompting, region, testfiles
from lsp_server.actions.asking import answer_question
from lsp_server.actions.conversation import Conversation, Reply
from lsp_server.actions.custom import custom_actions
from lsp_server.actions.markdown import SafeMarkdown, safe, source_list
from lsp_server.actions.records import (
    Action,
    ActionRequest,
    Event,
    FileEdit,
    Files,
    Offer,
    Outcome,
    Refusal,
    Region,
    Replacement,
    Source,
    Span,
    Target,
)
from lsp_server.actions.reply import count_closed
from lsp_server.completion.calibration import Calibration
from lsp_server.completion.records import Repository
from lsp_server.errors import UsageError
from lsp_server.model.port import ChosenModel, Message
from lsp_server.settings import ActionSettings

MOST_PARTS = 12
"""Definitions of a long selection that are rewritten one after the other: about as long as anybody waits."""

SHOWN_AGAIN = 1500
"""Characters of a refused answer that the model is shown once more: enough to see the mistake, little to read."""

Listener = Callable[[Event], None]


@dataclass(slots=True)
class _Run:
    """One action under way: what it works on, and what it has come to so far."""

    request: ActionRequest
    talk: Conversation
    files: Files
    listen: Listener
    place: Region
    symbols: Sequence[Symbol]
    started: float = field(default_factory=monotonic)
    attempts: int = 0
    left_out: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    context_ms: float = 0.0
    first_token_ms: float = 0.0
    model_ms: float = 0.0
    last: Reply = field(default_factory=Reply)

    def outcome(self, *, edits: Sequence[FileEdit] = (), markdown: str = "", refusal: Refusal | None = None) -> Outcome:
        """What the run came to."""
        action, chosen = self.request.action, self.talk.chosen
        stages = {"context": self.context_ms, "first_token": self.first_token_ms, "model": self.model_ms}
        stages["total"] = 1000 * (monotonic() - self.started)
        return Outcome(
            action=action.id,
            title=action.title.removesuffix("…"),
            edits=tuple(edits),
            markdown=markdown,
            refusal=refusal,
            left_out=tuple(self.left_out),
            sources=tuple(self.sources),
            model=chosen.info.name,
            backend=chosen.info.backend,
            attempts=max(self.attempts, 1),
            usage=self.last.usage,
            timings={stage: round(ms, 1) for stage, ms in stages.items()},
        )


class ActionEngine:
    """Actions in one workspace folder. `model` gives the model in force and may raise HearthError; `repository` may be None."""

    def __init__(
        self,
        *,
        model: Callable[[], Awaitable[ChosenModel]],
        repository: Repository | None,
        settings: ActionSettings,
    ) -> None:
        self._model = model
        self._repository = repository
        self._settings = settings
        self._calibrations: dict[str, Calibration] = {}

    def find(self, action_id: str) -> Action:
        """The action with an id, the user's own among them; UsageError names those there are."""
        return catalogue.find(action_id, custom_actions(self._settings))

    def offers(self, target: Target, *, only: Sequence[str], can_ask: bool) -> Sequence[Offer]:
        """What makes sense at a target and is not switched off."""
        found = catalogue.offers(target, only=only, custom=custom_actions(self._settings), can_ask=can_ask)
        return [one for one in found if one.action.id not in self._settings.disabled]

    async def run(self, request: ActionRequest, files: Files, listen: Listener) -> Outcome:
        """What an action comes to; `files` is the repository as it is now.

        Raises HearthError for the user; cancelled, it closes the model's socket and is gone.
        """
        action = request.action
        if action.asks and not request.instruction.strip():
            raise UsageError(f"“{action.title.removesuffix('…')}” needs to be told: {action.asks}")
        prompting.of(action)  # a wrong prompt of the user's own is said before anything is waited for
        place = catalogue.place(action, request.target)
        symbols = region.definitions(request.target.snapshot)
        run = _Run(request, await self._conversation(), files, listen, place, symbols)
        match action.answer:
            case "explanation" if action.reach == "repository":
                return await self._ask(run)
            case "explanation":
                return await self._explain(run)
            case "documentation":
                return await self._document(run)
            case "tests":
                return await self._test(run)
            case _:
                return await self._rewrite(run)

    async def _conversation(self) -> Conversation:
        chosen = await self._model()
        calibration = self._calibrations.setdefault(chosen.info.name, Calibration())
        return Conversation(chosen, calibration, self._settings)

    # -- text ----------------------------------------------------------------------------------------------------------

    async def _ask(self, run: _Run) -> Outcome:
        answer = await answer_question(
            run.request.instruction, self._repository, run.talk, run.listen, run.files.locate, self._settings.context_budget_ms
        )
        run.last, run.sources, run.context_ms = answer.reply, list(answer.sources), answer.context_ms
        self._count(run, answer.reply)
        return run.outcome(markdown=answer.markdown)

    async def _explain(self, run: _Run) -> Outcome:
        snapshot, place = run.request.target.snapshot, run.place
        code = fitting.shown(place.span.of(snapshot.text), snapshot.language).text
        budget = run.talk.budget
        keep = snapshot.line_of(run.request.target.selection.start) - snapshot.line_of(place.span.start)
        cut = abridge.abridge(code, snapshot.language, budget.reading, max(keep, 0))
        run.left_out += cut.left_out
        answer = budget.answer_to(0)
        values = await self._values(run, place, cut.text, budget.beside(len(cut.text), answer))
        stream = SafeMarkdown(run.files.locate)

        def hear(text: str) -> None:
            if drawn := stream.feed(text):
                run.listen(Event("writing", drawn))

        reply = await run.talk.ask(prompting.of(run.request.action).render(values), answer, hear)
        self._count(run, reply)
        if rest := stream.end():
            run.listen(Event("writing", rest))
        return run.outcome(markdown=self._explained(run, safe(reply.text, run.files.locate), reply))

    def _explained(self, run: _Run, body: str, reply: Reply) -> str:
        """The explanation under the place it is about, with what it was made from and without."""
        place, snapshot = run.place, run.request.target.snapshot
        first, last = snapshot.line_of(place.span.start) + 1, snapshot.line_of(place.span.end) + 1
        here = source_list([Source(snapshot.path, first, last, place.symbol)], run.files.locate).removeprefix("1. ")
        parts = [f"### {run.request.action.title.removesuffix('…')}", here, body.strip() or "The model said nothing."]
        if reply.truncated:
            parts.append("*The answer was cut off here.*")
        if run.left_out:
            parts.append("*Not shown to the model:* " + "; ".join(run.left_out) + ".")
        if run.sources:
            parts += ["#### Definitions it was shown", source_list(run.sources, run.files.locate)]
        return "\n\n".join(parts) + "\n"

    # -- edits ---------------------------------------------------------------------------------------------------------

    async def _rewrite(self, run: _Run) -> Outcome:
        snapshot, place = run.request.target.snapshot, run.place
        code = fitting.shown(place.span.of(snapshot.text), snapshot.language).text
        room = run.talk.budget.code
        if len(code) > room:
            return await self._rewrite_parts(run, code, room)
        edit, reply = await self._rewritten(run, place, code)
        return self._edited(run, edit, reply)

    async def _rewritten(self, run: _Run, place: Region, code: str) -> tuple[FileEdit | Refusal, Reply]:
        """One region's edit, or why there is none."""
        snapshot, action, budget = run.request.target.snapshot, run.request.action, run.talk.budget
        answer = budget.answer_to(len(code), rewrites=True)
        values = await self._values(run, place, code, budget.beside(len(code), answer))

        def propose(said: str, truncated: bool) -> FileEdit | Refusal:
            return patch.propose(said, action, place, snapshot, truncated=truncated)

        return await self._until_sound(run, prompting.of(action).render(values), answer, propose)

    async def _rewrite_parts(self, run: _Run, code: str, room: int) -> Outcome:
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
            shown = fitting.shown(part.span.of(snapshot.text), snapshot.language).text
            run.listen(Event("reading", f"Rewriting {known.name}, {len(edits) + 1} of {len(found)}"))
            edit, reply = await self._rewritten(run, part, shown)
            if isinstance(edit, FileEdit):
                edits.append(edit)
            else:
                refusal = edit
                run.left_out.append(f"`{known.qualified_name}`: {edit.sentence}")
        run.left_out += [f"`{one.qualified_name}`, since the selection is long" for one in found[MOST_PARTS:]]
        if not edits:
            assert refusal is not None
            return self._edited(run, refusal, reply)
        whole = _together(edits)
        return self._edited(run, whole if gate.still_sound(whole, snapshot.language) else _NOT_TOGETHER, reply)

    async def _document(self, run: _Run) -> Outcome:
        snapshot, place, action = run.request.target.snapshot, run.place, run.request.action
        code = fitting.shown(place.span.of(snapshot.text), snapshot.language).text
        budget = run.talk.budget
        cut = abridge.abridge(code, snapshot.language, budget.reading // 2)
        run.left_out += cut.left_out
        values = await self._values(run, place, cut.text, 0)
        values["example"] = material.documented_neighbour(snapshot, place, run.symbols)
        values["existing"] = documentation.existing(snapshot, place)

        def propose(said: str, truncated: bool) -> FileEdit | Refusal:
            return patch.propose_documentation(said, place, snapshot, truncated=truncated)

        edit, reply = await self._until_sound(run, prompting.of(action).render(values), min(budget.answer, 384), propose)
        return self._edited(run, edit, reply)

    async def _test(self, run: _Run) -> Outcome:
        snapshot, place, action = run.request.target.snapshot, run.place, run.request.action
        goes = testfiles.find(snapshot.path, snapshot.language, run.files)
        if goes is None:
            raise UsageError(f"Hearth does not know where {snapshot.language} projects keep tests.")
        own = goes.path == snapshot.path
        there = snapshot.text if own else (run.files.text(goes.path) or "") if goes.exists else ""
        if goes.exists and not own and run.files.text(goes.path) is None:
            raise UsageError(f"{goes.path} cannot be read as text.")
        code = fitting.shown(place.span.of(snapshot.text), snapshot.language).text
        budget = run.talk.budget
        example = "" if own else material.example_tests(there)
        cut = abridge.abridge(code, snapshot.language, max(budget.reading - len(example), budget.reading // 2))
        run.left_out += cut.left_out
        answer = budget.answer_to(0)
        values = await self._values(run, place, cut.text, budget.beside(len(cut.text) + len(example), answer))
        values |= {"example": example, "framework": goes.convention.framework, "test_path": goes.path}
        values["where"] = f"{values['where']} {material.import_line(goes, snapshot, place.symbol)}".strip()

        def propose(said: str, truncated: bool) -> FileEdit | Refusal:
            return patch.propose_tests(said, place, snapshot, goes, there, truncated=truncated)

        edit, reply = await self._until_sound(run, prompting.of(action).render(values), answer, propose)
        return self._edited(run, edit, reply)

    async def _until_sound(
        self, run: _Run, messages: Sequence[Message], answer: int, propose: Callable[[str, bool], FileEdit | Refusal]
    ) -> tuple[FileEdit | Refusal, Reply]:
        """Ask; where the answer is refused, ask once more and say why. The edit or the last reason, and the last answer."""
        reply, edit = Reply(), patch.NO_CODE
        for attempt in (1, 2):
            closed = 0

            async def enough(said: str) -> bool:
                # A fenced block is complete: where it is a sound edit, nothing better comes.
                nonlocal closed
                if (now := count_closed(said)) == closed:
                    return False
                closed = now
                return isinstance(await asyncio.to_thread(propose, said, False), FileEdit)

            run.attempts += 1
            reply = await run.talk.ask(messages, answer, lambda text: run.listen(Event("writing", text)), enough)
            self._count(run, reply)
            proposed = await asyncio.to_thread(partial(propose, reply.text, reply.truncated))
            if isinstance(proposed, FileEdit) or proposed.code == "unchanged" or not proposed.hint:
                return proposed, reply
            edit = proposed
            if attempt == 1:
                run.listen(Event("again", proposed.sentence))
                messages = _once_more(messages, reply.text, proposed)
        return edit, reply

    def _edited(self, run: _Run, edit: FileEdit | Refusal, reply: Reply) -> Outcome:
        """An edit as it is; a refused answer as text that says why it was not applied."""
        if isinstance(edit, FileEdit):
            return run.outcome(edits=(edit,))
        if edit.code == "unchanged":
            return run.outcome(markdown=f"{edit.sentence}\n", refusal=edit)
        said = safe(reply.text, run.files.locate).strip() or "The model said nothing."
        lead = f"**{run.request.action.title.removesuffix('…')}: not applied.** {edit.sentence} This is what the model said:"
        return run.outcome(markdown=f"{lead}\n\n{said}\n", refusal=edit)

    # -- material ------------------------------------------------------------------------------------------------------

    async def _values(self, run: _Run, place: Region, code: str, room: int) -> dict[str, str]:
        """What a prompt may ask for, as far as it is the same for all actions."""
        target = run.request.target
        snapshot, started = target.snapshot, monotonic()
        asked = "definitions" in prompting.of(run.request.action).words and room > 0
        budget = self._settings.context_budget_ms
        hits = await material.definitions(self._repository, snapshot, place, run.symbols, budget, room) if asked else ()
        run.context_ms += 1000 * (monotonic() - started)
        run.sources += [one for one in map(Source.of_hit, hits) if one not in run.sources]
        run.listen(Event("reading", f"Reading {place.symbol or snapshot.path} and {len(hits)} definitions"))
        return {
            "language": snapshot.language,
            "path": snapshot.path,
            "name": place.symbol.rsplit(".", 1)[-1],
            "where": material.standing(place, run.symbols),
            "code": code,
            "definitions": material.drawn(hits),
            "instruction": run.request.instruction.strip(),
            "diagnostics": material.problems(snapshot, target.diagnostics),
            "todo": material.todo_text(target),
            "selected": material.selected(target, place),
        }

    def _count(self, run: _Run, reply: Reply) -> None:
        run.last = reply
        run.first_token_ms = run.first_token_ms or reply.first_token_ms
        run.model_ms += reply.model_ms


_NOT_TOGETHER = Refusal("syntax", "The rewritten parts do not parse together.")


def _once_more(messages: Sequence[Message], said: str, refusal: Refusal) -> tuple[Message, ...]:
    """The conversation so far, the refused answer, and the reason: what was read already is the start of the new prompt."""
    again = prompting.builtin("again").render({"reason": refusal.hint})
    shown = said if len(said) <= SHOWN_AGAIN else said[:SHOWN_AGAIN].rstrip() + "\n…"
    return (*messages, Message("assistant", shown), *again)


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
