"""Ghost text, from a cursor to a suggestion: trigger, cache, context, prompt, stream, trim. Knows no editor and no protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic

from lsp_server.completion import context, prompt, trim
from lsp_server.completion.cache import SuggestionCache
from lsp_server.completion.calibration import Calibration
from lsp_server.completion.extent import end_of_suggestion
from lsp_server.completion.records import CompletionRequest, Repository, Suggestion
from lsp_server.completion.syntax import keep_sound
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.window import Anchor, cut_window
from lsp_server.model.families import FAMILIES
from lsp_server.model.port import ChosenModel, Generation, Usage
from lsp_server.settings import CompletionSettings

SNIPPET_SHARE = 0.35
"""Of a prompt's characters. Definitions of a dozen names fit in a third of 1,000 tokens; the code itself matters more."""


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
    """One engine serves one connection; its memory (anchor, cache, calibration) dies with it.

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
        self._calibrations: dict[str, Calibration] = {}

    def forget(self) -> None:
        """Clear the suggestions and the frozen context; what was learnt about the model's speed stays."""
        self._cache.clear()
        self._anchor = None

    async def complete(self, request: CompletionRequest) -> Suggestion | None:
        """A suggestion for one cursor, or None where there is nothing to suggest.

        Raises HearthError for the user. When cancelled it closes the model's socket and leaves nothing behind.
        """
        snapshot, settings, clock = request.snapshot, self._settings, _Clock()
        before, after = snapshot.text[: request.offset], snapshot.text[request.offset :]
        if not settings.enabled or snapshot.language in settings.disabled_languages:
            return None
        extent = extent_at(before, after, request.trigger)
        if extent is None:
            return None
        chosen = await self._model()
        name = chosen.info.name
        known, earlier = self._cache.get(snapshot.uri, before, after, name)
        if known and (earlier or request.trigger == "automatic"):
            return earlier
        if request.trigger == "automatic":
            await asyncio.sleep(settings.debounce_ms / 1000)
        clock.mark("wait")
        anchor, tail = await self._anchored(request, before, after, chosen)
        clock.mark("context")
        family = FAMILIES[chosen.fim] if chosen.fim else None
        built = prompt.build(family, anchor, tail, snapshot)
        clock.mark("prompt")
        answer, usage = await self._stream(chosen, built, before, extent, clock)
        around = trim.Surroundings(before, after, built.stops)
        text = keep_sound(trim.clean(answer, around), before, after, snapshot.language)
        clock.mark("trim")
        suggestion = Suggestion(
            text=text.replace("\n", snapshot.newline),
            model=name,
            backend=chosen.info.backend,
            context=anchor.snippets,
            timings=clock.total(),
            usage=usage,
        )
        kept = suggestion if text else None
        self._cache.put(snapshot.uri, before, after, name, kept)
        return kept

    async def _anchored(self, request: CompletionRequest, before: str, after: str, chosen: ChosenModel) -> tuple[Anchor, str]:
        """The anchor in force and what was typed behind it; a new one where the document is elsewhere."""
        snapshot, anchor = request.snapshot, self._anchor
        if anchor and anchor.uri == snapshot.uri and anchor.model == chosen.info.name:
            tail = anchor.tail(before, after)
            if tail is not None:
                return anchor, tail
        calibration = self._calibration(chosen)
        limit = self._settings.prompt_tokens
        if chosen.info.context_tokens:
            limit = min(limit, chosen.info.context_tokens - self._settings.max_tokens - 64)
        characters = calibration.prompt_characters(limit)
        hits = []
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

    async def _stream(
        self, chosen: ChosenModel, built: prompt.Prompt, before: str, extent: Extent, clock: _Clock
    ) -> tuple[str, Usage]:
        """The model's answer up to where the suggestion ends. Leaving early closes the socket, which stops the runner."""
        request = Generation(prompt=built.text, max_tokens=self._settings.max_tokens, stop=built.stops)
        answer, usage, first = "", None, True
        async with aclosing(chosen.client.generate(chosen.info.name, request)) as pieces:
            async for piece in pieces:
                if first:
                    clock.mark("first_token")
                    first = False
                answer += piece.text
                usage = piece.usage or usage
                healed = prompt.heal(answer, built.held_back)
                end = end_of_suggestion(healed, before, extent)
                if end is not None:
                    answer = healed[:end]
                    break
            else:
                answer = prompt.heal(answer, built.held_back)
        clock.mark("model")
        calibration = self._calibration(chosen)
        if usage is None:  # left early, before the runner's own count: ours is an estimate
            usage = Usage(prompt_tokens=int(len(built.text) / calibration.characters_per_token))
        else:
            calibration.learn(built.text, usage)
        return answer, usage

    def _calibration(self, chosen: ChosenModel) -> Calibration:
        return self._calibrations.setdefault(chosen.info.name, Calibration())
