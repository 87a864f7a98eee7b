"""Cancelling a stream frees the runner, also when the reader is cancelled twice, at any moment."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import Generation
from lsp_server.model.scheduler import ScheduledClient
from tests.support.simulated_runner import MODEL, SimulatedRunner

MOMENTS = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]
"""Steps of the event loop before the reader is cancelled: from before the connection to the middle of the answer."""


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("scheduled", [False, True])
async def test_a_cancelled_reader_leaves_no_socket_open(scheduled: bool, twice: bool) -> None:
    async with SimulatedRunner(["abc def " * 500], prompt_speed=1e6) as runner:
        direct = OllamaClient(runner.url)
        client = ScheduledClient(direct) if scheduled else direct

        async def read() -> None:
            async with aclosing(client.generate(MODEL, Generation("abc def abc", max_tokens=96))) as pieces:
                async for _ in pieces:
                    pass

        for moment in MOMENTS:
            reader = asyncio.ensure_future(read())
            for _ in range(moment):
                await asyncio.sleep(0.001)
            reader.cancel()
            if twice:
                await asyncio.sleep(0)
                reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            for number in range(len(runner.calls)):
                call = await asyncio.wait_for(runner.until(lambda call: call.ended > 0, number), 10)
                assert call.written < 90, f"the runner wrote on after {moment} ms"
        await client.aclose()
