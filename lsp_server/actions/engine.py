"""Run an action: material, prompt, stream, judgement, once more with the reason, and then an edit or text. Knows no editor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from lsp_server.actions import abridge, catalogue, documentation, material, patch, prompting, region, testfiles
from lsp_server.actions.asking import answer_question
from lsp_server.actions.conversation import Conversation, Reply
from lsp_server.actions.custom import custom_actions
from lsp_server.actions.markdown import SafeMarkdown, safe, source_list
from lsp_server.actions.records import Action, ActionRequest, Event, FileEdit, Files, Offer, Outcome, Refusal, Source, Target
from lsp_server.actions.rewriting import rewrite
from lsp_server.actions.run import Listener, Run
from lsp_server.completion.calibration import Calibration
from lsp_server.completion.records import Repository
from lsp_server.errors import UsageError
from lsp_server.model.port import ChosenModel
from lsp_server.settings import ActionSettings


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
        run = Run(request, await self._conversation(), files, listen, place, symbols, self._repository, self._settings)
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
                return await rewrite(run)

    async def _conversation(self) -> Conversation:
        chosen = await self._model()
        calibration = self._calibrations.setdefault(chosen.info.name, Calibration())
        return Conversation(chosen, calibration, self._settings)

    # -- text ----------------------------------------------------------------------------------------------------------

    async def _ask(self, run: Run) -> Outcome:
        answer = await answer_question(
            run.request.instruction, self._repository, run.talk, run.listen, run.files.locate, self._settings.context_budget_ms
        )
        run.last, run.sources, run.context_ms = answer.reply, list(answer.sources), answer.context_ms
        run.count(answer.reply)
        return run.outcome(markdown=answer.markdown)

    async def _explain(self, run: Run) -> Outcome:
        snapshot, place = run.request.target.snapshot, run.place
        code = run.code
        budget = run.talk.budget
        keep = snapshot.line_of(run.request.target.selection.start) - snapshot.line_of(place.span.start)
        cut = abridge.abridge(code, snapshot.language, budget.reading, max(keep, 0))
        run.left_out += cut.left_out
        answer = budget.answer_to(0)
        values = await run.values(place, cut.text, budget.beside(len(cut.text), answer))
        stream = SafeMarkdown(run.files.locate)

        def hear(text: str) -> None:
            if drawn := stream.feed(text):
                run.listen(Event("writing", drawn))

        reply = await run.talk.ask(prompting.of(run.request.action).render(values), answer, hear)
        run.count(reply)
        if rest := stream.end():
            run.listen(Event("writing", rest))
        return run.outcome(markdown=self._explained(run, safe(reply.text, run.files.locate), reply))

    def _explained(self, run: Run, body: str, reply: Reply) -> str:
        """The explanation under the place it is about, with what it was made from and without."""
        place, snapshot = run.place, run.request.target.snapshot
        first, last = snapshot.line_of(place.span.start) + 1, snapshot.line_of(place.span.end) + 1
        here = source_list([Source(snapshot.path, first, last, place.symbol)], run.files.locate).removeprefix("1. ")
        parts = [f"### {run.request.action.title.removesuffix('…')}", here, body.strip() or "The model said nothing."]
        if reply.note:
            parts.append(reply.note)
        if run.left_out:
            parts.append("*Not shown to the model:* " + "; ".join(run.left_out) + ".")
        if run.sources:
            parts += ["#### Definitions it was shown", source_list(run.sources, run.files.locate)]
        return "\n\n".join(parts) + "\n"

    # -- edits -----------------------------------------------------------------------------------------------------------

    async def _document(self, run: Run) -> Outcome:
        snapshot, place, action = run.request.target.snapshot, run.place, run.request.action
        code = run.code
        budget = run.talk.budget
        cut = abridge.abridge(code, snapshot.language, budget.reading // 2)
        run.left_out += cut.left_out
        values = await run.values(place, cut.text, 0)
        values["example"] = material.documented_neighbour(snapshot, place, run.symbols)
        values["existing"] = documentation.existing(snapshot, place)

        def propose(said: str, truncated: bool) -> FileEdit | Refusal:
            return patch.propose_documentation(said, place, snapshot, truncated=truncated)

        edit, reply = await run.until_sound(prompting.of(action).render(values), min(budget.answer, 384), propose)
        return run.edited(edit, reply)

    async def _test(self, run: Run) -> Outcome:
        snapshot, place, action = run.request.target.snapshot, run.place, run.request.action
        goes = testfiles.find(snapshot.path, snapshot.language, run.files)
        if goes is None:
            raise UsageError(f"Hearth does not know where {snapshot.language} projects keep tests.")
        own = goes.path == snapshot.path
        there = snapshot.text if own else (run.files.text(goes.path) or "") if goes.exists else ""
        if goes.exists and not own and run.files.text(goes.path) is None:
            raise UsageError(f"{goes.path} cannot be read as text.")
        code = run.code
        budget = run.talk.budget
        example = "" if own else material.example_tests(there)
        cut = abridge.abridge(code, snapshot.language, max(budget.reading - len(example), budget.reading // 2))
        run.left_out += cut.left_out
        answer = budget.answer_to(0)
        values = await run.values(place, cut.text, budget.beside(len(cut.text) + len(example), answer))
        values |= {"example": example, "framework": goes.convention.framework, "test_path": goes.path}
        values["where"] = f"{values['where']} {material.import_line(goes, snapshot, place.symbol)}".strip()

        def propose(said: str, truncated: bool) -> FileEdit | Refusal:
            return patch.propose_tests(said, place, snapshot, goes, there, truncated=truncated)

        edit, reply = await run.until_sound(prompting.of(action).render(values), answer, propose)
        return run.edited(edit, reply)
