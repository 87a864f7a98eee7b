"""Bytes in and out without ever blocking the event loop, and standard output kept for the protocol alone. Knows no message.

Two threads, one a direction, because a pipe that an editor does not empty blocks whoever writes to it, and because a thread
stuck in a read must not keep the process from ending: both are daemons.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Protocol

CHUNK_BYTES = 1 << 16
"""What a Linux pipe holds."""

FLUSH_S = 1.0
"""How long the last answers may take to leave; an editor that reads no more has gone."""


class ByteSource(Protocol):
    """Where messages come from."""

    async def read(self, n: int) -> bytes:
        """At most `n` bytes; none at the end."""
        ...


def take_standard_streams() -> tuple[int, int]:
    """The file descriptors of the protocol, in and out. From now on whatever prints goes to standard error (invariant 8).

    A library, a child process or a C++ runtime that writes to "standard output" would otherwise break the stream of messages,
    and one that reads standard input would swallow some.
    """
    sys.stdout.flush()
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return source, sink


def read_in_thread(descriptor: int) -> asyncio.StreamReader:
    """A reader fed by a thread of its own; at its end when the other side closed the pipe."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()

    def feed() -> None:
        data = b"-"
        while data:
            try:
                data = os.read(descriptor, CHUNK_BYTES)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(reader.feed_data if data else lambda _: reader.feed_eof(), data)
            except RuntimeError:  # the loop is closed: nobody reads any more
                return

    threading.Thread(target=feed, name="protocol-in", daemon=True).start()
    return reader


class PipeWriter:
    """Writes in the order it was told, in a thread of its own. `on_broken` is called once when nobody reads any more."""

    def __init__(self, descriptor: int, on_broken: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._drain, name="protocol-out", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send it soon; returns at once."""
        self._queue.put(data)

    def close(self) -> None:
        """Let what was written leave, for as long as that is worth waiting for."""
        self._queue.put(None)
        self._thread.join(FLUSH_S)

    def _drain(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(self._descriptor, view) :]
                except OSError:
                    self._on_broken()
                    return
