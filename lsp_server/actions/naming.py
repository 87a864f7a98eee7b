"""When a definition's name may go because the user asked for it, and where its old name is still used. Asks no model."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from indexer.errors import IndexerError
from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Reference, Symbol
from lsp_server.actions.records import FileEdit
from lsp_server.completion.records import Repository

_KINDS = (
    r"(?:functions?|methods?|class(?:es)?|dataclass(?:es)?|structs?|interfaces?|enums?|traits?|helpers?|lambdas?|"
    r"propert(?:y|ies)|constants?)\b"
)
_NAMING = re.compile(
    r"\b(?:re)?nam(?:es?|ed|ing)\b|\bcalled\b|\bcall (?:it|this|that|them|the (?:function|method|class))\b|\bsplit\b",
    re.IGNORECASE,
)
_RESHAPING = re.compile(
    rf"\b(?:turn|convert|make|change|rewrite|replace)\b.*\b(?:into|to|as|by|with|an?)\W+(?:\w+\W+){{0,2}}{_KINDS}",
    re.IGNORECASE,
)
_REMOVING = r"\b(?:remove|delete|drop|inline|merge|combine|join)\W+(?:\w+\W+){0,2}"
"""What people say when a definition is to go, or to be another one. In other languages than English the new name tells."""

MOST_PLACES = 8
"""Of uses that are named one by one."""


def may_go(asked: str, before: Sequence[Symbol], after: Sequence[Symbol]) -> bool:
    """Whether what the user wrote allows that names of `before` are not among those of `after`.

    As many definitions as there were, under new names: where they spoke of names, or wrote the new one. Fewer, as where a
    function becomes a variable: only where they asked for another kind of thing, or for a definition to go.
    """
    old, new = ({one.name for one in symbols} for symbols in (before, after))
    going = "|".join([_KINDS, *(re.escape(name) + r"\b" for name in old - new)])
    if _RESHAPING.search(asked) or re.search(f"{_REMOVING}(?:{going})", asked, re.IGNORECASE):
        return True
    return _count(after) >= _count(before) and (bool(_NAMING.search(asked)) or any(_holds(asked, name) for name in new - old))


def _count(symbols: Sequence[Symbol]) -> int:
    return sum(one.kind != "constant" for one in symbols)


def _holds(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


async def left_behind(edit: FileEdit, language: str, repository: Repository | None, budget_ms: int) -> list[str]:
    """A phrase for each name that an edit takes away and that is still used: where, so that the user can follow."""
    told = []
    for name in _gone(edit, language):
        places = [Reference(edit.path, line) for line in _lines_with(name, edit.after)]
        if repository is not None:
            with suppress(TimeoutError, IndexerError):
                found = await asyncio.wait_for(repository.references(name, k=10 * MOST_PLACES), budget_ms / 1000)
                places += [one for one in found if one.path != edit.path]
        if places:
            shown = ", ".join(f"{one.path}:{one.line}" for one in places[:MOST_PLACES])
            more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
            told.append(f"`{name}` where it is used: {shown}{more}")
    return told


def _gone(edit: FileEdit, language: str) -> list[str]:
    row, trees = known(language), [parse(text, language) for text in (edit.before, edit.after)]
    if row is None or trees[0] is None or trees[1] is None:
        return []
    before, after = (Counter(one.name for one in outline(tree, row.name, "")) for tree in trees if tree is not None)
    return [name for name in before if not after[name]]


def _lines_with(name: str, text: str) -> list[int]:
    return [number for number, line in enumerate(text.split("\n"), 1) if _holds(line, name)]
