"""What a session asks of its parts, and what it tells its editor. Protocols only: the parts themselves are made in `app`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lsp_server.actions.records import Action, ActionRequest, Event, Files, Offer, Outcome, Target
from lsp_server.completion.records import CompletionRequest, Repository, Suggestion
from lsp_server.model.port import ChosenModel, PullProgress
from lsp_server.settings import ModelSettings, Settings
from lsp_server.status import IndexState, Status

if TYPE_CHECKING:
    from lsp_server.model.shelf import Inventory


class Edge(Protocol):
    """What a session tells its editor."""

    def show(self, status: Status, folders: Sequence[IndexState]) -> None:
        """Something about the session changed; the same status may come again."""
        ...

    def warn(self, sentence: str) -> None:
        """A sentence that the user should read now."""
        ...


class Engine(Protocol):
    """Ghost text for one workspace folder: `completion.engine.CompletionEngine`, as the session sees it."""

    async def complete(self, request: CompletionRequest) -> Suggestion | None:
        """A suggestion, or None where there is nothing to suggest. Raises HearthError."""
        ...

    def forget(self) -> None:
        """Clear what was remembered of earlier requests."""
        ...


class Indexing(Protocol):
    """The indexes of the workspace folders: `indexing.service.IndexingService`, as the session sees it."""

    def start(self, settings: Settings, roots: Sequence[Path], on_change: Callable[[], None]) -> None:
        """Begin to index in the background."""
        ...

    def configure(self, settings: Settings) -> None:
        """Other settings; what no longer fits them is indexed again."""
        ...

    def set_roots(self, roots: Sequence[Path]) -> None:
        """The workspace folders are these now."""
        ...

    def touch(self, path: Path) -> None:
        """A file was saved, made or deleted."""
        ...

    def hold(self, path: Path, text: str | None) -> None:
        """An open document's text as it is now; None when it is closed."""
        ...

    def rebuild(self) -> None:
        """Index every folder again, keeping what has not changed."""
        ...

    def stop(self, root: str) -> None:
        """The user wants no indexing of this folder now; what was indexed stays in use."""
        ...

    def goes_first(self) -> AbstractContextManager[None]:
        """Around what somebody waits for: meanwhile no build asks the model server for anything."""
        ...

    def repository(self, root: str | None) -> Repository | None:
        """What completion may ask about a folder; None where there is no index."""
        ...

    def states(self) -> Sequence[IndexState]:
        """How each folder's index is."""
        ...

    async def aclose(self) -> None:
        """Stop what runs. Nothing committed is lost."""
        ...


class Shelf(Protocol):
    """The models of this machine and the way to more of them: `model.shelf`, as the session sees it."""

    async def take_inventory(self, settings: ModelSettings) -> Inventory:
        """What every backend has."""
        ...

    def fetch(self, name: str, accepted: bool, settings: ModelSettings) -> AsyncGenerator[PullProgress, None]:
        """Fetch a model; `accepted` says that the user agreed to its terms. Raises HearthError."""
        ...


class Actor(Protocol):
    """Code actions for one workspace folder: `actions.engine.ActionEngine`, imported when it is first asked."""

    async def offers(self, target: Target, *, only: Sequence[str], can_ask: bool) -> Sequence[Offer]:
        """What can be done at a target; asks no model."""
        ...

    async def find(self, action_id: str) -> Action:
        """The action with an id; UsageError names those there are."""
        ...

    async def run(self, request: ActionRequest, files: Files, listen: Callable[[Event], None]) -> Outcome:
        """What an action comes to. Raises HearthError."""
        ...


MakeEngine = Callable[[Callable[[], Awaitable[ChosenModel]], Repository | None, Settings], Engine]
"""From a way to the model in force, what may be asked of the folder's index, and the settings."""

MakeActor = Callable[[Callable[[], Awaitable[ChosenModel]], Repository | None, Settings], Actor]
"""The same for code actions."""
