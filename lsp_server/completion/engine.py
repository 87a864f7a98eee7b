"""Ghost text, from a cursor to a suggestion: trigger, cache, run, trim. Knows no editor and no protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

from indexer.records import Hit
from lsp_server.completion import context, prompt, trim
from lsp_server.completion.cache import SuggestionCache
from lsp_server.completion.calibration import Calibration
from lsp_server.completion.records import CompletionRequest, Repository, Suggestion
from lsp_server.completion.run import Run
from lsp_server.completion.syntax import keep_sound
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.window import Anchor, cut_window
from lsp_server.model.families import FAMILIES
from lsp_server.model.port import ChosenModel, Generation, Usage
from lsp_server.settings import CompletionSettings

SNIPPET_SHARE = 0.35
"""Of a prompt's characters. Definitions of a dozen names fit in a third of 1,000 tokens; the code itself matters more."""

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

    `model` gives the model in force and may raise HearthError; `repository` may be None: no index, no context.
    """

    def __init__(
        self,
        *,
        model: Callable[[], Awaitable[ChosenModel]],
        repository: Repository | None,
        settings: CompletionSettings,
    ) -> None:
        self._model = model
        self._repository = repository
        self._settings = settings
        self._cache = SuggestionCache()
        self._anchor: Anchor | None = None
        self._run: Run | None = None
        self._calibrations: dict[str, Calibration] = {}

    def forget(self) -> None:
        """Clear the suggestions and the frozen context; what was learnt about the model's speed stays."""
        self._cache.clear()
        self._anchor = None
        self._stop_run()

    async def complete(self, request: CompletionRequest) -> Suggestion | None:
        """A suggestion for one cursor, or None where there is nothing to suggest.

        Raises HearthError for the user. When it is cancelled, the model's socket is closed, unless the user types along what
        the model writes: then the next request finds the answer under way.
        """
        snapshot, clock = request.snapshot, _Clock()
        before, after = snapshot.text[: request.offset], snapshot.text[request.offset :]
        if not self._settings.enabled or snapshot.language in self._settings.disabled_languages:
            return None
        extent = extent_at(before, after, request.trigger)
        if extent is None:
            return None
        chosen = await self._model()
        known, earlier = self._cache.get(snapshot.uri, before, after, chosen.info.name)
        if known and (earlier or request.trigger == "automatic"):
            return earlier
        run, typed = await self._joined_or_started(request, chosen, before, after, extent, clock)
        try:
            answer = await run.rest(typed)
        except asyncio.CancelledError:
            self._leave(run, request)
            raise
        clock.mark("model")
        around = trim.Surroundings(before, after, run.built.stops)
        text = keep_sound(trim.clean(answer, around), before, after, snapshot.language)
        clock.mark("trim")
        suggestion = Suggestion(
            text=text.replace("\n", snapshot.newline),
            model=chosen.info.name,
            backend=chosen.info.backend,
            context=run.anchor.snippets,
            timings={**clock.total(), "first_token": round(run.read_ms, 1)},
            usage=self._usage(chosen, run),
            reused=bool(typed),
        )
        kept = suggestion if text else None
        if run.finished:
            self._cache.put(snapshot.uri, before, after, chosen.info.name, kept)
        return kept

    async def _joined_or_started(
        self, request: CompletionRequest, chosen: ChosenModel, before: str, after: str, extent: Extent, clock: _Clock
    ) -> tuple[Run, str]:
        """The run under way and what was typed since it began, or a new run after the pause for another keystroke."""
        run, uri, model = self._run, request.snapshot.uri, chosen.info.name
        if run is not None and (run.anchor.uri, run.anchor.model) == (uri, model):
            typed = run.typed(before, after)
            if typed is not None:
                clock.mark("wait")
                return run, typed
        self._stop_run()
        if request.trigger == "automatic":
            await asyncio.sleep(self._settings.debounce_ms / 1000)
        clock.mark("wait")
        anchor, tail = await self._anchored(request, before, after, chosen)
        clock.mark("context")
        family = FAMILIES[chosen.fim] if chosen.fim else None
        built = prompt.build(family, anchor, tail, request.snapshot)
        clock.mark("prompt")
        wanted = Generation(prompt=built.text, max_tokens=self._settings.max_tokens, stop=built.stops)
        self._stop_run()  # another document's request may have started one meanwhile
        self._run = Run(chosen.client.generate(model, wanted), built, anchor, before, after, extent)
        return self._run, ""

    async def _anchored(self, request: CompletionRequest, before: str, after: str, chosen: ChosenModel) -> tuple[Anchor, str]:
        """The anchor in force and what was typed behind it; a new one where the document is elsewhere."""
        snapshot, anchor = request.snapshot, self._anchor
        if anchor and (anchor.uri, anchor.model) == (snapshot.uri, chosen.info.name):
            tail = anchor.tail(before, after)
            if tail is not None:
                return anchor, tail
        limit = self._settings.prompt_tokens
        if chosen.info.context_tokens:
            limit = min(limit, chosen.info.context_tokens - self._settings.max_tokens - 64)
        characters = self._calibration(chosen).prompt_characters(limit)
        hits: list[Hit] = []
        if self._repository and self._settings.context_budget_ms:
            hits = await context.gather(self._repository, before, after, self._settings.context_budget_ms)
        prefix, suffix = cut_window(before, after, characters)
        room = max(int(characters * SNIPPET_SHARE), characters - len(prefix) - len(suffix))
        snippets = context.choose_snippets(hits, snapshot.path, prefix + suffix, room)
        used = sum(len(hit.text) for hit in snippets)
        if used + len(prefix) + len(suffix) > characters:
            prefix, suffix = cut_window(before, after, characters - used)
        self._anchor = Anchor(snapshot.uri, chosen.info.name, before, after, prefix, suffix, snippets)
        return self._anchor, ""

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
        calibration = self._calibration(chosen)
        if run.usage is None:
            return Usage(prompt_tokens=int(len(run.built.text) / calibration.characters_per_token))
        calibration.learn(run.built.text, run.usage)
        return run.usage

    def _calibration(self, chosen: ChosenModel) -> Calibration:
        return self._calibrations.setdefault(chosen.info.name, Calibration())
