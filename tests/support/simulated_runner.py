"""A slow model server in small: one slot, one prompt cache, reading that cannot be stopped. Speaks Ollama's wire.

What it simulates was measured on the real one: a request reads what its prompt does not share with the one before at
`PROMPT_SPEED` tokens a second, to the end even when the client has gone; then it writes at `WRITING_SPEED`, and stops when the
client goes. Requests wait for each other. It does not simulate a mind: it continues the prompt with the text of files it was
given, so that what is measured is who asks what and when, and never the model's wit.
"""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

PROMPT_SPEED = 1150.0
WRITING_SPEED = 70.0
"""Tokens a second: a model of 1.5 billion parameters on a laptop (the peers were measured against the same two numbers)."""

MODEL = "simulated:1b"

_TOKEN = re.compile(r" ?[A-Za-z_]{1,5}|\d{1,3}|\n+[ \t]*|[ \t]+|[^\sA-Za-z_\d]", re.ASCII)
_NEXT_LETTER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxyza")
_LONGEST_MEMORY = 120
"""Characters before the cursor that identify the place in a file; more would only make a typing mistake fatal."""


def tokens(text: str) -> list[str]:
    """Text cut into pieces about as long as a code model's tokens (3 to 4 characters)."""
    return _TOKEN.findall(text) or ([text] if text else [])


@dataclass
class Call:
    """One request to generate, as the runner saw it; times in seconds of the monotonic clock."""

    prompt: str
    wanted: int
    arrived: float
    prompt_tokens: int = 0
    reused: int = 0
    written: int = 0
    delivered: int = 0
    text: list[str] = field(default_factory=list)
    started: float = 0.0
    read: float = 0.0
    ended: float = 0.0
    abandoned: bool = False


@dataclass
class SimulatedRunner:
    """Start it with `async with`; `url` is its address, `calls` what it was asked. `texts` are the files it continues.

    `window` is the longest prompt in tokens that its cache keeps, None for any, as a sliding window does it.

    `wrong_share` of the lines are continued with something that does not stand there, the same ones each time.
    """

    texts: Sequence[str]
    prompt_speed: float = PROMPT_SPEED
    writing_speed: float = WRITING_SPEED
    wrong_share: float = 0.0
    window: int | None = None
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    _cache: list[str] = field(default_factory=list)
    _slot: asyncio.Lock = field(default_factory=asyncio.Lock)
    _happened: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _handlers: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> SimulatedRunner:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._handlers):
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def until(self, condition: Callable[[Call], bool], number: int = 0) -> Call:
        """Wait until one of the calls, by its number, fulfils a condition; returns it."""
        while len(self.calls) <= number or not condition(self.calls[number]):
            self._happened.clear()
            await self._happened.wait()
        return self.calls[number]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                await self._answer(method, path, json.loads(body) if body else {}, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, method: str, path: str, body: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if path == "/api/generate" and body.get("prompt"):
            await self._generate(body, reader, writer)
            return
        details = {
            "family": "llama",
            "families": ["llama"],
            "format": "gguf",
            "parameter_size": "1B",
            "quantization_level": "Q4_0",
        }
        model = {"name": MODEL, "model": MODEL, "size": 1, "digest": "0" * 64, "details": details}
        answers: Mapping[str, Any] = {
            "/api/version": {"version": "0.17.4"},
            "/api/tags": {"models": [model]},
            "/api/ps": {"models": [{**model, "context_length": 8192}]},
            "/api/show": {
                "details": details,
                "capabilities": ["completion"],
                "model_info": {"general.architecture": "llama", "llama.context_length": 8192},
                "template": "{{ .Prompt }}",
            },
            "/api/generate": {"model": MODEL, "response": "", "done": True, "done_reason": "load"},
        }
        found = path in answers
        text = json.dumps(answers.get(path, {"error": f"no {method} {path} here"})).encode()
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (200 if found else 404, len(text))
        )
        writer.write(text)
        await writer.drain()

    async def _generate(self, body: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        options = body.get("options") or {}
        call = Call(body["prompt"], int(options.get("num_predict", 128)), monotonic())
        self.calls.append(call)
        gone = asyncio.ensure_future(_closed(reader))
        try:
            async with self._slot:
                if gone.done():
                    call.abandoned, call.ended = True, monotonic()
                    return
                call.started = monotonic()
                await asyncio.shield(self._read(call))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
                await self._write(call, self.continuation(call.prompt), options.get("stop") or [], gone, writer)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            call.ended = monotonic()
            self._happened.set()

    async def _read(self, call: Call) -> None:
        wanted = tokens(call.prompt)
        same = next(
            (i for i, (a, b) in enumerate(zip(wanted, self._cache, strict=False)) if a != b), min(len(wanted), len(self._cache))
        )
        if self.window is not None and len(wanted) > self.window:
            same = 0
        call.prompt_tokens, call.reused = len(wanted), min(same, len(wanted) - 1)
        await asyncio.sleep((call.prompt_tokens - call.reused) / self.prompt_speed)
        self._cache = wanted
        call.read = monotonic()

    async def _write(
        self, call: Call, text: str, stops: Sequence[str], gone: asyncio.Future[None], writer: asyncio.StreamWriter
    ) -> None:
        end = min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))
        parts, reason = tokens(text[:end]), "stop"
        if len(parts) > call.wanted:
            parts, reason = parts[: call.wanted], "length"
        for part in parts:
            await asyncio.wait({gone}, timeout=1 / self.writing_speed)
            call.written += 1
            self._cache.append(part)
            if gone.done():
                call.abandoned = True
                return
            _chunk(writer, {"model": MODEL, "response": part, "done": False})
            call.delivered += 1
            call.text.append(part)
            self._happened.set()
            await writer.drain()
        now = monotonic()
        usage = {
            "total_duration": _nanoseconds(now - call.arrived),
            "load_duration": 0,
            "prompt_eval_count": call.prompt_tokens,
            "prompt_eval_duration": _nanoseconds(call.read - call.started),
            "eval_count": call.written,
            "eval_duration": _nanoseconds(now - call.read),
        }
        _chunk(writer, {"model": MODEL, "response": "", "done": True, "done_reason": reason, **usage})
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def continuation(self, prompt: str) -> str:
        """What stands in the files behind the longest end of the prompt that they hold; nothing where they hold none of it.

        On a line that it gets wrong it writes other words in the same shape: every letter is the next one of the alphabet.
        """
        text, line = self._found(prompt)
        wrong = zlib.crc32(line.encode()) % 1000 < 1000 * self.wrong_share
        return text.translate(_NEXT_LETTER) if wrong else text

    def _found(self, prompt: str) -> tuple[str, str]:
        """The continuation, and the whole line that it begins in."""
        for size in range(min(_LONGEST_MEMORY, len(prompt)), 2, -1):
            end = prompt[-size:]
            for text in self.texts:
                at = text.find(end)
                if at >= 0:
                    here = at + size
                    return text[here : here + 2000], text[text.rfind("\n", 0, here) + 1 : text.find("\n", here)]
        return "", ""


async def _closed(reader: asyncio.StreamReader) -> None:
    """Ends when the client closes its side. Ollama's clients send nothing while they wait."""
    await reader.read(1)


def _nanoseconds(seconds: float) -> int:
    return int(1e9 * seconds)


def _chunk(writer: asyncio.StreamWriter, value: Mapping[str, Any]) -> None:
    line = json.dumps(value).encode() + b"\n"
    writer.write(b"%x\r\n%s\r\n" % (len(line), line))
