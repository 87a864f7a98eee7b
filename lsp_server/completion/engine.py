"""Ghost text, from a cursor to a suggestion: trigger, cache, run, trim. Knows no editor and no protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from lsp_server.completion import alternatives, prompt, trim
from lsp_server.completion.ahead import Ahead, Place
from lsp_server.completion.anchoring import Anchors
from lsp_server.completion.cache import SuggestionCache
from lsp_server.completion.calibration import PATIENT_MS, QUICK_MS
from lsp_server.completion.confidence import SURE, confidence, sure_part
from lsp_server.completion.holding import Generate, held_to
from lsp_server.completion.members import begun_behind_dot, first_share
from lsp_server.completion.offering import Offering
from lsp_server.completion.recent import Recent
from lsp_server.completion.records import CompletionRequest, Repository, Suggestion
from lsp_server.completion.rhythm import Rhythm
from lsp_server.completion.run import Run
from lsp_server.completion.syntax import keep_sound
from lsp_server.completion.tree import Trees
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.window import LONGEST_TAIL
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.port import ChosenModel, Generation, Piece, Usage
from lsp_server.settings import CompletionSettings

if TYPE_CHECKING:
    from tree_sitter import Tree

GRACE_S = 0.25
"""How long an answer that the user types along waits for the next request. Editors ask 40 to 200 ms after a key."""


@dataclass(slots=True)
class _Clock:
    """Milliseconds by stage, taken with one running clock."""

    started: float = field(default_factory=monotonic)
    last: float = field(default_factory=monotonic)
    stages: dict[str, float] = field(default_factory=dict)

    def mark(self, stage: str) -> None:
        now = monotonic()
        self.stages[stage] = round(1000 * (now - self.last), 1)
        self.last = now

    def total(self) -> dict[str, float]:
        return {**self.stages, "total": round(1000 * (monotonic() - self.started), 1)}


class CompletionEngine:
    """One engine serves one folder of one connection; its memory (anchor, cache, run, calibration) dies with it.

    `model` gives the model in force and may raise HearthError; `repository` may be None: no index, no context. `patience` is
    how many times longer than usual a prompt may take to read: benchmarks must not depend on how busy a machine is.
    `sure` is the least mean probability of a line that is shown unasked.
    """

    def __init__(
        self,
        *,
        model: Callable[[], Awaitable[ChosenModel]],
        repository: Repository | None,
        settings: CompletionSettings,
        patience: float = 1.0,
        sure: float = SURE,
    ) -> None:
        self._model = model
        self._settings = settings
        self._patience, self._sure = patience, sure
        self._repository = repository
        self._cache = SuggestionCache()
        self._trees, self._recent = Trees(), Recent()
        self._anchors = Anchors(repository, settings, self._trees, self._recent)
        self._ahead = Ahead(self._anchors, self._keep, self._is_known, settings.prompt_tokens)
        self._rhythm = Rhythm(settings.debounce_ms / 1000)
        self._run: Run | None = None

    def forget(self) -> None:
        """Stop what runs, clear suggestions and frozen context; what was learnt about the model's speed stays."""
        self._ahead.stop()
        self._stop_run()
        self._cache.clear()
        self._trees.clear()
        self._recent.clear()
        self._anchors.forget()

    async def complete(self, request: CompletionRequest) -> Suggestion | None:
        """A suggestion for one cursor, or None where there is nothing to suggest.

        Raises HearthError for the user. When it is cancelled, the model's socket is closed, unless the user types along what
        the model writes: then the next request finds the answer under way.
        """
        snapshot, clock = request.snapshot, _Clock()
        before, after = snapshot.text[: request.offset], snapshot.text[request.offset :]
        self._ahead.asked()
        if request.trigger == "automatic":
            self._rhythm.key(clock.started)
        if not self._settings.enabled or snapshot.language in self._settings.disabled_languages:
            return None
        self._recent.note(snapshot, request.offset, request.opened)
        if extent_at(before, after, request.trigger) is None:  # text alone forbids it: no need to parse
            return None
        tree = await self._trees.of(snapshot.uri, snapshot.text, snapshot.language)
        extent = extent_at(before, after, request.trigger, tree)
        if extent is None:
            return None
        chosen = await self._model()
        known, earlier = self._cache.get(snapshot.uri, before, after, chosen.info.name)
        if known and (earlier or request.trigger == "automatic"):
            if earlier and request.trigger == "invoked" and not earlier.alternatives:
                earlier = await self._with_others(earlier, request, chosen, extent)
                self._cache.put(snapshot.uri, before, after, chosen.info.name, earlier)
            return earlier and replace(earlier, timings=clock.total())
        run, typed = await self._joined_or_started(request, chosen, before, after, extent, clock)
        try:
            answer = await run.rest(typed)
        except asyncio.CancelledError:
            self._leave(run, request)
            raise
        clock.mark("model")
        sure = sure_part(answer, run.marks, len(typed), self._sure) if request.trigger == "automatic" else answer
        text = _cleaned(sure, before, after, run.built, snapshot, tree)
        clock.mark("trim")
        suggestion = Suggestion(
            text=text.replace("\n", snapshot.newline),
            model=chosen.info.name,
            backend=chosen.info.backend,
            context=run.anchor.snippets,
            timings={**clock.total(), "first_token": round(run.read_ms, 1)},
            usage=self._usage(chosen, run),
            reused=bool(typed),
            origin=run.origin,
            confidence=confidence(run.marks, len(typed), len(typed) + len(answer)),
        )
        if text and request.trigger == "invoked":
            suggestion = await self._with_others(suggestion, request, chosen, extent)
        kept = suggestion if text else None
        if run.whole:
            ends = run.ends_behind(typed + text)
            self._cache.put(snapshot.uri, before, after, chosen.info.name, kept, ends=ends)
            suggested = "" if run.meets_below or run.leaves else text  # then nothing comes behind it
            self._ahead.begin(Place(snapshot, before, after, suggested), chosen, run.anchor)
        return kept

    async def _with_others(
        self, first: Suggestion, request: CompletionRequest, chosen: ChosenModel, extent: Extent
    ) -> Suggestion:
        """The same suggestion with others beside it, drawn for the prompt that is in the runner's cache."""
        snapshot = request.snapshot
        before, after = snapshot.text[: request.offset], snapshot.text[request.offset :]
        self._ahead.stop()
        anchor, tail = await self._anchors.at(snapshot, before, after, chosen, PATIENT_MS)
        built = prompt.build_for(chosen, anchor, tail, snapshot)
        ask = partial(chosen.client.generate, chosen.info.name)
        # Chance is to write the name: the likeliest one stands in the first suggestion.
        members = self._offering(snapshot, before, after)

        def begin(temperature: float, seed: int) -> Run:
            wanted = Generation(built.text, max_tokens=self._settings.max_tokens, stop=built.stops)
            drawn = replace(wanted, temperature=temperature, seed=seed)
            stream = held_to(members.offered, ask, drawn) if members else ask(drawn)
            return Run(stream, built, anchor, before, after, extent, snapshot.language)

        def clean(run: Run) -> str:
            return _cleaned(run.text, before, after, built, snapshot).replace("\n", snapshot.newline)

        try:
            return replace(first, alternatives=await alternatives.draw(begin, clean, first.text))
        finally:
            if members is not None:
                members.close()

    async def _joined_or_started(
        self, request: CompletionRequest, chosen: ChosenModel, before: str, after: str, extent: Extent, clock: _Clock
    ) -> tuple[Run, str]:
        """The run under way and what was typed since it began, or a new run after the pause for another keystroke."""
        run, uri, model = self._run, request.snapshot.uri, chosen.info.name
        if run is not None and (run.uri, run.model) == (uri, model):
            typed = run.typed(before, after)
            if typed is not None:
                clock.mark("wait")
                return run, typed
        self._stop_run()
        self._ahead.stop()
        if request.trigger == "automatic":
            await asyncio.sleep(self._rhythm.pause_s(before))
        clock.mark("wait")
        offering = self._offering(request.snapshot, before, after)
        read_ms = self._patience * (QUICK_MS if request.trigger == "automatic" else PATIENT_MS)
        try:
            anchor, tail = await self._anchors.at(request.snapshot, before, after, chosen, read_ms)
        except asyncio.CancelledError:
            if offering is not None:
                offering.close()
            raise
        clock.mark("context")
        built = prompt.build_for(chosen, anchor, tail, request.snapshot)
        clock.mark("prompt")
        wanted = Generation(prompt=built.text, max_tokens=self._settings.max_tokens, stop=built.stops, logprobs=True)
        self._stop_run()  # another document's request may have started one meanwhile
        ask = partial(chosen.client.generate, model)

        def is_held() -> None:  # what further calls take says nothing about how fast the prompt was read
            started.is_learnt = True

        stream = _held(offering, ask, wanted, is_held, first_share(chosen.info.millions)) if offering else ask(wanted)
        self._run = started = Run(stream, built, anchor, before, after, extent, request.snapshot.language)
        started.shared = self._anchors.calibration(chosen).sent(built.text)
        return started, ""

    def _offering(self, snapshot: DocumentSnapshot, before: str, after: str) -> Offering | None:
        """Look up what may stand behind the dot while the prompt is put together and read; None where there is no dot."""
        if self._repository is None or not self._settings.context_budget_ms or begun_behind_dot(before) is None:
            return None
        tree = partial(self._trees.of, snapshot.uri, snapshot.text, snapshot.language)
        budget_ms = self._settings.context_budget_ms
        return Offering(self._repository, snapshot, before, after, tree, budget_ms)

    def _is_known(self, place: Place, chosen: ChosenModel) -> bool:
        return self._cache.get(place.snapshot.uri, place.before, place.after, chosen.info.name)[0]

    def _keep(self, run: Run, place: Place, chosen: ChosenModel) -> None:
        """Remember what was written ahead of a place; nothing is an answer too, or it would be written once more."""
        sure = sure_part(run.text, run.marks, sure=self._sure)
        text = _cleaned(sure, place.before, place.after, run.built, place.snapshot)
        suggestion = Suggestion(
            text=text.replace("\n", place.snapshot.newline),
            model=chosen.info.name,
            backend=chosen.info.backend,
            context=run.anchor.snippets,
            usage=self._usage(chosen, run),
        )
        ends = run.ends_behind(text)
        self._cache.put(run.uri, place.before, place.after, run.model, suggestion if text else None, ends=ends)

    def _leave(self, run: Run, request: CompletionRequest) -> None:
        """A request is cancelled: its run ends with it, unless others read it or the user types along what it writes."""
        if run.readers:
            return
        text = request.now()
        if text is not None and text.endswith(run.after):
            typed = run.typed(text[: len(text) - len(run.after)], run.after)
            if typed:
                asyncio.get_running_loop().call_later(GRACE_S, self._stop_if_left, run)
                return
        run.cancel()

    def _stop_if_left(self, run: Run) -> None:
        """End a run that nobody came back to."""
        if not run.readers and not run.finished:
            run.cancel()

    def _stop_run(self) -> None:
        if self._run is not None:
            self._run.cancel()
            self._run = None

    def _usage(self, chosen: ChosenModel, run: Run) -> Usage:
        """What the run cost: the runner's count, or an estimate of the prompt where the run was ended before it counted."""
        calibration = self._anchors.calibration(chosen)
        if run.whole and not run.is_learnt:  # once: what is read for somebody else meanwhile must not count as this one's
            run.is_learnt = True
            calibration.learn(run.built.text, run.usage, run.read_ms, run.shared)
            if run.shared is not None and len(run.built.text) - run.shared <= LONGEST_TAIL:
                self._rhythm.answered(run.read_ms / 1000)
        return run.usage or Usage(prompt_tokens=int(len(run.built.text) / calibration.characters_per_token))


async def _held(
    offering: Offering, ask: Generate, wanted: Generation, is_held: Callable[[], None], least: float
) -> AsyncGenerator[Piece, None]:
    """An answer held to what is looked up while its prompt is read; the look-up ends with the answer, whoever waited for it."""
    try:
        known = await offering.soon()
        async with aclosing(held_to(offering.offered, ask, wanted, is_held, known, least)) as pieces:
            async for piece in pieces:
                yield piece
    finally:
        offering.close()


def _cleaned(
    answer: str, before: str, after: str, built: prompt.Prompt, snapshot: DocumentSnapshot, tree: Tree | None = None
) -> str:
    """What of an answer may stand at a place; empty for nothing. `tree` is that of `before` + `after`, where it is at hand."""
    around = trim.Surroundings(before, after, built.stops)
    return keep_sound(trim.clean(answer, around), before, after, snapshot.language, tree)
