"""What Ollama said when it could not fetch a model, and what the user is told: sentences of 0.17.4 and of Go's network code."""

from __future__ import annotations

import ollama
import pytest

from lsp_server.errors import ModelError, ModelFailedError, ModelMissingError
from lsp_server.model.ollama_pull import told_of_fetching

MANIFEST = 'pull model manifest: Get "https://registry.ollama.ai/v2/library/a/manifests/1b": '


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        (
            MANIFEST + "dial tcp: lookup registry.ollama.ai on 10.0.0.1:53: no such host",
            ModelFailedError,
            "could not reach its registry",
        ),
        (MANIFEST + "dial udp 10.0.0.1:53: connect: network is unreachable", ModelFailedError, "could not reach its registry"),
        (MANIFEST + "dial tcp 127.0.0.1:1: connect: connection refused", ModelFailedError, "could not reach its registry"),
        (MANIFEST + "net/http: TLS handshake timeout", ModelFailedError, "could not reach its registry"),
        (MANIFEST + "EOF", ModelFailedError, "could not reach its registry"),  # what listens there hung up: a firewall does
        ("max retries exceeded: unexpected EOF", ModelFailedError, "could not reach its registry"),
        ("pull model manifest: file does not exist", ModelMissingError, "no model `a:1b` to fetch"),
        ("write /models/blobs/sha256-1-partial: no space left on device", ModelFailedError, "disk is full"),
    ],
)
def test_what_can_be_done_is_said(said: str, kind: type[ModelError], told: str) -> None:
    with pytest.raises(kind, match=told) as caught, told_of_fetching("a:1b"):
        raise ollama.ResponseError(said)
    assert caught.value.advice
    assert "registry.ollama.ai" not in str(caught.value)


def test_anything_else_passes_as_it_was_said() -> None:
    with pytest.raises(ollama.ResponseError, match="digest mismatch"), told_of_fetching("a:1b"):
        raise ollama.ResponseError("digest mismatch, file must be downloaded again")
