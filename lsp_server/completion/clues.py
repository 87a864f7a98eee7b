"""What the code around a cursor says about which member is meant: the words in it, and what is done with the value there. Pure.

A line that starts `width = console.` wants a value, and one that has to do with a width. Knows no repository and asks no model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import log, log1p

from indexer.records import Member
from indexer.usage import count

WEIGHTS: Mapping[str, float] = {
    "target": 0.57,
    "function": 0.36,
    "next": 0.18,
    "above": 0.15,
    "below": 0.14,
    "line": 0.10,
    "dotted": 0.37,
    "same": 0.36,
    "of the class": 0.82,
    "asks, condition": 1.36,
    "asks, elsewhere": -0.84,
    "gives nothing, statement": 0.55,
    "gives nothing, elsewhere": -1.27,
    "gives something, statement": -0.35,
    "acts, statement": 0.73,
    "gets, assigned": 0.73,
    "called, statement": 0.27,
    "called, assigned": 0.87,
    "called, returned": 0.38,
    "called, condition": -0.11,
    "called, operand": -0.23,
    "called, argument": -0.43,
    "called, ": 0.17,
}
"""Clue -> the logarithm of how much likelier it makes a name, for one word that no other name has or for a clue that is true.
Fitted by `python -m tests.bench.clues`, in packages that `holes` does not use (decision 15)."""

BELOW = 1_500
"""Characters below the cursor in which a name says that it is in use here: some forty lines."""

ABOVE = 20_000
"""Characters above the cursor in which the head of the function is looked for: a large class."""

_STEM = 6
"""Letters by which a word is known again once its ending is gone: `parse`, `parser` and `parsing` are one."""

_SUBWORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ies|es|ed|er|or|s)+$")
_FUNCTION = re.compile(r"^[ \t]*(?:\w+[ \t]+)*(?:def|func|fn|function|fun)[ \t]+(\w+)", re.MULTILINE)
_TARGET = re.compile(r"(\w+)\s*(?::[^=\n]+)?(?<![=<>!])=\s*(?:await\s+)?$")
_BEHIND_DOT = re.compile(r"(?:\.|->|::)(\w+)")
_OF_CLASS = re.compile(r"\(\s*cls\b|\bstatic\b|\bconst\b")
_ASKS = ("is_", "has_", "can_", "should_")
_GIVES = ("get", "read", "find", "parse", "load", "make", "create")
_ACTS = ("set_", "add_", "append", "write", "close", "update", "register")
_PLACES = (
    ("statement", re.compile(r"^\s*$")),
    ("condition", re.compile(r"\b(?:if|elif|while|not|and|or|assert)\s+$")),
    ("returned", re.compile(r"\b(?:return|yield|from)\s+$")),
    ("argument", re.compile(r"[(,]\s*(?:\w+=)?$")),
    ("assigned", re.compile(r"(?<![=<>!])=\s*$")),
    ("operand", re.compile(r"(?:[=!<>]=|[<>]|\bis|\bin|[-+*/%|&])\s*$")),
)
"""What is done with the value, by the text before the name; the first that fits."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is read around a cursor, once for all names. `words` are known by where they stand."""

    spoken: str
    place: str
    words: Mapping[str, frozenset[str]]
    behind_dots: frozenset[str]
    behind_same: Mapping[str, int]


def surroundings(spoken: str, before: str, line: str, after: str) -> Surroundings:
    """Read the code around a cursor: `line` is the cursor's own up to the `spoken` name before the dot."""
    near = after[:BELOW]
    below = [one for one in near.split("\n")[1:] if one.strip()]
    target, functions = _TARGET.search(line), _FUNCTION.findall(before[-ABOVE:])
    words = {
        "target": _stems(target[1] if target else ""),
        "line": _stems(line) - _stems(spoken),
        "above": _stems(before.rstrip().rpartition("\n")[0].rstrip().rpartition("\n")[2]),
        "next": _stems(below[0] if below else ""),
        "below": _stems(" ".join(below[1:3])),
        "function": _stems(functions[-1] if functions else ""),
    }
    place = next((name for name, pattern in _PLACES if pattern.search(line)), "")
    return Surroundings(spoken, place, words, frozenset(_BEHIND_DOT.findall(near)), count(near).get(spoken, Counter()))


def clues(names: Collection[str], members: Mapping[str, Member], around: Surroundings) -> Mapping[str, Mapping[str, float]]:
    """Name -> clue -> how strong it is there; what a name has none of is left out. Words count by how few names have them."""
    stems = {name: _stems(name) or frozenset({name}) for name in names}
    having = Counter(word for words in stems.values() for word in words)
    rarity = {word: log((len(stems) + 1) / times) for word, times in having.items()}
    found: dict[str, Mapping[str, float]] = {}
    for name, own in stems.items():
        said = {place: sum(rarity[word] for word in own & words) for place, words in around.words.items()}
        said |= {"dotted": name in around.behind_dots, "same": log1p(around.behind_same.get(name, 0))}
        said |= dict.fromkeys(_fitting(name, members.get(name), around), 1.0)
        found[name] = {clue: strength for clue, strength in said.items() if strength}
    return found


def weighed(names: Collection[str], members: Mapping[str, Member], around: Surroundings) -> Mapping[str, float]:
    """Name -> the logarithm of how much likelier the surroundings make it, compared with the others."""
    every = clues(names, members, around)
    return {name: sum(WEIGHTS.get(clue, 0.0) * one for clue, one in said.items()) for name, said in every.items()}


def _fitting(name: str, member: Member | None, around: Surroundings) -> Iterator[str]:
    """What speaks for or against a name at a place, by its spelling and its head."""
    is_condition, is_statement = around.place == "condition", around.place == "statement"
    signature = member.signature if member else ""
    gives = signature.rpartition("->")[2].strip(" :{") if "->" in signature else ""
    if gives == "bool" or name.startswith(_ASKS):
        yield "asks, condition" if is_condition else "asks, elsewhere"
    if gives == "None":
        yield "gives nothing, statement" if is_statement else "gives nothing, elsewhere"
    elif gives and is_statement:
        yield "gives something, statement"
    if name.startswith(_ACTS) and is_statement:
        yield "acts, statement"
    if name.startswith(_GIVES) and around.place in ("assigned", "returned"):
        yield "gets, assigned"
    if around.spoken[:1].isupper() and (name[:1].isupper() or _OF_CLASS.search(signature)):
        yield "of the class"
    if member is not None and member.call is not None:
        yield f"called, {around.place}"


def _stems(text: str) -> frozenset[str]:
    return frozenset(_ENDING.sub("", word.lower())[:_STEM] for word in _SUBWORD.findall(text))
