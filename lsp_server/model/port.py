"""The model port: what the rest of Hearth asks of a model, whoever serves it. Opens no socket and imports no client."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

COMPLETION, ACTION, AHEAD = 0, 1, 2
"""Priorities, the most urgent first: ghost text somebody waits for; an explanation; reading and writing ahead."""

Backend = Literal["ollama", "embedded", "openai_compatible"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMBTkmbt])")
_UNITS = {"K": 1e-3, "M": 1.0, "B": 1e3, "T": 1e6}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its server describes it.

    `family` is the server's word for the architecture ("qwen2", "llama"), empty if unknown. `context_tokens` is what one
    prompt may hold, None until the server says. `capabilities` are Ollama's words ("completion", "insert", "embedding",
    "thinking", "tools"). `size_bytes` is 0 where the server does not tell. `digest` names the very bytes of the model, so that
    what was learnt of it (a probe) outlives its name; empty where the server does not tell. `runner_version` is that of the
    program that runs it, empty where it does not tell: another version may treat the same model in another way.
    """

    name: str
    backend: Backend
    family: str = ""
    parameters: str = ""
    context_tokens: int | None = None
    capabilities: frozenset[str] = frozenset()
    size_bytes: int = 0
    digest: str = ""
    runner_version: str = ""

    @property
    def millions(self) -> float | None:
        """Its parameters in millions, by what the server writes ("268.10M", "7.6B"); None where that is no number."""
        found = _SIZE.fullmatch(self.parameters.strip())
        return float(found[1]) * _UNITS[found[2].upper()] if found else None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; `role` is "system", "user" or "assistant"."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What is asked for. Exactly one of `prompt` (given raw to the model, no template) and `messages` (chat) is set.

    `max_tokens` bounds the answer, in tokens; never 0 (Ollama reads 0 as "without end"). `stop` strings end the answer and
    are not part of it. `logprobs` asks for one a token; servers that have none leave them out. `alternatives` asks for so many
    of the likeliest words in place of each token, at most 20; that costs time with every token (Ollama sorts a vocabulary),
    so ask for it with few tokens. `priority` is `COMPLETION`,
    `ACTION` or `AHEAD`. Runner options (context size, threads, layers) are not here on purpose: changing one reloads the
    model.
    """

    prompt: str = ""
    messages: tuple[Message, ...] = ()
    max_tokens: int = 64
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int | None = None
    priority: int = 0
    logprobs: bool = False
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one generation cost, as the runner reports it; durations in milliseconds.

    `prompt_tokens` counts the whole prompt. `reused_tokens` is the part that came from the runner's cache: exact where the
    runner counts it (embedded), None where it does not (Ollama reports only `prompt_ms`).
    """

    prompt_tokens: int = 0
    reused_tokens: int | None = None
    generated_tokens: int = 0
    load_ms: float = 0.0
    prompt_ms: float = 0.0
    generate_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that a model might have written at a place, and the logarithm of its probability."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of streamed text. The last piece carries `usage` and `finish` ("stop", "length"); its text may be empty.

    A runner that counts as it goes (embedded) has `usage` on every piece: so far. `alternatives` are for the first token of
    the piece, the likeliest first, where they were asked for and the server has them.
    """

    text: str
    usage: Usage | None = None
    finish: str | None = None
    logprobs: tuple[float, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far fetching a model's weights has come, in bytes; `total` is 0 while unknown."""

    status: str
    done: int = 0
    total: int = 0


class ModelClient(Protocol):
    """One model server. Every method raises only `lsp_server.errors.ModelError` (or ForbiddenHostError).

    Closing the iterator that `generate` returned (`aclosing`) closes the socket: that is the only way to cancel.
    """

    backend: Backend

    async def models(self) -> Sequence[ModelInfo]:
        """All models the server has; capabilities may be empty here, `describe` fills them."""
        ...

    async def describe(self, name: str) -> ModelInfo:
        """Everything known of one model; ModelMissingError when the server does not have it."""
        ...

    def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """Stream an answer. The last piece has `usage` and `finish`."""
        ...

    def load_ahead(self, model: str) -> None:
        """Somebody may ask this model soon: begin to load it, where it is ours alone. Waits for nothing and raises nothing."""
        ...

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text, in order; ModelFailedError when the model is not an embedding model."""
        ...

    def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """Fetch a model into the server, at the user's command only. ModelFailedError where the server cannot."""
        ...

    async def aclose(self) -> None:
        """Close sockets and stop what runs in process. Safe to call twice."""
        ...


@dataclass(slots=True)
class Reuse:
    """Up to which length a runner keeps what it read of a prompt for the next one, as `model.reuse` found out.

    `limit_tokens` is None where no limit was met, 0 where nothing is kept. While not `known` it is None and a guess: most
    runners keep everything. `file` and `key` say where the answer is remembered, None for nowhere. The one value here that
    changes: the answer comes while the model is in use.
    """

    known: bool = False
    limit_tokens: int | None = None
    file: Path | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """What `auto` (or the user's setting) came to: a client, a model in it, and how it is to be prompted.

    `fim` names a family of `model.families.FAMILIES`, None for prefix-only. `why` is one sentence for the user.
    """

    client: ModelClient
    info: ModelInfo
    fim: str | None
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)
    reuse: Reuse = field(default_factory=Reuse)
