"""A proxy in front of a real model server that does what a healthy one never does. Also notes what was asked of it.

Without a fault it passes bytes through. A fault applies to the paths in `on`; all others are passed through, so that a client
gets as far as the request under test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

GENERATION = frozenset({"/api/generate", "/api/chat"})
REDIRECT_TARGET = "http://192.0.2.1:9/"  # TEST-NET-1, which no machine has: RFC 5737

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
_LINE = b'{"model":"m","response":"so far","message":{"role":"assistant","content":"so far"},"done":false}\n'


class Fault(Enum):
    """What goes wrong."""

    NONE = "passes everything through"
    NOTHING = "reads the request and closes without a byte"
    HANG = "reads the request and never answers"
    STUCK = "hangs until the model is unloaded, as a real one does whose reader closed at a bad moment (ollama#17131)"
    GARBAGE = "answers bytes that are not HTTP"
    HTML = "answers 200 with a web page"
    STATUS_500 = "answers 500 with an error object"
    STATUS_500_TEXT = "answers 500 with text"
    REDIRECT = "sends the client to another host"
    HALF_LINE = "ends the stream properly in the middle of a line"
    ERROR_IN_STREAM = "sends a good line, then an error object, all with status 200"
    NOT_AN_OBJECT = "streams a line that is JSON but no object"
    CLOSE_EARLY = "passes the first bytes of the real answer, then breaks the connection"
    NO_END = "ends the stream properly without the piece that says it is done"


WRONG = frozenset(Fault) - {Fault.NONE, Fault.HANG, Fault.STUCK}
"""Those that say something wrong, and do not just keep silent."""


@dataclass
class FaultProxy:
    """A running proxy. `asked` holds path and body of every request, `gave_up` how many clients closed before the end."""

    url: str
    upstream: str
    fault: Fault = Fault.NONE
    on: Collection[str] = GENERATION
    asked: list[tuple[str, Any]] = field(default_factory=list)
    gave_up: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_asked(self, path: str, times: int = 1) -> None:
        """Wait until that path was asked for so often."""
        async with self._news:
            await self._news.wait_for(lambda: [asked for asked, _ in self.asked].count(path) >= times)

    async def until_given_up(self, times: int = 1) -> None:
        """Wait until so many clients have closed before the end of their answer."""
        async with self._news:
            await self._news.wait_for(lambda: self.gave_up >= times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on one connection."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode()
                body = await reader.readexactly(_length(request))
                async with self._news:
                    self.asked.append((path, json.loads(body) if body else None))
                    self._news.notify_all()
                if self.fault is Fault.STUCK and b'"keep_alive":0' in body.replace(b" ", b""):
                    self.fault = Fault.NONE
                fault = self.fault if path in self.on else Fault.NONE
                if fault in (Fault.NONE, Fault.CLOSE_EARLY):
                    await self._pass(_one_shot(request) + body, reader, writer, fault)
                elif fault in (Fault.HANG, Fault.STUCK):
                    await reader.read()  # until the client goes
                else:
                    writer.write(_ANSWERS[fault])
                    await writer.drain()
        finally:
            writer.close()

    async def _pass(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        parts = urlsplit(self.upstream)
        back, forth = await asyncio.open_connection(parts.hostname, parts.port)
        gone = asyncio.create_task(reader.read(1))
        try:
            forth.write(request)
            more = asyncio.create_task(back.read(65536))
            while True:
                await asyncio.wait({gone, more}, return_when=asyncio.FIRST_COMPLETED)
                if not more.done():
                    more.cancel()
                    async with self._news:
                        self.gave_up += 1
                        self._news.notify_all()
                    return
                chunk = more.result()
                if not chunk:
                    return
                if fault is Fault.CLOSE_EARLY:
                    writer.write(chunk[: max(1, len(chunk) - 10)])
                    await writer.drain()
                    return
                writer.write(chunk)
                await writer.drain()
                more = asyncio.create_task(back.read(65536))
        finally:
            gone.cancel()
            forth.close()


@asynccontextmanager
async def faulty(upstream: str) -> AsyncGenerator[FaultProxy, None]:
    """A proxy in front of `upstream` on a free loopback port, closed at the end."""
    proxy = FaultProxy("", upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy


def _chunked(*lines: bytes) -> bytes:
    return _HEAD + b"".join(f"{len(line):x}\r\n".encode() + line + b"\r\n" for line in lines) + b"0\r\n\r\n"


def _whole(status: str, body: bytes, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


_ANSWERS = {
    Fault.NOTHING: b"",
    Fault.GARBAGE: b"\x00\x01\x02 SSH-2.0-nothing you know\r\n\r\n",
    Fault.HTML: _whole("200 OK", b"<!doctype html><title>Router login</title>", "Content-Type: text/html"),
    Fault.STATUS_500: _whole("500 Internal Server Error", b'{"error":"runner went away"}'),
    Fault.STATUS_500_TEXT: _whole("500 Internal Server Error", b"out of cheese"),
    Fault.REDIRECT: _whole("302 Found", b"", f"Location: {REDIRECT_TARGET}"),
    Fault.HALF_LINE: _chunked(_LINE, _LINE[:20]),
    Fault.ERROR_IN_STREAM: _chunked(_LINE, b'{"error":"runner went away"}\n'),
    Fault.NOT_AN_OBJECT: _chunked(_LINE, b"[1, 2]\n"),
    Fault.NO_END: _chunked(_LINE),
}


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _one_shot(head: bytes) -> bytes:
    """The same request, asking for the connection to be closed after the answer: its end is then the answer's end."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
