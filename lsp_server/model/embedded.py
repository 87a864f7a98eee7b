"""The model port over a GGUF file and llama.cpp in a child process. Needs no other program and reaches no other machine.

The child (`runner.py`) speaks the protocol of `openai_compatible.py`; this file finds the files, starts the child when the
first prompt comes, and starts it again when it died. One model is in memory at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lsp_server.errors import (
    ModelError,
    ModelFailedError,
    ModelMissingError,
    ModelProtocolError,
    ModelUnreachableError,
    NoModelError,
)
from lsp_server.model.gguf import GgufHeader, read_header
from lsp_server.model.openai_compatible import OpenAICompatibleClient
from lsp_server.model.port import Backend, Generation, ModelInfo, Piece, PullProgress
from lsp_server.model.runner import CONTEXT_TOKENS
from lsp_server.model.weights import WEIGHTS, can_be_run, find, pull

_NAME = "The embedded runner"
_LOAD_SECONDS, _SLOW_DISK = 60.0, 20_000_000
"""A file may come from a disk of so many bytes a second, to a machine that has other work: a 7B model has five minutes, a small
one, which is there in a second, one. A load that hung must not keep a keystroke waiting for longer."""

_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Runner:
    """A child process with a model in it, and the client of its port."""

    process: asyncio.subprocess.Process
    client: OpenAICompatibleClient


@dataclass(frozen=True, slots=True)
class _Child:
    """A runner that is there, or is being started."""

    path: Path
    ready: asyncio.Task[_Runner]


class EmbeddedClient:
    """Runs the pulled weights in `folder`, and any GGUF that is named by its path."""

    backend: Backend = "embedded"

    def __init__(self, folder: Path) -> None:
        if not can_be_run():
            raise NoModelError(
                "The embedded runner is not installed.", "Install it with `pip install 'hearth-lsp[embedded]'`, or use Ollama."
            )
        self._folder = folder
        self._child: _Child | None = None

    async def models(self) -> Sequence[ModelInfo]:
        """The pulled weights, best first. A damaged file is left out; `describe` says what is wrong with it."""
        found = []
        for one in WEIGHTS.values():
            if one.installed(self._folder):
                with suppress(ModelError):
                    found.append(await self.describe(one.name))
        return found

    async def describe(self, name: str) -> ModelInfo:
        """What the file's header tells. ModelMissingError: not pulled, no such file; ModelFailedError: not a GGUF."""
        path = self._path(name)
        return _info(name, path, read_header(path))

    async def generate(self, model: str, request: Generation) -> AsyncGenerator[Piece, None]:
        """Stream an answer, loading the model first if need be; close the generator to free the runner."""
        runner = await self._running(self._path(model))
        try:
            async with aclosing(runner.client.generate(model, request)) as pieces:
                async for piece in pieces:
                    yield piece
        except (ModelUnreachableError, ModelProtocolError) as error:
            if not await _ended(runner.process):
                raise
            raise ModelFailedError(
                f"{_NAME} ended while it ran `{model}` (exit code {runner.process.returncode}).",
                "It starts again with the next request; if it keeps ending, choose a smaller model.",
            ) from error

    def load_ahead(self, model: str) -> None:
        """Begin to load the model: by the time somebody has opened a file and typed, it is there. What is wrong with it is said
        by the first request, which tries again.
        """
        with suppress(ModelError):
            self._start_child(self._path(model))

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:  # noqa: ARG002  the port's
        """Never possible: the weights that can be pulled are generative."""
        raise ModelFailedError(f"{_NAME} makes no embeddings.", "Set `index.embedder` to `static`.")

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """Fetch weights of the table in weights.py; the caller has shown their terms."""
        async with aclosing(pull(find(name), self._folder)) as steps:
            async for step in steps:
                yield step

    async def aclose(self) -> None:
        """End the child process."""
        child, self._child = self._child, None
        if child is None:
            return
        child.ready.cancel()
        with suppress(asyncio.CancelledError, ModelError):
            await _end(await child.ready)

    def _path(self, name: str) -> Path:
        if name in WEIGHTS:
            path = WEIGHTS[name].path(self._folder)
            if not path.exists():
                raise ModelMissingError(f"`{name}` is not on this machine.", f"Fetch it with `lsp_server models pull {name}`.")
            return path
        if name.endswith(".gguf"):
            return Path(name).expanduser().absolute()
        raise ModelMissingError(
            f"{_NAME} does not know the model `{name}`.",
            f"Name one of {', '.join(WEIGHTS)}, or the path of a .gguf file.",
        )

    async def _running(self, path: Path) -> _Runner:
        """The child with this model. Loading outlives the request that wanted it: the next keystroke wants it too."""
        return await asyncio.shield(self._start_child(path).ready)

    def _start_child(self, path: Path) -> _Child:
        """The child with this model, or the one that is being started for it now."""
        if self._child is None or not _serves(self._child, path):
            self._child = _Child(path, asyncio.create_task(_replace(self._child, path)))
            self._child.ready.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody may be waiting
        return self._child


