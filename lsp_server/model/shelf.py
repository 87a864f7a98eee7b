"""Every model on this machine, whoever serves it, and fetching another one when the user says so. Chooses none itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from lsp_server.errors import HearthError, UsageError
from lsp_server.model import weights
from lsp_server.model.choose import make_client
from lsp_server.model.port import ModelInfo, PullProgress
from lsp_server.paths import Paths
from lsp_server.settings import ModelSettings

BACKENDS = ("ollama", "embedded", "openai_compatible")


@dataclass(frozen=True, slots=True)
class Suggested:
    """A model worth fetching. `terms` is empty where its licence wants no agreement first."""

    name: str
    backend: str
    size_bytes: int
    note: str
    terms: str = ""


_IN_OLLAMA = (
    Suggested("qwen2.5-coder:1.5b", "ollama", 986_000_000, "Fills in the middle. The first choice for a laptop."),
    Suggested("qwen2.5-coder:3b", "ollama", 1_900_000_000, "Fills in the middle. For a machine with a good GPU."),
    Suggested("qwen2.5-coder:7b", "ollama", 4_700_000_000, "Also explains and refactors well. For 8 GB of GPU memory."),
)
"""Coders with a FIM family of their own, smallest first; sizes as Ollama's library gives them."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is here. `unavailable` says of each backend that does not answer why."""

    models: tuple[ModelInfo, ...]
    unavailable: dict[str, str]
    suggested: tuple[Suggested, ...]


async def take_inventory(settings: ModelSettings, paths: Paths) -> Inventory:
    """Ask every backend what it has. One that does not answer takes nothing from the others."""
    found: list[ModelInfo] = []
    unavailable: dict[str, str] = {}
    for backend in BACKENDS:
        try:
            client = make_client(backend, settings, paths)
        except HearthError as error:
            unavailable[backend] = str(error)
            continue
        try:
            found += await client.models()
        except HearthError as error:
            unavailable[backend] = str(error)
        finally:
            await client.aclose()
    return Inventory(tuple(found), unavailable, _worth_fetching(found, unavailable, paths))


def _worth_fetching(found: Sequence[ModelInfo], unavailable: dict[str, str], paths: Paths) -> tuple[Suggested, ...]:
    names = {info.name for info in found}
    suggested = [one for one in _IN_OLLAMA if "ollama" not in unavailable and one.name not in names]
    if weights.can_be_run():
        suggested += [
            Suggested(one.name, "embedded", one.size_bytes, "Small; runs without Ollama.", one.licence if one.terms else "")
            for one in weights.WEIGHTS.values()
            if not one.installed(paths.weights)
        ]
    return tuple(suggested)


async def fetch(name: str, accepted: bool, settings: ModelSettings, paths: Paths) -> AsyncGenerator[PullProgress, None]:
    """Fetch a model: the ones of `weights.WEIGHTS` for the embedded runner, all others into Ollama.

    Raises UsageError where the model has terms that were not accepted, and the backend's own errors.
    """
    wanted = weights.WEIGHTS.get(name)
    if wanted is not None and weights.can_be_run():
        if wanted.terms and not accepted:
            raise UsageError(f"{name} is under the {wanted.licence}, which were not accepted.")
        async with aclosing(weights.pull(wanted, paths.weights)) as steps:
            async for step in steps:
                yield step
        return
    client = make_client("ollama", settings, paths)
    try:
        async with aclosing(client.pull(name)) as steps:
            async for step in steps:
                yield step
    finally:
        await client.aclose()
