"""The values code actions are made of. No logic beyond derived properties, no protocol.

Offsets count characters of a text, ends are exclusive. Line numbers that people see are 1-based and inclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from indexer.records import Hit
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.port import Usage

Answer = Literal["code", "documentation", "tests", "explanation"]
"""What a model is asked for: code that replaces a region, the text of a doc comment, tests for another file, or Markdown."""

Promise = Literal["", "names", "types", "behaviour"]
"""What an action changes at most: anything; nothing but names of local variables; nothing but types; not what the code does,
of which only the signature can be checked."""

Reach = Literal["region", "definition", "diagnostic", "todo", "repository"]
"""What an action works on: the selection or else the definition around the cursor; always a definition; the code around a
diagnostic; the code around a TODO; nothing in this document."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The stretch itself."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What another server found wrong in the document."""

    span: Span
    message: str
    source: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an action is wanted: a document at one moment, what is selected in it (may be empty), what others complain of."""

    snapshot: DocumentSnapshot
    selection: Span
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the catalogue.

    `kind` is LSP's dotted word, `prompt` names a file of `prompts/` or is, for the user's own actions, `template` itself.
    `asks` is what the editor asks the user first, empty for nothing. `renames` allows names that other code may use to go,
    where the user's words speak of that.
    `languages` None means all. `promise` is what the gate holds the answer to.
    """

    id: str
    title: str
    kind: str
    answer: Answer
    reach: Reach
    prompt: str
    asks: str = ""
    renames: bool = False
    promise: Promise = ""
    languages: frozenset[str] | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """What an action may read and replace: whole lines without the last line's ending, or a piece of one line (`inline`).

    `symbol` is the dotted name of the definition that the region is, or lies in; `is_definition` tells which.
    """

    span: Span
    symbol: str = ""
    kind: str = ""
    inline: bool = False
    is_definition: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that makes sense at a target, as a menu shows it."""

    action: Action
    title: str
    region: Region
    diagnostic: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """An action to run. `instruction` is what the user typed for actions that ask."""

    action: Action
    target: Target
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Put `text` where `span` is; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replacements in one file, ascending and apart; `before` is the text they count in, "" for a file that is created.

    `path` is relative to the root, as in `DocumentSnapshot.path`.
    """

    path: str
    before: str
    replacements: tuple[Replacement, ...]
    creates: bool = False

    @property
    def after(self) -> str:
        """The file's text with the replacements made."""
        parts, at = [], 0
        for one in self.replacements:
            parts += [self.before[at : one.span.start], one.text]
            at = one.span.end
        return "".join([*parts, self.before[at:]])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an answer is not applied. `code` is stable, `sentence` is for the user, `hint` tells the model what to do better."""

    code: str
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the repository that an answer was made from; lines are 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int
    symbol: str = ""

    @classmethod
    def of_hit(cls, hit: Hit) -> Source:
        """The place of a search result."""
        return cls(hit.path, hit.start_line, hit.end_line, hit.symbol)

    def __str__(self) -> str:
        return f"{self.path}:{self.start_line}-{self.end_line}"


@dataclass(frozen=True, slots=True)
class Event:
    """What happens while an action runs. `text` is a further piece of the answer where `stage` is "writing": safe Markdown
    for explanations, raw text else; a sentence for the other stages."""

    stage: Literal["reading", "writing", "again"]
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action: edits to propose, or Markdown to show. Never both empty.

    `refusal` says why an answer that should have been an edit is shown instead. `left_out` names what the model was not
    shown. `timings` are milliseconds by stage: "context", "first_token", "model", "total".
    """

    action: str
    title: str
    edits: tuple[FileEdit, ...] = ()
    markdown: str = ""
    refusal: Refusal | None = None
    left_out: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    model: str = ""
    backend: str = ""
    attempts: int = 1
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)


class Files(Protocol):
    """What an action may read of the repository besides the document: open buffers as they are, else the disk."""

    def text(self, path: str) -> str | None:
        """A file's text by its path relative to the root; None where there is none that can be read as text."""
        ...

    def names(self, folder: str) -> Sequence[str]:
        """Names in a folder ("" is the root), folders with a "/" at the end, sorted; empty where there is no such folder."""
        ...

    def locate(self, path: str, line: int | None) -> str | None:
        """The URI that opens a file of the repository at a 1-based line; None where there is no such file."""
        ...
