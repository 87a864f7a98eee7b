"""The models the tests run, fetched by the product's own `models pull` into the tests' cache. Knows no test."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from lsp_server.model.weights import WEIGHTS, pull
from tests.support.cache import cache_folder, one_at_a_time


def pulled_weights() -> Path:
    """The folder with every GGUF of the table, fetched at the first call. Raises lsp_server.errors.ModelError when offline."""
    folder = cache_folder("weights")
    if not all(one.installed(folder) for one in WEIGHTS.values()):
        with one_at_a_time("weights"):
            asyncio.run(_pull_all(folder))
    return folder


async def _pull_all(folder: Path) -> None:
    for one in WEIGHTS.values():
        async with aclosing(pull(one, folder)) as steps:
            async for _ in steps:
                pass
