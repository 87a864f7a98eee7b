"""Other suggestions for a place that the user asked about by a key: the same prompt again, with chance. Knows no editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lsp_server.completion.run import Run
from lsp_server.errors import HearthError

MOST = 3
"""Suggestions in all. Who cycles further looks for something else (Copilot's panel is another command for that reason)."""

DRAWS = 4
"""Answers drawn at most: of a small model's answers to one prompt about every second is one that it gave before."""

WAIT_S = 1.0
"""All of the others together. The first one waits for them, since an editor takes one answer; a GPU draws them in this time."""

TEMPERATURE = 0.7
"""Enough to leave the likeliest path within a few tokens. At 1 and above small models lose the syntax."""

Begin = Callable[[float, int], Run]
"""Starts a run with a temperature and a seed."""


async def draw(begin: Begin, clean: Callable[[Run], str], first: str) -> tuple[str, ...]:
    """Up to two other texts, none of them `first` or empty; fewer where time is up or the model says the same again.

    A failure of the model ends the search: there is a first suggestion to show. Cancelled, it frees the model.
    """
    found: list[str] = []

    async def search() -> None:
        for seed in range(1, DRAWS + 1):
            run = begin(TEMPERATURE, seed)
            try:
                await run.ended()
            finally:
                run.cancel()
            if isinstance(run.error, HearthError):
                return
            if run.error is not None:
                raise run.error
            text = clean(run)
            if text and text != first and text not in found:
                found.append(text)
            if len(found) == MOST - 1:
                return

    try:
        async with asyncio.timeout(WAIT_S):
            await search()
    except TimeoutError:
        pass
    return tuple(found)
