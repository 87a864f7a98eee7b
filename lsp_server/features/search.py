"""`hearth.search`: places in the workspace folders that answer a question, for an editor's list. Ranks nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types

from lsp_server.features import failures
from lsp_server.features.connection import Connection

MOST = 100
"""More rows than anybody reads."""


async def search(ls: Connection, params: types.ExecuteCommandParams) -> list[dict[str, Any]]:
    """The argument is `{"query", "k": 20}`; the answer, best first: `[{"uri", "path", "start_line", "end_line", "symbol",
    "kind", "score", "text"}]`, lines from 1 and inclusive, `path` relative to its folder.
    """
    argument = failures.one_table(params)
    query, k = argument.get("query"), argument.get("k", 20)
    if not isinstance(query, str) or isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise failures.invalid_params(f"{params.command} takes a query and how many results are wanted.")
    found = []
    for root in ls.roots:
        repository = ls.session.indexing.repository(str(root))
        if repository is None:
            continue
        hits = await repository.search(query, k=min(k, MOST))
        found += [(hit, root) for hit in hits]
    found.sort(key=lambda pair: -pair[0].score)
    return [
        {
            "uri": Path(root, hit.path).as_uri(),
            "path": hit.path,
            "start_line": hit.start_line,
            "end_line": hit.end_line,
            "symbol": hit.symbol,
            "kind": hit.kind,
            "score": hit.score,
            "text": hit.text,
        }
        for hit, root in found[: min(k, MOST)]
    ]
