"""Attach a doc comment to a definition in its language's own form. Pure; changes no code, and reads no reply.

Where a text belongs and what marks surround it is known here, so that a weak model cannot damage the code it describes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.languages import known, parse
from lsp_server.actions.doctext import DIRECTIVE, MOST_LINES
from lsp_server.actions.records import Refusal, Region, Replacement, Span
from lsp_server.documents import DocumentSnapshot

WIDTH = 100
"""Columns. Longer lines of a text are broken; shorter ones stay as the model broke them."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a language writes doc comments: `opener` and `closer` on lines of their own, or with the text where it is one line;
    `prefix` before each line. `inside` puts it first into the body, as Python wants. `brief` is a one-line form."""

    opener: str = ""
    prefix: str = ""
    closer: str = ""
    inside: bool = False
    brief: str = ""


_BLOCK = Style("/**", " * ", " */", brief="/** {} */")

_SLASHES = Style(prefix="/// ")

_HASH = Style(prefix="# ")

STYLES: Mapping[str, Style] = {
    "python": Style('"""', "", '"""', inside=True),
    **dict.fromkeys(("javascript", "typescript", "tsx", "java", "c", "cpp", "php", "kotlin", "scala"), _BLOCK),
    **dict.fromkeys(("rust", "swift", "zig"), _SLASHES),
    "csharp": Style("/// <summary>", "/// ", "/// </summary>"),
    "go": Style(prefix="// "),
    **dict.fromkeys(("ruby", "bash"), _HASH),
    "lua": Style(prefix="--- "),
    "haskell": Style(prefix="-- "),
    "elixir": Style('@doc """', "", '"""'),
}
"""Every language with definitions. Haskell's first line begins with "-- | ", which `_written` adds."""

_LICENCE = re.compile(r"\b(?:copyright|licen[cs]ed?|SPDX)\b", re.IGNORECASE)

_ATTRIBUTE = re.compile(r"^(?:#!?\[|@\w|\[\w[^=]*\]$|#\[)")


def style_of(language: str) -> Style | None:
    """The style of a language by any name an editor has for it; None where documentation is not offered."""
    row = known(language)
    return STYLES.get(row.name) if row else None


def attach(snapshot: DocumentSnapshot, region: Region, text: str) -> Replacement | Refusal:
    """The replacement that gives a definition its documentation, an older one is replaced."""
    style = style_of(snapshot.language)
    if style is None:
        return Refusal("language", f"Hearth does not know how {snapshot.language} writes doc comments.")
    if style.inside:
        return _attach_inside(snapshot, region, text)
    return _attach_above(snapshot, region, text, style)


def existing(snapshot: DocumentSnapshot, region: Region) -> str:
    """The documentation that a definition has now, marks and all; empty where it has none."""
    style = style_of(snapshot.language)
    if style is None:
        return ""
    if style.inside:
        place = _python_place(snapshot, region)
        return place.span.of(snapshot.text) if isinstance(place, _Place) else ""
    first = _first_attribute(snapshot, snapshot.line_of(region.span.start))
    top = _first_comment(snapshot, first, style)
    return snapshot.text[snapshot.line_starts[top] : snapshot.line_starts[first]].strip() if top < first else ""


# -- above the definition ----------------------------------------------------------------------------------------------


def _attach_above(snapshot: DocumentSnapshot, region: Region, text: str, style: Style) -> Replacement | Refusal:
    line = snapshot.line_of(region.span.start)
    first = _first_attribute(snapshot, line)
    top = _first_comment(snapshot, first, style)
    indent = _indent(snapshot.line_text(line))
    written = _written(text, style, indent, snapshot.language)
    span = Span(snapshot.line_starts[top], snapshot.line_starts[first])
    return Replacement(span, "".join(f"{one}{snapshot.newline}" for one in written))


def _first_attribute(snapshot: DocumentSnapshot, line: int) -> int:
    """The line above which documentation stands: the definition's first, or that of its attributes or its signature."""
    name = re.match(r"\s*(\w+)", snapshot.line_text(line))
    signature = rf"\s*{re.escape(name[1])}\s*::" if name and snapshot.language == "haskell" else ""
    while line > 0:
        above = snapshot.line_text(line - 1).strip()
        if not (_ATTRIBUTE.match(above) and not above.startswith("@doc")) and not (signature and re.match(signature, above)):
            return line
        line -= 1
    return line


def _first_comment(snapshot: DocumentSnapshot, line: int, style: Style) -> int:
    """The first line of the doc comment that ends right above a line, or the line itself where none does."""
    top = line
    if style.opener.startswith("@doc"):
        return _first_of_block(snapshot, line, '"""', "@doc")
    if style.closer.strip() == "*/":
        return _first_of_block(snapshot, line, "*/", "/**")
    mark = style.prefix.strip()
    while top > 0:
        above = snapshot.line_text(top - 1).strip()
        if not above.startswith(mark) or DIRECTIVE.match(above) or (mark == "//" and above.startswith("///")):
            break
        if _LICENCE.search(above):
            return line
        top -= 1
    return top


