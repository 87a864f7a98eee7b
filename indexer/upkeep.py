"""When an index is worth looking after: its tables put together, its directory walked again. Pure: reads what a commit says."""

from __future__ import annotations

from indexer.manifest import Manifest

WORDS_IN_MEMORY = 5000
"""Chunks up to which no word index is made: a reader has their words in memory after a quarter of a second, in 10 MB, and asks
them in a third of the time; the index would cost a tenth of the build of a small repository."""

WORTH_TIDYING = 24
"""Commits after which a tidying is worth its time when nobody waits for it: each leaves a small piece of a table."""

MAX_WRITES = 256
"""Commits after which it is done though somebody waits: a scan opens that many pieces, at 0.1 ms each."""

MAX_UNINDEXED = 4000
"""New chunks that full text reads one by one (18 microseconds each) before they are taken into the index, somebody waiting
or not; a quarter of them when nobody waits."""

MAX_GROWTH = 1.4
"""Tables that take this much of what they took when they were tidied are tidied: at most half as much again stays on disk.
A small index reaches it after some twenty saves, and is tidied in a tenth of a second; a large one after thousands."""


LOOK_S = 60.0
"""Between two looks at all files while changes are followed. Not every change is told of: a queue runs full, a directory moves,
an editor does not watch. A branch that was checked out behind our back is searchable within a minute."""

REST = 100
"""Times as long as a look took until the next one: below a hundredth of a core, however many files there are."""


def look_again_after(seconds: float) -> float:
    """Seconds until the next look, after one that took so long and found nothing."""
    return max(LOOK_S, REST * seconds)


def wants_words(state: Manifest, words_in_memory: int = WORDS_IN_MEMORY) -> bool:
    """Whether an index is so large that its words get an index on disk, or has one already."""
    return state.full_text or state.chunks > words_in_memory


def needs_tidying(state: Manifest, *, idle: bool, words_in_memory: int = WORDS_IN_MEMORY) -> bool:
    """Whether the tables have come to be in so many pieces, or so large, that they are to be put together.

    `idle` says that nobody waits for it.
    """
    least, most = (WORTH_TIDYING, MAX_UNINDEXED // 4) if idle else (MAX_WRITES, MAX_UNINDEXED)
    unindexed = wants_words(state, words_in_memory) and state.unindexed > min(most, words_in_memory)
    grown = sum(one.size for one in (state.footprint or {}).values()) > MAX_GROWTH * (state.tidied_bytes or float("inf"))
    return unindexed or grown or state.writes >= least
