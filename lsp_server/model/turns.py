"""Whose turn it is at a model server that does one thing at a time. Knows priorities, no models and no prompts."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field


@dataclass(order=True)
class Turn:
    """A place in the queue. `wanted_back` is set when somebody more urgent waits: give the turn up at the next good moment."""

    priority: int
    number: int
    mine: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    wanted_back: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Queue:
    """The most urgent first, among equals the first come. Lower numbers are more urgent, as in `port.PRIORITIES`."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: list[Turn] = []
        self._holder: Turn | None = None

    async def enter(self, priority: int) -> Turn:
        """Wait for a turn; the caller gives it back with `leave`, whatever happens. Cancelled, it leaves no trace."""
        turn = Turn(priority, next(self._numbers))
        if self._holder is None:
            self._holder = turn
            return turn
        heapq.heappush(self._waiting, turn)
        if priority < self._holder.priority:
            self._holder.wanted_back.set()
        try:
            await turn.mine.wait()
        except asyncio.CancelledError:
            if self._holder is turn:
                self.leave(turn)
            else:
                self._waiting.remove(turn)
                heapq.heapify(self._waiting)
            raise
        return turn

    def leave(self, turn: Turn) -> None:
        """Give a turn back; the most urgent of those who wait is next."""
        if self._holder is not turn:
            return
        self._holder = heapq.heappop(self._waiting) if self._waiting else None
        if self._holder is not None:
            self._holder.mine.set()
