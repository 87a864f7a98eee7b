"""Judge a change before anybody sees it as an edit. Pure: two texts in, a reason against it or None out; asks no model.

Each check is a small function of a `Change`. They run in the order of `CHECKS`, cheap ones first; the first reason counts. No
check knows how the model put its answer: what counts is what would stand in the file.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.actions.hunks import has_markers
from lsp_server.actions.likeness import Part, kept
from lsp_server.actions.records import FileEdit, Promise, Refusal, Span
from lsp_server.actions.reply import is_prose

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


@dataclass(frozen=True)
class Change:
    """A document before and after, and the part of each that differs on purpose.

    `renames` allows names of the part to go, `adds` allows new lines only (tests that join others). `truncated` says that
    the model was cut off.
    """

    before: str
    after: str
    old: Span
    new: Span
    language: str
    renames: bool = False
    promise: Promise = ""
    truncated: bool = False
    imports: tuple[Span, ...] = field(default=())

    @property
    def was(self) -> str:
        """The part as it was."""
        return self.old.of(self.before)

    @property
    def becomes(self) -> str:
        """The part as it would be."""
        return self.new.of(self.after)

    @cached_property
    def trees(self) -> tuple[Tree, Tree] | None:
        """Both documents parsed; None without a grammar."""
        one, other = parse(self.before, self.language), parse(self.after, self.language)
        return None if one is None or other is None else (one, other)

    @cached_property
    def symbols(self) -> tuple[Sequence[Symbol], Sequence[Symbol]]:
        """The definitions of both documents."""
        row = known(self.language)
        if self.trees is None or row is None:
            return [], []
        one, other = self.trees
        return outline(one, row.name, ""), outline(other, row.name, "")


# -- what the text alone tells -----------------------------------------------------------------------------------------


def nothing(change: Change) -> Refusal | None:
    """No code at all, or the same as before."""
    if not change.becomes.strip() and change.was.strip():
        return Refusal("empty", "The model answered without code.", "Answer with the complete code in one fenced block.")
    if _squeezed(change.becomes) == _squeezed(change.was):
        return Refusal(
            "unchanged",
            "The model sees nothing to change.",
            "You returned the code unchanged. Make the change that was asked for.",
        )
    return None


def cut_off(change: Change) -> Refusal | None:
    """The model reached its limit in the middle."""
    if change.truncated:
        return Refusal(
            "truncated", "The answer was cut off before its end.", "Your answer was too long and was cut off. Answer shorter."
        )
    return None


_COMMENT = re.compile(r"(?:#|//|/\*|--|;|<!--|^[ \t]*\*)[ \t]*(?P<text>.*)")
_LONGEST_LINE = 400
"""Characters of a line that are looked at: placeholders stand alone, and minified code must not cost seconds."""

_MARKED_AS_LEFT_OUT: Sequence[re.Pattern[str]] = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        r"^[\[(<{]?\s*(?:\.\.\.|…)",
        r"(?:\.\.\.|…)\s*[\])>}]?\s*(?:\*/|-->)?$",
        r"\b(?:rest|remainder)\b.*\b(?:code|function|method|class|implementation|file|body|here|unchanged|same|goes)\b",
        r"\bremaining (?:part|code|lines|methods|functions)\b",
        r"\b(?:code|implementation|logic|body|methods?|functions?)\b.*\b(?:remains?|stays?|goes|unchanged|omitted)\b",
        r"\b(?:code|implementation|logic|body)\b.*\b(?:same|here|as (?:before|is)|for brevity)\b",
        r"\b(?:existing|original|previous|your|other|same)\b.{0,20}\b(?:code|implementation|logic|body)\b.*(?:\bhere|above|below|$)",
        r"\b(?:add|put|insert|write|place|implement)\s+(?:your|the|actual|real|more)\b.*\b(?:code|logic|implementation|here)\b",
        r"\b(?:omitted|unchanged|same as (?:before|above|original)|as before|truncated|no changes?)\b",
        r"\bTODO\b.*\b(?:implement|complete|fill|add|rest)\b",
    )
)
"""What a comment says where code was left out. Tried on the text of each new comment."""

_BARE_LEFT_OUT: Sequence[re.Pattern[str]] = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        r"^[\[(<{]?\s*(?:\.\.\.|…)\s*[\])>}]?$",
        r"(?:\.\.\.|…)\s*\(?\s*(?:the )?(?:rest|remaining|existing|other|previous|same|omitted|unchanged|more|your)\b",
        r"\[\s*(?:rest|remaining|existing|omitted|insert|your)\b[^\]]*\]$",
        r"<\s*(?:rest|remaining|existing|your)\b[^>]*(?:code|here|implementation)[^>]*>",
    )
)
"""The same without a comment. A lone "..." is code in Python; only one more than there was counts."""


def placeholder(change: Change) -> Refusal | None:
    """Code left out behind a comment or three dots that were not there before."""
    there = Counter(_short_lines(change.was))
    for line in _short_lines(change.becomes):
        if there[line] > 0:
            there[line] -= 1
        elif _leaves_out(line):
            return Refusal(
                "placeholder",
                f"The model left code out (“{line[:60]}”).",
                "You left code out. Write every line of the code, without any placeholder.",
            )
    return None


def _short_lines(text: str) -> list[str]:
    return [line.strip()[:_LONGEST_LINE] for line in text.splitlines()]


def _leaves_out(line: str) -> bool:
    if any(one.search(line) for one in _BARE_LEFT_OUT):
        return True
    comment = _COMMENT.search(line)
    return comment is not None and any(one.search(comment["text"]) for one in _MARKED_AS_LEFT_OUT)


_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def invisible(change: Change) -> Refusal | None:
    """Characters that nobody sees, which can make code read differently from what it does; those there before may stay.

    (Right-to-left overrides, zero-width characters, control characters: "Trojan Source", CVE-2021-42574.)
    """
    there = Counter(_INVISIBLE.findall(change.was))
    if Counter(_INVISIBLE.findall(change.becomes)) - there:
        return Refusal(
            "invisible",
            "The answer holds invisible characters, so it is not applied.",
            "Do not use invisible characters in the code.",
        )
    return None


def talk(change: Change) -> Refusal | None:
    """Prose, fences or marks of a patch where code should be."""
    row = known(change.language)
    if row is not None and row.prose:
        return None
    code = change.becomes
    if "```" in code and "```" not in change.was:
        return Refusal("talk", "The model mixed talk into the code.", "Answer with one fenced block of code and nothing else.")
    if has_markers(code) and not has_markers(change.was):
        return Refusal(
            "talk", "The answer is a patch that could not be read.", "Answer with the complete code, not with a patch."
        )
    first = next((line for line in code.splitlines() if line.strip()), "")
    if is_prose(first) and first.strip() not in change.was and change.trees is None:
        return Refusal(
            "talk", "The model talked instead of writing code.", "Answer with one fenced block of code and nothing else."
        )
    return None


_WORD = re.compile(r"[^\W\d]\w{2,}")
_LEFT_OUT_SHARE = 0.34
_LEFT_OUT_LINES = 6


def shrunk(change: Change) -> Refusal | None:
    """Most of the code is gone: a third of six lines and more. Nobody asks for that, and fragments look like it."""
    before, after = _lines(change.was), _lines(change.becomes)
    if len(before) >= _LEFT_OUT_LINES and len(after) < _LEFT_OUT_SHARE * len(before):
        return Refusal("shrunk", "The answer leaves most of the code out.", "Answer with the complete code, every line of it.")
    return None


def unrelated(change: Change) -> Refusal | None:
    """The new code has next to none of the old one's words: an example of something else, or another task's answer."""
    before = set(_WORD.findall(change.was))
    if len(before) < 5 or not change.becomes.strip():
        return None
    share = len(before & set(_WORD.findall(change.becomes))) / len(before)
    if share < (0.3 if change.promise else 0.15):
        return Refusal("unrelated", "The answer is about other code.", "Answer with the code you were given, changed as asked.")
    return None


# -- what the trees tell -----------------------------------------------------------------------------------------------


def syntax(change: Change) -> Refusal | None:
    """The document can be read worse than before: more errors, or one inside of a part that had none."""
    if change.trees is None:
        return None
    before, after = (errors(tree) for tree in change.trees)
    worse = len(after) > len(before)
    if not worse and not _touching(before, change.before, change.old):
        worse = _touching(after, change.after, change.new)
    if worse or _python_worse(change):
        return Refusal(
            "syntax",
            "The answer does not parse in its place.",
            f"Your code is not valid {change.language} in its place. Answer with complete, valid code.",
        )
    return None


def neighbours(change: Change) -> Refusal | None:
    """A definition around the part is gone, came, or belongs to something else now: a bracket too many or too few."""
    before, after = change.symbols
    one = _outside(before, change.before, (change.old,))
    other = _outside(after, change.after, (change.new, *change.imports))
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
    if change.renames:
        return None
    before, after = change.symbols
    there = Counter(one.qualified_name for one in _inside(after, change.after, change.new))
    outside = change.before[: change.old.start] + change.before[change.old.end :]
    for one in _inside(before, change.before, change.old):
        needed = not one.name.startswith("_") or re.search(rf"\b{re.escape(one.name)}\b", outside)
        if needed and not there[one.qualified_name]:
            return Refusal(
                "names",
                f"The answer no longer defines `{one.name}`.",
                f"Your answer must still define `{one.name}`, in the same place. Keep its name.",
            )
    return None


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
    one = next(iter(_inside(before, change.before, change.old)), None)
    other = next((found for found in _inside(after, change.after, change.new) if one and found.name == one.name), None)
    parts = Part(change.before, change.trees[0], change.old), Part(change.after, change.trees[1], change.new)
    broken = _touching(errors(change.trees[0]), change.before, change.old)  # then nobody knows where its head ends
    if one is None or other is None or broken or one.start_line - 1 != _rows(change.before, change.old)[0]:
        return kept(change.promise, *parts)
    spans = _span(change.before, one), _span(change.after, other)
    definitions = replace(parts[0], span=spans[0]), replace(parts[1], span=spans[1])
    return kept(change.promise, *parts, definitions)


def _span(text: str, symbol: Symbol) -> Span:
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: symbol.start_line - 1])
    return Span(start, start + sum(len(line) + 1 for line in lines[symbol.start_line - 1 : symbol.end_line]) - 1)


Check = Callable[[Change], Refusal | None]

CHECKS: Sequence[Check] = (
    cut_off, nothing, invisible, talk, placeholder, shrunk, unrelated, syntax, neighbours, public_names, twins, promised,
)  # fmt: skip

ADDITION_CHECKS: Sequence[Check] = (cut_off, nothing, invisible, talk, placeholder, syntax, neighbours, twins)
"""For code that joins other code and replaces nothing."""


def judge(change: Change, checks: Sequence[Check] = CHECKS) -> Refusal | None:
    """The first reason against a change, or None."""
    return next((found for one in checks if (found := one(change)) is not None), None)


def still_sound(edit: FileEdit, language: str) -> bool:
    """Whether an edit that was moved into a newer document leaves it no worse than it found it."""
    one, other = parse(edit.before, language), parse(edit.after, language)
    return one is None or other is None or len(errors(other)) <= len(errors(one))


def errors(tree: Tree) -> list[tuple[int, int]]:
    """Byte ranges of what a grammar could not read; going down only where tree-sitter says there is some."""
    found: list[tuple[int, int]] = []
    waiting: list[Node] = [tree.root_node]
    while waiting:
        one = waiting.pop()
        if not one.has_error:
            continue
        if one.is_error or one.is_missing:
            found.append((one.start_byte, one.end_byte))
        waiting.extend(one.children)
    return found


def _touching(places: Sequence[tuple[int, int]], text: str, span: Span) -> bool:
    if not places:
        return False
    start = len(text[: span.start].encode("utf-8", "replace"))
    end = start + len(span.of(text).encode("utf-8", "replace"))
    return any(first <= end and start <= last for first, last in places)


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


def _outside(symbols: Sequence[Symbol], text: str, parts: Sequence[Span]) -> Counter[tuple[str, str]]:
    """The definitions that do not lie in a part and do not hold it, by name and kind."""
    rows = [_rows(text, part) for part in parts]
    return Counter(
        (one.qualified_name, one.kind)
        for one in symbols
        if all(one.end_line <= first or last < one.start_line - 1 or _holds(one, first, last) for first, last in rows)
    )


def _inside(symbols: Sequence[Symbol], text: str, part: Span) -> list[Symbol]:
    first, last = _rows(text, part)
    return [one for one in symbols if first <= one.start_line - 1 and one.end_line - 1 <= last]


def _holds(one: Symbol, first: int, last: int) -> bool:
    """Whether a definition reaches beyond a part on either side."""
    return one.start_line - 1 < first or last < one.end_line - 1


def _rows(text: str, part: Span) -> tuple[int, int]:
    first = text.count("\n", 0, part.start)
    return first, first + text.count("\n", part.start, part.end)


def _lines(text: str) -> list[str]:
    """Lines that say something: no blank ones, no lone brackets."""
    return [line for line in text.splitlines() if any(character.isalnum() for character in line)]


def _squeezed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines() if line.strip())
