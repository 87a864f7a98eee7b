"""The server object that every handler gets as `ls`: pygls' server with a session and the open documents. Decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from lsp_server import __version__
from lsp_server.documents import DocumentSnapshot
from lsp_server.features.progress import IndexingProgress
from lsp_server.features.protocol import ClientRefused, Protocol
from lsp_server.features.runs import Runs
from lsp_server.features.status import Announcer
from lsp_server.ports import Edge
from lsp_server.session import Session
from lsp_server.status import IndexState, Status

log = logging.getLogger(__name__)

ANSWER_BOUND_S = 2.0
"""A client's answer can wait behind a prompt for ever (docs/editors.md): no work of ours waits longer than this for one."""


class Connection(LanguageServer):
    """One editor. `documents` holds each open document as it is now; the values are frozen, so taking one is a snapshot."""

    protocol: Protocol

    def __init__(self, make_session: Callable[[Edge], Session]) -> None:
        super().__init__(
            "hearth",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=Protocol,
            converter_factory=default_converter,
        )
        self.documents: dict[str, DocumentSnapshot] = {}
        self.roots: list[Path] = []
        self._announcer = Announcer(self)
        self._progress = IndexingProgress(self)
        self.runs = Runs(self)
        self.session = make_session(self)

    @property
    def encoding(self) -> types.PositionEncodingKind | str:
        """What the editor counts columns in, as agreed in `initialize`."""
        return self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16

    def supports(self, *path: str) -> bool:
        """Whether the client declared a capability, named by attributes: `supports("window", "work_done_progress")`."""
        value: Any = self.client_capabilities
        for name in path:
            value = getattr(value, name, None)
        return bool(value)

    def declares(self, name: str) -> bool:
        """Whether the client said `"experimental": {"hearth": {name: true}}` among its capabilities: a plugin of ours."""
        declared = self.client_capabilities.experimental
        try:
            return bool(declared["hearth"][name])  # type: ignore[index]  # LSPAny: whatever it is, it is no such table
        except (KeyError, TypeError, AttributeError):
            return bool(getattr(getattr(declared, "hearth", None), name, False))

    def show(self, status: Status, folders: Sequence[IndexState]) -> None:
        """Tell the editor how things are, if that is news."""
        self._announcer.show(status)
        self._progress.show(folders)

    def warn(self, sentence: str) -> None:
        """A message that the user reads now."""
        self.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=f"Hearth: {sentence}"))

    async def ask(self, method: str, params: object) -> Any:
        """Ask the client; None where it refuses or does not answer in time."""
        try:
            return await asyncio.wait_for(self.protocol.send_request_async(method, params), ANSWER_BOUND_S)
        except (TimeoutError, ClientRefused) as error:
            log.info("no answer to %s: %s", method, error or "it took too long")
            return None

    def cancel_progress(self, token: types.ProgressToken) -> None:
        """The user pressed cancel beside a progress bar of ours."""
        if self.runs.cancel(token):
            return
        root = self._progress.root_of(token)
        if root is not None:
            self.session.indexing.stop(root)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Only into the log: pygls would open a popup for each."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    async def aclose(self) -> None:
        """Answer what is open as cancelled and close the session. Safe to call twice."""
        running = self.protocol.abandon()
        if running:
            await asyncio.wait(running, timeout=ANSWER_BOUND_S)
        with contextlib.suppress(asyncio.CancelledError):
            await self.session.aclose()


def snapshot_of(ls: Connection, uri: str) -> DocumentSnapshot | None:
    """The document as it is now; None where it is not open, since nothing is known of its text then."""
    return ls.documents.get(uri)
