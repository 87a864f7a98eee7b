"""Choose what of the repository a prompt shows. Asks the index under a time budget; knows no model and no template."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from indexer.credentials import redacted
from indexer.errors import IndexerError
from indexer.imports import imports
from indexer.languages import known, language_of, parse
from indexer.members import contents
from indexer.records import Contents, Hit, Import, Name, Symbol
from lsp_server.completion.members import is_certain
from lsp_server.completion.names import MOST_NAMES, NEAR_LINES, Used, names_near, used_near
from lsp_server.completion.records import Repository
from lsp_server.completion.stubs import head, stub
from lsp_server.documents import DocumentSnapshot

if TYPE_CHECKING:
    from tree_sitter import Tree

T = TypeVar("T")

MOST_STUBS = 4
"""Classes, files and functions shown as stubs: the object before the dot and what stands next to it."""

LONGEST_BODY = 600
"""Characters of a function shown whole, some 15 lines; of a longer one the head is shown, and the rest if it resembles."""

NEAR = 400
"""Characters before the cursor whose words say which members of a large class are likely."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found for a place: what names in use mean, nearest first, and chunks of code, best first."""

    meanings: tuple[tuple[Used, Contents | Symbol], ...] = ()
    hits: tuple[Hit, ...] = ()

    @property
    def has_receiver(self) -> bool:
        """Whether the object before the dot is known."""
        return any(used.receiver for used, _ in self.meanings)


async def gather(
    repository: Repository, snapshot: DocumentSnapshot, before: str, after: str, tree: Tree | None, budget_ms: int
) -> Gathered:
    """What the names in use mean, where they are defined, then chunks like the code above; what is late or fails is left out.

    `tree` is the document's. Raises nothing: a prompt without context is still a prompt. Cancellation passes through.
    """
    query = "\n".join(before.split("\n")[-NEAR_LINES:])
    asked = (
        asyncio.ensure_future(_meanings(repository, snapshot, before, after, tree)),
        asyncio.ensure_future(repository.definitions(names_near(before, after), k=MOST_NAMES)),
        asyncio.ensure_future(repository.search(query, k=6, asker="cursor")),
    )
    try:
        await asyncio.wait(asked, timeout=budget_ms / 1000)
    finally:
        late = [task for task in asked if not task.done()]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    meanings, definitions, alike = asked
    hits = [hit for task in (definitions, alike) for hit in _answer(task) or () if hit.path != snapshot.path]
    meant = _answer(meanings)
    return Gathered(tuple(meant or ()), tuple(hits))


def _answer(task: asyncio.Future[T]) -> T | None:
    """What a question brought, if it came in time and the index could be read."""
    if task.cancelled():
        return None
    error = task.exception()
    if error is not None and not isinstance(error, IndexerError):
        raise error
    return task.result() if error is None else None


async def _meanings(
    repository: Repository, snapshot: DocumentSnapshot, before: str, after: str, tree: Tree | None
) -> list[tuple[Used, Contents | Symbol]]:
    """The document's own classes from its tree, with bases from the repository like all other names; the receiver first."""
    language, taken = _imported(snapshot, tree)
    return await _looked_up(repository, snapshot, tree, used_near(before, after, taken), taken, language)


async def receiver(
    repository: Repository, snapshot: DocumentSnapshot, before: str, tree: Tree | None
) -> tuple[Used, list[Contents]] | None:
    """The name before the dot at the cursor, and the classes and files that it certainly is; None where that is not certain.

    Raises IndexerError.
    """
    language, taken = _imported(snapshot, tree)
    names = frozenset(name for one in taken for name in one.names)
    used = [one for one in used_near(before, "", taken) if one.receiver and is_certain(one, names)]
    found = [one for _, one in await _looked_up(repository, snapshot, tree, used, taken, language)]
    held = [one for one in found if isinstance(one, Contents)]
    return (used[0], held) if held and held == found else None


def _imported(snapshot: DocumentSnapshot, tree: Tree | None) -> tuple[str, list[Import]]:
    """A document's language as the index calls it, and what it imports."""
    row = known(snapshot.language)
    language = row.name if row is not None else snapshot.language
    return language, imports(tree, language) if tree is not None else []


async def _looked_up(
    repository: Repository,
    snapshot: DocumentSnapshot,
    tree: Tree | None,
    used: Sequence[Used],
    taken: Sequence[Import],
    language: str,
) -> list[tuple[Used, Contents | Symbol]]:
    own = {one: held for one in used if tree is not None and (held := _own(tree, language, snapshot.path, one.meaning))}
    asked = [one for one in used if one not in own]
    asked += [Used(one.spoken, Name(base), one.receiver) for one, held in own.items() for base in held.bases]
    answers = await repository.meanings([one.meaning for one in asked], taken, snapshot.path, language)
    found: list[tuple[Used, Contents | Symbol]] = list(own.items())
    found += [(one, answer) for one, answer in zip(asked, answers, strict=False) if answer is not None]
    order = {one.spoken: at for at, one in reversed(list(enumerate(used)))}
    return sorted(found, key=lambda pair: (not pair[0].receiver, order[pair[0].spoken]))


