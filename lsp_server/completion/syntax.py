"""Keep the longest part of a suggestion that leaves the syntax tree no worse. Parses text; knows no model and no editor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

WINDOW_LINES = 200
"""Around the cursor on either side. 400 lines parse in about 2 ms; what is further away does not change by an insertion here,
and whatever the cut itself breaks is broken before and after alike."""

MOST_CUTS = 8
"""Parses for one suggestion: it has at most 16 lines, and the last ones are the ones that go wrong."""


_DOT = re.compile(r"[\w)\]](?:\?\.|\.|->|::)\w*$")
_NAME = re.compile(r"\w+")
_LONGEST_NAME = 100
"""Characters before the cursor in which a dot is looked for."""


def keep_sound(text: str, before: str, after: str, language: str) -> str:
    """The longest part of `text`, cut at line ends, whose insertion adds no syntax error; empty where even one line does.

    Behind a dot the name alone may be such a part: a model that loses itself in a call's arguments has named the call.
    Without a grammar for the language there is nothing to judge by, and the text is kept as it is.
    """
    above = "\n".join(before.split("\n")[-WINDOW_LINES:])
    below = "\n".join(after.split("\n")[:WINDOW_LINES])
    allowed = count_errors(above + below, language)
    if allowed is None:
        return text
    lines = text.split("\n")
    parts = ["\n".join(lines[:size]).rstrip() for size in range(len(lines), max(len(lines) - MOST_CUTS, 0), -1)]
    if _DOT.search(before[-_LONGEST_NAME:]) and (name := _NAME.match(text)):
        parts.append(name[0])
    for part in parts:
        errors = count_errors(above + part + below, language)
        if part and errors is not None and errors <= allowed:
            return part
    return ""


def count_errors(text: str, language: str) -> int | None:
    """How many places of a text its grammar cannot read; None without a grammar."""
    from indexer.languages import parse

    tree = parse(text, language)
    return None if tree is None else _errors_below(tree.root_node)


def _errors_below(node: Node) -> int:
    """Erroneous and missing nodes, found by going down only where tree-sitter says there are any."""
    found, waiting = 0, [node]
    while waiting:
        one = waiting.pop()
        if not one.has_error:
            continue
        if one.is_error or one.is_missing:
            found += 1
        waiting.extend(one.children)
    return found
