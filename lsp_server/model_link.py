"""The session's link to its model: chosen once, dropped when it fails, looked for again with growing pauses. Opens no socket.

Nothing here polls. After a failure the model is looked for when somebody asks for it, and not again before the pause is over:
a dead Ollama costs one refused connection every few seconds of typing, and is found when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from lsp_server.errors import HearthError, ModelError, ModelMissingError, ModelUnreachableError, NoModelError
from lsp_server.model.port import ChosenModel, ModelClient
from lsp_server.settings import ModelSettings
from lsp_server.status import ModelState, model_trouble

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
"""Shorter than the pause of somebody who has just started Ollama and goes back to the editor."""

LONGEST_PAUSE_S = 15.0
"""So long at most nothing is suggested after the model came back; asked for by key, it is looked for at once."""

ChooseModel = Callable[[ModelSettings], Awaitable[ChosenModel]]

_GONE = (ModelUnreachableError, ModelMissingError, NoModelError)
"""After these the choice itself is in doubt; after any other the same model is asked again."""


class ModelLink:
    """Gives the model in force, or raises why there is none. `on_change` is called after each change of `state`."""

    def __init__(self, choose: ChooseModel, settings: ModelSettings, on_change: Callable[[], None]) -> None:
        self._choose = choose
        self._settings = settings
        self._on_change = on_change
        self._chosen: ChosenModel | None = None
        self._choosing: asyncio.Task[ChosenModel] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._error: HearthError | None = None
        self._pause = FIRST_PAUSE_S
        self._not_before = 0.0
        self.state = ModelState()

    async def get(self) -> ChosenModel:
        """The model in force. Raises HearthError: the failure of the last look while its pause lasts."""
        if self._chosen is not None:
            return self._chosen
        if self._choosing is None:
            if self._error is not None and asyncio.get_running_loop().time() < self._not_before:
                # The same error for every keystroke: without this its traceback would grow by one frame each time.
                raise self._error.with_traceback(None)
            self._choosing = asyncio.create_task(self._look())
            self._choosing.add_done_callback(_read_outcome)
        # Shielded: one cancelled keystroke must not stop the search that the next one waits for.
        return await asyncio.shield(self._choosing)

    def hurry(self) -> None:
        """The user asked by a key or command: do not make them wait for the pause."""
        self._not_before = 0.0

    def failed(self, error: HearthError) -> None:
        """A generation failed. Where the model or its server is gone, the next request looks for one again."""
        if not isinstance(error, ModelError) or self._chosen is None:
            return
        name = self._chosen.info.name
        if isinstance(error, _GONE):
            self._drop()
            self._error = error
            self._not_before = 0.0
        self._become(model_trouble(error, name))

    def succeeded(self) -> None:
        """A generation came to its end: whatever was wrong is over."""
        if self._chosen is not None and self.state.phase != "ready":
            self._become(_ready(self._chosen))

    def reconfigure(self, settings: ModelSettings) -> None:
        """Other settings: what was chosen under the old ones is closed, and nothing is remembered of their failures."""
        if settings == self._settings:
            return
        self._settings = settings
        if self._choosing is not None:
            self._choosing.cancel()
            self._choosing = None
        self._drop()
        self._error, self._pause = None, FIRST_PAUSE_S
        self._become(ModelState())

    async def aclose(self) -> None:
        """Close the model's client and whatever is still closing."""
        if self._choosing is not None:
            self._choosing.cancel()
        self._drop()
        if self._closing:
            await asyncio.wait(self._closing)

    async def _look(self) -> ChosenModel:
        """One look for a model; its outcome is what `get` answers until something changes."""
        settings = self._settings
        try:
            chosen = await self._choose(settings)
        except HearthError as error:
            self._choosing = None
            self._error = error
            self._not_before = asyncio.get_running_loop().time() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
            self._become(model_trouble(error, settings.name))
            raise
        except Exception:
            self._choosing = None
            raise
        self._choosing, self._chosen = None, chosen
        self._error, self._pause = None, FIRST_PAUSE_S
        log.info("model: %s", chosen.why)
        self._become(_ready(chosen))
        return chosen

    def _drop(self) -> None:
        if self._chosen is None:
            return
        closing = asyncio.create_task(_close(self._chosen.client))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._chosen = None

    def _become(self, state: ModelState) -> None:
        if state != self.state:
            self.state = state
            self._on_change()


def _read_outcome(task: asyncio.Task[ChosenModel]) -> None:
    """Everybody who waited may be gone; a failure that nobody reads would be logged as forgotten."""
    if not task.cancelled():
        task.exception()


def _ready(chosen: ChosenModel) -> ModelState:
    return ModelState("ready", chosen.info.name, chosen.why)


async def _close(client: ModelClient) -> None:
    with contextlib.suppress(HearthError, OSError):
        await client.aclose()