def _own(tree: Tree, language: str, path: str, name: Name) -> Contents | None:
    """A class of the document itself, at its top: only that much of the document is looked through."""
    for node in tree.root_node.named_children if not name.module else ():
        inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration") or node
        named = inner.child_by_field_name("name")
        if named is not None and named.text == name.name.encode() and inner.text and len(inner.text) < LARGEST_CLASS:
            part = parse(inner.text, language)
            held = contents(part, language, path, name.name) if part is not None else None
            if held is not None:
                row = inner.start_point[0]
                return replace(held, start_line=held.start_line + row, end_line=held.end_line + row)
    return None


LARGEST_CLASS = 15_000
"""Bytes, some 400 lines: 2 ms on the event loop."""


def choose(gathered: Gathered, path: str, shown: str, before: str, characters: int) -> tuple[Hit, ...]:
    """What a prompt shows of what was gathered, best first: stubs, then code. `shown` is the document's part of the prompt."""
    near, left, chosen = before[-NEAR:], characters, list[Hit]()
    for used, meaning in gathered.meanings:
        if len(chosen) == MOST_STUBS:
            break
        room = left - len(meaning.path) - _FRAME
        hit = _body(meaning, gathered.hits, shown, room) or _as_hit(used, meaning, path, shown, room, near)
        if hit is not None and all(other.text != hit.text for other in chosen):
            chosen.append(hit)
            left -= cost(hit)
    return (*chosen, *choose_snippets(gathered.hits, path, "\n".join([shown, *(hit.text for hit in chosen)]), left))


def _body(meaning: Contents | Symbol, hits: Iterable[Hit], shown: str, characters: int) -> Hit | None:
    """A function whole, where that is short: what it does says more than how it is called."""
    if isinstance(meaning, Contents):
        return None
    for hit in hits:
        if hit.path == meaning.path and hit.start_line <= meaning.start_line and meaning.end_line <= hit.end_line:
            return hit if len(hit.text) <= min(characters, LONGEST_BODY) and not _stands_in(hit, "", shown) else None
    return None


def _as_hit(used: Used, meaning: Contents | Symbol, path: str, shown: str, characters: int, near: str) -> Hit | None:
    """A stub without what the prompt shows anyway; None where nothing of it is left or fits."""
    if isinstance(meaning, Symbol):
        text, _ = redacted(head(meaning))
        line = meaning.signature.partition("(")[0]
        if len(text) > characters or (meaning.path == path and line in shown):
            return None
        return Hit(meaning.path, meaning.start_line, meaning.end_line, meaning.qualified_name, meaning.kind, 1.0, text)
    if meaning.path == path:
        words = frozenset(_WORD.findall(shown))
        meaning = replace(meaning, members=tuple(one for one in meaning.members if one.name not in words))
    # Members are read from files as they are now, not from the index, which holds no credentials.
    text, _ = redacted(stub(meaning, used.spoken, characters, near))
    name = "" if meaning.kind == "module" else meaning.name
    return Hit(meaning.path, meaning.start_line, meaning.end_line, name, STUB, 1.0, text) if text else None


STUB = "stub"
"""The kind of a hit that is not code as it stands in a file."""

_WORD = re.compile(r"\w+")
_FRAME = 8
"""Characters around a snippet: its comment mark and line feeds."""


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
        needed = cost(hit)
        if (
            needed > left
            or _group(hit.path) != _group(path)
            or _stands_in(hit, path, shown)
            or any(_overlap(hit, other) for other in chosen)
        ):
            continue
        chosen.append(hit)
        left -= needed
    return tuple(chosen)


def cost(hit: Hit) -> int:
    """Characters that a snippet takes in a prompt, its frame included."""
    return len(hit.text) + len(hit.path) + _FRAME


def _stands_in(hit: Hit, path: str, shown: str) -> bool:
    """Whether the prompt holds most of a hit already: half of its longer lines stand in the text that is shown."""
    lines = [line.strip() for line in hit.text.splitlines() if len(line.strip()) > 8]
    if hit.path == path and not lines:
        return True
    return bool(lines) and sum(line in shown for line in lines) * 2 >= len(lines)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.path == other.path and one.start_line <= other.end_line and other.start_line <= one.end_line
