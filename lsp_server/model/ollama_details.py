"""What Ollama tells of a model, as the port's own values. Pure: reads answers of `/api/show` and its kin; asks nothing."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from lsp_server.model.port import ModelInfo


def row_of(name: str, listed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row of a model; `x` and `x:latest` are one name to Ollama."""
    same = (name, f"{name}:latest")
    return next((row for row in listed["models"] if row["name"] in same), {})


def model_info(
    name: str, details: Mapping[str, Any], size: Any, digest: Any, context: int | None = None, capabilities: Sequence[str] = ()
) -> ModelInfo:
    """The port's description, from Ollama's `details` and what stands beside them; `size` in bytes, `context` in tokens."""
    return ModelInfo(
        name=name,
        backend="ollama",
        family=details.get("family") or "",
        parameters=details.get("parameter_size") or "",
        context_tokens=context,
        capabilities=frozenset(capabilities),
        size_bytes=size or 0,
        digest=digest or "",
    )


def _parameters(shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The Modelfile's parameters, one a line: `num_ctx    8192`, `stop    "<|im_end|>"`."""
    for line in str(shown.get("parameters") or "").splitlines():
        key, _, value = line.strip().partition(" ")
        yield key, value.strip()


def stops_from(shown: Mapping[str, Any]) -> tuple[str, ...]:
    """Stop texts stand there as Go writes strings, which Python reads; one that it cannot read is one stop less."""
    stops = []
    for key, value in _parameters(shown):
        if key == "stop" and value.startswith('"'):
            with suppress(ValueError, SyntaxError):
                stops.append(str(literal_eval(value)))
    return tuple(stops)


def context_from(shown: Mapping[str, Any]) -> int | None:
    """The context an unloaded model will get, as far as it can be known: its `num_ctx`, or what it was trained for if small.

    Otherwise Ollama decides at loading, by the memory of the machine; 4,096 is the least it takes.
    """
    for key, value in _parameters(shown):
        if key == "num_ctx" and value.isdigit():
            return int(value)
    known: Mapping[str, Any] = shown.get("model_info") or {}
    trained = known.get(f"{known.get('general.architecture')}.context_length")
    return trained if isinstance(trained, int) and trained <= 4096 else None
