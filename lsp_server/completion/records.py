"""The values ghost text is made of, and the one thing it asks of a repository. No logic, no protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import randbits
from typing import Literal, Protocol

from indexer.records import Asker, Contents, Hit, Import, Name, Reference, Symbol
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.port import Usage

Trigger = Literal["automatic", "invoked"]


def _closed() -> str | None:
    return None


def new_origin() -> int:
    """A number that no other suggestion has: 63 bits, which is what SQLite holds."""
    return randbits(63)


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Where ghost text is wanted. `offset` counts characters of `snapshot.text`; `invoked` means the user asked by a key.

    `now` gives the document's text at the time it is called, None when it is closed: a request that is cancelled because
    the user types along leaves its answer to the next one. `opened` are the documents of the same folder that are open, the one
    opened last at the end.
    """

    snapshot: DocumentSnapshot
    offset: int
    trigger: Trigger = "automatic"
    now: Callable[[], str | None] = _closed
    opened: tuple[DocumentSnapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to insert at the request's offset; it replaces nothing.

    `context` lists the snippets of the repository that the prompt held. `timings` are milliseconds by stage: "wait"
    (debounce), "context", "prompt" (building it), "first_token", "model", "total". `reused` says that an earlier answer
    served and no model was asked. `alternatives` are other texts for the same place, where the user asked by a key. `origin` is
    one number for a suggestion and for what is left of it while it is typed along. `confidence` is the mean probability of the
    answer's tokens, None where the runner gives none.
    """

    text: str
    model: str
    backend: str
    context: tuple[Hit, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    reused: bool = False
    alternatives: tuple[str, ...] = ()
    origin: int = field(default_factory=new_origin)
    confidence: float | None = None


class Repository(Protocol):
    """What completion asks of the index. All answers may be empty, and come too late to be used: the asker has a budget."""

    async def search(self, text: str, *, k: int, asker: Asker = "question") -> Sequence[Hit]:
        """Chunks that answer a question, or resemble the code at a cursor, best first."""
        ...

    async def definitions(self, names: Sequence[str], *, k: int) -> Sequence[Hit]:
        """Chunks that define the names, in the order of the names; a name without a definition is passed over."""
        ...

    async def meanings(
        self, names: Sequence[Name], imports: Sequence[Import], path: str, language: str
    ) -> Sequence[Contents | Symbol | None]:
        """What names of a document mean: classes and files with what they hold, functions with their heads.

        One answer a name, None where it means nothing in the repository; no answers at all where there is no index.
        """
        ...

    async def written_behind(self, spoken: str, path: str) -> Mapping[str, int]:
        """How often files other than `path` write which name behind the dot of this one."""
        ...

    async def references(self, name: str, *, k: int) -> Sequence[Reference]:
        """Lines that use a name, whatever it means there."""
        ...
