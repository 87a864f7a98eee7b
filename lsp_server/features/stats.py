"""`hearth.stats`: what became of the suggestions, for an editor to show. Counts nothing itself: the ledger does."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from lsp_server.features import failures
from lsp_server.features.connection import Connection

DAYS = 30


async def stats(ls: Connection, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """The figures of the last days, in the shape of `lsp_server stats --json`. The argument `{"days": 30}` may be left out."""
    days = failures.one_table(params).get("days", DAYS) if params.arguments else DAYS
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 400:
        raise failures.invalid_params(f"{params.command} takes a number of days, 1 to 400.")
    found = await ls.session.ledger.stats(days)
    return {"days_asked": days, "kept": ls.session.ledger.enabled, **found.as_json()}