def _serves(child: _Child, path: Path) -> bool:
    """Whether a child has, or is about to have, this model."""
    if child.path != path or not child.ready.done():
        return child.path == path
    failed = child.ready.cancelled() or child.ready.exception() is not None
    return not failed and child.ready.result().process.returncode is None


async def _replace(old: _Child | None, path: Path) -> _Runner:
    """End the old child, whatever became of it, then start one: two models at once may not fit into the memory."""
    if old is not None:
        with suppress(ModelError):
            await _end(await old.ready)
    return await _start(path)


async def _start(path: Path) -> _Runner:
    """A child with the model loaded. ModelFailedError with llama.cpp's own reason where it cannot."""
    header = await asyncio.to_thread(read_header, path)
    patience = _LOAD_SECONDS + (await asyncio.to_thread(path.stat)).st_size / _SLOW_DISK
    key = secrets.token_urlsafe(24)
    process = await asyncio.create_subprocess_exec(
        # -P: `python -m` would else look for the program in the working directory, which is the repository, first.
        *(sys.executable, "-P", "-m", "lsp_server.model.runner"),
        env=_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        order = {"path": str(path), "key": key, "context_tokens": _context(header)}
        told = await asyncio.wait_for(_answer(process, order), patience)
        if "url" not in told:
            raise ModelFailedError(
                f"{path} cannot be loaded: {told['error']}.", "Fetch it again, or name another file in `model.name`."
            )
    except TimeoutError as error:
        await _kill(process)
        raise ModelFailedError(
            f"{path} was not loaded within {patience:.0f} s.",
            "The next key tries again; if that is too slow, too, choose a smaller model.",
        ) from error
    except BaseException:
        await _kill(process)
        raise
    client = OpenAICompatibleClient(
        told["url"] + "/v1",
        api_key=key,
        server=_NAME,
        advice="The next request starts it again.",
        counts_each_token=True,
    )
    return _Runner(process, client)


def _environment() -> dict[str, str]:
    """Ours, with the folder that this very package was imported from on the import path."""
    ours = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])}


async def _answer(process: asyncio.subprocess.Process, order: dict[str, object]) -> dict[str, str]:
    """The child's one line; its exit code in place of a line where it died over the file."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        return {"error": f"llama.cpp ended with exit code {await process.wait()}"}
    told: dict[str, str] = json.loads(line)
    return told


async def _end(runner: _Runner) -> None:
    await runner.client.aclose()
    assert runner.process.stdin is not None
    runner.process.stdin.close()
    try:
        await asyncio.wait_for(runner.process.wait(), _END_SECONDS)
    except TimeoutError:
        await _kill(runner.process)


async def _ended(process: asyncio.subprocess.Process) -> bool:
    """Whether the child is gone; its socket breaks a moment before its end is known."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), 1.0)
    return process.returncode is not None


async def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _context(header: GgufHeader) -> int:
    return min(header.context_tokens or CONTEXT_TOKENS, CONTEXT_TOKENS)


def _info(name: str, path: Path, header: GgufHeader) -> ModelInfo:
    known = WEIGHTS.get(name)
    try:
        told = path.stat()
    except OSError as error:
        raise ModelFailedError(f"The model file {path} cannot be read: {error.strerror}.") from error
    return ModelInfo(
        name=name,
        backend="embedded",
        family=header.architecture,
        parameters=header.parameters,
        context_tokens=_context(header),
        capabilities=frozenset({"completion"}),
        size_bytes=told.st_size,
        # Hashing gigabytes at every start is no option for files that Hearth did not fetch itself.
        runner_version=f"xllamacpp {version('xllamacpp')}",
        digest=known.sha256 if known else f"{path}:{told.st_size}:{told.st_mtime_ns}",
    )
