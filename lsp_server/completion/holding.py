"""Hold the first name that a model writes behind a dot to the members that are known. Knows no index and no editor.

The model writes as ever, and while its name may become a member nothing more is asked of it. Only when the name turns out to
be none is the stream closed, and the runner asked for its likeliest words at that point (one token; it has the prompt in its
cache); then the model goes on behind the word that was chosen. Likeliest words are not asked for all along: Ollama sorts a
model's whole vocabulary for each token then, which makes Gemma 3 270M three times slower (measured).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from lsp_server.completion.members import Choice, Offered, choose, judge
from lsp_server.model.port import Alternative, Generation, Piece

MOST_CHOSEN = 2
"""Words chosen for one suggestion. Names are two to four tokens, and with one or two of them one member is left."""

ALTERNATIVES = 20
"""As many as Ollama tells at most."""

Generate = Callable[[Generation], AsyncGenerator[Piece, None]]
Members = Callable[[], Awaitable[Offered | None]]
"""What may stand behind the dot, None where nobody knows. Asked when the first word has come: until then the model reads."""


@dataclass(slots=True)
class _Answer:
    """What was written so far. `unseen` are the pieces of a name that is not whole yet; `wrong` is the one that spoiled it."""

    left: int
    offered: Offered | None = None
    is_asked: bool = False
    written: str = ""
    unseen: list[Piece] = field(default_factory=list)
    wrong: Piece | None = None

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

    `is_held` is called where the model's own name is not taken: from then on `usage` is that of a part of the answer.
    """
    answer = _Answer(wanted.max_tokens)
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
            yield Piece("", finish="stop")
            return
        answer.take(Piece(choice.text, logprobs=(choice.logprob,)))
    for piece in answer.unseen:
        yield piece


async def _written(answer: _Answer, members: Members, generate: Generate, wanted: Generation) -> AsyncGenerator[Piece, None]:
    """The model's own words behind what was written, up to one that makes the name none."""
    request = replace(wanted, prompt=wanted.prompt + answer.written, max_tokens=answer.left)
    async with aclosing(generate(request)) as pieces:
        async for piece in pieces:
            if not answer.is_asked:
                answer.offered, answer.is_asked = await members(), True
            answer.take(piece)
            if answer.wrong is not None:
                return
            for one in answer.seen():
                yield one


async def _chosen(answer: _Answer, wrong: Piece, generate: Generate, wanted: Generation) -> Choice | None:
    """The word to go on with: the only one that is possible, or the likeliest by the runner's word."""
    offered, written = answer.offered, answer.written
    assert offered is not None
    only = choose(offered, written, ())
    if only is not None or not wrong.logprobs:  # a server that tells no chances knows no likely words either
        return only
    probe = replace(wanted, prompt=wanted.prompt + written, max_tokens=1, alternatives=ALTERNATIVES)
    alternatives: tuple[Alternative, ...] = ()
    async with aclosing(generate(probe)) as pieces:
        async for piece in pieces:
            alternatives = alternatives or piece.alternatives
    return choose(offered, written, alternatives)
