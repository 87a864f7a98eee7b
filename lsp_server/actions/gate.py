"""Judge a change before anybody sees it as an edit. Pure: two texts in, a reason against it or None out; asks no model.

The checks run in the order of `CHECKS`, cheap ones first; the first reason counts. Those that the text alone tells are in
`wording`, those that need syntax trees are here. No check knows how the model put its answer: what counts is what would stand
in the file.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from indexer.languages import known, parse
from indexer.records import Symbol
from lsp_server.actions.change import Change, errors, inside, outside, rows_of, touching
from lsp_server.actions.likeness import kept
from lsp_server.actions.naming import may_go
from lsp_server.actions.records import FileEdit, Refusal, Span
from lsp_server.actions.tokens import Part
from lsp_server.actions.undefined import made_up
from lsp_server.actions.wording import cut_off, invisible, nothing, placeholder, shrunk, talk, unrelated


def syntax(change: Change) -> Refusal | None:
    """The document can be read worse than before: more errors, or one inside of a part that had none."""
    if change.trees is None:
        return None
    before, after = (errors(tree) for tree in change.trees)
    worse = len(after) > len(before)
    if not worse and not touching(before, change.before, change.old):
        worse = touching(after, change.after, change.new)
    if worse or _python_worse(change):
        return Refusal(
            "syntax",
            "The answer does not parse in its place.",
            f"Your code is not valid {change.language} in its place. Answer with complete, valid code.",
        )
    return None


def _python_worse(change: Change) -> bool:
    """Python's own parser sees what the grammar forgives: indentation, a `return` astray, a name assigned before `global`."""
    row = known(change.language)
    return row is not None and row.name == "python" and _python_reads(change.before) and not _python_reads(change.after)


def _python_reads(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "document", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
    return True


def neighbours(change: Change) -> Refusal | None:
    """A definition around the part is gone, came, or belongs to something else now: a bracket too many or too few."""
    before, after = change.symbols
    one = outside(before, change.before, (change.old,))
    other = outside(after, change.after, (change.new, *change.imports))
    if one != other:
        lost = sorted((one - other) or (other - one))
        return Refusal(
            "neighbours",
            f"The answer would change code outside of it ({lost[0][0]}).",
            "Your answer opens or closes a block too many. Answer with the given code only.",
        )
    return None


def public_names(change: Change) -> Refusal | None:
    """A name is gone that other code uses, or may use."""
    if change.renames and may_go(change.asked, *change.symbols):
        return None
    before, after = change.symbols
    there = Counter(one.qualified_name for one in inside(after, change.after, change.new))
    outside = change.before[: change.old.start] + change.before[change.old.end :]
    for one in inside(before, change.before, change.old):
        needed = not one.name.startswith("_") or re.search(rf"\b{re.escape(one.name)}\b", outside)
        if needed and not there[one.qualified_name]:
            return Refusal(
                "names",
                f"The answer no longer defines `{one.name}`.",
                f"Your answer must still define `{one.name}`, in the same place. Keep its name.",
            )
    return None


def undefined(change: Change) -> Refusal | None:
    """A name that nothing defines: the answer fails as soon as that line is reached. Python only."""
    row = known(change.language)
    name = made_up(change.before, change.after) if row is not None and row.name == "python" else ""
    if not name:
        return None
    hint = f"`{name}` is not defined. Use only names that the code has, or import it above the code."
    return Refusal("undefined", f"The answer uses `{name}`, which nothing defines.", hint)


_OVERLOADS = frozenset("java csharp cpp kotlin swift scala typescript tsx haskell elixir".split())
"""Languages in which one name is defined several times on purpose."""


def twins(change: Change) -> Refusal | None:
    """The new part defines once more what the document defines elsewhere: the model repeated its surroundings, or itself."""
    before, after = change.symbols
    row = known(change.language)
    by_signature = row is not None and row.name in _OVERLOADS
    had, has = _names(before, by_signature), _names(after, by_signature)
    for key, count in has.items():
        if count > max(had[key], 1):
            return Refusal(
                "twins",
                f"The answer defines `{key[0]}` a second time.",
                f"Do not repeat other code: `{key[0]}` exists already.",
            )
    return None


def _names(symbols: Sequence[Symbol], by_signature: bool) -> Counter[tuple[str, str]]:
    return Counter((one.qualified_name, one.signature if by_signature else "") for one in symbols if one.kind != "constant")


def promised(change: Change) -> Refusal | None:
    """More is changed than the action may change."""
    if change.trees is None or not change.promise:
        return None
    before, after = change.symbols
    one = next(iter(inside(before, change.before, change.old)), None)
    other = next((found for found in inside(after, change.after, change.new) if one and found.name == one.name), None)
    parts = Part(change.before, change.trees[0], change.old), Part(change.after, change.trees[1], change.new)
    broken = touching(errors(change.trees[0]), change.before, change.old)  # then nobody knows where its head ends
    if one is None or other is None or broken or one.start_line - 1 != rows_of(change.before, change.old)[0]:
        return kept(change.promise, change.language, *parts)
    spans = _span(change.before, one), _span(change.after, other)
    definitions = replace(parts[0], span=spans[0]), replace(parts[1], span=spans[1])
    return kept(change.promise, change.language, *parts, definitions)


def _span(text: str, symbol: Symbol) -> Span:
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: symbol.start_line - 1])
    return Span(start, start + sum(len(line) + 1 for line in lines[symbol.start_line - 1 : symbol.end_line]) - 1)


# -- all of them ----------------------------------------------------------------------------------------------------------

Check = Callable[[Change], Refusal | None]

CHECKS: Sequence[Check] = (
    cut_off, nothing, invisible, talk, placeholder, shrunk, unrelated, syntax, neighbours, public_names, twins, promised,
    undefined,
)  # fmt: skip

ADDITION_CHECKS: Sequence[Check] = (cut_off, nothing, invisible, talk, placeholder, syntax, neighbours, twins, undefined)
"""For code that joins other code and replaces nothing."""


def judge(change: Change, checks: Sequence[Check] = CHECKS) -> Refusal | None:
    """The first reason against a change, or None."""
    return next((found for one in checks if (found := one(change)) is not None), None)


def still_sound(edit: FileEdit, language: str) -> bool:
    """Whether an edit that was moved into a newer document leaves it no worse than it found it."""
    one, other = parse(edit.before, language), parse(edit.after, language)
    return one is None or other is None or len(errors(other)) <= len(errors(one))
