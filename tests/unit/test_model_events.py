"""Server-sent events: cut anywhere, never at the wrong place."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from lsp_server.errors import ModelFailedError
from lsp_server.model.events import error_in, read_events

STREAM = (
    'data: {"text":"a\u2028b\u0085c é 🙂"}\r\n\n: a comment\nevent: x\ndata:{"n":2}\n\ndata: [DONE]\n\ndata: never\n'.encode()
)


async def _events(stream: bytes, size: int) -> list[object]:
    async def chunks() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(stream), size):
            yield stream[start : start + size]

    return [event async for event in read_events(chunks(), "It")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_chunks_may_end_anywhere_and_text_may_hold_any_line_end(size: int) -> None:
    assert await _events(STREAM, size) == [{"text": "a\u2028b\u0085c é 🙂"}, {"n": 2}]


async def test_the_last_line_needs_no_end() -> None:
    assert await _events(b'data: {"n":1}', 4) == [{"n": 1}]


@pytest.mark.parametrize("stream", [
    b'data: {"error":{"message":"out of\\n memory"}}\n',
    b'data: {"error":"out of memory"}\n',
    b'error: {"message":"out of memory"}\n',
])  # fmt: skip
async def test_an_error_in_the_stream_is_the_servers_error(stream: bytes) -> None:
    with pytest.raises(ModelFailedError, match="It answered with an error: out of memory"):
        await _events(stream, 100)


@pytest.mark.parametrize("stream", [
    b"<!doctype html>\n", b"data: half a li", b"data: [1]\n", b'{"n":1}\n', b"data\n", b"x" * (9 << 20),
])  # fmt: skip
async def test_what_is_no_event_is_refused(stream: bytes) -> None:
    with pytest.raises(ValueError):
        await _events(stream, 1 << 20)


@pytest.mark.parametrize(("text", "sentence"), [
    ('{"error":"no"}', "no"), ('{"error":{"message":"no"}}', "no"), ("plain", "plain"), ("[1]", "[1]"), ("", ""),
])  # fmt: skip
def test_the_sentence_in_an_error(text: str, sentence: str) -> None:
    assert error_in(text) == sentence
