"""Keep the longest part of a suggestion that leaves the syntax tree no worse. Parses text; knows no model and no editor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsp_server.completion.tree import with_insertion

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

WINDOW_LINES = 200
"""Around the cursor on either side, where no tree of the document is at hand. 400 lines parse in about 2 ms; what is further
away does not change by an insertion here, and whatever the cut itself breaks is broken before and after alike."""

MOST_CUTS = 8
"""Parses for one suggestion: it has at most 16 lines, and the last ones are the ones that go wrong."""


_DOT = re.compile(r"[\w)\]](?:\?\.|\.|->|::)\w*$")
_NAME = re.compile(r"\w+")
_LONGEST_NAME = 100
"""Characters before the cursor in which a dot is looked for."""


def keep_sound(text: str, before: str, after: str, language: str, tree: Tree | None = None) -> str:
    """The longest part of `text`, cut at line ends, whose insertion adds no syntax error; empty where even one line does.

    Behind a dot the name alone may be such a part: a model that loses itself in a call's arguments has named the call.
    `tree` is that of `before` + `after`: with it each try costs a fraction of a millisecond. Without a grammar for the language
    there is nothing to judge by, and the text is kept as it is.
    """
    if not text:
        return ""
    errors_with = _in_tree(tree, before, after, language) if tree is not None else _in_window(before, after, language)
    allowed = errors_with("")
    if allowed is None:
        return text
    lines = text.split("\n")
    parts = ["\n".join(lines[:size]).rstrip() for size in range(len(lines), max(len(lines) - MOST_CUTS, 0), -1)]
    if _DOT.search(before[-_LONGEST_NAME:]) and (name := _NAME.match(text)):
        parts.append(name[0])
    for part in parts:
        errors = errors_with(part) if part else None
        if errors is not None and errors <= allowed:
            return part
    return ""


def _in_tree(tree: Tree, before: str, after: str, language: str) -> Callable[[str], int | None]:
    head, tail = (one.encode("utf-8", "replace") for one in (before, after))

    def errors_with(part: str) -> int | None:
        return _errors_below(with_insertion(tree, head, part.encode("utf-8", "replace"), tail, language).root_node)

    return errors_with


def _in_window(before: str, after: str, language: str) -> Callable[[str], int | None]:
    above = "\n".join(before.split("\n")[-WINDOW_LINES:])
    below = "\n".join(after.split("\n")[:WINDOW_LINES])
    return lambda part: count_errors(above + part + below, language)


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
