"""Who goes first at a model server that also embeds the index: what somebody waits for. Knows no process and no model.

Ollama gives each model a runner of its own, but all of them share the processor: a batch of texts that is embedded while a
keystroke waits takes its time from the keystroke.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

REST_S = 0.5
"""After an answer, before builds and saves go on: who types asks again within that time."""

LONGEST_HOLD_S = 10.0
"""Then one batch is embedded all the same: an index that never comes serves nobody."""

Tell = Callable[[bool], None]
"""Is told True when work that can wait is to wait, and False when it may go on."""


class Precedence:
    """For one event loop. Work that can wait is told by `heard_by`; around what cannot stands `with precedence.given():`."""

    def __init__(self) -> None:
        self._waiting = 0
        self._held = False
        self._rest: asyncio.TimerHandle | None = None
        self._listeners: list[Tell] = []

    @contextmanager
    def given(self) -> Iterator[None]:
        """Work that can wait waits until a moment after this."""
        self._waiting += 1
        if self._rest is not None:
            self._rest.cancel()
        self._tell(held=True)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._rest = asyncio.get_running_loop().call_later(REST_S, partial(self._tell, held=False))

    @contextmanager
    def heard_by(self, tell: Tell) -> Iterator[None]:
        """Have `tell` called at each change while this lasts, and at once where somebody waits already."""
        self._listeners.append(tell)
        if self._held:
            tell(True)
        try:
            yield
        finally:
            self._listeners.remove(tell)

    def _tell(self, *, held: bool) -> None:
        if held is not self._held:
            self._held = held
            for tell in self._listeners:
                tell(held)
