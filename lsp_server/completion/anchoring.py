"""Where a prompt stands: choose a document's anchor, keep it while the user types, let it grow. Asks the index, no model."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.completion import context
from lsp_server.completion.calibration import CHARACTERS_PER_TOKEN, SMALLEST_PROMPT, Calibration
from lsp_server.completion.recent import Recent
from lsp_server.completion.records import Repository
from lsp_server.completion.tree import Trees
from lsp_server.completion.window import LONGEST_TAIL, Anchor, cut_window
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.port import ChosenModel
from lsp_server.settings import CompletionSettings

SNIPPET_SHARE = 0.35
"""Of a prompt's characters. Definitions of a dozen names fit in a third of 1,000 tokens; the code itself matters more."""

MEMBERS_SHARE = 0.5
"""Behind a dot: what may stand there is not in the code above, so it gets as much as that."""

SPARE_TOKENS = 64
"""Left free of a model's context: our token counts are estimates, and a prompt too long loses its start without a word."""


class Anchors:
    """The anchor in force, and what is known of each model. One for each engine."""

    def __init__(self, repository: Repository | None, settings: CompletionSettings, trees: Trees, recent: Recent) -> None:
        self._recent = recent
        self._trees = trees
        self._repository = repository
        self._settings = settings
        self._anchor: Anchor | None = None
        self._calibrations: dict[str, Calibration] = {}

    def forget(self) -> None:
        """Drop the anchor; what was learnt about models stays."""
        self._anchor = None

    def calibration(self, chosen: ChosenModel) -> Calibration:
        """What is known of a model's speed and tokens."""
        return self._calibrations.setdefault(chosen.info.name, Calibration())

    async def at(
        self, snapshot: DocumentSnapshot, before: str, after: str, chosen: ChosenModel, read_ms: float
    ) -> tuple[Anchor, str]:
        """The anchor in force and what was typed behind it; a new one where the document is elsewhere."""
        anchor = self.in_force(snapshot.uri, before, after, chosen)
        tail = anchor.tail(before, after) if anchor else None
        if anchor and tail is not None:
            return anchor, tail
        self.use(await self.take(snapshot, before, after, chosen, read_ms))
        assert self._anchor is not None
        return self._anchor, ""

    def in_force(self, uri: str, before: str, after: str, chosen: ChosenModel) -> Anchor | None:
        """The anchor in force, or None where it does not fit this place of a document, or another model."""
        anchor = self._anchor
        fits = anchor and (anchor.uri, anchor.model) == (uri, chosen.info.name) and anchor.tail(before, after) is not None
        return anchor if fits else None

    def use(self, anchor: Anchor) -> None:
        """Make an anchor the one in force."""
        self._anchor = anchor

    async def take(self, snapshot: DocumentSnapshot, before: str, after: str, chosen: ChosenModel, read_ms: float) -> Anchor:
        """A new anchor for a place, as large as the model can read in `read_ms` and the settings allow."""
        limit = self._settings.prompt_tokens
        if chosen.info.context_tokens:
            limit = min(limit, chosen.info.context_tokens - self._settings.max_tokens - SPARE_TOKENS)
        if chosen.reuse.limit_tokens is not None:  # the tail and the answer have to stay below it as well
            grows_by = int(LONGEST_TAIL / CHARACTERS_PER_TOKEN) + self._settings.max_tokens
            limit = min(limit, max(chosen.reuse.limit_tokens - grows_by, SMALLEST_PROMPT))
        characters = self.calibration(chosen).prompt_characters(limit, read_ms)
        found = context.Gathered()
        if self._repository and self._settings.context_budget_ms:
            tree = await self._trees.of(snapshot.uri, snapshot.text, snapshot.language)
            budget = self._settings.context_budget_ms
            found = await context.gather(self._repository, snapshot, before, after, tree, budget)
        if self._settings.context_budget_ms:
            found = replace(found, hits=(*found.hits, *self._recent.elsewhere(snapshot.uri, before)))
        below = after if chosen.fim else ""  # a model that cannot fill in never sees it
        prefix, suffix = cut_window(before, below, characters)
        share = MEMBERS_SHARE if found.has_receiver else SNIPPET_SHARE
        room = max(int(characters * share), characters - len(prefix) - len(suffix))
        snippets = context.choose(found, snapshot.path, prefix + suffix, before, room)
        used = sum(context.cost(hit) for hit in snippets)
        if used + len(prefix) + len(suffix) > characters:
            prefix, suffix = cut_window(before, below, characters - used)
        return Anchor(snapshot.uri, chosen.info.name, before, after, prefix, suffix, snippets)
