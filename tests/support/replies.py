"""Replies of models, by language and shape: what `tests/unit/data/replies` draws, put into the forms that models choose.

A file draws one document, with the region between « and », and versions of the region at the margin: `better` is the right
answer, `broken` does not parse, `escape` closes what it did not open, and so on. A shape makes a reply out of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import indent

from lsp_server.actions import catalogue
from lsp_server.actions.records import Region, Span, Target
from lsp_server.documents import DocumentSnapshot

FOLDER = Path(__file__).parents[1] / "unit" / "data" / "replies"
SUFFIXES = {
    "python": "py", "javascript": "js", "typescript": "ts", "go": "go", "rust": "rs", "java": "java", "ruby": "rb", "c": "c",
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One language's drawings."""

    language: str
    parts: Mapping[str, str]

    def __getattr__(self, name: str) -> str:
        return self.parts[name]

    @property
    def text(self) -> str:
        return self.document.replace("«", "").replace("»", "")

    @property
    def region(self) -> Span:
        start = self.document.index("«")
        return Span(start, self.document.index("»") - 1)

    @property
    def code(self) -> str:
        """The region as it is, at the margin."""
        base = self.base
        return "\n".join(line.removeprefix(base) for line in self.region.of(self.text).split("\n"))

    @property
    def base(self) -> str:
        first = self.region.of(self.text)
        return first[: len(first) - len(first.lstrip())]

    @property
    def snapshot(self) -> DocumentSnapshot:
        return DocumentSnapshot("file:///r/a", f"src/store.{SUFFIXES[self.language]}", "/r", self.language, 1, self.text)

    def with_region(self, code: str) -> str:
        """The document with other code, drawn at the margin, in the region."""
        lines = "\n".join(self.base + line if line.strip() else line for line in code.split("\n"))
        return self.text[: self.region.start] + lines + self.text[self.region.end :]

    @property
    def expected(self) -> str:
        """The document with the right answer; drawn with four spaces where the file has tabs."""
        better = self.better
        if self.base == "\t" or "\n\t" in self.text:
            better = "\n".join("\t" * (_spaces(line) // 4) + line.lstrip(" ") for line in better.split("\n"))
        return self.with_region(better)


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


@cache
def sample(language: str) -> Sample:
    parts: dict[str, str] = {}
    name = ""
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("@"):
            name = line[1:]
            parts[name] = ""
        else:
            parts[name] += line + "\n"
    return Sample(language, {key: text.rstrip("\n") + ("\n" if key == "document" else "") for key, text in parts.items()})


def samples() -> Iterator[Sample]:
    for file in sorted(FOLDER.glob("*.txt")):
        yield sample(file.stem)


def region_of(one: Sample, snapshot: DocumentSnapshot | None = None) -> Region:
    """The region as the catalogue finds it with the cursor in it."""
    snapshot = snapshot or one.snapshot
    at = snapshot.text.index("never twice")
    return catalogue.place(catalogue.find("simplify"), Target(snapshot, Span(at, at)))


def fence(code: str, tag: str = "") -> str:
    return f"```{tag}\n{code}\n```"


def _diff(one: Sample) -> str:
    # Where the file has tabs and the model likes spaces, its context lines have spaces too.
    code = one.code if one.old in one.code else one.code.expandtabs(4)
    lines = [f"-{line}" if line == one.old else f" {line}" for line in code.split("\n")]
    at = lines.index(f"-{one.old}")
    return "\n".join([*lines[max(at - 2, 0) : at + 1], f"+{one.new}", *lines[at + 1 : at + 2]])


def _file(one: Sample, code: str) -> str:
    return one.with_region(code)


# shape -> the reply, for every language; each must come to the right answer
GOOD: Mapping[str, Callable[[Sample], str]] = {
    "fenced": lambda s: fence(s.better, s.language),
    "fenced without a tag": lambda s: fence(s.better),
    "fenced with tildes": lambda s: f"~~~{s.language}\n{s.better}\n~~~",
    "chat around it": lambda s: f"Sure! Here is it:\n\n{fence(s.better, s.language)}\n\nI used `+=`. Let me know!",
    "bare code": lambda s: s.better,
    "bare code below prose": lambda s: f"Here is the simplified code:\n\n{s.better}",
    "bare code above prose": lambda s: f"{s.better}\n\nThis version uses the augmented assignment operator.",
    "in a list": lambda s: "1. The code:\n\n" + indent(fence(s.better, s.language), "   ") + "\n\n2. Done.",
    "a diff": lambda s: fence("--- a/f\n+++ b/f\n@@ -3,4 +3,4 @@\n" + _diff(s), "diff"),
    "a diff with wrong numbers": lambda s: fence("@@ -900,1 +7,99 @@\n" + _diff(s), "diff"),
    "a diff without a head": lambda s: fence(_diff(s), "diff"),
    "a diff in a code fence": lambda s: fence("@@\n" + _diff(s), s.language),
    "search and replace": lambda s: f"<<<<<<< SEARCH\n{s.old}\n=======\n{s.new}\n>>>>>>> REPLACE",
    "search and replace, fenced": lambda s: fence(f"<<<<<<< SEARCH\n{s.old}\n=======\n{s.new}\n>>>>>>> REPLACE", s.language),
    "search at another indentation": lambda s: f"<<<<<<< ORIGINAL\n{s.old.strip()}\n=======\n{s.new.strip()}\n>>>>>>> UPDATED",
    "before and after": lambda s: f"Before:\n{fence(s.code, s.language)}\nAfter:\n{fence(s.better, s.language)}",
    "after thinking": lambda s: f"<think>\nMaybe:\n{fence(s.renamed)}\nno.\n</think>\n{fence(s.better, s.language)}",
    "after thinking without its start": lambda s: f"hm, {s.renamed}\n</think>\n\n{fence(s.better)}",
    "an end of turn and more": lambda s: f"{fence(s.better, s.language)}<|im_end|>\n<|im_start|>user\n{fence(s.unrelated)}",
    "not closed": lambda s: f"```{s.language}\n{s.better}\n",
    "Windows line ends": lambda s: fence(s.better, s.language).replace("\n", "\r\n"),
    "indented as in the file": lambda s: fence(indent(s.better, s.base), s.language),
    "indented too deep": lambda s: fence(indent(s.better, "        "), s.language),
    "blank lines around": lambda s: fence(f"\n\n{s.better}\n\n\n", s.language),
    "a broken try first": lambda s: f"{fence(s.broken, s.language)}\nOops, corrected:\n{fence(s.better, s.language)}",
    "another language's block first": lambda s: f"{fence('pip install shop', 'bash')}\n{fence(s.better, s.language)}",
    "the whole file": lambda s: fence(_file(s, s.better).rstrip(), s.language),
    "with its neighbour": lambda s: fence(f"{s.neighbour}\n\n{s.better}", s.language),
}

# shape -> the reply and why it is refused
BAD: Mapping[str, tuple[Callable[[Sample], str], str]] = {
    "nothing": (lambda s: "", "no_code"),
    "prose": (lambda s: "I'm sorry, I cannot help with that.", "no_code unrelated syntax talk"),
    "a diff that changes nothing": (
        lambda s: fence("\n".join(f"{mark}{line}" for mark in "-+" for line in s.code.split("\n")), "diff"), "unchanged",
    ),
    "unchanged": (lambda s: fence(s.code, s.language), "unchanged"),
    "broken": (lambda s: fence(s.broken, s.language), "syntax"),
    "code left out": (lambda s: fence(s.placeholder, s.language), "placeholder"),
    "renamed": (lambda s: fence(s.renamed, s.language), "names"),
    "other code": (lambda s: fence(s.unrelated, s.language), "unrelated"),
    "an invisible character": (lambda s: fence(s.better.replace("never", "ne\u202ever"), s.language), "invisible"),
    "a null byte": (lambda s: fence(s.better.replace("never", "ne\x00ver"), s.language), "invisible"),
    "a search that is not there": (
        lambda s: "<<<<<<< SEARCH\nnothing like this\n=======\nelse\n>>>>>>> REPLACE", "unplaced",
    ),
    "a diff of the neighbour": (
        lambda s: fence("\n".join(f"-{line}" for line in s.neighbour.split("\n")) + "\n+gone", "diff"), "unplaced",
    ),
    "half a patch": (lambda s: f"<<<<<<< SEARCH\n{s.old}\n=======\n{s.new}\n", "talk syntax unrelated shrunk names"),
    "one line of it": (lambda s: fence(s.new.strip(), s.language), "shrunk unrelated"),
    "twice": (lambda s: fence(f"{s.better}\n\n{s.code}", s.language), "syntax neighbours twins"),
    "only thinking": (lambda s: f"<think>\n{fence(s.better)}", "no_code"),
    "a fence left inside": (lambda s: fence(s.better.replace("never", "ne```ver\n```\n"), s.language), "talk syntax shrunk"),
}  # fmt: skip
