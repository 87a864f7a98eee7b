"""Places in installed packages where the right answer is nothing to add, as the file goes on. Knows no engine and no model.

Taken with the standard library's tokenizer and parser. All of them are places where a cursor rests while somebody edits: behind
a finished statement, inside a word, in the middle of a string or a comment, and in front of code.
"""

from __future__ import annotations

import ast
import io
import random
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.holes import PACKAGES, Lines, folder

KINDS = {"statement": 200, "word": 75, "string": 75, "comment": 75, "code": 75}
"""Kind of place -> how many: 500 in all, the most where a model is asked at all."""

_SIMPLE = (
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Return,
    ast.Raise,
    ast.Expr,
    ast.Import,
    ast.ImportFrom,
    ast.Assert,
    ast.Pass,
)
_LEAST_ABOVE = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a file as it stands."""

    kind: str
    path: str
    before: str
    after: str


def places(seed: int = 0) -> list[Place]:
    """The same 500 for the same versions and seed."""
    rng = random.Random(seed)
    found: dict[str, list[Place]] = {kind: [] for kind in KINDS}
    for package in PACKAGES:
        for file in sorted(folder(package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            path = file.relative_to(folder(package).parent).as_posix()
            here: dict[str, list[Place]] = {kind: [] for kind in KINDS}
            for kind, at in _offsets(text, rng):
                if at >= _LEAST_ABOVE:
                    here[kind].append(Place(kind, path, text[:at], text[at:]))
            for kind, some in here.items():
                found[kind] += rng.sample(some, min(4, len(some)))
    return [one for kind, count in KINDS.items() for one in rng.sample(found[kind], count)]


def _offsets(text: str, rng: random.Random) -> Iterator[tuple[str, int]]:
    lines = Lines(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _SIMPLE) and node.end_lineno and node.end_col_offset:
            end = lines.column(node.end_lineno, node.end_col_offset)
            if end == len(lines.line(node.end_lineno)):
                yield "statement", lines.offset(node.end_lineno, end)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (row, start), (last, end) = token.start, token.end
        if row != last:
            continue
        middle = lines.offset(row, rng.randint(start + 1, max(end - 1, start + 1)))
        if token.type == tokenize.NAME and end - start > 3:
            yield "word", middle
            if text[lines.offset(row, start) - 1 : lines.offset(row, start)] in ("(", " "):
                yield "code", lines.offset(row, start)
        elif token.type == tokenize.STRING and end - start > 8:
            yield "string", middle
        elif token.type == tokenize.COMMENT and end - start > 8:
            yield "comment", lines.offset(row, rng.randint(start + 4, end))
