"""Choose which part of a document a prompt shows, so that the next keystroke's prompt only appends to this one. Pure.

A runner reuses exactly the longest common start of two prompts. So a prompt is built around an anchor: the text before and
after the cursor at one moment, frozen. What is typed from then on goes behind it, where the model writes on anyway; and the
window's first line lies on a multiple of `STEP` lines, so that an anchor taken further down often starts at the same place.
"""

from __future__ import annotations

from dataclasses import dataclass

from indexer.records import Hit

STEP = 16
"""Lines. The window's start moves once in 16 lines of progress; on average it gives 8 lines of the budget away."""

LONGEST_TAIL = 400
"""Characters typed behind an anchor before a new one is taken: the model was trained to have the suffix after the prefix,
and a long tail after the middle token is further and further from that."""

SUFFIX_SHARE = 0.25
"""Of the window. Cody and llama.vim give the suffix a fifth to a quarter; more buys little (facts: peers' numbers)."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frozen view of a document: `before` and `after` are whole texts around the cursor, `prefix` and `suffix` the windows.

    `snippets` is the repository's context, frozen with it.
    """

    uri: str
    model: str
    before: str
    after: str
    prefix: str
    suffix: str
    snippets: tuple[Hit, ...]

    def tail(self, before: str, after: str) -> str | None:
        """What was typed behind the anchor, or None where this is another place (a jump, an edit elsewhere)."""
        if after != self.after or not before.startswith(self.before):
            return None
        tail = before[len(self.before) :]
        return tail if len(tail) <= LONGEST_TAIL else None


def cut_window(before: str, after: str, characters: int) -> tuple[str, str]:
    """The end of `before` and the start of `after` that fit into a number of characters, on line borders where they can.

    A suffix shorter than its share leaves the rest to the prefix.
    """
    suffix = _start_of(after, int(characters * SUFFIX_SHARE))
    return _end_of(before, characters - len(suffix)), suffix


def _start_of(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    cut = text.rfind("\n", 0, characters + 1)
    return text[:cut] if cut > 0 else text[:characters]


def _end_of(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    line, at = text.count("\n", 0, len(text) - characters) + 1, len(text) - characters
    at = text.find("\n", at) + 1
    if at == 0:
        return text[-characters:]  # one enormous line
    while line % STEP and (further := text.find("\n", at) + 1) > 0:
        line, at = line + 1, further
    return text[at:] if line % STEP == 0 else text[-characters:]
