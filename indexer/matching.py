"""Syntax tree -> what its two queries match, those of `outline` and `imports`, in one walk. Pure; knows what no match means.

Visiting every node is what a query costs: two asked at once take as long as one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from indexer.imports import import_query
from indexer.languages import grammar, known
from indexer.outline import definition_query

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree


def matches(tree: Tree, language: str) -> tuple[list[tuple[int, dict[str, list[Node]]]], list[dict[str, list[Node]]]]:
    """What `outline.defined` takes, and what `imports.imported` and `imports.package` take."""
    from tree_sitter import QueryCursor

    query, count = _query(language)
    definitions, imported = [], []
    for match in QueryCursor(query).matches(tree.root_node):
        if match[0] < count:
            definitions.append(match)
        else:
            imported.append(match[1])
    return definitions, imported


@cache
def _query(language: str) -> tuple[Query, int]:
    """Both queries as one, and how many of its patterns are of definitions. Each language with a grammar has both."""
    from tree_sitter import Query

    row = known(language)
    assert row is not None
    first = definition_query(language)
    both = Query(grammar(row.grammar), f"{first}\n{import_query(language)}")
    border = len(first.encode())  # reading a query takes up to 80 ms, so the first is not read alone to be counted
    return both, sum(both.start_byte_for_pattern(at) < border for at in range(both.pattern_count))
