"""`hearth.models` and `hearth.pullModel`: what an editor's menu of models shows, and fetching one. Knows no model server."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from lsprotocol import types

from lsp_server.features import failures
from lsp_server.features.connection import Connection


async def models(ls: Connection, _: types.ExecuteCommandParams) -> dict[str, Any]:
    """`{"models": [{"name", "backend", "size_bytes"}], "unavailable": {backend: why}, "chosen": name or null, "why",
    "suggested": [{"name", "backend", "size_bytes", "note", "terms"}]}`.
    """
    found = await ls.session.shelf.take_inventory(ls.session.settings.model)
    state = ls.session.model
    return {
        "models": [{"name": one.name, "backend": one.backend, "size_bytes": one.size_bytes} for one in found.models],
        "unavailable": found.unavailable,
        "chosen": state.name if state.phase == "ready" else None,
        "why": f"{state.message} {state.action}".strip(),
        "suggested": [
            {"name": one.name, "backend": one.backend, "size_bytes": one.size_bytes, "note": one.note, "terms": one.terms}
            for one in found.suggested
        ],
    }


async def pull_model(ls: Connection, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """Fetch a model: the argument is `{"name", "accepted": false}`. Progress goes to the request's `workDoneToken`."""
    argument = failures.one_table(params)
    name = argument.get("name")
    if not isinstance(name, str) or not name.strip():
        raise failures.invalid_params(f"{params.command} takes the name of a model.")
    token = params.work_done_token
    said = -1
    _tell(ls, token, types.WorkDoneProgressBegin(title=f"Fetching {name}", percentage=0, cancellable=True))
    steps = ls.session.shelf.fetch(name.strip(), argument.get("accepted") is True, ls.session.settings.model)
    try:
        async with aclosing(steps):
            async for step in steps:
                percent = min(100, 100 * step.done // step.total) if step.total else 0
                if percent != said:
                    said = percent
                    _tell(ls, token, types.WorkDoneProgressReport(message=step.status, percentage=percent))
    finally:
        _tell(ls, token, types.WorkDoneProgressEnd())
    ls.session.look_again()
    return {"name": name}


def _tell(ls: Connection, token: types.ProgressToken | None, value: object) -> None:
    if token is not None:
        ls.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))
