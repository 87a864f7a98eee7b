"""The syntax trees of the documents that are edited, brought up to date by what changed. Parses; knows no cursor and no model.

Reading 100 KB takes 7 to 12 ms, following one edit 0.3. So a tree is kept and edited, and the first reading is done in steps
with the event loop's other work in between.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

STEP_S = 0.002
"""One step of reading: well below the 5 ms that a plain function on the event loop may take."""

LARGEST = 2_000_000
"""Bytes. What is larger is data or generated; reading it takes a fifth of a second and text rules do."""

DOCUMENTS = 8
"""Trees kept: the documents between which a user goes back and forth. A tree takes about ten times its text."""

_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class _Read:
    language: str
    text: bytes
    tree: Tree


class Trees:
    """One for each engine. `of` is cheap where the document was seen before, whatever was edited since."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, _Read] = OrderedDict()

    async def of(self, uri: str, text: str, language: str) -> Tree | None:
        """The tree of a document; byte offsets are those of its UTF-8. None without a grammar, or for a very large text."""
        parser = _parser(language)
        source = text.encode("utf-8", "replace")
        if parser is None or len(source) > LARGEST:
            return None
        known = self._read.get(uri)
        if known is not None and known.language == language:
            if known.text == source:
                return known.tree
            tree = _edited(known, source)
        else:
            tree = None
        read = await _parse(parser, source, tree)
        self._read[uri] = _Read(language, source, read)
        self._read.move_to_end(uri)
        while len(self._read) > DOCUMENTS:
            self._read.popitem(last=False)
        return read

    def clear(self) -> None:
        """Forget every tree."""
        self._read.clear()


def with_insertion(tree: Tree, head: bytes, text: bytes, tail: bytes, language: str) -> Tree:
    """The tree of `head` + `text` + `tail`, made from that of `head` + `tail`, which stays as it is."""
    if not text:
        return tree
    parser = _parser(language)
    assert parser is not None  # it made the tree
    at, whole = len(head), head + text + tail
    edited = tree.copy()
    edited.edit(at, at, at + len(text), _point(head, at), _point(head, at), _point(whole, at + len(text)))
    return parser.parse(whole, edited)


def _parser(language: str) -> Parser | None:
    """A parser of its own for each reading: one that was interrupted holds its half of a tree."""
    from tree_sitter import Parser

    from indexer.languages import grammar, known

    row = known(language)
    return Parser(grammar(row.grammar)) if row is not None and row.grammar else None


async def _parse(parser: Parser, source: bytes, old: Tree | None) -> Tree:
    """Read in steps. Raises nothing: a text always has a tree, with errors in it where it does not fit the grammar."""

    def piece(offset: int, point: object) -> bytes:  # noqa: ARG001  tree-sitter gives both
        return source[offset : offset + _PIECE]

    read = partial(parser.parse, piece) if old is None else partial(parser.parse, piece, old)
    while True:
        until = perf_counter() + STEP_S
        try:
            # Interrupted, the same parser goes on where it stopped.
            return read(progress_callback=lambda *_: perf_counter() > until)  # noqa: B023  used before the next turn
        except ValueError:
            await asyncio.sleep(0)


def _edited(known: _Read, source: bytes) -> Tree:
    """The old tree, told which bytes are others now: everything between the common start and the common end."""
    old = known.text
    shorter = min(len(old), len(source))
    start = _common(shorter, lambda size: old[:size] == source[:size])
    end = _common(shorter - start, lambda size: old[len(old) - size :] == source[len(source) - size :])
    tree = known.tree.copy()
    old_end, new_end = len(old) - end, len(source) - end
    tree.edit(start, old_end, new_end, _point(old, start), _point(old, old_end), _point(source, new_end))
    return tree


def _common(most: int, same: Callable[[int], bool]) -> int:
    """The largest size up to `most` for which `same` holds, if it holds for all smaller ones: slices compare fast."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _point(text: bytes, at: int) -> tuple[int, int]:
    """Row and column in bytes."""
    return text.count(b"\n", 0, at), at - (text.rfind(b"\n", 0, at) + 1)
