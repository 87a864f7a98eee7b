"""What lives as long as one connection: settings, the newest request of each document, engines, status. Speaks no protocol."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lsp_server.actions.pages import Pages
from lsp_server.actions.records import ActionRequest, Event, Files, Outcome
from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.configuration import Configuration
from lsp_server.errors import HearthError
from lsp_server.ledger.book import Book
from lsp_server.model_link import ChooseModel, ModelLink
from lsp_server.ports import Actor, Edge, Engine, Indexing, MakeActor, MakeEngine, Shelf
from lsp_server.settings import Settings, model_for_actions
from lsp_server.status import ModelState, Status, summarize

if TYPE_CHECKING:
    pass

log = logging.getLogger(__name__)

T = TypeVar("T")


class Session:
    """One editor's session. Made by `app`, which also gives it its ports; closes them in `aclose`."""

    def __init__(
        self,
        edge: Edge,
        config: Path,
        *,
        choose: ChooseModel,
        make_engine: MakeEngine,
        make_actor: MakeActor,
        pages: Pages,
        indexing: Indexing,
        shelf: Shelf,
        ledger: Book,
    ) -> None:
        self._edge = edge
        self._configuration = Configuration(config)
        self.settings = Settings()
        self._told: set[str] = set()
        self._link = ModelLink(choose, self.settings.model, self._changed)
        self._second = ModelLink(
            choose, self.settings.model, lambda: None
        )  # asked only where actions have a model of their own
        self._make_engine = make_engine
        self._make_actor = make_actor
        self.pages = pages
        self._actors: dict[str | None, Actor] = {}
        self._engines: dict[str | None, Engine] = {}
        self._newest: dict[str, asyncio.Task[Any]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._started = False
        self.indexing = indexing
        self.shelf = shelf
        self.ledger = ledger
        self.counts: Counter[str] = Counter()
        self.latest: Suggestion | None = None

    # -- settings ------------------------------------------------------------------------------------------------------

    def initialize(self, options: object) -> None:
        """Take in what the editor sent at start; nothing is opened yet."""
        self._configuration = self._configuration.started_with(options)
        self._apply()

    def reconfigure(self, values: object) -> None:
        """Take in what the workspace says now; config.toml is read again as well."""
        self._configuration = self._configuration.told(values)
        self._apply()

    def _apply(self) -> None:
        before = self.settings
        self.settings, problems = self._configuration.resolved()
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                log.warning("%s", problem)
                self._edge.warn(problem)
        if (self.settings.completion, self.settings.actions) != (before.completion, before.actions):
            self._drop_engines()
        self._link.reconfigure(self.settings.model)
        self._second.reconfigure(model_for_actions(self.settings))
        self.ledger.enabled = self.settings.completion.ledger
        if self._started:
            if (self.settings.index, self.settings.model) != (before.index, before.model):
                self._drop_engines()
                self.indexing.configure(self.settings)
            self._changed()

    # -- life ----------------------------------------------------------------------------------------------------------

    def set_roots(self, roots: Sequence[Path]) -> None:
        """The workspace folders are these now."""
        self._drop_engines()
        self.indexing.set_roots(roots)

    def start(self, roots: Sequence[Path]) -> None:
        """Begin what goes on behind the editor's back: look for the model, index the folders."""
        if self._started:
            return
        self._started = True
        self._changed()
        if self.settings.completion.enabled:
            self.in_background(self._find_model())
        self._drop_engines()
        self.indexing.start(self.settings, roots, self._changed)

    def _drop_engines(self) -> None:
        """They hold settings and an index that are no longer in force: what they do ahead of the user stops with them."""
        self.forget()
        self._engines.clear()
        self._actors.clear()

    def in_background(self, work: Coroutine[object, object, None]) -> None:
        """Run something that nobody waits for; it ends with the session, and a failure is logged."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)

    async def aclose(self) -> None:
        """Cancel what runs and close the ports. Safe to call twice."""
        for task in [*self._newest.values(), *self._background]:
            task.cancel()
        self._drop_engines()
        await self.ledger.aclose()
        await self.indexing.aclose()
        await self._link.aclose()
        await self._second.aclose()

    # -- status --------------------------------------------------------------------------------------------------------

    @property
    def model(self) -> ModelState:
        """How the model is."""
        return self._link.state

    def status(self) -> Status:
        """How the session is, in one line."""
        return summarize(self.settings, self._link.state, self.indexing.states())

    def look_again(self) -> None:
        """The user asks how things are: look for the model now, not when the pause is over."""
        self._link.hurry()
        if self._started and self.settings.completion.enabled:
            self.in_background(self._find_model())

    async def _find_model(self) -> None:
        try:
            await self._link.get()
        except HearthError as error:
            log.warning("%s %s", error, error.advice)

    def _changed(self) -> None:
        if self._started:
            self._edge.show(self.status(), self.indexing.states())

    # -- ghost text ----------------------------------------------------------------------------------------------------

    def newest(self, uri: str, answer: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Run the answer to a request about a document; an older one of the same document is cancelled: the newest counts.

        One task makes the whole answer, on purpose. Were the suggestion a task of its own inside of it, a request that is
        cancelled before its first step would never pass that on.
        """
        older = self._newest.get(uri)
        if older is not None:
            older.cancel()
        task = asyncio.create_task(answer)
        self._newest[uri] = task
        task.add_done_callback(lambda done: self._newest.pop(uri) if self._newest.get(uri) is done else None)
        return task

    async def complete(self, request: CompletionRequest) -> Suggestion | None:
        """Ghost text for a cursor, None where there is nothing to suggest or no model to ask: the status says which."""
        if not self.settings.completion.enabled:
            return None
        if request.trigger == "invoked":
            self._link.hurry()
        try:
            with self.indexing.goes_first():
                suggestion = await self._engine(request.snapshot.root).complete(request)
        except HearthError as error:
            self._link.failed(error)
            # A popup for every keystroke helps nobody: the status says it. A user who pressed a key wants a word.
            if request.trigger == "invoked":
                self._edge.warn(f"{error} {error.advice}".strip())
            return None
        if suggestion is not None and not suggestion.reused:
            self._link.succeeded()
        return suggestion

    def _engine(self, root: str | None) -> Engine:
        """One engine a folder, since each folder has its own index."""
        if root not in self._engines:
            self._engines[root] = self._make_engine(self._link.get, self.indexing.repository(root), self.settings)
        return self._engines[root]

    def forget(self) -> None:
        """Clear what the engines remember of earlier requests."""
        for engine in self._engines.values():
            engine.forget()

    def closed(self, uri: str) -> None:
        """A document left the editor: nobody waits for ghost text in it."""
        running = self._newest.get(uri)
        if running is not None:
            running.cancel()

    def offered(self, suggestion: Suggestion, request: CompletionRequest) -> str:
        """Count a suggestion that goes out to the editor, and give it the id that comes back when the user takes it.

        An alternative's id is the same with its number, from 1, behind a dot.
        """
        self.counts["offered"] += 1
        self.counts["reused"] += suggestion.reused
        self.latest = suggestion
        suggestion_id = str(self.counts["offered"])
        self.ledger.offered(suggestion_id, suggestion, request)
        return suggestion_id

    def shown(self, suggestion_id: str) -> None:
        """The editor drew a suggestion."""
        self.counts["shown"] += 1
        self.ledger.shown(suggestion_id)

    def partly_accepted(self, suggestion_id: str, text: str) -> None:
        """The user took the beginning of a suggestion, `text` in all."""
        self.counts["partly_accepted"] += 1
        self.ledger.partly_taken(suggestion_id, text)

    def accepted(self, suggestion_id: str) -> None:
        """The user took a suggestion."""
        log.debug("accepted %s", suggestion_id)
        self.counts["accepted"] += 1
        self.ledger.taken(suggestion_id)

    # -- code actions --------------------------------------------------------------------------------------------------

    @property
    def _acting(self) -> ModelLink:
        return self._second if self.settings.actions.model else self._link

    def actor(self, root: str | None) -> Actor:
        """One a folder, since each folder has its own index."""
        repository = self.indexing.repository(root)
        if root not in self._actors or repository is None:
            self._actors[root] = self._make_actor(self._acting.get, repository, self.settings)
        return self._actors[root]

    async def act(self, root: str | None, request: ActionRequest, files: Files, listen: Callable[[Event], None]) -> Outcome:
        """Run an action. A failure is the answer: the user chose this action and waits for it."""
        link = self._acting
        link.hurry()
        try:
            with self.indexing.goes_first():
                outcome = await self.actor(root).run(request, files, listen)
        except HearthError as error:
            link.failed(error)
            raise
        link.succeeded()
        self.counts["actions"] += 1
        return outcome
