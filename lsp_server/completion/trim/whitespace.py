"""Fit an answer's white space to the file's: tabs or spaces, their number, the ends. Pure; alone in rewriting text."""

from __future__ import annotations

import re

from lsp_server.completion.trim.surroundings import Surroundings


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


def fit_steps(text: str, around: Surroundings) -> str:
    """Steps of four spaces made two, in a file that uses two, and the other way round.

    Only where the answer's own steps are all of the other size, counted from the cursor's line: a line that continues another
    is indented as its author likes.
    """
    document = around.before + around.after
    head, *lines = text.split("\n")
    if not lines or document.count("\n\t") or len(re.findall(r"\n {2,}\S", document)) < LEAST_INDENTED:
        return text
    step, base = len(_indent_unit(document)), len(around.line) - len(around.line.lstrip())
    depths = [len(line) - len(line.lstrip(" ")) - base for line in lines if line.strip()]
    deeper = [depth for depth in depths if depth > 0]
    own = min(deeper, default=step)
    if {own, step} != {2, 4} or any(depth % own for depth in deeper) or not _opens(head, lines, base):
        return text
    return "\n".join([head, *(_with_step(line, base, own, step) for line in lines)])


LEAST_INDENTED = 3
"""Indented lines that show what a file does."""


def _opens(head: str, lines: list[str], base: int) -> bool:
    """Whether every line that is deeper than the one above it follows an opener: a continued line proves no step."""
    above, depth = head, base
    for line in lines:
        if line.strip():
            now = len(line) - len(line.lstrip(" "))
            if now > depth and not above.rstrip().endswith((":", "{", "(", "[", "do", "then", "=>", "->")):
                return False
            above, depth = line, now
    return True


def _with_step(line: str, base: int, own: int, step: int) -> str:
    depth = len(line) - len(line.lstrip(" ")) - base
    return " " * (base + depth // own * step) + line.lstrip(" ") if depth > 0 and line.strip() else line


def end_cleanly(text: str, around: Surroundings) -> str:
    """Without white space at the end, and without a start of white space that the cursor's line already has."""
    text = text.rstrip()
    if around.line[-1:].isspace() and text[:1] in {" ", "\t"}:
        return text.lstrip(" \t")
    return text
