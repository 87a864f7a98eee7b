"""What a class, a file or a function offers, written as a stub in its own language. Pure.

A small model goes on from what looks like code it was trained on: of 20 members it names 7 behind a stub, 3 or 4 behind the
same names in a comment (decision 11). So members are written as a class without bodies, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.records import Contents, Member, Symbol

MOST_SHOWN = 40
"""Members of one stub. With 20 and with 40 a model was right equally often; longer ones push the code out."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def stub(held: Contents, spoken: str, characters: int, near: str) -> str:
    """A stub of at most so many characters, empty where not even three members fit. `near` is the code around the cursor."""
    own = spoken.split(".")[0] in ("self", "this", "cls")
    members = [one for one in held.members if not (one.name.startswith("__") or one.name == "constructor")]
    if not members:
        return ""
    wanted = _words(near)
    of_class = spoken.rpartition(".")[2] == held.name
    ranked = sorted(
        range(len(members)),
        key=lambda at: (
            of_class and not _belongs_to_class(members[at]),
            members[at].name.startswith("_") and not own,
            -len(_words(members[at].name) & wanted),
            at,
        ),
    )
    left = characters - len(_framed(held, ()))
    if sum(len(_line(held, one)) + 1 for one in members) > left:
        # Without parameters a third more of them fit, and it is the name that cannot be guessed.
        members = [one if one.call is None else Member(one.name, "") for one in members]
    kept: list[int] = []
    for at in ranked[:MOST_SHOWN]:
        cost = len(_line(held, members[at])) + 1
        if cost > left:
            break
        kept.append(at)
        left -= cost
    if len(kept) < min(3, len(members)):
        return ""
    return _framed(held, [_line(held, members[at]) for at in sorted(kept)])


def _belongs_to_class(member: Member) -> bool:
    """Whether a member is used on the class itself: a constant, a value of an enumeration, a class method."""
    return member.name[:1].isupper() or bool(re.search(r"\(\s*cls\b|\bstatic\b|\bconst\b", member.signature))


def head(symbol: Symbol) -> str:
    """A function's head, as a stub where its language writes one."""
    if symbol.path.endswith((".py", ".pyi")):
        return f"{symbol.signature}: ..."
    return symbol.signature


def _framed(held: Contents, lines: Sequence[str]) -> str:
    if held.kind == "module":
        return "\n".join(lines)
    if held.language == "python":
        bases = f"({', '.join(held.bases)})" if held.bases else ""
        return "\n".join([f"class {held.name}{bases}:", *lines])
    if held.language in ("go", "rust"):
        opener = f"type {held.name} struct {{" if held.language == "go" else f"impl {held.name} {{"
        return "\n".join([opener, *lines, "}"])
    if held.language in ("ruby", "lua", "elixir"):
        return "\n".join([f"class {held.name}", *lines, "end"])
    return "\n".join([f"class {held.name} {{", *lines, "}"])


def _line(held: Contents, member: Member) -> str:
    indent = "" if held.kind == "module" else "    "
    if held.language != "python":
        return f"{indent}{member.signature or member.name}"
    if member.call is None:
        return f"{indent}{member.name} = ..." if held.kind == "module" else f"{indent}{member.name}: ..."
    if held.kind == "module":
        return f"def {member.name}({member.call}): ..."
    return f"{indent}def {member.name}(self{', ' if member.call else ''}{member.call}): ..."


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text) if len(word) > 2)
