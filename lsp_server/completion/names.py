"""Which names matter at a cursor, and what they stand for: the object before the dot first. Pure; looks nothing up.

Types are read off the text above the cursor: an annotation, a call of a class, a declaration. The nearest above wins. That is
no type checker, and need not be: what it gets wrong costs a few tokens of a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from indexer.records import Import, Name

NEAR_LINES = 12
"""How far above the cursor names count as in use: about one function. Names further up are mostly done with."""

MOST_NAMES = 12
"""Definitions looked up for one prompt. More would not fit beside the code."""

TYPE_REACH = 20_000
"""Characters above the cursor in which a variable's type is looked for: some 500 lines, a large class."""

MOST_LINES = 30
"""Lines with the name that are looked at, the nearest first: what is used more often before it is declared is a common word."""

LONGEST_LINE = 300
"""Characters: what declares a variable is short, and longer lines are data."""

_NAME = re.compile(r"[^\W\d]\w{2,}")
_KEYWORDS = frozenset(
    "and any async await bool break case catch class const continue def default del elif else end enum except export extends "
    "extern false finally fn for from func function global if impl implements import in int interface is lambda let local "
    "match module mut namespace new nil none not null or package pass private protected pub public raise record ref return "
    "self static str struct super switch template then this throw throws trait true try type typeof use using val var void "
    "when where while with yield len print range list dict set tuple string number".split()
)
_BUILT_IN = _KEYWORDS | frozenset(
    "bytes float object callable iterable sequence mapping optional union iterator literal".split()
)

