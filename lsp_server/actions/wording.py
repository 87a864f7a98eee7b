"""Reasons against a change that its text alone tells: nothing in it, cut off, left out, talk, another thing. Reads no tree.

Each check is a function of a `Change`: the reason against it, or None.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from indexer.languages import known
from lsp_server.actions.change import Change
from lsp_server.actions.hunks import has_markers
from lsp_server.actions.records import Refusal
from lsp_server.actions.reply import is_prose


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


def _lines(text: str) -> list[str]:
    """Lines that say something: no blank ones, no lone brackets."""
    return [line for line in text.splitlines() if any(character.isalnum() for character in line)]


def _squeezed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines() if line.strip())
