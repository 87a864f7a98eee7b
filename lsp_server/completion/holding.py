"""Hold the first name that a model writes behind a dot to the members that are known. Knows no index and no editor.

The model writes as ever, and while its name may stand nothing more is asked of it. Only when the name turns out to be none, or
another is far likelier by what is known, is the stream closed, and the runner asked for its likeliest words at that point (one
token; it has the prompt in its cache); then the model goes on behind what was chosen. They are not asked for all along: Ollama
sorts a model's whole vocabulary for each token then, which makes Gemma 3 270M three times slower (measured).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from lsp_server.completion.members import FIRST, Choice, Offered, before_asking, choose, judge, only_left, stands
from lsp_server.model.port import Alternative, Generation, Piece

MOST_CHOSEN = 2
"""Words chosen in a row, and names that are chosen anew, for one suggestion. Names are two to four tokens; with one or two of
them one member is left."""

ALTERNATIVES = 20
"""As many as Ollama tells at most."""

Generate = Callable[[Generation], AsyncGenerator[Piece, None]]


Members = Callable[[], Awaitable[Offered | None]]
"""What may stand behind the dot, None where nobody knows. Asked when the first word has come: until then the model reads."""


@dataclass(slots=True)
class _Answer:
    """What was written so far. `unseen` are the pieces of a name that is not whole yet; `wrong` is the one that spoiled it.

    `instead` is the name to take for it, where that is clear without asking.
    """

    left: int
    offered: Offered | None = None
    is_asked: bool = False
    written: str = ""
    unseen: list[Piece] = field(default_factory=list)
    wrong: Piece | None = None
    instead: Choice | None = None

    def take(self, piece: Piece) -> None:
        """A piece that goes on with what was written: keep it, or remember that it is wrong.

        It is wrong where it leads to none of the names, if they are all, and where another is far likelier.
        """
        if self.offered is not None:
            if piece.logprobs and piece.text:
                is_right, self.instead = stands(self.offered, self.written, piece.text, piece.logprobs[0])
                if not is_right:
                    self.wrong = piece
                    return
            verdict = judge(self.offered, self.written + piece.text)
            if verdict == "none" and self.offered.are_all:
                self.wrong = piece
                return
            if verdict != "begun":
                self.offered = None  # the name is whole, or none that is known; what follows is the model's own affair
        self.keep(piece)

    def keep(self, piece: Piece) -> None:
        """Go on with a piece."""
        self.written += piece.text
        self.left = max(self.left - 1, 1)
        self.unseen.append(piece)

    def choose(self, choice: Choice) -> None:
        """Go on with a word that was chosen; with one that leads to no known name as the model likes."""
        offered = self.offered
        if not choice.is_member or (offered is not None and judge(offered, self.written + choice.text) != "begun"):
            self.offered = None
        self.keep(Piece(choice.text, logprobs=(choice.logprob,)))

    def seen(self) -> list[Piece]:
        """The pieces that may be handed on by now."""
        if self.offered is not None:
            return []
        ready, self.unseen = self.unseen, []
        return ready


async def held_to(
    members: Members,
    generate: Generate,
    wanted: Generation,
    is_held: Callable[[], None] = lambda: None,
    known: Offered | None = None,
    least: float = FIRST,
) -> AsyncGenerator[Piece, None]:
    """The answer to `wanted` with a member for its first name; an empty one where the name is none and cannot become one.

    `is_held` is called where the model's own name is not taken: from then on `usage` is that of a part of the answer.
    `known` is what may stand there if that is known already: a name that has the `least` share is written before the model is
    asked.
    """
    answer = _Answer(wanted.max_tokens)
    if known is not None and (first := before_asking(known, least)):
        answer.offered, answer.is_asked = known if known.are_all else None, True
        answer.choose(first)
    for chosen in range(MOST_CHOSEN + 1):
        async with aclosing(_written(answer, members, generate, wanted)) as pieces:
            async for piece in pieces:
                yield piece
        wrong, answer.wrong = answer.wrong, None
        if wrong is None or answer.offered is None:
            break
        is_held()
        if chosen == MOST_CHOSEN or not await _choose(answer, wrong, generate, wanted):
            if answer.offered.begun + answer.written in answer.offered.names:
                break  # a name that is whole, and nothing that may follow it
            yield Piece("", finish="stop")
            return
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


async def _choose(answer: _Answer, wrong: Piece, generate: Generate, wanted: Generation) -> bool:
    """Choose how the name goes on, by at most two words of the runner; False where nothing is likely."""
    for _ in range(MOST_CHOSEN):
        offered = answer.offered
        if offered is None:
            break
        choice, answer.instead = answer.instead or only_left(offered, answer.written), None
        if choice is None:
            alternatives: tuple[Alternative, ...] = ()
            if wrong.logprobs:  # a server that tells no chances knows no likely words either
                alternatives = await _likely_words(generate, replace(wanted, prompt=wanted.prompt + answer.written))
            choice = choose(offered, answer.written, alternatives)
        if choice is None:
            return False
        answer.choose(choice)
        if choice.is_whole:
            break
    if answer.offered is not None and not answer.offered.are_all:
        answer.offered = None  # what the model makes of the rest is its own affair
    return True


async def _likely_words(generate: Generate, wanted: Generation) -> tuple[Alternative, ...]:
    found: tuple[Alternative, ...] = ()
    async with aclosing(generate(replace(wanted, max_tokens=1, alternatives=ALTERNATIVES))) as pieces:
        async for piece in pieces:
            found = found or piece.alternatives
    return found
