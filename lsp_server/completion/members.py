"""What may stand behind the dot at a cursor, and which of a model's words it is. Knows no editor and asks no model.

A model that was shown a class still goes on with names that the class does not have. Which names it has is known, so what is
written is held to them: `judge` says whether it can still become one, `choose` takes the likeliest word that can.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import Literal

from lsp_server.completion.names import OWN, RECEIVER, TYPE_REACH, Used
from lsp_server.model.port import Alternative

_WORD = re.compile(r"\w*")
_IMPORT = re.compile(r"\s*(?:from|import|package|use|using)\b")

DOUBT = 0.5
"""Of a model's chances: so much is given to all names alike, since it tells 20 words only, and a small one is surer than it is
right. In packages that `holes` does not use 0.3 to 0.98 are within noise with Gemma 3 270M; larger ones deserve less."""

CLEAR, TWICE = 0.4, 2.0
"""A name is taken without asking, where the model's word leads to none, if it has this share or is twice as likely as if all
were alike. To ask costs a call and a sorted vocabulary, and a model's 20 likely words made no more names right than its own."""

FIRST = 0.5
"""A name with this share is taken before the model is asked, which then is asked once. In packages that `holes` does not use
it is right 30 times of 50, where Gemma 3 270M by itself was right 12 times; to replace a name takes half as long again."""

FIRST_OF_SMALL, SMALL = 0.1, 1_000.0
"""The same for a model of fewer million parameters. With Gemma 3 270M 0 to 0.5 have 80 or 81 of 223 right, and 26 to 108 of
them take a second call, with 0.1 it is 31; of larger models nothing was measured, and they know more."""

OTHERS = 0.05
"""The share of what is not known, where not all members are: 23 of 530 names in those packages."""

MOST = 0.55
"""Of several names that begin with the likeliest word, one that has more than this is taken, and the model not asked again. Of
two names that are as likely, neither has."""

Verdict = Literal["begun", "member", "none"]


