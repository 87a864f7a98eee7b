"""Choose what of the repository a prompt shows. Asks the index under a time budget; knows no model and no template."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping

from indexer.errors import IndexerError
from indexer.languages import language_of
from indexer.records import Hit
from lsp_server.completion.records import Repository

NEAR_LINES = 12
"""How far above the cursor names count as in use: about one function. Names further up are mostly done with."""

MOST_NAMES = 12
"""Definitions looked up for one prompt. More would not fit beside the code."""

_NAME = re.compile(r"[^\W\d]\w{2,}")
_KEYWORDS = frozenset(
    "and any async await bool break case catch class const continue def default del elif else end enum except export extends "
    "extern false finally fn for from func function global if impl implements import in int interface is lambda let local "
    "match module mut namespace new nil none not null or package pass private protected pub public raise record ref return "
    "self static str struct super switch template then this throw throws trait true try type typeof use using val var void "
    "when where while with yield len print range list dict set tuple string number".split()
)


def names_near(before: str, after: str) -> list[str]:
    """Names in use around the cursor, the nearest first, no keywords and no repeats."""
    near = before.split("\n")[-NEAR_LINES:]
    words = [word for line in reversed(near) for word in reversed(_NAME.findall(line))]
    words += _NAME.findall("\n".join(after.split("\n")[:2]))
    return [word for word in dict.fromkeys(words) if word.lower() not in _KEYWORDS][:MOST_NAMES]


def names_in(text: str) -> list[str]:
    """Names in use in a text, in the order they first come, no keywords and no repeats."""
    return [word for word in dict.fromkeys(_NAME.findall(text)) if word.lower() not in _KEYWORDS]


async def gather(repository: Repository, before: str, after: str, budget_ms: int) -> list[Hit]:
    """Definitions of the names in use, then chunks like the code above the cursor; what is late or fails is left out.

    Raises nothing: a prompt without context is still a prompt. Cancellation passes through.
    """
    query = "\n".join(before.split("\n")[-NEAR_LINES:])
    asked = [
        asyncio.ensure_future(repository.definitions(names_near(before, after), k=MOST_NAMES)),
        asyncio.ensure_future(repository.search(query, k=6, asker="cursor")),
    ]
    try:
        await asyncio.wait(asked, timeout=budget_ms / 1000)
    finally:
        late = [task for task in asked if not task.done()]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    hits: list[Hit] = []
    for task in asked:
        if not task.cancelled() and not isinstance(task.exception(), IndexerError | None):
            raise task.exception() or AssertionError
        if not task.cancelled() and task.exception() is None:
            hits += task.result()
    return hits


_RELATED: Mapping[str, str] = {
    **dict.fromkeys(("javascript", "typescript", "tsx", "jsx", "vue", "svelte"), "javascript"),
    **dict.fromkeys(("c", "cpp", "objc", "cuda"), "c"),
    **dict.fromkeys(("java", "kotlin", "scala", "groovy"), "jvm"),
}
"""Languages that use each other's definitions, by the name of their group."""


def _group(path: str) -> str | None:
    language = language_of(path)
    return language and _RELATED.get(language, language)


def choose_snippets(hits: Iterable[Hit], path: str, shown: str, characters: int) -> tuple[Hit, ...]:
    """The first hits that fit, none of them in the prompt already: not from `shown`, and no two that overlap.

    Code in a language that the document cannot use is left out: a small model would go on in that language.

    `path` is the document's own: the disk's state of it is older than the buffer, so nothing of it is taken where the
    buffer shows it. Order is kept: the best first.
    """
    chosen: list[Hit] = []
    left = characters
    for hit in hits:
        cost = len(hit.text) + len(hit.path) + 8
        if (
            cost > left
            or _group(hit.path) != _group(path)
            or _stands_in(hit, path, shown)
            or any(_overlap(hit, other) for other in chosen)
        ):
            continue
        chosen.append(hit)
        left -= cost
    return tuple(chosen)


def _stands_in(hit: Hit, path: str, shown: str) -> bool:
    """Whether the prompt holds most of a hit already: half of its longer lines stand in the text that is shown."""
    lines = [line.strip() for line in hit.text.splitlines() if len(line.strip()) > 8]
    if hit.path == path and not lines:
        return True
    return bool(lines) and sum(line in shown for line in lines) * 2 >= len(lines)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.path == other.path and one.start_line <= other.end_line and other.start_line <= one.end_line
