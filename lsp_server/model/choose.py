"""From settings to a model: which client, which model in it, how it is prompted. Imports a client only when it is wanted.

`auto` is Ollama where it answers and has a usable model, else the embedded runner with pulled weights, else one sentence
about what to do. A model that the user named is taken or refused by name; it is never replaced by another.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from lsp_server.errors import ForbiddenHostError, ModelError, ModelFailedError, NoModelError, UsageError
from lsp_server.model.families import family_of, is_prefix_only
from lsp_server.model.hosts import ollama_url
from lsp_server.model.port import ChosenModel, ModelClient, ModelInfo
from lsp_server.model.probe import find_family
from lsp_server.model.reuse import recalled
from lsp_server.model.weights import can_be_run
from lsp_server.paths import Paths
from lsp_server.settings import ModelSettings

HOW_TO_FETCH: Mapping[str, str] = {
    "ollama": "`ollama pull qwen2.5-coder:1.5b` fetches a good one (1 GB).",
    "embedded": "`lsp_server models pull smollm2` fetches a small one (98 MB).",
    "openai_compatible": "Start that server with a model.",
}
"""What to do where a backend is there and its models are not."""

_NAMES: Mapping[str, str] = {
    "ollama": "Ollama",
    "embedded": "the embedded runner",
    "openai_compatible": "the model server",
}

_RIGHT_SIZE = 2.0e9
"""Bytes. Among models that fill in, the largest up to this size answers at typing speed without a strong GPU."""


def make_client(backend: str, settings: ModelSettings, paths: Paths) -> ModelClient:
    """The client of one backend; connects to nothing yet.

    Raises ForbiddenHostError (an address elsewhere), SettingsError (no address), NoModelError (the extra is missing).
    """
    if backend == "ollama":
        from lsp_server.model.ollama import OllamaClient

        url = ollama_url(settings.ollama_host, os.environ)
        return OllamaClient(url, allow_hosts=settings.allow_hosts, keep_alive=settings.keep_alive)
    if backend == "embedded":
        from lsp_server.model.embedded import EmbeddedClient

        return EmbeddedClient(paths.weights)
    if backend == "openai_compatible":
        from lsp_server.model.openai_compatible import OpenAICompatibleClient

        return OpenAICompatibleClient(
            settings.openai_base_url, api_key=settings.openai_api_key, allow_hosts=settings.allow_hosts
        )
    raise UsageError(f"There is no backend `{backend}`.", "Choose ollama, embedded or openai_compatible.")


async def choose(settings: ModelSettings, paths: Paths) -> ChosenModel:
    """The model that the settings come to, with its client open; the caller closes it.

    Raises NoModelError when `auto` finds nothing, and the client's own error when a named backend or model is not there.
    """
    if settings.backend != "auto":
        return await _choose_from(settings.backend, settings, paths)
    reasons: list[str] = []
    advice = _first_model()
    for backend in ("ollama", "embedded"):
        try:
            return await _choose_from(backend, settings, paths)
        except ForbiddenHostError:
            raise
        except ModelError as error:
            reasons.append(str(error))
            advice = error.advice if settings.name else advice
    raise NoModelError(f"No model to write with. {' '.join(reasons)}", advice)


async def _choose_from(backend: str, settings: ModelSettings, paths: Paths) -> ChosenModel:
    client = make_client(backend, settings, paths)
    try:
        if settings.name:
            info = await client.describe(settings.name)
            if "completion" not in info.capabilities:
                raise ModelFailedError(f"`{info.name}` writes no text, it is for something else.", "Name another model.")
            why = f"`{info.name}` on {backend}, as your settings name it."
        else:
            info = await _best(client, await client.models())
            why = f"`{info.name}` on {backend}, the best of what is there."
        family = await find_family(client, info, paths.state / "families.json")
        reuse = recalled(paths.state / "reuse.json", info)
        return ChosenModel(client, info, family.name if family else None, why, reuse=reuse)
    except BaseException:
        await client.aclose()
        raise


async def _best(client: ModelClient, found: Sequence[ModelInfo]) -> ModelInfo:
    """The first model in order of preference that is for text; NoModelError where there is none."""
    advice = HOW_TO_FETCH[client.backend]
    for candidate in sorted(found, key=_preference):
        described = await client.describe(candidate.name)
        if "completion" in described.capabilities:
            return described
    if found:
        raise NoModelError(f"None of the {len(found)} models of {_NAMES[client.backend]} writes text.", advice)
    raise NoModelError(f"{_NAMES[client.backend].capitalize()} has no model yet.", advice)


def _first_model() -> str:
    """The way to a first model from here: without its runner, weights that were pulled are of no use."""
    if can_be_run():
        return (
            "`lsp_server models pull smollm2` fetches a small one (98 MB), "
            "or, with Ollama (https://ollama.com), `ollama pull qwen2.5-coder:1.5b` a good one."
        )
    return (
        "With Ollama (https://ollama.com), `ollama pull qwen2.5-coder:1.5b` fetches a good one. Without it, "
        "`pip install 'hearth-lsp[embedded]'`, then `lsp_server models pull smollm2` (98 MB)."
    )


def _preference(info: ModelInfo) -> tuple[int, int, float]:
    """Small is better: code models that fill in, then unknown ones, then models for talk; each by how well its size fits."""
    kind = 0 if family_of(info.name, info.family) else 2 if is_prefix_only(info.name) else 1
    too_large = info.size_bytes > _RIGHT_SIZE
    return kind, int(too_large), float(info.size_bytes if too_large else -info.size_bytes)
