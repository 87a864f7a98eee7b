"""Take out brackets and ends of lines that the document behind the cursor has already. Pure; sees no model and no tree."""

from __future__ import annotations

from lsp_server.completion.trim.surroundings import Surroundings


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
