"""Put a prompt to the model and take its answer as it comes: budgets in tokens, early ends, what it cost. Judges nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic

from lsp_server.actions.markdown import CIRCLES, CUT_OFF
from lsp_server.actions.reply import goes_in_circles
from lsp_server.completion.calibration import Calibration
from lsp_server.model.port import ACTION, ChosenModel, Generation, Message, Usage
from lsp_server.settings import ActionSettings

LEAST_CONTEXT = 4096
"""Tokens. What Ollama gives a model on a small machine, and so what is counted on until a server says more."""

WORDS_OF_PROMPT = 260
"""Tokens of a prompt besides the code and what was looked up: the longest template has 210, roles and marks some 30."""

SPARE = 64
"""Tokens kept free: the count is an estimate, and a prompt one token too long loses its start without a word."""

GROWTH = 1.6
"""How much longer than the code a rewriting may be. Error handling and types add a half; more is not a rewriting."""

LEAST_ANSWER = 192
"""Tokens: a sentence before the code, fences, and a few new lines in a short function."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What fits into one exchange with a model, in tokens, and how long its tokens are."""

    context: int
    prompt: int
    answer: int
    characters_per_token: float

    @property
    def code(self) -> int:
        """Characters of code that can be rewritten: it is read once and written once, longer."""
        lead = min(LEAST_ANSWER, self.answer // 3)
        by_context = (self.context - WORDS_OF_PROMPT - lead - SPARE) / (1 + GROWTH)
        # An answer need not grow: what is longer than it may be is cut off, and then not applied.
        by_answer = (self.answer - lead) / 1.2
        return self.characters(min(by_context, self.prompt - WORDS_OF_PROMPT, by_answer))

    @property
    def reading(self) -> int:
        """Characters of code that can be read where the answer is text."""
        return self.characters(min(self.context - self.answer_to(0) - SPARE, self.prompt) - WORDS_OF_PROMPT)

    def answer_to(self, code: int, *, rewrites: bool = False) -> int:
        """Tokens to ask for: text gets a fixed part, a rewriting as much as its code may grow to."""
        if not rewrites:
            return min(self.answer, self.context // 3)
        return min(self.answer, int(code / self.characters_per_token * GROWTH) + LEAST_ANSWER)

    def beside(self, code: int, answer: int) -> int:
        """Characters left for definitions beside the code."""
        tokens = min(self.prompt, self.context - answer - SPARE) - WORDS_OF_PROMPT - code / self.characters_per_token
        return self.characters(tokens)

    def characters(self, tokens: float) -> int:
        """Tokens as characters, never below nothing."""
        return max(int(tokens * self.characters_per_token), 0)


@dataclass(slots=True)
class Reply:
    """What a model said. `finish` is "stop", "length", "early" (we had enough) or "circles" (it repeated itself)."""

    text: str = ""
    finish: str = "stop"
    usage: Usage = field(default_factory=Usage)
    first_token_ms: float = 0.0
    model_ms: float = 0.0

    @property
    def truncated(self) -> bool:
        """Whether more should have come."""
        return self.finish in ("length", "circles")

    @property
    def note(self) -> str:
        """Why more should have come, in Markdown for the user; empty where nothing is missing."""
        return {"length": CUT_OFF, "circles": CIRCLES}.get(self.finish, "")


Enough = Callable[[str], Awaitable[bool]]


class Conversation:
    """One chosen model and what is learnt of it."""

    def __init__(self, chosen: ChosenModel, calibration: Calibration, settings: ActionSettings) -> None:
        self.chosen = chosen
        self._calibration = calibration
        self._settings = settings

    @property
    def budget(self) -> Budget:
        """What fits, by the user's settings and by what the model's server says it holds."""
        context = self.chosen.info.context_tokens or LEAST_CONTEXT
        settings = self._settings
        answer = min(settings.max_tokens, context // 2)
        return Budget(context, min(settings.prompt_tokens, context - 256), answer, self._calibration.characters_per_token)

    async def ask(
        self, messages: Sequence[Message], max_tokens: int, hear: Callable[[str], None], enough: Enough | None = None
    ) -> Reply:
        """The model's answer. `hear` gets each piece; `enough` is asked when a line or a fence ended and may end it.

        Raises HearthError. Leaving early, for whatever reason, closes the socket, which stops the runner.
        """
        request = Generation(messages=tuple(messages), max_tokens=max_tokens, priority=ACTION)
        started, reply = monotonic(), Reply()
        async with aclosing(self.chosen.client.generate(self.chosen.info.name, request)) as pieces:
            async for piece in pieces:
                if not reply.text:
                    reply.first_token_ms = 1000 * (monotonic() - started)
                reply.text += piece.text
                reply.usage = piece.usage or reply.usage
                reply.finish = piece.finish or reply.finish
                if piece.text:
                    hear(piece.text)
                if "\n" not in piece.text and "`" not in piece.text:
                    continue
                if goes_in_circles(reply.text):
                    reply.finish = "circles"
                    break
                if enough is not None and await enough(reply.text):
                    reply.finish = "early"
                    break
        reply.model_ms = 1000 * (monotonic() - started)
        if reply.usage.prompt_tokens:
            self._calibration.learn("".join(one.content for one in messages), reply.usage)
        return reply