@dataclass(frozen=True, slots=True)
class Offered:
    """Names that may stand behind a dot. `begun` is the start of one that stands there already.

    `are_all` says that there are no others. `likely` is the logarithm of each one's share by what the repository writes, of
    those that may be suggested; empty where that is not known.
    """

    names: frozenset[str]
    begun: str = ""
    are_all: bool = True
    likely: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to write in place of a model's own word, with its log-probability among the words that are possible.

    `is_whole` says that a name ends with it; `is_member` that it is one of those that are known, or the start of one.
    """

    text: str
    logprob: float
    is_whole: bool = True
    is_member: bool = True


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
    """The likeliest name behind a `written` start of one, or its likeliest next word; None where none is known to be likely.

    The model's chances, among the names that are possible, are multiplied with how often the repository writes each name there.
    Names that begin with the same word share its chance alike, since the model was not asked further; one that has most of it
    is taken whole. Where there may be others, the likeliest word that leads to no name is one more.
    """
    if only := only_left(offered, written):
        return only
    start = offered.begun + written
    rests = {name: name[len(start) :] for name in _possible(offered, written)}
    words = {name: _next_word(rest, alternatives) for name, rest in rests.items()}
    group = Counter(one.text for one in words.values() if one is not None)
    chances = {name: exp(one.logprob) / group[one.text] if one is not None else 0.0 for name, one in words.items()}
    shares = {name: offered.likely.get(name, min(offered.likely.values(), default=0.0)) for name in rests}
    other = None if offered.are_all else _other(rests.values(), alternatives)
    if other is not None:
        chances[""], shares[""] = exp(other.logprob), log(OTHERS)
    scores = _weighed(chances, shares, is_counted=bool(offered.likely))
    if not scores:
        return None
    best = max(scores, key=lambda name: (scores[name], name))
    if other is not None and not best:
        return Choice(other.text, scores[best], is_whole=False, is_member=False)
    word = words[best]
    if word is None:
        # A model that tells no chances has said something else; then the repository must be sure.
        return Choice(rests[best], scores[best]) if rests[best] and (alternatives or exp(scores[best]) > MOST) else None
    same = _sum(scores[name] for name, one in words.items() if one is not None and one.text == word.text)
    if scores[best] - same > log(MOST):
        return Choice(rests[best] or word.text, scores[best])
    return Choice(word.text, same, is_whole=False)


def _weighed(chances: Mapping[str, float], shares: Mapping[str, float], *, is_counted: bool) -> Mapping[str, float]:
    """Logarithms of each name's part of the chances times the shares. Names that the model told nothing of are possible only
    where it is counted how often each is used."""
    told, doubt = sum(chances.values()), DOUBT if is_counted else 0.0
    parts = {name: (1 - doubt) * (one / told if told else 0.0) + doubt / len(chances) for name, one in chances.items()}
    scores = {name: log(part) + shares[name] for name, part in parts.items() if part > 0}
    whole = _sum(scores.values()) if scores else 0.0
    return {name: one - whole for name, one in scores.items()}


def first_share(millions: float | None) -> float:
    """The share that a name needs to be taken before a model of so many million parameters is asked; None is unknown."""
    return FIRST_OF_SMALL if millions is not None and millions < SMALL else FIRST


def before_asking(offered: Offered, least: float = FIRST) -> Choice | None:
    """The name to take before a model is asked, with the logarithm of its share; None where none has the `least`.

    Of two names one always has half: it must have twice what it had if all were alike.
    """
    possible = _possible(offered, "") if offered.likely else []
    if not possible:
        return None
    best = max(possible, key=lambda name: (offered.likely.get(name, -inf), name))
    whole = sum(exp(offered.likely.get(name, -inf)) for name in possible)
    share = exp(offered.likely.get(best, -inf)) / whole if whole else 0.0
    rest = best[len(offered.begun) :]
    is_likely = len(possible) > 1 and share >= max(least, TWICE / len(possible))
    return Choice(rest, log(share)) if rest and is_likely else None


def stands(offered: Offered, written: str, own: str, logprob: float) -> tuple[bool, Choice | None]:
    """Whether a model's own next word may stand, of which only its own chance is known; else the name to take without asking.

    What the model leaves to others is taken to be alike for all of them. Where nobody knows what is likely, it stands.
    """
    if not offered.likely:
        return True, None
    start = offered.begun + written
    rests = {name: name[len(start) :] for name in _possible(offered, written)}
    word = (Alternative(own, logprob),)
    own_names = {name for name, rest in rests.items() if _next_word(rest, word) is not None}
    least, left = min(offered.likely.values()), max(len(rests) - len(own_names), 1)
    chances = {name: exp(logprob) / len(own_names) if name in own_names else (1 - exp(logprob)) / left for name in rests}
    shares = {name: offered.likely.get(name, least) for name in rests}
    leads_nowhere = not own_names
    if leads_nowhere and not offered.are_all:
        own_names, chances[""], shares[""] = {""}, exp(logprob), log(OTHERS)
    scores = _weighed(chances, shares, is_counted=True)
    likeliest = max((scores[name] for name in own_names), default=None)
    best = max(scores, key=lambda name: (scores[name], name), default="")
    if likeliest is not None and likeliest >= scores[best]:
        return True, None
    is_clear = best and rests[best] and (not leads_nowhere or scores[best] >= log(min(CLEAR, TWICE / len(rests))))
    return False, Choice(rests[best], scores[best]) if is_clear else None


def only_left(offered: Offered, written: str) -> Choice | None:
    """The rest of the only name that begins with what stands there: no model need be asked. None for a name that is whole."""
    start, names = offered.begun + written, _possible(offered, written)
    return Choice(names[0][len(start) :], 0.0) if start and len(names) == 1 and names[0] != start else None


def _possible(offered: Offered, written: str) -> list[str]:
    """Names that begin with what stands there; a private one only where it was begun, or the repository uses it so."""
    start = offered.begun + written
    public = offered.likely or [name for name in offered.names if not name.startswith("_")]
    return sorted(name for name in ({*offered.names, *offered.likely} if start else public) if name.startswith(start))


def _next_word(rest: str, alternatives: Sequence[Alternative]) -> Alternative | None:
    """How the rest of a name goes on by the runner's word: the likeliest that fits, None where it told none.

    A word that goes on behind the name says that the name ends there; the chances of all such words count together.
    """
    ends = [one for one in alternatives if one.text and _word(one.text) == rest]
    if ends:
        return Alternative(rest or ends[0].text, _sum(one.logprob for one in ends))
    fitting = (one for one in alternatives if one.text and _word(one.text) == one.text and rest.startswith(one.text))
    return max(fitting, key=lambda one: one.logprob, default=None)


def _other(rests: Iterable[str], alternatives: Sequence[Alternative]) -> Alternative | None:
    """The likeliest word with which none of the names goes on."""
    known = list(rests)
    names = (one for one in alternatives if _word(one.text) == one.text != "")
    return next((one for one in names if not any(rest.startswith(one.text) for rest in known)), None)


def _sum(chances: Iterable[float]) -> float:
    return log(sum(exp(one) for one in chances))


def _word(text: str) -> str:
    """The identifier that a text starts with, empty for none."""
    found = _WORD.match(text)
    return found[0] if found else ""
