"""A model client that notes what each call to another one cost. Changes nothing about it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from lsp_server.model.port import Generation, ModelClient, ModelInfo, Piece, PullProgress, Usage


@dataclass
class Metered:
    """One call. `usage` is what its runner last told; `first_s` the time to the first piece, 0 where none came."""

    request: Generation
    started: float
    usage: Usage | None = None
    first_s: float = 0.0
    ended: float = 0.0

    @property
    def evaluated(self) -> int | None:
        """Prompt tokens that the runner read; None where it was ended before it told, or does not count."""
        if self.usage is None or self.usage.reused_tokens is None:
            return None
        return self.usage.prompt_tokens - self.usage.reused_tokens


class Meter:
    """The same client, with a list of its calls."""

    def __init__(self, client: ModelClient) -> None:
        self.backend = client.backend
        self.calls: list[Metered] = []
        self._client = client

    async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        call = Metered(request, monotonic())
        self.calls.append(call)
        try:
            async with aclosing(self._client.generate(model, request)) as pieces:
                async for piece in pieces:
                    call.first_s = call.first_s or monotonic() - call.started
                    call.usage = piece.usage or call.usage
                    yield piece
        finally:
            call.ended = monotonic()

    async def models(self) -> Sequence[ModelInfo]:
        return await self._client.models()

    async def describe(self, name: str) -> ModelInfo:
        return await self._client.describe(name)

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return await self._client.embed(model, texts)

    def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        return self._client.pull(name)

    async def aclose(self) -> None:
        await self._client.aclose()
