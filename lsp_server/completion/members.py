"""What may stand behind the dot at a cursor, and which of a model's words it is. Knows no editor and asks no model.

A model that was shown a class still goes on with names that the class does not have. Which names it has is known, so what is
written is held to them: `judge` says whether it can still become one, `choose` takes the likeliest word that can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Literal

from lsp_server.completion.names import OWN, RECEIVER, TYPE_REACH, Used
from lsp_server.model.port import Alternative

_WORD = re.compile(r"\w*")
_IMPORT = re.compile(r"\s*(?:from|import|package|use|using)\b")

Verdict = Literal["begun", "member", "none"]


@dataclass(frozen=True, slots=True)
class Offered:
    """All names that may stand behind a dot. `begun` is the start of one that stands there already."""

    names: frozenset[str]
    begun: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to write in place of a model's own word, with its log-probability among the words that are possible."""

    text: str
    logprob: float


def begun_behind_dot(before: str) -> str | None:
    """The start of the name behind a dot at the cursor, empty for none yet; None where no name's member is written there."""
    line = before[before.rfind("\n") + 1 :]
    found = RECEIVER.search(line[-300:])
    if found is None or _IMPORT.match(line):
        return None
    left = line[: len(line) - len(found[0])]
    if left.endswith((".", "::", "->")):  # behind a call or an index: what those give is not known by a name
        return None
    if found[1] in OWN and not left.strip():
        return None  # a statement that starts with `self.` may be about to give it a new attribute
    return found[2]


def is_certain(used: Used, imported: frozenset[str]) -> bool:
    """Whether a name's meaning was read, from a type or an import, and not guessed from how it is spelled."""
    last = used.spoken.rpartition(".")[2]
    return bool(
        used.meaning.module or used.meaning.name != last or used.spoken in imported or last[:1].isupper() or used.spoken in OWN
    )


def may_be_more(spoken: str, before: str) -> bool:
    """Whether a name may be of another type than the one that was read: one of several, or looked at by `isinstance`."""
    name, above = re.escape(spoken), before[-TYPE_REACH:]
    if spoken in OWN or re.search(rf"\bisinstance\(\s*{name}\s*,", above):
        return True
    unions = re.findall(rf"(?<![\w.]){name}[ \t]*:[ \t]*(?:Union\[|([\w.\"\[\]]+)[ \t]*\|[ \t]*([\w.\" |\[\]]+))", above)
    return any("None" not in (one.strip(' "'), other.strip(' "')) for one, other in unions)


def judge(offered: Offered, written: str) -> Verdict:
    """Whether what is written behind the dot, with the name that stood there begun, is a member or the start of one."""
    whole = offered.begun + written
    word = _word(whole)
    if word.startswith("__") or not whole:  # every object has more of those than any list
        return "begun" if word == whole else "member"
    if len(word) < len(whole):
        return "member" if word in offered.names else "none"
    return "begun" if any(name.startswith(word) for name in offered.names) else "none"


def choose(offered: Offered, written: str, alternatives: Sequence[Alternative]) -> Choice | None:
    """The likeliest word that goes on towards a member, behind a `written` start of one; None where none does.

    A name that is the only one left is taken whole. Private names are written only where they were begun.
    """
    start = offered.begun + written
    names = [name for name in offered.names if name.startswith(start) and (start or not name.startswith("_"))]
    if not names:
        return None
    if len(names) == 1 and start:
        return Choice(names[0][len(start) :], 0.0)
    public = Offered(frozenset(names), offered.begun)
    fitting = [one for one in alternatives if one.text and judge(public, written + one.text) != "none"]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: one.logprob)
    left = [name for name in names if name.startswith(_word(start + best.text))]
    text = left[0][len(start) :] if len(left) == 1 and _word(best.text) == best.text else best.text
    return Choice(text, best.logprob - log(sum(exp(one.logprob) for one in fitting)))


def _word(text: str) -> str:
    """The identifier that a text starts with, empty for none."""
    found = _WORD.match(text)
    return found[0] if found else ""
