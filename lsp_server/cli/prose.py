"""Our Markdown as a terminal shows it: without links, and without the marks that a reader of Markdown takes away."""

from __future__ import annotations

import re

_FENCE = re.compile(r"(`{3,}|~{3,})[\w+#.-]*")
_LINK = re.compile(r"\[((?:`[^`\n]*`|\\.|[^\[\]\\`\n])+)\]\((?:file:[^)\s]*)\)")
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_MARKED = re.compile(r"\\([\\\[\]!`])|&(lt|amp);")


class Prose:
    """Takes safe Markdown in whole words, as it streams, and gives what a person reads. Code stays as it is."""

    def __init__(self) -> None:
        self._mark = ""
        self._at_margin = True

    def feed(self, text: str) -> str:
        """The words to print for these."""
        out = []
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            out.append(self._line(line))
            self._at_margin = line.endswith("\n")
        return "".join(out)

    def _line(self, line: str) -> str:
        if self._at_margin and (fence := _FENCE.fullmatch(line.rstrip("\n"))):
            if not self._mark:
                self._mark = fence[1]
                return line
            if line.rstrip("\n") == self._mark:
                self._mark = ""
                return line
        return line if self._mark else _spoken(line)


def _spoken(line: str) -> str:
    line, at, out = _LINK.sub(r"\1", line), 0, []
    for span in _SPAN.finditer(line):
        out += [_unmarked(line[at : span.start()]), span[0]]
        at = span.end()
    return "".join([*out, _unmarked(line[at:])])


def _unmarked(text: str) -> str:
    return _MARKED.sub(lambda found: found[1] or {"lt": "<", "amp": "&"}[found[2]], text)
