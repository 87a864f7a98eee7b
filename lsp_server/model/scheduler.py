"""One model server, several customers: the most urgent goes first, and no prompt is read in one go. Wraps any ModelClient.

A runner that reads a prompt cannot be stopped, and while it reads nobody else is served (facts of Ollama, tests/integration/
test_model_ollama.py). But what it has read stays in its cache. So a long unread prompt is sent in growing pieces, each a call
for one token: between two of them a newer keystroke gets in, and nothing read is lost. What is less urgent gives its turn up
in the middle of its answer and goes on later behind the text it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic

from lsp_server.model.port import Generation, Message, ModelClient, ModelInfo, Piece, PullProgress, Reuse, Usage
from lsp_server.model.streams import close_whole
from lsp_server.model.turns import Queue, Turn

PIECE_S = 0.15
"""Reading time of one piece: the longest that a keystroke waits for a prompt nobody wants any more. Four pieces instead of
one cost 1 to 3 % (measured on Ollama); shorter ones would cost more, each call has 40 to 60 ms of its own."""

FIRST_PIECE = 400
"""Characters, before the reading speed is known: about 130 tokens, a second on the slowest machine worth using."""

SMALLEST_PIECE = 200
"""Characters. Below about 64 tokens a piece costs more in calls than in reading."""

CHARACTERS_PER_TOKEN = 3.0
"""Of code, low: a prompt that is taken for longer than it is costs one wait, not several."""

_WEIGHT = 0.5
"""Of the newest measurement of what reading costs."""


@dataclass(slots=True)
class _Read:
    """What reading a prompt in pieces cost so far: milliseconds, and tokens that came from the cache at the first piece."""

    ms: float = 0.0
    reused: int | None = None
    begun: bool = False

    def add(self, usage: Usage) -> None:
        """Take one piece in."""
        if not self.begun:
            self.begun, self.reused = True, usage.reused_tokens
        self.ms += usage.prompt_ms

    def added_to(self, piece: Piece) -> Piece:
        """The last piece of an answer with the whole prompt's cost, not only that of what was left to read."""
        if piece.usage is None or not self.begun:
            return piece
        return replace(piece, usage=replace(piece.usage, prompt_ms=piece.usage.prompt_ms + self.ms, reused_tokens=self.reused))


class ScheduledClient:
    """A ModelClient whose generations wait for each other by priority. One for each model server, shared by all who ask it."""

    def __init__(self, client: ModelClient, reuse: Reuse | None = None) -> None:
        self.backend = client.backend
        self._client = client
        self._reuse = reuse or Reuse()
        self._queue = Queue()
        self._held: dict[str, str] = {}  # model -> the text that its runner has in its cache, as far as we know
        # Seconds a character, not characters a second: one piece that looks too fast then makes the next at most twice as long.
        self._cost = 0.0

    async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """Stream an answer when its turn comes. Closing the generator gives the turn back and closes the socket."""
        written, left, read = "", request.max_tokens, _Read()
        while True:
            turn = await self._queue.enter(request.priority)
            try:
                rest = _continued(request, written, left)
                if not await self._read(model, rest.prompt, turn, read):
                    continue
                async with aclosing(self._write(model, rest, turn)) as pieces:
                    async for piece in pieces:
                        written += piece.text
                        left = max(left - 1, 1)
                        yield read.added_to(piece)
                        if piece.finish is not None:
                            return
            finally:
                self._queue.leave(turn)

    async def _read(self, model: str, prompt: str, turn: Turn, read: _Read) -> bool:
        """Have the runner read all but the last piece of a prompt; False where the turn is wanted back in between."""
        limit = self._reuse.limit_tokens
        if limit is not None and len(prompt) > limit * CHARACTERS_PER_TOKEN:
            return True  # its runner keeps nothing of so long a prompt: each piece would be read again with the next
        at = common_start(self._held.get(model, ""), prompt)
        piece = self._piece()
        while len(prompt) - at > piece + piece // 2:
            if turn.wanted_back.is_set():
                return False
            at += piece
            started = monotonic()
            usage = await self._take_one_token(model, prompt[:at])
            read.add(usage)
            # The runner's own clock, where it has one: what else a call costs does not become less with the piece.
            self._learn(_read_of(usage, at, piece), piece, usage.prompt_ms / 1000 or monotonic() - started)
            piece = self._piece()
        return True

    async def _take_one_token(self, model: str, prompt: str) -> Usage:
        # Noted before it is done: a runner reads on to the end when its client has gone.
        self._held[model] = prompt
        usage = Usage()
        async with aclosing(self._client.generate(model, Generation(prompt, max_tokens=1))) as pieces:
            async for piece in pieces:
                usage = piece.usage or usage
        return usage

    async def _write(self, model: str, request: Generation, turn: Turn) -> AsyncGenerator[Piece, None]:
        """The runner's answer; it ends early, without a last piece, where the turn is wanted back."""
        self._held[model] = request.prompt
        pieces = self._client.generate(model, request)
        wanted = asyncio.ensure_future(turn.wanted_back.wait())
        step: asyncio.Future[Piece] | None = None
        try:
            while True:
                step = asyncio.ensure_future(anext(pieces))
                await asyncio.wait({step, wanted}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    return
                try:
                    piece = step.result()
                except StopAsyncIteration:
                    return
                if request.prompt:
                    self._held[model] += piece.text
                yield piece
        finally:
            wanted.cancel()
            await close_whole(pieces, step)

    def _piece(self) -> int:
        return max(int(PIECE_S / self._cost), SMALLEST_PIECE) if self._cost else FIRST_PIECE

    def _learn(self, read: float, piece: int, seconds: float) -> None:
        """Take the time of one piece in. What came from a cache that we did not know of says nothing about reading."""
        if read < piece / 2:
            return
        seen = max(seconds, 1e-3) / read
        self._cost += (_WEIGHT if self._cost else 1.0) * (seen - self._cost)

    async def models(self) -> Sequence[ModelInfo]:
        """As the client."""
        return await self._client.models()

    async def describe(self, name: str) -> ModelInfo:
        """As the client."""
        return await self._client.describe(name)

    def load_ahead(self, model: str) -> None:
        """As the client's."""
        self._client.load_ahead(model)

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """As the client; another model's turn is not ours to give, so it does not wait."""
        return await self._client.embed(model, texts)

    def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """As the client."""
        return self._client.pull(name)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


def _read_of(usage: Usage, characters: int, piece: int) -> float:
    """How many characters of a piece were really read, by the runner's own count where it has one: llama.cpp brings prompts
    back that others displaced, which our book of what it holds does not know."""
    if usage.reused_tokens is None or not usage.prompt_tokens:
        return piece
    return min(characters * (1 - usage.reused_tokens / usage.prompt_tokens), piece)


def _continued(request: Generation, written: str, left: int) -> Generation:
    """The same request behind what was written before its turn was wanted back."""
    if not written:
        return request
    if request.messages:
        return replace(request, messages=(*request.messages, Message("assistant", written)), max_tokens=left)
    return replace(request, prompt=request.prompt + written, max_tokens=left)


def common_start(one: str, other: str) -> int:
    """Length of the common start of two texts, by halving: comparing slices is C, comparing characters is not."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
