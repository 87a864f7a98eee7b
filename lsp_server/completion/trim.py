"""Take out of a model's answer what must not stand in a file. Pure: each filter sees text and its surroundings, no model.

A filter either returns its input untouched or a part of it: nothing here invents text, but for the indentation, which
is rewritten to the file's own. `clean` runs them in the order of `FILTERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The document before and after the cursor, and the stop strings of the model's family."""

    before: str
    after: str
    stops: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before[self.before.rfind("\n") + 1 :]

    @property
    def rest(self) -> str:
        """The cursor's line from the cursor on."""
        return self.after.split("\n", 1)[0].rstrip("\r")

    @property
    def next_line(self) -> str:
        """The first line below the cursor's that is not blank, without surrounding white space; empty if there is none."""
        below = self.after.split("\n")[1:]
        return next((line.strip() for line in below if line.strip()), "")


def cut_at_stops(text: str, around: Surroundings) -> str:
    """Everything before the first stop string. A runner stops there itself, unless it does not know the token."""
    at = min((found for stop in around.stops if (found := text.find(stop)) >= 0), default=len(text))
    return text[:at]


_FENCE = re.compile(r"^\s*```[\w+#.-]*[ \t]*\n(?P<code>.*?)(?:\n```.*|\Z)", re.DOTALL)


def unwrap_fence(text: str, around: Surroundings) -> str:
    """The code inside a Markdown fence that starts the answer, as instruct models like to write. Markdown files keep theirs."""
    if "```" in around.before:
        return text
    found = _FENCE.match(text)
    return found["code"] if found else text.split("\n```", 1)[0]


_CHAT = re.compile(
    r"^(?:sure[,!.]|certainly[,!.]|of course[,!.]|here(?:'s| is| are)\b|i(?:'m| am) sorry\b|as an ai\b"
    r"|the (?:following|missing) code\b|to complete (?:this|the) \w+)",
    re.IGNORECASE,
)


def refuse_chat(text: str, around: Surroundings) -> str:
    """Nothing, where the answer talks to the user instead of writing code. Inside a comment prose is what is wanted."""
    if around.line.lstrip().startswith(("#", "//", "--", "*", "/*", '"""', "'''", ";", "%")):
        return text
    return "" if _CHAT.match(text.lstrip()) else text


def drop_echo(text: str, around: Surroundings) -> str:
    """Without the cursor's line in front, where the model wrote it once more. Three characters or less prove no echo."""
    said = around.line.strip()
    if len(said) > 3 and text.lstrip().startswith(said):
        return text.lstrip()[len(said) :]
    return text


def cut_repetition(text: str, around: Surroundings) -> str:
    """Up to where the answer starts to go in circles.

    A circle is a group of one to four lines that stands three times in a row, or a group of two lines or more that is
    the same as the lines right above the cursor. The first round is kept in the former case, nothing in the latter.
    """
    lines = text.split("\n")
    for size in range(1, 5):
        for start in range(len(lines) - 3 * size + 1):
            group = lines[start : start + size]
            if any(line.strip() for line in group) and lines[start : start + 3 * size] == group * 3:
                return "\n".join(lines[: start + size])
    above = [line.strip() for line in around.before.split("\n")[:-1] if line.strip()][-8:]
    written = [line.strip() for line in lines if line.strip()]
    for size in range(2, min(len(above), len(written)) + 1):
        if written[:size] == above[-size:]:
            return ""
    return text


def cut_at_next_lines(text: str, around: Surroundings) -> str:
    """Up to the line that stands below the cursor already. Lone brackets and ends prove nothing: they are left to the rest."""
    following = around.next_line
    if not any(character.isalnum() for character in following) or len(following) < 4:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = around.line + line if number == 0 else line
        if whole.strip() == following:
            return "\n".join(lines[:number])
    return text


def drop_rest_of_line(text: str, around: Surroundings) -> str:
    """Without the end that the cursor's line already has: `foo(ˇ)` with `a, b)` becomes `a, b`.

    The longest end of the answer's first line that is a start of the rest of the line goes, so `)` of `):` is enough.
    Everything below that line goes too: text between a line and its own rest would tear it apart.
    """
    rest = around.rest.strip()
    if not rest:
        return text
    first = text.split("\n", 1)[0].rstrip()
    for size in range(min(len(rest), len(first)), 0, -1):
        if first.endswith(rest[:size]) and _closes_what_is_open(first[: len(first) - size], rest[:size]):
            return first[: len(first) - size]
    return first


_PAIRS = {")": "(", "]": "[", "}": "{"}


def _closes_what_is_open(kept: str, dropped: str) -> bool:
    """Whether `dropped` belongs to the document: a bracket that `kept` itself opened must not be taken from it."""
    return not any(dropped.count(closer) and kept.count(opener) > kept.count(closer) for closer, opener in _PAIRS.items())


def drop_closed_brackets(text: str, around: Surroundings) -> str:
    """Without a last line of closing brackets that the document has right below the cursor already."""
    lines = text.rstrip().split("\n")
    below = around.after.split("\n", 1)[1] if "\n" in around.after else ""
    following = next((line.strip() for line in below.split("\n") if line.strip()), "")
    last = lines[-1].strip()
    bare = bool(last) and not last.strip(")]};,")
    if bare and following.rstrip(";,") == last.rstrip(";,") and _unbalanced(text):
        return "\n".join(lines[:-1])
    return text


def _unbalanced(text: str) -> bool:
    """Whether a text closes more than it opens."""
    return any(text.count(closer) > text.count(opener) for closer, opener in _PAIRS.items())


def fit_indentation(text: str, around: Surroundings) -> str:
    """Leading tabs or spaces of every further line rewritten to what the file uses; first lines are the document's own."""
    document = around.before + around.after
    tabs = document.count("\n\t")
    spaces = len(re.findall(r"\n {2,}\S", document))
    if tabs == spaces:
        return text
    head, *lines = text.split("\n")
    if tabs > spaces:
        return "\n".join([head, *(re.sub(r"^(?: {4}|\t)+", _to_tabs, line) for line in lines)])
    unit = _indent_unit(document)
    return "\n".join([head, *(re.sub(r"^\t+", lambda found: unit * len(found[0]), line) for line in lines)])


def _to_tabs(found: re.Match[str]) -> str:
    return "\t" * (len(found[0].expandtabs(4)) // 4)


def _indent_unit(document: str) -> str:
    widths = [len(found) for found in re.findall(r"\n( {2,8})\S", document)]
    return " " * min(widths, default=4)


def end_cleanly(text: str, around: Surroundings) -> str:
    """Without white space at the end, and without a start of white space that the cursor's line already has."""
    text = text.rstrip()
    if around.line[-1:].isspace() and text[:1] in {" ", "\t"}:
        return text.lstrip(" \t")
    return text


Filter = Callable[[str, Surroundings], str]

FILTERS: Sequence[Filter] = (
    cut_at_stops,
    unwrap_fence,
    refuse_chat,
    drop_echo,
    cut_repetition,
    cut_at_next_lines,
    drop_rest_of_line,
    drop_closed_brackets,
    fit_indentation,
    end_cleanly,
)


def clean(text: str, around: Surroundings) -> str:
    """The answer after every filter; empty where nothing useful is left. Line endings inside are line feeds."""
    text = text.replace("\r\n", "\n")
    for one in FILTERS:
        text = one(text, around)
        if not text:
            return ""
    return text
