"""The ledger of one session: takes notes on the event loop, has them written by a thread. No database and no protocol here.

A note is a few assignments. What is new is written a second later, all in one go; a file that is locked or cannot be written
costs nothing but the notes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from time import time

from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.ledger.keeping import Inserted
from lsp_server.ledger.records import PARTLY, WHOLLY, Entry
from lsp_server.ledger.store import Store
from lsp_server.ledger.summary import DAY_S, Stats, summarize

KEPT_AFTER_S = 30.0
"""By then a suggestion that was taken by mistake has been undone, and what was taken to be changed has been changed."""

WRITE_AFTER_S = 1.0
"""Notes of a second are written together: one transaction waits for the disk once."""

IN_MIND = 128
"""Suggestions of which the editor may still say something. Told later than that, it is too late."""


class _Offer:
    """One answer that went to the editor: which suggestion it was of, where, and its measure for when it is taken."""

    __slots__ = ("before", "behind", "entry", "inserted", "length", "now")

    def __init__(self, entry: Entry, text: str, request: CompletionRequest) -> None:
        self.entry = entry
        self.length = len(text)
        self.inserted = Inserted.of(text)
        self.before, self.behind = request.offset, len(request.snapshot.text) - request.offset
        self.now = request.now


class Book:
    """Where the figures of suggestions go. Call it from the event loop; `enabled` may change at any time."""

    def __init__(self, file: Path, *, kept_after_s: float = KEPT_AFTER_S) -> None:
        self.enabled = True
        self._store = Store(file)
        self._kept_after_s = kept_after_s
        self._offers: OrderedDict[str, _Offer] = OrderedDict()
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._unwritten: dict[int, Entry] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._writing: asyncio.Task[None] | None = None
        self._editor_tells = False
        self._pruned = False

    # -- notes ---------------------------------------------------------------------------------------------------------

    def offered(self, name: str, suggestion: Suggestion, request: CompletionRequest) -> None:
        """An answer went out under a name of its own. Answers of one origin are one suggestion, typed along."""
        if not self.enabled:
            return
        entry = self._entries.get(suggestion.origin)
        if entry is None:
            entry = self._entries[suggestion.origin] = _entry(suggestion, request)
            entry.shown = False if self._editor_tells else None
        entry.answers += 1
        self._offers[name] = _Offer(entry, suggestion.text, request)
        for number, text in enumerate(suggestion.alternatives, 1):  # one suggestion, whichever of them is taken
            self._offers[f"{name}.{number}"] = _Offer(entry, text, request)
        for kept in (self._offers, self._entries):
            while len(kept) > IN_MIND:
                kept.popitem(last=False)
        self._note(entry)

    def shown(self, name: str) -> None:
        """The editor drew it."""
        self._editor_tells = True
        offer = self._offers.get(name)
        if offer is not None:
            offer.entry.shown = True
            self._note(offer.entry)

    def partly_taken(self, name: str, text: str) -> None:
        """The user took the beginning of it: so far `text`."""
        offer = self._offers.get(name)
        if offer is not None and text:
            self._take(offer, PARTLY, min(len(text), offer.length), Inserted.of(text))

    def taken(self, name: str) -> None:
        """The user took all of it."""
        offer = self._offers.get(name)
        if offer is not None:
            self._take(offer, WHOLLY, offer.length, offer.inserted)

    def _take(self, offer: _Offer, how: int, characters: int, inserted: Inserted) -> None:
        entry = offer.entry
        entry.taken = max(entry.taken, how)
        entry.taken_characters = max(entry.taken_characters, characters)
        entry.shown = True  # what was taken was seen
        self._note(entry)

        def look() -> None:
            self._timers.discard(timer)
            text = offer.now()
            if text is not None:
                entry.kept = round(inserted.share_in(text, offer.before, offer.behind), 3)
                self._note(entry)

        timer = asyncio.get_running_loop().call_later(self._kept_after_s, look)
        self._timers.add(timer)

    # -- the file ------------------------------------------------------------------------------------------------------

    def _note(self, entry: Entry) -> None:
        if not self.enabled:
            return
        self._unwritten[entry.origin] = entry
        if len(self._unwritten) > IN_MIND:  # a file that cannot be written for long: the oldest notes go
            self._unwritten.pop(next(iter(self._unwritten)))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(WRITE_AFTER_S)
        await self._write()

    async def _write(self) -> None:
        # Copies: the event loop goes on taking notes while the thread writes.
        notes = {origin: replace(entry) for origin, entry in self._unwritten.items()}
        if not notes:
            return
        if await asyncio.to_thread(self._store.write, list(notes.values())):
            for origin, written in notes.items():
                if self._unwritten.get(origin) == written:
                    del self._unwritten[origin]
        if not self._pruned:
            self._pruned = True
            await asyncio.to_thread(self._store.prune)

    async def stats(self, days: int) -> Stats:
        """The figures of the last days, this session's latest among them."""
        await self._write()
        rows = await asyncio.to_thread(self._store.read, time() - days * DAY_S)
        return summarize(rows)

    async def aclose(self) -> None:
        """Write what is not written yet. Safe to call twice."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._writing is not None:
            self._writing.cancel()
        await self._write()


def _entry(suggestion: Suggestion, request: CompletionRequest) -> Entry:
    timings, usage = suggestion.timings, suggestion.usage
    return Entry(
        origin=suggestion.origin,
        model=suggestion.model,
        backend=suggestion.backend,
        language=request.snapshot.language,
        invoked=request.trigger == "invoked",
        asked_model=not suggestion.reused,
        characters=len(suggestion.text),
        lines=suggestion.text.count("\n") + 1,
        wait_ms=timings.get("wait"),
        context_ms=timings.get("context"),
        first_token_ms=timings.get("first_token"),
        model_ms=timings.get("model"),
        total_ms=timings.get("total", 0.0),
        prompt_tokens=usage.prompt_tokens,
        reused_tokens=usage.reused_tokens,
        generated_tokens=usage.generated_tokens,
    )
