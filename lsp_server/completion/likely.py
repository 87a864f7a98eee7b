"""Which member is likely behind a dot, before any model is asked: by what the repository writes there. Pure.

A prior, to be multiplied with what the model thinks. The code above the cursor is not counted: the model has read it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from math import log

from indexer.records import Member
from indexer.usage import count
from lsp_server.completion.names import TYPE_REACH

WRITTEN = 0.5
"""What is written behind the same name says half of it; the other half is as likely for all. Of 400 members in packages that
`holes` does not use, 302 stood behind the same name elsewhere, and 0.4 to 0.5 explains them best. What stands behind others,
and whether a statement begins there, explained no more."""

AGREES = 0.9
"""Of what is written behind a name elsewhere: the members among it, where they are to be taken for all. Of 423 names in other
packages whose classes seemed known in full, 68 had another member: the type was misread. With this it is 3 of 254."""

NOT_AWAITED = 0.25
"""Behind `await`, for what is no coroutine: it may return one."""

_AWAIT = re.compile(r"\bawait\s+$")


def likely(members: Mapping[str, Member], are_all: bool, written: Mapping[str, int], line: str) -> Mapping[str, float]:
    """Name -> logarithm of its share, of these members, and where they are not all, of what else is written behind the name.

    `written` counts what stands behind the same name elsewhere. Private names are among the likely only if they are written so.
    `line` is the cursor's line up to the name before the dot.
    """
    names = [name for name in members if name[:1] != "_" or (name in written and name[:2] != "__")]
    if not are_all:
        names += [name for name in written if name not in members and name[:2] != "__"]
    counted = sum(written.get(name, 0) for name in names)
    found = {}
    for name in names:
        share = WRITTEN * written.get(name, 0) / counted + (1 - WRITTEN) / len(names) if counted else 1 / len(names)
        found[name] = log(share * _fits(members.get(name), line))
    return found


def agree(members: Collection[str], written: Mapping[str, int]) -> bool:
    """Whether what is written behind a name is what its class has; dunder names apart, which every object has."""
    counted = {name: times for name, times in written.items() if name[:2] != "__"}
    return sum(times for name, times in counted.items() if name in members) >= AGREES * sum(counted.values())


def written_behind(spoken: str, elsewhere: Mapping[str, int], after: str) -> Mapping[str, int]:
    """What stands behind the dot of a name in other files and below the cursor, counted."""
    return Counter(elsewhere) + count(after[:TYPE_REACH]).get(spoken, Counter())


def _fits(member: Member | None, line: str) -> float:
    is_coroutine = member is None or member.signature.startswith("async")
    return NOT_AWAITED if _AWAIT.search(line) and not is_coroutine else 1.0
