"""Find the code in what a chatty model says. Pure: a reply in, pieces of it out; it does not know what they are to replace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.languages import known
from lsp_server.completion.prompt import PLAIN_STOPS

ENDS = (*PLAIN_STOPS, "</s>", "<|eot_id|>", "<|end|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>")
"""Ends of turns that models print where their server does not know them as such."""

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<tag>[^`\n]*)$")
_TAG = re.compile(r"[\w+#.-]+")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. `tag` is the word behind its opening, lower-case; `closed` is False where the reply ended inside."""

    tag: str
    text: str
    closed: bool = True


def cleaned(reply: str, known_text: str = "") -> str:
    """A reply with line feeds only, without thinking and without what stands behind an end of turn.

    A mark that stands in `known_text`, the code that the model was shown, is code and stays.
    """
    text = reply.replace("\r\n", "\n").replace("\r", "")
    if "<think" not in known_text and "<reasoning" not in known_text:
        text = _THOUGHT.sub("", text)
        # Servers that put the opening mark into the prompt leave only the closing one in the reply.
        text = re.sub(r"\A.*?</think>", "", text, flags=re.DOTALL | re.IGNORECASE)
    ends = [at for end in ENDS if end not in known_text and (at := text.find(end)) >= 0]
    return text[: min(ends)] if ends else text


def fences(text: str) -> list[Fence]:
    """The fenced blocks of a cleaned reply, in order, indented ones (in lists) without their indentation.

    As in CommonMark a fence closes with the same mark, at least as long, indented at most three columns more than it was
    opened: a fence inside of a docstring is indented further.
    """
    found: list[Fence] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        at += 1
        if opening is None:
            continue
        indent, mark = opening["indent"], opening["mark"]
        start = at
        while at < len(lines) and not _closes(lines[at], mark, len(indent)):
            at += 1
        tag = _TAG.match(opening["tag"].strip())
        inside = [line.removeprefix(indent) for line in lines[start:at]]
        found.append(Fence(tag[0].lower() if tag else "", "\n".join(inside), at < len(lines)))
        at += 1
    return found


def _closes(line: str, mark: str, indent: int) -> bool:
    stripped = line.strip()
    if len(stripped) < len(mark) or stripped.strip(mark[0]):
        return False
    return len(line) - len(line.lstrip()) <= indent + 3


def outermost(text: str) -> Fence | None:
    """From the first opening to the last line that is nothing but a mark: code that holds fences of its own."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _FENCE.match(line)), None)
    if first is None:
        return None
    last = next(
        (number for number in range(len(lines) - 1, first, -1) if not lines[number].strip("`~ \t") and lines[number].strip()),
        None,
    )
    if last is None or last == first + 1:
        return None
    return Fence("", "\n".join(lines[first + 1 : last]))


def count_closed(text: str) -> int:
    """How many fenced blocks are complete: each one more may be the answer."""
    return sum(one.closed for one in fences(text))


_PROSE_TAGS = frozenset("text txt plain plaintext output console shell-session markdown md".split())


def code_blocks(text: str, language: str) -> list[Fence]:
    """The fenced blocks that may hold code of a language: those tagged with it, else those without a foreign tag."""
    blocks = [one for one in fences(text) if one.text.strip()]
    same = [one for one in blocks if speaks(one.tag, language)]
    if same:
        return same
    return [one for one in blocks if not one.tag or (one.tag not in _PROSE_TAGS and known(one.tag) is None)]


_FAMILIES: Sequence[frozenset[str]] = (
    frozenset({"javascript", "typescript", "tsx", "jsx", "js", "ts"}),
    frozenset({"c", "cpp", "c++", "h", "hpp"}),
    frozenset({"bash", "sh", "shell", "zsh"}),
    frozenset({"csharp", "cs", "c#"}),
    frozenset({"python", "py", "python3", "pyi"}),
    frozenset({"ruby", "rb"}),
    frozenset({"rust", "rs"}),
    frozenset({"go", "golang"}),
    frozenset({"kotlin", "kt"}),
    frozenset({"haskell", "hs"}),
    frozenset({"elixir", "ex", "exs"}),
)
"""What models write behind a fence for one and the same, or nearly the same, language."""


def speaks(tag: str, language: str) -> bool:
    """Whether a fence's tag means a language."""
    row = known(language)
    name = row.name if row else language
    return tag == name or any(tag in family and name in family for family in _FAMILIES)


_PROSE = re.compile(
    r"^(?:sure|certainly|of course|okay|ok|great|here(?:'s| is| are)|this (?:is|code|function|version|will)"
    r"|the (?:following|above|code|function|updated|rewritten|refactored|main|new|resulting)"
    r"|i(?:'ve| have|'m| am|'ll| will| hope| can)|note(?: that|:)|in this|let me|let's|explanation|changes?(?: made)?:"
    r"|output:|example|please|hope|you can|we (?:can|have)|as an ai|below is|to \w+ this)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"^[A-Z][\w'-]*(?:,? [\w'`\"(),-]+){3,}[.:!?]$")


def is_prose(line: str) -> bool:
    """Whether a line talks to the user. Made for lines that stand where code should: a comment is no prose here."""
    said = line.strip().lstrip("*_#>- ").strip()
    begins_a_talk = bool(_PROSE.match(said)) and not said.endswith((";", "{", "(", "[", "=", ","))
    return begins_a_talk or bool(_SENTENCE.match(said))


def plain_code(text: str) -> Iterator[str]:
    """What may be the code of a reply without fences: all of it, and without prose at its start and end. Best first."""
    lines = text.strip("\n").split("\n")
    start, end = 0, len(lines)
    while start < end and (not lines[start].strip() or is_prose(lines[start])):
        start += 1
    # Prose at the end begins with its first sentence: what follows it is talk as well.
    talk = next((number for number in range(start, end) if _talks(lines, number)), end)
    for stop in dict.fromkeys((talk, end)):
        part = "\n".join(lines[start:stop]).rstrip()
        if part.strip():
            yield part


def _talks(lines: Sequence[str], number: int) -> bool:
    """Whether prose begins at a line: a sentence at the margin, below a blank line."""
    line = lines[number]
    return number > 0 and not lines[number - 1].strip() and line[:1].strip() != "" and is_prose(line)


_LONG_SENTENCE = re.compile(r"[A-Z][^.!?\n{}();=]{59,}[.!?](?=\s)")
"""Prose: code of that length holds one of the signs that are left out."""

_ROUNDS, _LONG_ROUNDS, _LONG = 6, 4, 60
"""How often a group must come in a row: a table of data may repeat a short line a few times, nobody repeats 60 characters."""


def goes_in_circles(text: str) -> bool:
    """Whether the end of a reply repeats one group of up to eight lines over and over, or one long sentence. Looks at whole
    lines only."""
    lines = text.split("\n")[:-1]
    for size in range(1, 9):
        group = lines[-size:]
        rounds = _LONG_ROUNDS if sum(map(len, group)) >= _LONG else _ROUNDS
        tail = lines[-size * rounds :]
        if len(tail) == size * rounds and any(line.strip(" \t)}];,") for line in group) and tail == group * rounds:
            return True
    sentences = _LONG_SENTENCE.findall(text)
    if sentences and sentences.count(sentences[-1]) >= _LONG_ROUNDS:
        return True
    last = text[-600:]
    return len(last) == 600 and "\n" not in last and any(last == (last[:size] * 600)[:600] for size in range(1, 61))