RECEIVER = re.compile(r"((?:[^\W\d]\w*)(?:\.[^\W\d]\w*)*)(?:\?\.|\.|->|::)(\w*)$")
_CALLEE = re.compile(r"([^\W\d]\w*)\([^()]*$")
OWN = frozenset({"self", "cls", "this", "super", "@"})
_CLASS = re.compile(
    r"^([ \t]*)(?:export\s+|abstract\s+|public\s+|final\s+|data\s+)*(?:class|impl|struct|object)\s+(\w+)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Used:
    """A name in use: as it is spoken ("request") and what it stands for (the class `Request`). `receiver`: before the dot."""

    spoken: str
    meaning: Name
    receiver: bool = False


def names_near(before: str, after: str) -> list[str]:
    """Names in use around the cursor, the nearest first, no keywords and no repeats."""
    near = before.split("\n")[-NEAR_LINES:]
    words = [word for line in reversed(near) for word in reversed(_NAME.findall(line))]
    words += _NAME.findall("\n".join(after.split("\n")[:2]))
    return [word for word in dict.fromkeys(words) if word.lower() not in _KEYWORDS][:MOST_NAMES]


def names_in(text: str) -> list[str]:
    """Names in use in a text, in the order they first come, no keywords and no repeats."""
    return [word for word in dict.fromkeys(_NAME.findall(text)) if word.lower() not in _KEYWORDS]


def used_near(before: str, after: str, imports: Sequence[Import]) -> list[Used]:
    """The object before the dot, the function whose arguments are written, then the other names around the cursor."""
    above = before[-TYPE_REACH:]
    aliases = dict(_aliases(before, imports))
    found: list[Used] = []
    if receiver := RECEIVER.search(before[-300:]):
        found += _standing_for(receiver[1], above, aliases, receiver=True)
    line = before[before.rfind("\n") + 1 :]
    if callee := _CALLEE.search(line):
        found += _standing_for(callee[1], "", aliases)
    taken = {name for one in imports for name in one.names}
    near = "\n".join(before.split("\n")[-NEAR_LINES:])
    for spoken in names_near(before, after):
        for one in _standing_for(spoken, above, aliases):
            known = one.meaning.name != spoken or spoken in taken or spoken in aliases
            if known or spoken[:1].isupper() or f"{spoken}(" in near:
                found.append(one)
    unique: dict[Name, Used] = {}
    for one in found:
        unique.setdefault(one.meaning, one)
    return list(unique.values())[:MOST_NAMES]


def enclosing_class(before: str) -> str:
    """The class that the cursor is in, by indentation; empty outside of any."""
    line = before[before.rfind("\n") + 1 :]
    indent = len(line) - len(line.lstrip())
    for found in reversed(list(_CLASS.finditer(before))):
        if len(found[1]) < indent:
            return found[2]
    return ""


def _standing_for(spoken: str, above: str, aliases: Mapping[str, Name], *, receiver: bool = False) -> Iterator[Used]:
    head, _, attribute = spoken.partition(".")
    if head in OWN and not attribute:
        if name := enclosing_class(above):
            yield Used(spoken, Name(name), receiver)
        return
    if spoken in aliases:
        yield Used(spoken, aliases[spoken], receiver)
        return
    written = _type_written(spoken, above)
    if written is None and head in OWN:
        return
    called = written is not None and written[1]
    name = written[0] if written else spoken.rpartition(".")[2]
    if name.lower() in _BUILT_IN or name in ("Any", "None", "List", "Dict", "Set", "Tuple", "Type"):
        return
    meaning = aliases.get(name, Name(name))
    if not meaning.module or written is None:
        yield Used(spoken, replace(meaning, result=called), receiver)


def _type_written(spoken: str, above: str) -> tuple[str, bool] | None:
    """The nearest type above that a name is given, and whether it is a function's result; None where none is written."""
    name = re.escape(spoken)
    best: tuple[str, bool] | None = None
    # Line by line: looking for a name is fast, and only around it the slow patterns are tried.
    lines = (line for line in reversed(above.split("\n")) if spoken in line and len(line) <= LONGEST_LINE)
    for line in islice(lines, MOST_LINES):
        at = -1
        for pattern, function in _PATTERNS:
            for found in re.finditer(pattern.replace("NAME", f"(?P<name>{name})"), line):
                if found.start("name") > at:
                    best, at = (found["type"], function), found.start("name")
        if best is not None:
            break
    if best is None:
        return None
    parts = [part for part in re.split(r"\.|::", best[0]) if part]
    classes = [part for part in parts if part[:1].isupper() or part[:2].strip("_")[:1].isupper()]
    if classes:
        return classes[-1], False
    return (parts[-1], best[1]) if parts else None


_PATTERNS = (
    (r"""(?<![\w.])NAME[ \t]*\??:[ \t]*(?:typing\.)?(?:Optional\[)?(?:&[ \t]*)?(?:mut[ \t]+)?["']?(?P<type>[A-Za-z_][\w.]*)"""
     r"""(?=[ \t]*(?:["'\[\]<|=,;){&?]|$))""", False),
    (r"(?<![\w.])(?P<type>[A-Z]\w*)(?:<[^>\n]*>)?(?:\[\])?[ \t&*]+NAME[ \t]*[=;,):]", False),
    (r"(?<![\w.])NAME[ \t]+[*&]?(?:\[\])?(?:\w+\.)?(?P<type>[A-Z]\w*)", False),
    (r"(?<![\w.])NAME[ \t]*(?::[^=\n]+)?:?=[ \t]*(?:await[ \t]+|new[ \t]+|&(?:mut[ \t]+)?)*"
     r"(?P<type>[A-Za-z_][\w.:]*)[ \t]*[({]", True),
    (r"(?P<type>[A-Za-z_][\w.]*)\([^\n]*\)[ \t]+as[ \t]+NAME\b", True),
)  # fmt: skip
"""`x: T`, `T x;`, Go's `x *T`, `x = T(`, `T() as x`; and whether a name without a capital may be a function's. What declares a
type stands before what gives a value."""

_PYTHON_ALIAS = re.compile(r"^\s*import\s+([\w.]+)\s+as\s+(\w+)", re.MULTILINE)
_NAME_ALIAS = re.compile(r"\b(\w+)\s+as\s+(\w+)")
_SCRIPT_ALIAS = re.compile(r"""(?:\*\s+as\s+(\w+)\s+from|(?:const|let|var)\s+(\w+)\s*=\s*require\()\s*["']([^"']+)["']""")


def _aliases(text: str, imports: Sequence[Import]) -> Iterator[tuple[str, Name]]:
    """What names mean that an import gives another name, or that stand for a whole module."""
    taken = {name for one in imports for name in one.names}
    for original, alias in _NAME_ALIAS.findall(text[:TYPE_REACH]):
        if original in taken:
            yield alias, Name(original)
    for one in imports:
        last = re.split(r"[./]", one.module)[-1]
        if not one.names and last:
            yield one.module, Name(last, one.module)
            if "." not in one.module.strip("./") or "/" in one.module:
                yield last, Name(last, one.module)
    for module, alias in _PYTHON_ALIAS.findall(text):
        yield alias, Name(alias, module)
    for star, const, module in _SCRIPT_ALIAS.findall(text):
        yield star or const, Name(star or const, module)
