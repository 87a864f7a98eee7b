"""A server that speaks Ollama's wire protocol and says what a test tells it to. For orders of events and for faults.

A healthy Ollama never goes away in the middle of a word, and its words cannot be foretold: tests of *when* need this one, tests
of *what* use the real one. What it answers was copied from Ollama 0.17.4 by looking at it (`curl`), field by field.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MODEL = "smollm2:scripted"
"""A family that only continues text, so that a prompt is code alone and no probe asks first."""


@dataclass
class Asked:
    """One `/api/generate` or `/api/chat` that came in; of a chat the prompt is what was said last.

    `closed` is set when the client went before the answer was complete. Times are of the monotonic clock, 0 until then.
    """

    prompt: str
    body: dict[str, Any]
    pieces: int = 0
    done: bool = False
    closed: threading.Event = field(default_factory=threading.Event)
    arrived_at: float = field(default_factory=time.monotonic)
    done_at: float = 0.0
    closed_at: float = 0.0


def _reply_nothing(prompt: str) -> list[str]:
    return []


class ScriptedOllama:
    """`reply` turns a prompt into the pieces that are streamed; `piece_s` is the time between two of them.

    `gate` holds every answer back while it is clear. Of each answer `held` pieces are sent, the rest when that is None again.
    `fault` is sent in place of an answer: raw bytes, status line and all.
    `models` are the names it claims to have; a pull adds one, and waits at 40 % while `pull_gate` is clear, or ends with
    `pull_error`. All may be changed while it runs; `stop` and `start` keep the port.
    """

    def __init__(self) -> None:
        self.models: list[str] = [MODEL]
        self.capabilities = ["completion"]
        self.reply: Callable[[str], list[str]] = _reply_nothing
        self.piece_s = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.held: int | None = None
        self.pull_gate = threading.Event()
        self.pull_gate.set()
        self.pull_error = ""
        self.pulls_given_up = 0
        self.fault: bytes | None = None
        self.asked: list[Asked] = []
        self.port = 0
        self._news = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def chats(self) -> list[Asked]:
        """The conversations among what was asked: code actions, and not what is written ahead of them."""
        return [one for one in self.asked if "messages" in one.body]

    def start(self) -> None:
        started = threading.Event()

        def run() -> None:
            self._loop = asyncio.new_event_loop()
            self._loop.run_until_complete(self._serve(started))
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)

    def stop(self) -> None:
        """Close the port and every connection, as a killed Ollama does."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        self._thread = None

    def wait_until_asked(self, often: int) -> None:
        """Block until `/api/generate` came in this often."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.asked) >= often, 30), f"asked {len(self.asked)} times"

    async def _serve(self, started: threading.Event) -> None:
        self._stopped = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopped.wait()
        server.close()
        for connection in list(self._connections):
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request_line = await reader.readline()
        if not request_line:
            return False
        _, path, _ = request_line.decode().split(" ", 2)
        length = 0
        while header := (await reader.readline()).strip().lower():
            if header.startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        body = json.loads(await reader.readexactly(length) or b"{}")
        if self.fault is not None:
            writer.write(self.fault)
            await writer.drain()
            return False
        if path in ("/api/generate", "/api/chat"):
            await self._generate(body, reader, writer)
            return False
        if path == "/api/pull":
            await self._pull(body["model"], reader, writer)
            return False
        status, answer = self._short_answer(path, body)
        text = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        return True

    def _short_answer(self, path: str, body: dict[str, Any]) -> tuple[str, Any]:
        if path == "/":
            return "200 OK", "Ollama is running"
        if path == "/api/version":
            return "200 OK", {"version": "0.17.4"}
        if path == "/api/tags":
            return "200 OK", {"models": [self._row(name) for name in self.models]}
        if path == "/api/ps":
            return "200 OK", {"models": [{**self._row(name), "context_length": 4096, "size_vram": 0} for name in self.models]}
        if path == "/api/show":
            if body.get("model") not in self.models:
                return "404 Not Found", {"error": f"model '{body.get('model')}' not found"}
            return "200 OK", {
                "template": "{{ .Prompt }}",
                "details": self._row("")["details"],
                "model_info": {"general.architecture": "llama", "llama.context_length": 4096},
                "capabilities": self.capabilities,
            }
        return "404 Not Found", {"error": "not found"}

    def _row(self, name: str) -> dict[str, Any]:
        details = {"parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"]}
        details |= {"parameter_size": "1B", "quantization_level": "Q4_0"}
        return {"name": name, "model": name, "size": 1_000_000, "digest": "5c" * 32, "details": details}

    async def _generate(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if body.get("model") not in self.models:
            text = json.dumps({"error": f"model '{body.get('model')}' not found"}).encode()
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            return
        messages = body.get("messages")
        asked = Asked(messages[-1]["content"] if messages else body.get("prompt", ""), body)
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        # Whatever comes, comes too early: an HTTP client says no more before the answer, unless it hangs up.
        gone = asyncio.ensure_future(reader.read(1))
        telling = asyncio.ensure_future(self._tell(asked, body, writer))
        try:
            await asyncio.wait({gone, telling}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done:
                asked.closed_at = time.monotonic()
                asked.closed.set()
        finally:
            telling.cancel()
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await telling

    async def _tell(self, asked: Asked, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.gate.is_set():  # noqa: ASYNC110 - the test that opens it lives in another thread and loop
            await asyncio.sleep(0.005)
        for piece in self.reply(asked.prompt):
            while self.held is not None and asked.pieces >= self.held:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
            await asyncio.sleep(self.piece_s)
            asked.pieces += 1
            self._line(writer, {**_AT, "model": body["model"], **_said(body, piece), "done": False})
            await writer.drain()
        counts = {"prompt_eval_count": len(asked.prompt) // 4 + 1, "prompt_eval_duration": 1_000_000}
        counts |= {
            "eval_count": max(asked.pieces, 1),
            "eval_duration": 1_000_000,
            "load_duration": 1,
            "total_duration": 2_000_000,
        }
        self._line(writer, {**_AT, "model": body["model"], **_said(body, ""), "done": True, "done_reason": "stop", **counts})
        writer.write(b"0\r\n\r\n")
        asked.done, asked.done_at = True, time.monotonic()
        await writer.drain()

    async def _pull(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        gone = asyncio.ensure_future(reader.read(1))
        layer = {"digest": f"sha256:{'74' * 32}", "total": 986_000_000}
        steps: list[dict[str, Any]] = [{"status": "pulling manifest"}]
        steps += [{"status": "pulling 747474747474", **layer, "completed": layer["total"] * tenth // 10} for tenth in range(11)]
        steps += [{"status": status} for status in ("verifying sha256 digest", "writing manifest", "success")]
        for number, step in enumerate(steps):
            self._line(writer, step)
            await writer.drain()
            while number == 5 and not self.pull_gate.is_set() and not gone.done():  # noqa: ASYNC110 - as in `_tell`
                await asyncio.sleep(0.005)
            if gone.done():
                self.pulls_given_up += 1
                return
            if number == 5 and self.pull_error:
                self._line(writer, {"error": self.pull_error})
                break
        else:
            self.models.append(name)
        gone.cancel()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _line(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        writer.write(b"%x\r\n%s\r\n" % (len(line), line))


_AT = {"created_at": "2026-11-01T00:00:00.000000000Z"}


def _said(body: dict[str, Any], piece: str) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": piece}} if "messages" in body else {"response": piece}


@contextlib.contextmanager
def scripted_ollama() -> Iterator[ScriptedOllama]:
    """One that runs, and is stopped at the end."""
    server = ScriptedOllama()
    server.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.stop()
