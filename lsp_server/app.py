"""Put the parts together and run them: the composition root. Light to import: it loads nothing that opens a model or an index.

What is heavy (LanceDB alone takes seconds and 135 MB) is imported where it is first used, in a thread, after `initialize` was
answered (invariant 3; tests/integration/test_light_import.py).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsp_server.actions.pages import Pages
from lsp_server.actions.records import Action, ActionRequest, Event, Files, Offer, Outcome, Target
from lsp_server.completion.records import Repository
from lsp_server.features.connection import Connection
from lsp_server.framing import Frames, Garbage
from lsp_server.indexing.service import IndexingService
from lsp_server.ledger.book import Book
from lsp_server.model.port import ChosenModel, PullProgress
from lsp_server.model.scheduler import ScheduledClient
from lsp_server.paths import Paths
from lsp_server.pipes import CHUNK_BYTES, ByteSource, PipeWriter, read_in_thread, take_standard_streams
from lsp_server.ports import Edge, Engine
from lsp_server.server import make_server
from lsp_server.session import Session
from lsp_server.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from lsp_server.actions.engine import ActionEngine
    from lsp_server.model.shelf import Inventory

log = logging.getLogger(__name__)

CLOSING_S = 3.0
"""An editor that quits waits about five seconds before it kills its servers."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Where `--tcp` may listen. Another address would open the user's code to their network."""


def make_session(edge: Edge, paths: Paths) -> Session:
    """A session with the real model and the real index behind it. Opens nothing yet."""

    async def choose(settings: ModelSettings) -> ChosenModel:
        module = await _imported("lsp_server.model.choose")
        await asyncio.get_running_loop().run_in_executor(None, _warm)
        chosen: ChosenModel = await module.choose(settings, paths)
        chosen.client.load_ahead(chosen.info.name)
        return replace(chosen, client=ScheduledClient(chosen.client, chosen.reuse))

    def make_engine(model: Callable[[], Awaitable[ChosenModel]], repository: Repository | None, settings: Settings) -> Engine:
        from lsp_server.completion.engine import CompletionEngine

        return CompletionEngine(model=model, repository=repository, settings=settings.completion)

    return Session(
        edge,
        paths.config,
        choose=choose,
        make_engine=make_engine,
        make_actor=_Actor,
        pages=Pages(paths.pages),
        indexing=IndexingService(paths.indexes),
        shelf=_Shelf(paths),
        ledger=Book(paths.ledger),
    )


class _Actor:
    """`actions.engine.ActionEngine` as the session's port: imported when somebody first looks for an action."""

    def __init__(self, model: Callable[[], Awaitable[ChosenModel]], repository: Repository | None, settings: Settings) -> None:
        self._model = model
        self._repository = repository
        self._settings = settings.actions
        self._engine: ActionEngine | None = None

    async def offers(self, target: Target, *, only: Sequence[str], can_ask: bool) -> Sequence[Offer]:
        return (await self._made()).offers(target, only=only, can_ask=can_ask)

    async def find(self, action_id: str) -> Action:
        return (await self._made()).find(action_id)

    async def run(self, request: ActionRequest, files: Files, listen: Callable[[Event], None]) -> Outcome:
        return await (await self._made()).run(request, files, listen)

    async def _made(self) -> ActionEngine:
        if self._engine is None:
            module = await _imported("lsp_server.actions.engine")
            self._engine = module.ActionEngine(model=self._model, repository=self._repository, settings=self._settings)
        return self._engine


class _Shelf:
    """`model.shelf` as the session's port: its clients are imported when somebody asks for them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    async def take_inventory(self, settings: ModelSettings) -> Inventory:
        module = await _imported("lsp_server.model.shelf")
        found: Inventory = await module.take_inventory(settings, self._paths)
        return found

    async def fetch(self, name: str, accepted: bool, settings: ModelSettings) -> AsyncGenerator[PullProgress, None]:
        module = await _imported("lsp_server.model.shelf")
        async with aclosing(module.fetch(name, accepted, settings, self._paths)) as steps:
            async for step in steps:
                yield step


def _warm() -> None:
    """Load what the first ghost text and the first menu need, so that neither waits for an import (90 ms here, each)."""
    importlib.import_module("lsp_server.completion.engine")
    importlib.import_module("lsp_server.actions.engine")
    importlib.import_module("indexer.languages").parse("", "python")


async def _imported(name: str) -> Any:
    """A heavy module, imported in a thread so that keystrokes are answered meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, importlib.import_module, name)


