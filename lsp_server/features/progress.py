"""Draw indexing as the editor's own progress bars (`window/workDoneProgress`). Knows how far, not what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server.status import IndexState

if TYPE_CHECKING:
    from lsp_server.features.connection import Connection


@dataclass(slots=True)
class _Bar:
    """One progress bar. It may be drawn only once the client has agreed to its token."""

    token: str
    root: str
    agreed: bool = False
    percent: int = 0


class IndexingProgress:
    """One bar for each folder that is being indexed, where the client has bars."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._bars: dict[str, _Bar] = {}
        self._numbers = count(1)
        self._asking: set[asyncio.Task[None]] = set()

    def root_of(self, token: types.ProgressToken) -> str | None:
        """The folder whose bar has this token."""
        return next((bar.root for bar in self._bars.values() if bar.token == token), None)

    def show(self, folders: Sequence[IndexState]) -> None:
        """Begin, move and end bars so that they match the folders."""
        if not self._connection.supports("window", "work_done_progress"):
            return
        indexing = {folder.root: folder for folder in folders if folder.phase == "indexing"}
        for root in [root for root in self._bars if root not in indexing]:
            bar = self._bars.pop(root)
            if bar.agreed:
                self._send(bar, types.WorkDoneProgressEnd(message="Indexed."))
        for root, folder in indexing.items():
            known = self._bars.get(root)
            if known is None:
                self._begin(root, folder.percent or 0)
            elif folder.percent is not None and folder.percent != known.percent:
                known.percent = folder.percent
                if known.agreed:
                    self._send(known, types.WorkDoneProgressReport(percentage=known.percent, message=folder.message or None))

    def _begin(self, root: str, percent: int) -> None:
        bar = _Bar(f"hearth-index-{next(self._numbers)}", root, percent=percent)
        self._bars[root] = bar
        task = asyncio.create_task(self._agree(bar))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _agree(self, bar: _Bar) -> None:
        """Ask for the token. A client that is slow to answer sees the bar from there on, or never if all is done by then."""
        asked = types.WorkDoneProgressCreateParams(token=bar.token)
        try:
            await self._connection.protocol.send_request_async(types.WINDOW_WORK_DONE_PROGRESS_CREATE, asked)
        except Exception:  # noqa: BLE001 - a client that refuses has no bar; indexing goes on all the same
            return
        if self._bars.get(bar.root) is bar:
            bar.agreed = True
            title = f"Indexing {Path(bar.root).name}"
            self._send(bar, types.WorkDoneProgressBegin(title=title, percentage=bar.percent, cancellable=True))

    def _send(self, bar: _Bar, value: object) -> None:
        self._connection.protocol.notify(types.PROGRESS, types.ProgressParams(token=bar.token, value=value))
