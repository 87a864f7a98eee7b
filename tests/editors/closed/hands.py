"""What a user does in an editor and sees in it, the same for every editor. Knows none of them.

Every method returns when it has done its part, never when a time has passed; `until` waits for what comes of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, Protocol

Part = Literal["all", "word", "line"]


class Hands(Protocol):
    """One editor, open on a project, its server up and a real model behind it."""

    async def until(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Wait until an awaited question has a true answer, and return it."""
        ...

    async def open(self, file: Path) -> None:
        """Open a file, the cursor behind its last character, ready to type."""
        ...

    async def warm_up(self, file: Path) -> None:
        """Open a file of calls and type its next key, again where the editor did not ask for ghost text yet."""
        ...

    async def new(self) -> None:
        """A document that has no name yet, ready to type."""
        ...

    async def type(self, text: str) -> None:
        """Type into the document; a line feed is the Enter key."""
        ...

    async def text(self) -> str:
        """The document as the editor shows it, ghost text left out, lines ended by line feeds."""
        ...

    async def ghost(self) -> str | None:
        """The ghost text that is drawn, "" for none, None while the editor is about to draw something else."""
        ...

    async def take(self, part: Part) -> None:
        """Press the key that takes the ghost text, or a part of it."""
        ...

    async def dismiss(self) -> None:
        """Press the key that sends the ghost text away."""
        ...

    async def undo(self) -> None:
        """Undo one step, as a user does."""
        ...

    async def save(self) -> None:
        """Write the document to its file."""
        ...

    async def type_in_vain(self, text: str) -> None:
        """Type into a document that cannot be written into; returns when the editor has said so."""
        ...

    async def status(self) -> str:
        """ "ready", or the words that the editor shows instead."""
        ...

    async def percents(self) -> list[int]:
        """How far the index was, each time that was shown."""
        ...

    async def explain(self, line: int) -> tuple[str, str]:
        """Have the definition at a line explained: what could be read before the answer was complete, and the whole answer."""
        ...

    async def rewrite(self, line: int, instruction: str) -> tuple[str, str] | None:
        """Ask for a rewrite, and return the text before and after as the preview shows them; None where it was refused."""
        ...

    async def apply(self) -> None:
        """Say yes to the preview."""
        ...

    async def begin_rewrite(self, line: int, instruction: str) -> None:
        """Ask for a rewrite, and return when the editor shows that the model is at it."""
        ...

    async def cancel(self) -> None:
        """Stop the rewrite, and return when the editor shows nothing under way any more."""
        ...

    async def use_model(self, model: str, url: str) -> None:
        """Write another model into the user's settings, and another Ollama."""
        ...

    async def misses(self, model: str) -> bool:
        """Whether the editor shows that this model is missing."""
        ...

    async def fetch(self, model: str) -> None:
        """Have the model that is missing fetched, by the button or the command that the editor offers for it."""
        ...

    async def fetched_percent(self) -> int:
        """How much of it is here, as the editor shows it; 0 where it shows nothing."""
        ...

    async def said(self, words: str) -> str:
        """Wait for a message with these words in it, and return it."""
        ...
