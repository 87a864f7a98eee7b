"""What Ollama says when it cannot fetch a model, in words that tell what to do. Fetches nothing.

Ollama passes on what its HTTP client said, addresses and all (0.17.4): "pull model manifest: Get "https://registry.ollama.ai/...":
dial tcp: lookup registry.ollama.ai on 10.0.0.1:53: no such host". A user needs to know which of three things happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import ollama

from lsp_server.errors import ModelFailedError, ModelMissingError

_NO_WAY = re.compile(
    r"dial (?:tcp|udp)|lookup \S+|no such host|network is unreachable|connection re(?:fused|set)|i/o timeout|TLS handshake"
    r"|deadline exceeded|\bEOF\b|max retries exceeded",
    re.IGNORECASE,
)
"""Words of Go's network code, and of Ollama's when it gave up trying again."""

_NO_MODEL = re.compile(r"pull model manifest: (?:file does not exist|404\b)|manifest unknown", re.IGNORECASE)

_NO_ROOM = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)


@contextmanager
def told_of_fetching(name: str) -> Iterator[None]:
    """Turn the errors of a pull that a user can do something about into ModelErrors that say what; others pass."""
    try:
        yield
    except ollama.ResponseError as error:
        said = str(error.error)
        if _NO_MODEL.search(said):
            raise ModelMissingError(
                f"There is no model `{name}` to fetch.",
                "Look its name up at https://ollama.com/library; the tag behind the colon counts.",
            ) from error
        if _NO_ROOM.search(said):
            raise ModelFailedError(
                f"The disk is full, so `{name}` was not fetched.",
                "Make room, then fetch it again: what has come already is kept.",
            ) from error
        if _NO_WAY.search(said):
            raise ModelFailedError(
                f"Ollama could not reach its registry, so `{name}` was not fetched.",
                "Connect this machine and fetch it again; what has come already is kept. Models that are here need none.",
            ) from error
        raise
