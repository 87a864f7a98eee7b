"""`workspace/executeCommand`: what an editor can tell the server to do. A table; each command is one plain function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lsprotocol import types

from lsp_server import __version__
from lsp_server.completion.describe import describe
from lsp_server.features import code_actions, failures, search, shelf, stats
from lsp_server.features.connection import Connection

REINDEX = "hearth.reindex"
STATUS = "hearth.status"
CLEAR_CACHE = "hearth.clearCache"
ACCEPTED = "hearth.accepted"
INSPECT = "hearth.inspect"


def execute_command(ls: Connection, params: types.ExecuteCommandParams) -> Any:
    """Run a command of the table. A name that is not in it, or arguments it does not take, are the client's mistake."""
    requested = REQUESTS.get(params.command)
    if requested is not None:
        return requested(ls, params)
    command = COMMANDS.get(params.command)
    if command is None:
        raise failures.invalid_params(f"There is no command {params.command}.")
    return command(ls, params.arguments or [])


def reindex(ls: Connection, _: Sequence[Any]) -> dict[str, Any]:
    """Index every workspace folder again, in the background. Answers at once: `{"folders": [path, ...]}`."""
    ls.session.indexing.rebuild()
    return {"folders": [state.root for state in ls.session.indexing.states()]}


def status(ls: Connection, _: Sequence[Any]) -> dict[str, Any]:
    """How everything is, in detail; the model is looked for again when it was missing.

    `{"version", "status": as hearth/status, "model": {...}, "folders": [{...}], "counts": {...}}`.
    """
    ls.session.look_again()
    return {
        "version": __version__,
        "status": asdict(ls.session.status()),
        "model": asdict(ls.session.model),
        "folders": [asdict(state) for state in ls.session.indexing.states()],
        "counts": dict(ls.session.counts),
    }


def clear_cache(ls: Connection, _: Sequence[Any]) -> None:
    """Forget earlier suggestions and the context that was kept for them."""
    ls.session.forget()


def accepted(ls: Connection, arguments: Sequence[Any]) -> None:
    """An editor runs this after the user took a suggestion; its argument is the suggestion's id."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise failures.invalid_params(f"{ACCEPTED} takes the id of a suggestion.")
    ls.session.accepted(arguments[0])


def inspect(ls: Connection, _: Sequence[Any]) -> dict[str, Any]:
    """Where the latest suggestion came from: model, context, timings and tokens as in docs/cli.md; empty before the first."""
    return describe(ls.session.latest) if ls.session.latest else {}


COMMANDS: Mapping[str, Callable[[Connection, Sequence[Any]], Any]] = {
    REINDEX: reindex,
    STATUS: status,
    CLEAR_CACHE: clear_cache,
    ACCEPTED: accepted,
    INSPECT: inspect,
}

REQUESTS: Mapping[str, Callable[[Connection, types.ExecuteCommandParams], Awaitable[Any]]] = {
    "hearth.models": shelf.models,
    "hearth.pullModel": shelf.pull_model,
    "hearth.search": search.search,
    "hearth.stats": stats.stats,
    code_actions.COMMAND: code_actions.run_action,
}
"""Commands that take their time: they can be cancelled, and get the whole request, with its tokens for progress."""
