"""Notice that a model owes a word for too long since a request was given up, free it, ask again. Knows no server and no socket.

An Ollama whose client closes while two words are ready waits for ever to hand on the second, and holds the model's only slot
while it waits (ollama#17131, open; read in server/routes.go of 0.17.4, and met in a run of our own tests, where every later
request waited until it timed out). Nothing but unloading the model ends that. So whoever leaves a stream early must notice when
the model then stays silent; and since each keystroke gives the request before it up, no single request waits long enough to
tell: what they waited is added up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from time import monotonic

from lsp_server.model.port import Generation, Piece

LIMIT_S = 15.0
"""Waited for a first word, above the time for reading. A reload takes 0.5 to 1.5 s, a large model from a slow disk ten: an
unloading too many costs that once more, one too few costs every suggestion until Ollama is restarted."""

CHARACTERS_A_SECOND = 130
"""A third of what the slowest machine worth using reads (`scheduler.FIRST_PIECE`): a prompt of 3,000 has 23 s more."""

LEAST_S = 3.0
"""What every request may wait, also when those before it have used the limit up: one more chance to show life."""

Stream = Callable[[str, Generation], AsyncGenerator[Piece, None]]

logger = logging.getLogger(__name__)


class Silence:
    """Seconds waited for each model of one server since it last said a word, counted once a stream of it was left early.

    Not before its first word of all: until then a large model is being read from the disk, and somebody types meanwhile.
    `clock` tells seconds, and `least_s` stands for LEAST_S where a test cannot wait.
    """

    def __init__(
        self,
        unload: Callable[[str], Awaitable[object]],
        limit_s: float = LIMIT_S,
        *,
        least_s: float = LEAST_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._unload = unload
        self._limit_s, self._least_s = limit_s, min(least_s, limit_s)
        self._clock = clock
        self._waited: dict[str, float] = {}
        self._spoken: set[str] = set()

    async def answered(self, stream: Stream, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """What the stream says. Where it says nothing for too long, the model is unloaded and asked once more.

        Raises what the stream raises, and what unloading raises.
        """
        pieces, last = stream(model, request), None
        try:
            try:
                last = await self._first_word(pieces, model, request)
            except TimeoutError:
                logger.warning("%s has been silent since a request was given up, so it is loaded anew (ollama#17131).", model)
                await pieces.aclose()
                await self._unload(model)
                self._waited.pop(model, None)
                pieces = stream(model, request)
                last = await anext(pieces, None)
            while last is not None:
                yield last
                last = await anext(pieces, None)
        except (asyncio.CancelledError, GeneratorExit):
            if model in self._spoken and (last is None or last.finish is None):
                self.left_early(model)
            raise
        finally:
            await pieces.aclose()

    def left_early(self, model: str) -> None:
        """A stream was closed before its end: from now on silence means something."""
        self._waited.setdefault(model, 0.0)

    async def _first_word(self, pieces: AsyncGenerator[Piece, None], model: str, request: Generation) -> Piece | None:
        """The first piece; TimeoutError where it is owed for too long."""
        started = self._clock()
        try:
            async with asyncio.timeout(self.patience(model, request)):
                first = await anext(pieces, None)
        except (TimeoutError, asyncio.CancelledError):
            if model in self._waited:
                self._waited[model] += self._clock() - started
            raise
        self._waited.pop(model, None)
        self._spoken.add(model)
        return first

    def patience(self, model: str, request: Generation) -> float | None:
        """Seconds that a request may wait for its first word; None where nothing was left early: nothing is suspected."""
        if model not in self._waited:
            return None
        length = len(request.prompt) + sum(len(one.content) for one in request.messages)
        return max(self._limit_s + length / CHARACTERS_A_SECOND - self._waited[model], self._least_s)
