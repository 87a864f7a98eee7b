"""What model servers write: server-sent events and error objects, bytes in, values out. Knows no model and no URL."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from typing import Any

from lsp_server.errors import ModelFailedError

_LONGEST_LINE = 8 << 20
"""Bytes. A server that sends no line end must not fill the memory."""


async def read_events(chunks: AsyncIterable[bytes], server: str) -> AsyncGenerator[Mapping[str, Any], None]:
    """Each `data:` line as an object, up to `[DONE]` or the end of the bytes.

    Lines end at "\\n" alone: text from a model may hold U+2028 or U+0085, at which `str.splitlines` would cut an object in
    two. Raises ModelFailedError for an error object inside the stream, ValueError for anything else that is not an event.
    """
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            name, colon, value = line.partition(b":")
            if not line or name in (b"", b"event", b"id", b"retry"):
                continue
            if name == b"data" and value.strip() == b"[DONE]":
                return
            told = json.loads(value) if colon and name in (b"data", b"error") else None
            if not isinstance(told, dict):
                raise ValueError("not a server-sent event")
            if name == b"error" or "error" in told:
                raise ModelFailedError(f"{server} answered with an error: {_sentence(told)}", "Its log says more.")
            yield told


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        if len(rest) > _LONGEST_LINE:
            raise ValueError("a line without end")
    if rest.strip():
        yield rest.rstrip(b"\r")


def error_in(text: str) -> str:
    """The sentence in an error answer: `{"error": "..."}`, `{"error": {"message": "..."}}`, or the text as it is."""
    try:
        told = json.loads(text)
    except ValueError:
        return text
    return _sentence(told) if isinstance(told, dict) else text


def _sentence(told: Mapping[str, Any]) -> str:
    error = told.get("error", told)
    said = error.get("message", error) if isinstance(error, Mapping) else error
    return " ".join(str(said).split())[:300]
