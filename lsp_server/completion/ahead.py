"""What to do while nobody types: read the place with a full prompt, and write what would follow the suggestion. Shows nothing.

Both have the lowest priority and give way to a keystroke. What was read stays in the runner's cache, what was written in ours.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from lsp_server.completion import prompt
from lsp_server.completion.anchoring import Anchors
from lsp_server.completion.calibration import IDLE_MS
from lsp_server.completion.members import begun_behind_dot
from lsp_server.completion.run import Run
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.window import Anchor
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import HearthError
from lsp_server.model import reuse
from lsp_server.model.port import AHEAD, ChosenModel, Generation

IDLE_S = 0.3
"""After a suggestion. Somebody who types along presses the next key within 0.25 s; who reads the suggestion takes longer."""

LONG_IDLE_S = 2.0
"""More, before a prompt that is as large as it can be is taken anew: if a key comes while that one is read, the old one has to
be read again, so it must be unlikely."""

AWAY_S = 10.0
"""More, before a model is probed for how much it keeps: that displaces the prompt in its cache, so the user should be away."""

GROWTH = 1.2
"""A prompt that is larger by less than this is not worth reading."""

LONGEST_NEXT = 48
"""Tokens written ahead: a few lines. It is used only if the suggestion is taken, which is one time in three."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor between two texts, and what was suggested there (empty for nothing)."""

    snapshot: DocumentSnapshot
    before: str
    after: str
    suggested: str = ""


Known = Callable[[Place, ChosenModel], bool]
"""Whether something is remembered for a place already."""

Keep = Callable[[Run, Place, ChosenModel], None]
"""Takes a finished run and the place that it answers."""


class Ahead:
    """At most one thing is done ahead at a time; `stop` ends it."""

    def __init__(self, anchors: Anchors, keep: Keep, known: Known, longest_tokens: int) -> None:
        self._anchors = anchors
        self._longest = longest_tokens
        self._keep = keep
        self._known = known
        self._task: asyncio.Task[None] | None = None
        self._asked = 0.0

    def begin(self, place: Place, chosen: ChosenModel, anchor: Anchor) -> None:
        """Wait for the editor to be idle, then work ahead of this place."""
        self.stop()
        self._task = asyncio.create_task(self._work(place, chosen, anchor))

    def asked(self) -> None:
        """Somebody is there, even if what they type goes along a suggestion and disturbs nothing here."""
        self._asked = monotonic()

    def stop(self) -> None:
        """Somebody types: leave the model to them."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _work(self, place: Place, chosen: ChosenModel, old: Anchor) -> None:
        await asyncio.sleep(IDLE_S)
        # Nobody asked for this, so nobody is told when it fails: the next keystroke meets the same error and says it.
        with contextlib.suppress(HearthError):
            new = await self._anchors.take(place.snapshot, place.before, place.after, chosen, IDLE_MS)
            # It may have grown since the answer was begun.
            old = self._anchors.in_force(place.snapshot.uri, place.before, place.after, chosen) or old
            grows = _size(new) > GROWTH * (_size(old) + len(place.before) - len(old.before))  # what was typed behind it is read
            # A key in the middle of a read costs the old prompt again, so one starts when nobody typed for as long as it takes.
            takes = self._anchors.calibration(chosen).read_seconds(_size(new))
            if grows and takes <= IDLE_S:
                await self._move(new, place, chosen)
            if place.suggested:
                await self._write_next(place, chosen)
            if grows and takes > IDLE_S:
                await self._idle(takes)
                await self._move(new, place, chosen)
            if not grows and _has_aged(old, new):
                await asyncio.sleep(LONG_IDLE_S)
                await self._move(new, place, chosen)
            if not chosen.reuse.known:
                await self._idle(AWAY_S)
                await reuse.probe(chosen, self._longest)
                self._anchors.calibration(chosen).sent("")  # the probe's prompts took the place of ours
                await self._move(
                    await self._anchors.take(place.snapshot, place.before, place.after, chosen, IDLE_MS), place, chosen
                )

    async def _idle(self, seconds: float) -> None:
        """Wait until nobody has asked for so long. Each key moves the end of the pause."""
        while (left := self._asked + seconds - monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)

    async def _move(self, anchor: Anchor, place: Place, chosen: ChosenModel) -> None:
        """Have the runner read a new anchor's prompt, and only then use it: until then the old one's is in its cache."""
        built = prompt.build_for(chosen, anchor, "", place.snapshot)
        request = Generation(built.text, max_tokens=1, priority=AHEAD)
        calibration = self._anchors.calibration(chosen)
        shared = calibration.sent(built.text)
        async with aclosing(chosen.client.generate(chosen.info.name, request)) as pieces:
            async for piece in pieces:
                if piece.usage is not None:
                    calibration.learn(built.text, piece.usage, shared=shared)
        self._anchors.use(anchor)

    async def _write_next(self, place: Place, chosen: ChosenModel) -> None:
        """Write as if the suggestion were taken; behind a finished statement, as if Enter were pressed as well."""
        before = place.before + place.suggested
        if extent_at(before, place.after, "automatic") is Extent.LINE and not place.after.split("\n", 1)[0].strip():
            line = before[before.rfind("\n") + 1 :]
            before += "\n" + line[: len(line) - len(line.lstrip())]
        extent = extent_at(before, place.after, "automatic")
        if begun_behind_dot(before) is not None:  # there a name is held to members, and that is the engine's affair
            return
        if extent is None or self._known(Place(place.snapshot, before, place.after), chosen):
            return
        anchor, tail = await self._anchors.at(place.snapshot, before, place.after, chosen, IDLE_MS)
        built = prompt.build_for(chosen, anchor, tail, place.snapshot)
        wanted = Generation(built.text, max_tokens=LONGEST_NEXT, stop=built.stops, priority=AHEAD, logprobs=True)
        stream = chosen.client.generate(chosen.info.name, wanted)
        run = Run(stream, built, anchor, before, place.after, extent, place.snapshot.language)
        run.shared = self._anchors.calibration(chosen).sent(built.text)
        try:
            await run.ended()
        except asyncio.CancelledError:
            run.cancel()
            raise
        if run.whole:
            self._keep(run, Place(place.snapshot, before, place.after), chosen)


def _size(anchor: Anchor) -> int:
    return len(anchor.prefix) + len(anchor.suffix) + sum(len(hit.text) for hit in anchor.snippets)


def _has_aged(old: Anchor, new: Anchor) -> bool:
    """Whether a place has moved on from its anchor: a quarter of the window typed behind it, or other names in use."""
    return len(new.before) - len(old.before) > len(old.prefix) // 4 or new.snippets != old.snippets