async def converse(connection: Connection, source: ByteSource, stop: asyncio.Event, *, strict: bool) -> None:
    """Hand every message of a stream to the connection until the stream ends or the connection wants to stop.

    `strict` ends the conversation at the first line that is no header. It is for TCP: a web page can make a browser send an
    HTTP request to a port of this machine, and its body must never be taken for a message.
    """
    frames = Frames()
    stopping = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        reading = asyncio.ensure_future(source.read(CHUNK_BYTES))
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            break
        data = reading.result() if reading.exception() is None else b""
        if not data or not _take(connection, frames, data, strict=strict):
            break
    stopping.cancel()


def _take(connection: Connection, frames: Frames, data: bytes, *, strict: bool) -> bool:
    """Hand on what a piece of the stream completes; False where the conversation must end."""
    again = True
    while again:
        again = False
        for frame in frames.feed(data):
            if isinstance(frame, Garbage):
                log.warning("skipped %s", frame.reason)
                if strict:
                    return False
            elif not connection.protocol.receive(frame) and frames.recover(frame):
                # The length was too large and the body held the next messages: they are parsed from the start.
                again, data = True, b""
                break
    return True


async def _serve_stdio(descriptors: tuple[int, int]) -> int:
    connection, stop, code = _prepare()
    loop = asyncio.get_running_loop()
    writer = PipeWriter(descriptors[1], lambda: _call_if_running(loop, stop.set))
    connection.protocol.writer = writer
    await converse(connection, read_in_thread(descriptors[0]), stop, strict=False)
    await _close(connection)
    writer.close()
    return code()


async def _serve_tcp(host: str, port: int) -> int:
    """Serve the first client that connects, and end with it: one process, one editor, as over stdio."""
    connection, stop, code = _prepare()
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    try:
        server = await asyncio.start_server(lambda reader, writer: accepted.put_nowait((reader, writer)), host, port)
    except OSError as error:  # asyncio's own sentence about it is long
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        sys.stderr.write(f"lsp_server serve: cannot listen on {host}:{port}: {why}. Choose another port; 0 takes a free one.\n")
        return 1
    sys.stderr.write(f"listening on {host}:{server.sockets[0].getsockname()[1]}\n")
    sys.stderr.flush()
    first, stopping = asyncio.ensure_future(accepted.get()), asyncio.ensure_future(stop.wait())
    await asyncio.wait({first, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.close()
    if not first.done():  # told to end before anybody came
        first.cancel()
        return code()
    reader, writer = first.result()
    connection.protocol.writer = writer
    await converse(connection, reader, stop, strict=True)
    await _close(connection)
    writer.close()
    return code()


def _prepare() -> tuple[Connection, asyncio.Event, Callable[[], int]]:
    """A connection, the event that ends it, and the exit code to end with: 0 after `shutdown`, else 1 (LSP 3.18, "exit")."""
    paths, stop, codes = Paths.of_user(), asyncio.Event(), []
    connection = make_server(lambda edge: make_session(edge, paths))

    def end(code: int) -> None:
        codes.append(code)
        stop.set()

    connection.protocol.on_exit = end
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if os.name != "nt":
            loop.add_signal_handler(number, end, 128 + number)
    return connection, stop, lambda: codes[0] if codes else connection.protocol.code_at_end()


async def _close(connection: Connection) -> None:
    try:
        await asyncio.wait_for(connection.aclose(), CLOSING_S)
    except TimeoutError:
        log.warning("something did not close within %g s", CLOSING_S)


def _call_if_running(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)


def _address(text: str) -> tuple[str, int]:
    """`[HOST:]PORT` with a host that is this machine."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if host not in LOOPBACK:
        raise argparse.ArgumentTypeError(f"{host} is not this machine; Hearth listens on 127.0.0.1 only")
    if not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{port!r} is no port")
    return host, int(port)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lsp_server serve", description="Serve one editor.", add_help=False)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stdio", action="store_true")
    where.add_argument("--tcp", type=_address, metavar="[HOST:]PORT")
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    # VS Code's client library adds it; the same number comes in `initialize`.
    parser.add_argument("--clientProcessId", help=argparse.SUPPRESS)
    return parser.parse_args([one for one in argv if one != "serve"])


def run(argv: Sequence[str]) -> int:
    """Serve as the arguments say; returns the exit code. Logs go to standard error and hold no code of the user's."""
    arguments = _arguments(argv)
    logging.basicConfig(
        stream=sys.stderr,
        level=arguments.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # pygls logs whole messages, and with them the user's code, at INFO.
    logging.getLogger("pygls").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if arguments.tcp:
        return _ended(asyncio.run(_serve_tcp(*arguments.tcp)))
    if sys.stdin is not None and sys.stdin.isatty():
        sys.stderr.write("This is a language server; it waits for an editor. Try `lsp_server --help`.\n")
    return _ended(asyncio.run(_serve_stdio(take_standard_streams())))


def _ended(code: int) -> int:
    """End at once. A thread that is busy (importing LanceDB, embedding) would hold the process, and the editor, up."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
