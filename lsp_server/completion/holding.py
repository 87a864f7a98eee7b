"""Hold the first name that a model writes behind a dot to the members that are known. Knows no index and no editor.

Where the members are known before the model is asked, it is asked for its likeliest words at first: one token. A member is
chosen among them, and the model goes on behind it. Where they are looked up while it reads, it writes as ever, and only when
its name turns out to be none is the stream closed, and the runner asked for its likeliest words at that point. They are not
asked for all along: Ollama sorts a model's whole vocabulary for each token then, three times the time with Gemma 3 270M.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from lsp_server.completion.members import Choice, Offered, choose, judge, only_left
from lsp_server.model.port import Generation, Piece, Usage

MOST_CHOSEN = 2
"""Words chosen in place of wrong ones, for one suggestion. Names are two to four tokens; with one or two one member is left."""

ALTERNATIVES = 20
"""As many as Ollama tells at most."""

Generate = Callable[[Generation], AsyncGenerator[Piece, None]]


class Members(Protocol):
    """What may stand behind the dot. Looked up while the model reads, and asked for when its first word has come."""

    @property
    def are_listed(self) -> bool:
        """Whether the names are known by now, if perhaps not yet how likely each is."""
        ...

    async def offered(self) -> Offered | None:
        """The names, None where nobody knows them all."""
        ...


@dataclass(slots=True)
class _Answer:
    """What was written so far. `unseen` are the pieces of a name that is not whole yet; `wrong` is the one that spoiled it.

    `read` is what the first call cost where more follow: only that one read the prompt.
    """

    left: int
    offered: Offered | None = None
    is_asked: bool = False
    written: str = ""
    unseen: list[Piece] = field(default_factory=list)
    wrong: Piece | None = None
    read: Usage | None = None

    def take(self, piece: Piece) -> None:
        """A piece that goes on with what was written: keep it, or remember that it is wrong."""
        if self.offered is not None:
            verdict = judge(self.offered, self.written + piece.text)
            if verdict == "none":
                self.wrong = piece
                return
            if verdict == "member":
                self.offered = None  # the name is whole; what follows is the model's own affair
        self.written += piece.text
        self.left = max(self.left - 1, 1)
        self.unseen.append(piece)

    def choose(self, choice: Choice) -> None:
        """Go on with a word that was chosen; with one that leads to no known name as the model likes."""
        if not choice.is_member:
            self.offered = None
        self.take(Piece(choice.text, logprobs=(choice.logprob,)))

    def seen(self) -> list[Piece]:
        """The pieces that may be handed on by now."""
        if self.offered is not None:
            return []
        ready, self.unseen = self.unseen, []
        return ready


async def held_to(
    members: Members, generate: Generate, wanted: Generation, is_held: Callable[[], None] = lambda: None
) -> AsyncGenerator[Piece, None]:
    """The answer to `wanted` with a member for its first name; an empty one where the name is none and cannot become one.

    `is_held` is called where the model was left in the middle of its answer: from then on `usage` is that of a part of it.
    """
    answer = _Answer(wanted.max_tokens)
    if members.are_listed:
        await _begin(answer, members, generate, wanted)
        yield Piece("", usage=answer.read)
    for chosen in range(MOST_CHOSEN + 1):
        async with aclosing(_written(answer, members, generate, wanted)) as pieces:
            async for piece in pieces:
                yield piece
        wrong, answer.wrong = answer.wrong, None
        if wrong is None or answer.offered is None:
            break
        is_held()
        choice = await _chosen(answer, wrong, generate, wanted) if chosen < MOST_CHOSEN else None
        if choice is None:
            if answer.offered.begun + answer.written in answer.offered.names:
                break  # a name that is whole, and nothing that may follow it
            yield Piece("", finish="stop")
            return
        answer.choose(choice)
    for piece in answer.unseen:
        yield piece


async def _begin(answer: _Answer, members: Members, generate: Generate, wanted: Generation) -> None:
    """Read the prompt and choose a name, by at most two words; what cannot be chosen is left for the model to write."""
    first = await _likely_words(generate, wanted)
    offered = await members.offered()
    answer.offered, answer.is_asked, answer.read = offered, True, first.usage
    choice = choose(offered, "", first.alternatives) if offered and first.alternatives else None
    if choice is not None:
        answer.choose(choice)
    if choice is not None and answer.offered is not None and not choice.is_whole:
        then = await _likely_words(generate, replace(wanted, prompt=wanted.prompt + answer.written))
        choice = choose(answer.offered, answer.written, then.alternatives)
        if choice is not None:
            answer.choose(choice)
    answer.offered = _whole(answer.offered)  # where there may be others, what follows is the model's own affair


async def _written(answer: _Answer, members: Members, generate: Generate, wanted: Generation) -> AsyncGenerator[Piece, None]:
    """The model's own words behind what was written, up to one that makes the name none."""
    request = replace(wanted, prompt=wanted.prompt + answer.written, max_tokens=answer.left)
    async with aclosing(generate(request)) as pieces:
        async for piece in pieces:
            if not answer.is_asked:
                answer.offered, answer.is_asked = _whole(await members.offered()), True
            answer.take(_counted(piece, answer.read))
            if answer.wrong is not None:
                return
            for one in answer.seen():
                yield one


def _whole(offered: Offered | None) -> Offered | None:
    """A list that a model's own words can be held to: there are no others."""
    return offered if offered is not None and offered.are_all else None


def _counted(piece: Piece, read: Usage | None) -> Piece:
    """A piece with what the whole answer cost, where an earlier call read the prompt."""
    if piece.usage is None or read is None:
        return piece
    own = piece.usage
    whole = replace(
        read,
        generated_tokens=read.generated_tokens + own.generated_tokens,
        generate_ms=read.generate_ms + own.prompt_ms + own.generate_ms,
    )
    return replace(piece, usage=whole)


async def _chosen(answer: _Answer, wrong: Piece, generate: Generate, wanted: Generation) -> Choice | None:
    """The word to go on with: the only one that is possible, or the likeliest by the runner's word."""
    offered, written = answer.offered, answer.written
    assert offered is not None
    only = only_left(offered, written)
    if only is not None:
        return only
    if not wrong.logprobs:  # a server that tells no chances knows no likely words either
        return choose(offered, written, ())
    words = await _likely_words(generate, replace(wanted, prompt=wanted.prompt + written))
    return choose(offered, written, words.alternatives)


async def _likely_words(generate: Generate, wanted: Generation) -> Piece:
    """One word with those that might stand in its place, and what asking for it cost."""
    found = Piece("")
    async with aclosing(generate(replace(wanted, max_tokens=1, alternatives=ALTERNATIVES))) as pieces:
        async for piece in pieces:
            found = replace(
                found,
                text=found.text + piece.text,
                logprobs=found.logprobs or piece.logprobs,
                alternatives=found.alternatives or piece.alternatives,
                usage=piece.usage or found.usage,
            )
    return found