def _first_of_block(snapshot: DocumentSnapshot, line: int, end: str, start: str) -> int:
    above = snapshot.line_text(line - 1).strip() if line > 0 else ""
    if above.startswith(start) and start == "@doc" and not above.endswith('"""'):
        return line - 1
    if not above.endswith(end):
        return line
    for top in range(line - 1, max(line - 1 - 5 * MOST_LINES, -1), -1):
        said = snapshot.line_text(top).strip()
        if said.startswith(start):
            return top
        if said.startswith("/*") or (not said and end == "*/"):
            return line  # a plain comment, or a block that is not one piece: not ours to replace
    return line


def _written(text: str, style: Style, indent: str, language: str) -> list[str]:
    """The lines of a doc comment."""
    row = known(language)
    name = row.name if row else language
    if name == "csharp":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if style.closer.strip() == "*/":
        text = text.replace("*/", "* /")
    if name == "elixir":
        text = text.replace("\\", "\\\\").replace('"""', "'''").replace("#{", "\\#{")
    lines = _wrapped(text, WIDTH - len(indent.expandtabs(4)) - len(style.prefix))
    if style.brief and len(lines) == 1:
        return [indent + style.brief.format(lines[0])]
    if name == "haskell":
        prefixed = [f"-- | {lines[0]}", *(f"-- {line}" for line in lines[1:])]
    else:
        prefixed = [style.prefix + line for line in lines]
    framed = [*([style.opener] if style.opener else []), *prefixed, *([style.closer] if style.closer else [])]
    return [(indent + line).rstrip() for line in framed]


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= max(width, 40):
            lines.append(line.rstrip())
        else:
            indent = _indent(line)
            lines += textwrap.wrap(
                line, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
    return lines or [""]


# -- inside, as Python does --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a docstring goes: `span` is the old one, or empty at the start of the body's first line."""

    span: Span
    indent: str


def _attach_inside(snapshot: DocumentSnapshot, region: Region, text: str) -> Replacement | Refusal:
    place = _python_place(snapshot, region)
    if isinstance(place, Refusal):
        return place
    body = text.replace("\\", "\\\\").replace('"""', "'''").rstrip()
    if body.endswith('"'):
        body += " "
    lines = _wrapped(body, WIDTH - len(place.indent.expandtabs(4)) - 6)
    written = ['"""' + lines[0] + '"""'] if len(lines) == 1 else ['"""' + lines[0], *lines[1:], '"""']
    newline = snapshot.newline
    inside = newline.join((place.indent + line).rstrip() for line in written)
    if len(place.span):
        return Replacement(place.span, inside.removeprefix(place.indent))
    return Replacement(place.span, inside + newline)


def _python_place(snapshot: DocumentSnapshot, region: Region) -> _Place | Refusal:
    tree = parse(snapshot.text, snapshot.language)
    assert tree is not None
    raw = snapshot.text.encode("utf-8", "replace")
    start = len(snapshot.text[: region.span.start].encode("utf-8", "replace"))
    end = len(snapshot.text[: region.span.end].encode("utf-8", "replace"))
    node = tree.root_node.descendant_for_byte_range(min(start + _leading(region, snapshot), end), end)
    while node is not None and node.type not in ("function_definition", "class_definition", "decorated_definition"):
        node = node.parent
    if node is not None and node.type == "decorated_definition":
        node = node.child_by_field_name("definition")
    body = node.child_by_field_name("body") if node is not None else None
    if node is None or body is None or not body.named_children:
        return Refusal("no_body", "There is no body to put a docstring into.")
    colon = next((child for child in node.children if child.type == ":"), None)
    first = next((child for child in body.named_children if child.type != "comment"), body.named_children[0])
    if colon is None or first.start_point[0] == colon.start_point[0]:
        return Refusal("one_line", "The body stands on the line of its signature; give it a line of its own first.")
    start_of_first = len(raw[: first.start_byte].decode("utf-8", "replace"))
    indent = _indent(snapshot.line_text(snapshot.line_of(start_of_first)))
    # Grammars before 0.25 wrap a lone string into an expression statement.
    string = first.named_children[0] if first.type == "expression_statement" and first.named_children else first
    if string.type == "string":
        before = len(raw[: string.start_byte].decode("utf-8", "replace"))
        return _Place(Span(before, before + len((string.text or b"").decode("utf-8", "replace"))), indent)
    line = snapshot.line_of(len(raw[: colon.end_byte].decode("utf-8", "replace"))) + 1
    return _Place(Span(snapshot.line_starts[line], snapshot.line_starts[line]), indent)


def _leading(region: Region, snapshot: DocumentSnapshot) -> int:
    code = region.span.of(snapshot.text)
    return len(code) - len(code.lstrip())


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
