"""One action under way: what it works on, what its prompt holds, and asking until an answer is sound. Chooses no action."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from indexer.records import Symbol
from lsp_server.actions import fitting, material, patch, prompting
from lsp_server.actions.conversation import Conversation, Reply
from lsp_server.actions.markdown import safe
from lsp_server.actions.records import (
    ActionRequest,
    Event,
    FileEdit,
    Files,
    Outcome,
    Refusal,
    Region,
    Source,
)
from lsp_server.actions.reply import count_closed
from lsp_server.completion.records import Repository
from lsp_server.model.port import Message
from lsp_server.settings import ActionSettings

TITLE_CHARACTERS = 48
"""Of what the user typed: a tab and a window's frame hold about so much."""

SHOWN_AGAIN = 1500
"""Characters of a refused answer that the model is shown once more: enough to see the mistake, little to read."""

Listener = Callable[[Event], None]
Propose = Callable[[str, bool], FileEdit | Refusal]
"""The edit that an answer comes to, or why there is none; the flag says that the answer was cut off."""


@dataclass(slots=True)
class Run:
    """One action under way. `sources`, `left_out` and the times are what it has come to so far."""

    request: ActionRequest
    talk: Conversation
    files: Files
    listen: Listener
    place: Region
    symbols: Sequence[Symbol]
    repository: Repository | None
    settings: ActionSettings
    started: float = field(default_factory=monotonic)
    attempts: int = 0
    left_out: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    context_ms: float = 0.0
    first_token_ms: float = 0.0
    model_ms: float = 0.0
    last: Reply = field(default_factory=Reply)

    @property
    def title(self) -> str:
        """What the user did, as an editor names it above a diff: their own words where they gave some."""
        words = " ".join(self.request.instruction.split())
        if self.request.action.answer != "code" or not words:
            return self.request.action.title.removesuffix("…")
        return words if len(words) <= TITLE_CHARACTERS else words[: TITLE_CHARACTERS - 1] + "…"

    @property
    def code(self) -> str:
        """The code it works on, as a model is shown it: at the margin."""
        return self.shown(self.place)

    def shown(self, place: Region) -> str:
        """The code of any place in the document, at the margin."""
        snapshot = self.request.target.snapshot
        return fitting.shown(place.span.of(snapshot.text), snapshot.language).text

    async def values(self, place: Region, code: str, room: int) -> dict[str, str]:
        """What a prompt may ask for, as far as it is the same for all actions."""
        target = self.request.target
        snapshot, started = target.snapshot, monotonic()
        asked = "definitions" in prompting.of(self.request.action).words and room > 0
        budget = self.settings.context_budget_ms
        hits = await material.definitions(self.repository, snapshot, place, self.symbols, budget, room) if asked else ()
        self.context_ms += 1000 * (monotonic() - started)
        self.sources += [one for one in map(Source.of_hit, hits) if one not in self.sources]
        self.listen(Event("reading", f"Reading {place.symbol or snapshot.path} and {len(hits)} definitions"))
        return {
            "language": snapshot.language,
            "path": snapshot.path,
            "name": place.symbol.rsplit(".", 1)[-1],
            "where": material.standing(place, self.symbols),
            "code": code,
            "definitions": material.drawn(hits),
            "instruction": self.request.instruction.strip(),
            "diagnostics": material.problems(snapshot, target.diagnostics),
            "todo": material.todo_text(target),
            "selected": material.selected(target, place),
        }

    async def until_sound(self, messages: Sequence[Message], answer: int, propose: Propose) -> tuple[FileEdit | Refusal, Reply]:
        """Ask; where the answer is refused, ask once more and say why. The edit or the last reason, and the last answer."""
        reply, edit = Reply(), patch.NO_CODE
        for attempt in (1, 2):
            closed = 0

            async def enough(said: str) -> bool:
                # A fenced block is complete: where it is a sound edit, nothing better comes.
                nonlocal closed
                if (now := count_closed(said)) == closed:
                    return False
                closed = now
                return isinstance(await asyncio.to_thread(propose, said, False), FileEdit)

            self.attempts += 1
            reply = await self.talk.ask(messages, answer, lambda text: self.listen(Event("writing", text)), enough)
            self.count(reply)
            proposed = await asyncio.to_thread(partial(propose, reply.text, reply.truncated))
            if isinstance(proposed, FileEdit) or proposed.code == "unchanged" or not proposed.hint:
                return proposed, reply
            edit = proposed
            if attempt == 1:
                self.listen(Event("again", proposed.sentence))
                messages = _once_more(messages, reply.text, proposed)
        return edit, reply

    def count(self, reply: Reply) -> None:
        """Add up what an answer took."""
        self.last = reply
        self.first_token_ms = self.first_token_ms or reply.first_token_ms
        self.model_ms += reply.model_ms

    # -- what it came to -------------------------------------------------------------------------------------------------

    def edited(self, edit: FileEdit | Refusal, reply: Reply) -> Outcome:
        """An edit as it is; a refused answer as text that says why it was not applied."""
        if isinstance(edit, FileEdit):
            return self.outcome(edits=(edit,))
        if edit.code == "unchanged":
            return self.outcome(markdown=f"{edit.sentence}\n", refusal=edit)
        said = safe(reply.text, self.files.locate).strip() or "The model said nothing."
        lead = f"**{self.title}: not applied.** {edit.sentence} This is what the model said:"
        return self.outcome(markdown=f"{lead}\n\n{said}\n", refusal=edit)

    def outcome(self, *, edits: Sequence[FileEdit] = (), markdown: str = "", refusal: Refusal | None = None) -> Outcome:
        """What the run came to."""
        action, chosen = self.request.action, self.talk.chosen
        stages = {"context": self.context_ms, "first_token": self.first_token_ms, "model": self.model_ms}
        stages["total"] = 1000 * (monotonic() - self.started)
        return Outcome(
            action=action.id,
            title=self.title,
            edits=tuple(edits),
            markdown=markdown,
            refusal=refusal,
            left_out=tuple(self.left_out),
            sources=tuple(self.sources),
            model=chosen.info.name,
            backend=chosen.info.backend,
            attempts=max(self.attempts, 1),
            usage=self.last.usage,
            timings={stage: round(ms, 1) for stage, ms in stages.items()},
        )


def _once_more(messages: Sequence[Message], said: str, refusal: Refusal) -> tuple[Message, ...]:
    """The conversation so far, the refused answer, and the reason: what was read already is the start of the new prompt."""
    again = prompting.builtin("again").render({"reason": refusal.hint})
    shown = said if len(said) <= SHOWN_AGAIN else said[:SHOWN_AGAIN].rstrip() + "\n…"
    return (*messages, Message("assistant", shown), *again)
