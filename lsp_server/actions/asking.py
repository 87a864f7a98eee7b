"""Answer a question from the repository: find pieces, show them numbered, and link what the answer cites. Edits nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from indexer.records import Hit
from lsp_server.actions import prompting
from lsp_server.actions.conversation import Conversation, Reply
from lsp_server.actions.markdown import Locate, SafeMarkdown, safe, source_list
from lsp_server.actions.records import Event, Source
from lsp_server.completion.records import Repository
from lsp_server.errors import UsageError

PIECES = 8
"""Shown to the model. Behind the eighth place a piece is rarely the one, and small models lose themselves in many."""

PATIENCE = 10
"""Times the context budget of an edit: the pieces are the answer here, not an addition to it."""

LONGEST_PIECE = 2400
"""Characters: about 60 lines. One long piece must not push the others out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as Markdown and the pieces that it cites, or all of them where it cites none."""

    markdown: str
    reply: Reply = field(default_factory=Reply)
    sources: tuple[Source, ...] = ()
    context_ms: float = 0.0


async def answer_question(
    question: str,
    repository: Repository | None,
    talk: Conversation,
    listen: Callable[[Event], None],
    locate: Locate,
    budget_ms: int,
) -> Answer:
    """Ask the index, then the model. UsageError where there is no index to ask; IndexerError passes through."""
    if repository is None:
        raise UsageError("There is no index to ask.", "Index the repository first: `lsp_server index`.")
    started = monotonic()
    try:
        found = await asyncio.wait_for(repository.search(question, k=PIECES), PATIENCE * max(budget_ms, 100) / 1000)
    except TimeoutError:
        raise UsageError("The index did not answer in time.", "It may still be building; ask again when it is ready.") from None
    context_ms = 1000 * (monotonic() - started)
    budget = talk.budget
    hits = _fitting(found, budget.reading)
    if not hits:
        return Answer("Nothing in the index of this repository resembles the question.\n", context_ms=context_ms)
    sources = tuple(Source.of_hit(hit) for hit in hits)
    listen(Event("reading", f"Reading {len(hits)} pieces of the repository"))
    stream = SafeMarkdown(locate, sources)

    def hear(text: str) -> None:
        if drawn := stream.feed(text):
            listen(Event("writing", drawn))

    values = {"question": question.strip(), "sources": _numbered(hits)}
    reply = await talk.ask(prompting.builtin("ask").render(values), budget.answer_to(0), hear)
    if rest := stream.end():
        listen(Event("writing", rest))
    return Answer(_page(question, reply, sources, stream.used, locate), reply, _cited(sources, stream.used), context_ms)


def _fitting(hits: Sequence[Hit], characters: int) -> list[Hit]:
    kept: list[Hit] = []
    for hit in hits:
        text = hit.text if len(hit.text) <= LONGEST_PIECE else hit.text[:LONGEST_PIECE].rsplit("\n", 1)[0]
        characters -= len(text) + len(hit.path) + 16
        if characters < 0 and kept:
            break
        last = hit.start_line + text.count("\n")
        kept.append(Hit(hit.path, hit.start_line, min(last, hit.end_line), hit.symbol, hit.kind, hit.score, text))
    return kept


def _numbered(hits: Sequence[Hit]) -> str:
    return "\n\n".join(
        f"[{number}] {hit.path}, line {hit.start_line}:\n{hit.text.rstrip()}" for number, hit in enumerate(hits, 1)
    )


def _cited(sources: Sequence[Source], used: set[int]) -> tuple[Source, ...]:
    return tuple(one for number, one in enumerate(sources, 1) if not used or number in used)


def _page(question: str, reply: Reply, sources: Sequence[Source], used: set[int], locate: Locate) -> str:
    """The answer under its question. All pieces are listed, so that the numbers in the text stay true."""
    parts = [
        f"### {safe(' '.join(question.split()))}",
        safe(reply.text, locate, tuple(sources)).strip() or "The model said nothing.",
    ]
    if reply.note:
        parts.append(reply.note)
    head = "#### Sources" if used else "#### Pieces it was shown; the answer names none of them"
    return "\n\n".join([*parts, head, source_list(sources, locate)]) + "\n"
