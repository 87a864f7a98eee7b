"""One answer while the model writes it. It outlives the request that asked: the next keystroke, if it agrees, joins it.

Knows no editor and no trigger; what the text is good for is decided by whoever reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from lsp_server.completion.brackets import Brackets, brackets
from lsp_server.completion.closers import indentation, missing_edge
from lsp_server.completion.confidence import Mark
from lsp_server.completion.extent import end_of_suggestion
from lsp_server.completion.prompt import Prompt, heal
from lsp_server.completion.records import new_origin
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.trim import Surroundings
from lsp_server.completion.trim.echoes import cut_at_next_lines, runs_into_next_line
from lsp_server.completion.window import Anchor
from lsp_server.model.port import Piece, Usage

PATIENCE_S = 0.15
"""Counted from the first token: then a block's finished lines are shown and the others follow with the next request. A
GPU writes a whole block in that time; a slow machine shows a line instead of nothing. (Continue cuts at the same point.)"""


class Run:
    """An answer to the document `before` + `after` at one moment. Start it inside a running event loop.

    Where the `language` has a grammar, its brackets tell where a block ends.

    `text` grows; `finished` says that nothing more comes, `error` why, if that was a failure. `usage` is None where the run was
    ended before the runner counted. `read_ms` is the time from the start to the first token. `meets_below` says that the model
    went on with the line that stands below the cursor already, `leaves` that it went on further to the left: there is nothing
    to add behind this answer. `shared` is how many characters of the prompt the runner had, None for unknown.
    """

    def __init__(
        self,
        stream: AsyncGenerator[Piece, None],
        built: Prompt,
        anchor: Anchor,
        before: str,
        after: str,
        extent: Extent,
        language: str = "",
    ) -> None:
        self.anchor, self.built, self.language = anchor, built, language
        self.before, self.after, self.extent = before, after, extent
        self.text = ""
        self.marks: list[Mark] = []
        self.finished = False
        self.error: BaseException | None = None
        self.usage: Usage | None = None
        self.read_ms = 0.0
        self.readers = 0
        self.uri, self.model = anchor.uri, anchor.model
        self.origin = new_origin()
        self.is_learnt = False
        self.meets_below = self.leaves = False
        self.shared: int | None = None
        self._ends_line = False
        self._edge = missing_edge(before, after)
        self._lines = 0
        self._read: Brackets | None = None
        self._stopping = False
        self._started = monotonic()
        self._first: float | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._consume(stream))
        # Not in the coroutine itself: a task that is cancelled before its first step never gets to its `finally`.
        self._task.add_done_callback(self._end)

    def typed(self, before: str, after: str) -> str | None:
        """What was typed since the start, if this run may still answer there: nothing else changed and the text agrees."""
        if self._stopping or after != self.after or not before.startswith(self.before):
            return None
        typed = before[len(self.before) :]
        if self.finished:
            return typed if self.error is None and len(self.text) > len(typed) and self.text.startswith(typed) else None
        return typed if self.text.startswith(typed) or typed.startswith(self.text) else None

    async def rest(self, typed: str) -> str:
        """The answer behind what was typed, as soon as it is complete or patience ends with a finished line of it.

        Empty where the answer turned out to be another one, or was cancelled. Raises what ended the run: a HearthError.
        """
        self.readers += 1
        try:
            while not self.finished:
                if not self.text.startswith(typed[: len(self.text)]):
                    return ""
                shown = self._finished_lines(typed)
                left = None if shown is None or self._first is None else self._first + PATIENCE_S - monotonic()
                if left is not None and left <= 0 and shown:
                    return shown
                self._changed.clear()
                try:
                    async with asyncio.timeout(left):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            self.readers -= 1
        if self.error is not None:
            raise self.error
        return self.text[len(typed) :] if self.text.startswith(typed) else ""

    @property
    def whole(self) -> bool:
        """Whether the model said all that it had to say here: only then is an empty answer an answer."""
        return self.finished and not self._stopping and self.error is None

    def ends_behind(self, shown: str) -> bool:
        """Whether the model says nothing more behind `shown` on its line: it is the whole answer, and the model ended its line.

        Behind the head of a block more is wanted than the rest of a line, and nothing is known of that.
        """
        if not self.whole or not self._ends_line or not shown or self.text.rstrip() != shown:
            return False
        return extent_at(self.before + shown, self.after, "automatic") is Extent.LINE

    def cancel(self) -> None:
        """Stop: the model's socket is closed at the next step of the event loop. Nobody joins from now on."""
        self._stopping = True
        self._task.cancel()

    async def ended(self) -> None:
        """Wait until the stream is closed, however it ended."""
        await asyncio.wait({self._task})

    def _finished_lines(self, typed: str) -> str | None:
        """The whole lines of a block behind what was typed; None while there is none, and for a single statement."""
        if self.extent is Extent.LINE or not self.text.startswith(typed):
            return None
        whole = self.text[len(typed) : self.text.rfind("\n") + 1].rstrip()
        return whole or None

    async def _consume(self, stream: AsyncGenerator[Piece, None]) -> None:
        """Take the pieces in up to where the suggestion ends. Leaving closes the socket, which stops the runner."""
        raw = ""
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                if self._first is None and piece.text:
                    self._first = monotonic()
                    self.read_ms = 1000 * (self._first - self._started)
                raw += piece.text
                self.usage = piece.usage or self.usage
                self.text = heal(raw, self.built.held_back)
                # A token's end in the text as it is shown: healing takes white space off its start.
                self.marks += [Mark(len(self.text), logprob) for logprob in piece.logprobs]
                end = self._end_of_use()
                if end is not None:
                    self._ends_line = self.text.startswith("\n", end)
                    self.leaves = _goes_left(self.before + self.text[:end], self.text[end:])
                    self.text = self.text[:end]
                    break
                self._ends_line = piece.finish == "stop"
                if piece.finish == "length" and self.extent is Extent.BLOCK:
                    self.text = _whole_lines(self.text)
                self._changed.set()

    def _end_of_use(self) -> int | None:
        """Where the part that may be shown ends, None while more may come. What would be trimmed need not be written."""
        around, at = Surroundings(self.before, self.after), self.text.rfind("\n") + 1
        whole = self.text[:at]
        kept = cut_at_next_lines(whole, around)
        if at and len(kept) == len(whole) and runs_into_next_line(self.text, around):
            kept = whole[:-1]
        lines = self.text.count("\n")
        if lines != self._lines:  # only whole lines are judged, and reading costs a millisecond
            self._lines, self._read = lines, brackets(self.text, self.before, self.language)
        end = end_of_suggestion(self.text, self.before, self.extent, self._read, self._edge)
        self.meets_below = len(kept) < len(whole) and (end is None or len(kept) <= end)
        return len(kept) if self.meets_below else end

    def _end(self, task: asyncio.Task[None]) -> None:
        self.finished = True
        self.error = None if task.cancelled() else task.exception()
        self._changed.set()


def _goes_left(kept: str, behind: str) -> bool:
    """Whether the next line that has text is indented less than the last one: on a line like the last nothing is wanted."""
    line = next((one for one in behind.split("\n")[1:] if one.strip()), "")
    return bool(line) and indentation(line) < indentation(kept[kept.rfind("\n") + 1 :])


def _whole_lines(text: str) -> str:
    """A block that was cut by its length without its last line, which has no end; all of it where that is the only one."""
    whole = text[: text.rfind("\n") + 1].rstrip()
    return whole or text
