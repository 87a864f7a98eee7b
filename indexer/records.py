"""The values that travel through the indexer. Frozen; they hold no connection, open nothing and rank nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that counts, as the walk saw it.

    `path` is relative to the index's root with `/` on every system; `language` is None where no grammar fits;
    `size` is in bytes, `modified_ns` is the file system's modification time in nanoseconds.
    """

    path: str
    language: str | None
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one file that stands on its own.

    Lines are 1-based and inclusive. `symbol` is the dotted path of the enclosing definitions ("Store.replace_file"), empty
    at the top level; `kind` is one of `KINDS`. `text` is what the file holds on those lines, but for credentials.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    symbol: str
    kind: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition: where a name gets its meaning.

    Lines are 1-based and inclusive. `container` is the dotted path of the enclosing definitions, empty at the top level.
    `signature` is the definition's head as one line of source, without its body. `name_line` is where the name itself stands,
    behind decorators and a return type on lines of their own; 0 where nobody asked.
    """

    name: str
    kind: str
    path: str
    start_line: int
    end_line: int
    container: str
    signature: str
    name_line: int = 0

    @property
    def qualified_name(self) -> str:
        """Dotted name inside its file, as a reader would say it: `Store.replace_file`."""
        return f"{self.container}.{self.name}" if self.container else self.name


@dataclass(frozen=True, slots=True)
class Import:
    """One module that a file imports.

    `module` is as written, without quotes (`..shelf`, `./shelf.js`, `crate::shelf`); `names` are those taken from it by their
    own names, `*` for everything, `default` for what JavaScript gives without a name; `line` is 1-based. `paths` are the files
    of the repository that are meant, empty for what lies outside and where that cannot be known.
    """

    module: str
    names: tuple[str, ...]
    line: int
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """What may stand behind a dot. `call` names its parameters ("url, limit"), None for what is not called.

    `signature` is its head as one line of source, empty for a field.
    """

    name: str
    call: str | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a class ("class") or a file ("module") holds, in the order of the text; `bases` are the names it inherits from.

    Lines are 1-based and inclusive; `name` is the path for a file. `complete` says that no other names
    can stand behind its dot but those that every object has, and those of bases that were not looked up.
    """

    path: str
    name: str
    kind: str
    start_line: int
    end_line: int
    language: str
    members: tuple[Member, ...]
    bases: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a document uses, by its own name where it was imported under another. `module` is set where it stands for a
    whole module, as the import writes it (`..shelf`); `result` where what a function of this name returns is meant."""

    name: str
    module: str = ""
    result: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of code on which a name is used; 1-based."""

    path: str
    line: int


KINDS = ("function", "method", "class", "interface", "type", "module", "constant", "code", "text")
"""What a chunk or a symbol can be. `code` is top-level code between definitions, `text` has no grammar."""


Asker = Literal["question", "cursor"]
"""Who searches: somebody in words, who wants the right files, or completion with the code above a cursor, which wants the
right chunks."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result; `score` is comparable only within the same answer, higher is better."""

    path: str
    start_line: int
    end_line: int
    symbol: str
    kind: str
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come; `total` is 0 while the files are still being counted."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `files`, `chunks` and `symbols` count what the index holds now, not only what this run changed.

    `skipped` counts files left out, by reason (a key of `walk.SKIP_REASONS`), `credentials` what was left out of files that
    are in; `messages` are sentences for the user about files that could not be read.
    """

    files: int
    chunks: int
    symbols: int
    seconds: float
    bytes_on_disk: int
    added: int
    replaced: int
    deleted: int
    lines: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    credentials: int = 0


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What an index on disk holds, read without loading vectors."""

    root: str
    embedder: str
    files: int
    chunks: int
    symbols: int
    bytes_on_disk: int
