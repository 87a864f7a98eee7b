"""The actions under way on one connection: what cancels them, what the user sees of them, how their documents move."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from lsp_server.actions.anchors import Trail
from lsp_server.actions.records import Event
from lsp_server.documents import DocumentSnapshot

if TYPE_CHECKING:
    from lsp_server.features.connection import Connection

PARTIAL = "hearth/partial"
"""To the client: `{"run", "stage", "text"}`, a further piece of what the model writes, for a run that the client named."""

PAUSE_S = 0.1
"""Between two reports of progress. Ten a second are more than anybody reads; a report for each token would flood a pipe."""


class Run:
    """One action. `trail` follows its document from the snapshot it was made for."""

    def __init__(self, ls: Connection, title: str, name: str | None, snapshot: DocumentSnapshot | None) -> None:
        self.title = title
        self.trail = Trail(snapshot.text) if snapshot is not None else None
        self.uri = snapshot.uri if snapshot is not None else ""
        self._ls = ls
        self._name = name
        self._token: types.ProgressToken | None = None
        self._lines = 0
        self._said_at = 0.0
        self._last_words = ""

    # -- what the user sees --------------------------------------------------------------------------------------------

    def draw(self, token: types.ProgressToken) -> None:
        """Begin a progress bar with a cancel button. The client has agreed to its token."""
        self._token = token
        begin = types.WorkDoneProgressBegin(title=self.title, cancellable=True, message=self._last_words or None)
        self._ls.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=begin))

    def listen(self, event: Event) -> None:
        """Something happened: tell it in the bar, and hand text on to a client that shows it as it comes."""
        if self._name is not None:
            self._ls.protocol.notify(PARTIAL, {"run": self._name, "stage": event.stage, "text": event.text})
        if event.stage == "writing":
            self._lines += event.text.count("\n")
            words, now = f"{self._lines} lines written", monotonic()
        else:
            self._lines = 0
            words, now = event.text if event.stage == "reading" else f"{event.text} Asking again", 0.0
        if now and now - self._said_at < PAUSE_S:
            return
        self._said_at, self._last_words = now, words
        if self._token is not None:
            report = types.WorkDoneProgressReport(message=words)
            self._ls.protocol.notify(types.PROGRESS, types.ProgressParams(token=self._token, value=report))

    def end(self, words: str) -> None:
        """Take the bar away."""
        if self._token is not None:
            end = types.WorkDoneProgressEnd(message=words or None)
            self._ls.protocol.notify(types.PROGRESS, types.ProgressParams(token=self._token, value=end))
            self._token = None


class Runs:
    """All of a connection's. An action is one task from its first step to its answer, so that cancelling it leaves nothing."""

    def __init__(self, ls: Connection) -> None:
        self._ls = ls
        self._running: dict[Run, asyncio.Future[Any]] = {}
        self._tokens: dict[types.ProgressToken, Run] = {}
        self._numbers = count(1)
        self._asking: set[asyncio.Task[None]] = set()

    def start(self, run: Run, work: Coroutine[Any, Any, Any], token: types.ProgressToken | None) -> asyncio.Future[Any]:
        """Begin an action; `token` is the client's own for its progress, None to ask for one."""
        task = asyncio.ensure_future(work)
        self._running[run] = task
        task.add_done_callback(lambda _: self._ended(run))
        if token is not None:
            self._tokens[token] = run
            run.draw(token)
        elif self._ls.supports("window", "work_done_progress"):
            asking = asyncio.create_task(self._agree(run))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        return task

    def cancel(self, token: types.ProgressToken) -> bool:
        """The user pressed cancel beside a bar; False where the bar is none of an action."""
        run = self._tokens.get(token)
        task = self._running.get(run) if run is not None else None
        if task is not None:
            task.cancel()
        return run is not None

    def follow(self, uri: str, text: str) -> None:
        """A document is this now."""
        for run in self._running:
            if run.uri == uri and run.trail is not None:
                run.trail.follow(text)

    async def _agree(self, run: Run) -> None:
        """Ask for a token. A client that is slow to answer sees the bar from there on, or never if all is done by then."""
        token = f"hearth-action-{next(self._numbers)}"
        asked = types.WorkDoneProgressCreateParams(token=token)
        try:
            await self._ls.protocol.send_request_async(types.WINDOW_WORK_DONE_PROGRESS_CREATE, asked)
        except Exception:  # noqa: BLE001 - a client that refuses has no bar; the action goes on all the same
            return
        if run in self._running:
            self._tokens[token] = run
            run.draw(token)

    def _ended(self, run: Run) -> None:
        task = self._running.pop(run)
        self._tokens = {token: other for token, other in self._tokens.items() if other is not run}
        run.end("Cancelled." if task.cancelled() else "")
