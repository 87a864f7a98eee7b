"""A language client down to the bytes: starts the real server as an editor does, and keeps every message that comes back.

Where pytest-lsp's client speaks for a well-behaved editor, this one can also send what no editor should.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0
"""How long a condition may take on a busy machine. Nothing waits this long when all is well."""

REPOSITORY = Path(__file__).resolve().parents[2]

Message = dict[str, Any]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment whose every folder is the test's own, with nothing in it that says where a model is."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "CACHE", "DATA", "STATE")}
    return {**kept, **folders, "HOME": str(home), "PYTHONPATH": str(REPOSITORY), "OLLAMA_HOST": "127.0.0.1:9", **more}


def write_config(home: Path, toml: str) -> Path:
    """The user's config.toml."""
    path = home / "config" / "hearth" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml, encoding="utf-8")
    return path


class Wire:
    """One server process and the conversation with it. `replies` answers what the server asks of the client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.received: list[Message] = []
        self.answers: defaultdict[Any, list[Message]] = defaultdict(list)
        self.replies: dict[str, Callable[[Any], Any]] = {}
        self.silent: set[str] = set()
        self.not_json: list[bytes] = []
        self._numbers = itertools.count(1)
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    # -- out -----------------------------------------------------------------------------------------------------------

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def send_body(self, body: bytes) -> None:
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def send(self, message: Message) -> None:
        self.send_body(json.dumps(message).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params if params is not None else {}})

    def ask(self, method: str, params: Any = None, number: Any = None) -> Any:
        """Send a request and return its id; `answer` waits for what comes."""
        number = next(self._numbers) if number is None else number
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return number

    # -- in ------------------------------------------------------------------------------------------------------------

    async def answer(self, number: Any) -> Message:
        """The answer to a request, error or result, once it is there."""
        await self.until(lambda: bool(self.answers[number]))
        return self.answers[number][0]

    async def request(self, method: str, params: Any = None) -> Any:
        """Ask and wait; the result, or a failed test where the answer is an error."""
        answer = await self.answer(self.ask(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    def heard(self, method: str) -> list[Any]:
        """The parameters of every notification or question of one method, in order."""
        return [message["params"] for message in self.received if message.get("method") == method]

    def statuses(self) -> list[str]:
        return [status["state"] for status in self.heard("hearth/status")]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on what was received holds."""
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(condition), PATIENCE_S)
            except TimeoutError:
                raise AssertionError(f"never came true; received {self.received[-20:]}") from None

    async def status(self, state: str) -> Message:
        """The newest status, once it is this one."""
        await self.until(lambda: self.statuses()[-1:] == [state])
        return dict(self.heard("hearth/status")[-1])

    async def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                length = 0
                while line := (await self.process.stdout.readuntil(b"\n")).strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    else:
                        self.not_json.append(line)
                message = json.loads(await self.process.stdout.readexactly(length))
                self._take(message)
                async with self._news:
                    self._news.notify_all()

    def _take(self, message: Message) -> None:
        self.received.append(message)
        if "method" not in message:
            self.answers[message.get("id")].append(message)
        elif "id" in message and message["method"] not in self.silent:
            reply = self.replies.get(message["method"], lambda params: None)
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": reply(message["params"])})

    # -- an editor's words ---------------------------------------------------------------------------------------------

    async def initialize(
        self,
        capabilities: Mapping[str, Any] | None = None,
        *,
        options: Any = None,
        folders: Sequence[Path] = (),
        process_id: int | None = None,
    ) -> Message:
        """`initialize` and `initialized`; the server's answer."""
        params = {
            "processId": process_id,
            "rootUri": folders[0].as_uri() if folders else None,
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders] or None,
            "capabilities": GHOST_TEXT if capabilities is None else capabilities,
            "initializationOptions": options,
        }
        result = await self.request("initialize", params)
        self.notify("initialized")
        return dict(result)

    def open(self, uri: str, text: str, *, language: str = "python", version: int = 1) -> None:
        document = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        self.notify(
            "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        )

    def ask_ghost_text(self, uri: str, line: int, character: int, *, kind: int = 2, number: Any = None, **context: Any) -> Any:
        params = {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind, **context},
        }
        return self.ask("textDocument/inlineCompletion", params, number)

    async def ghost_text(self, uri: str, line: int, character: int, **more: Any) -> str | None:
        """The text of the one item, None where there is nothing to suggest."""
        answer = await self.answer(self.ask_ghost_text(uri, line, character, **more))
        assert "error" not in answer, answer
        if answer["result"] is None:
            return None
        (item,) = answer["result"]["items"]
        return str(item["insertText"])

    async def command(self, name: str, *arguments: Any) -> Any:
        return await self.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})

    async def quit(self) -> int:
        """`shutdown` and `exit`; the exit code."""
        await self.request("shutdown")
        self.notify("exit")
        return await self.ended()

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)

    async def close(self) -> None:
        """Whatever state the conversation is in, leave no process behind."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader


GHOST_TEXT: Mapping[str, Any] = {
    "textDocument": {"inlineCompletion": {}},
    "experimental": {"hearth": {"status": True}},
}
"""A client with ghost text and a status line of its own, and nothing else."""


@contextlib.asynccontextmanager
async def running_server(
    home: Path, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, stderr: int | None = None
) -> AsyncIterator[Wire]:
    """The real server over stdio, ended at the end of the test in any case."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "lsp_server",
        *(arguments or ("--stdio",)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        cwd=cwd or home,
        env={**environment(home), **(env or {})},
        limit=1 << 26,
    )
    wire = Wire(process)
    try:
        yield wire
    finally:
        await wire.close()


def scripted_config(url: str, model: str = "smollm2:scripted", **completion: Any) -> str:
    """A config.toml for a server that talks to a scripted Ollama, without waiting between keystrokes."""
    values = {"debounce_ms": 0, **completion}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    chosen = f'backend = "ollama"\nname = "{model}"\nollama_host = "{url}"'
    return f"[model]\n{chosen}\n[completion]\n{lines}\n[index]\nenabled = false\n"
