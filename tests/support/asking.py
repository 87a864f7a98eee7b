"""Requests that a small model answers at once, and all that it says to one. Knows the port, no backend."""

from __future__ import annotations

from contextlib import aclosing

from lsp_server.model.port import Generation, Message, ModelClient, Piece

CODE = Generation("def add(a, b):\n    return", max_tokens=4)
CHAT = Generation(messages=(Message("system", "Be brief."), Message("user", "Say hi.")), max_tokens=4)


def steps(count: int) -> str:
    """A prompt of some length: so many small functions, no two alike."""
    return "".join(f"def step_{number}(value):\n    return value * {number}\n\n" for number in range(count))


async def every_piece(client: ModelClient, request: Generation, model: str) -> list[Piece]:
    """The pieces of an answer, the last of them with its cost; the stream is closed behind it."""
    async with aclosing(client.generate(model, request)) as pieces:
        return [piece async for piece in pieces]
