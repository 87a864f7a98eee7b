"""Say how the session is: `hearth/status` on each change, and one message where no plugin of ours draws it.

`hearth/status` is a notification from the server: `{"state", "message", "action", "percent", "model"}`. `state` is one of
`lsp_server.status.State`; `percent` is null unless indexing; `action` says what the user can do and is empty where nothing
needs doing. An editor that shows it says so with `"experimental": {"hearth": {"status": true}}` among its capabilities; any
other one gets a `window/showMessage` for each trouble, once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lsp_server.status import State, Status

if TYPE_CHECKING:
    from lsp_server.features.connection import Connection

METHOD = "hearth/status"

_WORTH_A_MESSAGE: frozenset[State] = frozenset({"model_missing", "model_unreachable", "model_failing"})


class Announcer:
    """Remembers what was said, so that nothing is said twice in a row and no trouble pops up twice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._said: Status | None = None
        self._popped_up: set[str] = set()

    def show(self, status: Status) -> None:
        """Send what is news."""
        if status == self._said:
            return
        self._said = status
        self._connection.protocol.notify(METHOD, asdict(status))
        if status.state in _WORTH_A_MESSAGE and not self._drawn_by_the_editor() and status.message not in self._popped_up:
            self._popped_up.add(status.message)
            self._connection.warn(f"{status.message} {status.action}".strip())

    def _drawn_by_the_editor(self) -> bool:
        return self._connection.declares("status")
