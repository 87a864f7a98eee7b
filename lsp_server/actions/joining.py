"""How tests can join a file of tests: as it, at its end, inside of its last container. Pure; judges none of the ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.languages import known
from lsp_server.actions import fitting, imports
from lsp_server.actions.change import Change
from lsp_server.actions.records import FileEdit, Replacement, Span
from lsp_server.actions.testfiles import TestFile


def joined(
    code: str, place: TestFile, there: str, language: str, newline: str, *, truncated: bool
) -> Iterator[tuple[FileEdit, Change]]:
    """Ways in which tests can join a file: as it is where it is new, at its end, or inside of its last container."""
    code = code.strip("\n")
    if not there.strip():
        after = code + "\n"
        edit = FileEdit(place.path, there, (Replacement(Span(0, len(there)), after),), creates=not place.exists)
        yield edit, Change(there, after, Span(0, len(there)), Span(0, len(after)), language, truncated=truncated)
        return
    parted = imports.part(code, language)
    new = imports.missing(tuple(one.strip() for one in parted.imports), there)
    head = "".join(f"{line}{newline}" for one in new for line in one.split("\n"))
    at = imports.place(there, language)
    for body, span, indent in _places(parted.rest, place, there):
        fitted = newline.join(indent + line if line.strip() else "" for line in body.split("\n"))
        lead = newline * (2 if known(language) is known("python") else 1)
        if span.start > 0 and not there[: span.start].endswith("\n"):
            lead = newline + lead
        text = lead + fitted + newline
        made = ([Replacement(Span(at, at), head)] if head and at <= span.start else []) + [Replacement(span, text)]
        edit = FileEdit(place.path, there, tuple(made))
        start = span.start + (len(head) if len(made) > 1 else 0)
        yield (
            edit,
            Change(
                there,
                edit.after,
                span,
                Span(start, start + len(text)),
                language,
                truncated=truncated,
                imports=(Span(at, at + len(head)),) if len(made) > 1 else (),
            ),
        )


def _places(body: str, place: TestFile, there: str) -> Iterator[tuple[str, Span, str]]:
    """(tests, where they go, their indentation): at the end of the file, or above the line that closes its last container."""
    end = Span(len(there), len(there))
    lines = there.splitlines(keepends=True)
    unit = fitting.unit_of(there) or "    "
    closers = [number for number, line in enumerate(lines) if line.rstrip() in _CLOSERS]
    own_module = place.convention.joins == "own file" and "mod tests {" in there
    if closers and (place.convention.joins == "inside" or own_module):
        at = sum(len(line) for line in lines[: closers[-1]])
        for inner in (_inner(body), body):
            if inner:
                yield inner, Span(at, at), unit
    if place.convention.joins == "own file" and not own_module and "#[" in body:
        yield (body if "mod tests" in body else _as_module(body)), end, ""
    yield body, end, ""


_CLOSERS = ("}", "end", "end)", "});", "})")

_CONTAINER = re.compile(
    r"^\s*(?:(?:public|final|open|internal|abstract|sealed|pub|RSpec\.)\s*)*(?:class|module|defmodule|mod|describe)\b"
)


def _inner(body: str) -> str:
    """What a container holds, at the margin: models repeat the class or module around the tests. Empty where there is none."""
    lines = body.split("\n")
    first = next((number for number, line in enumerate(lines) if _CONTAINER.match(line)), None)
    last = next((number for number in range(len(lines) - 1, -1, -1) if lines[number].strip()), 0)
    if first is None or lines[last].strip() not in _CLOSERS or any(_indented(line) for line in lines[:first]):
        return ""
    if last > first + 1 and lines[first + 1].strip() == "{":
        first += 1
    return fitting.shown("\n".join(lines[first + 1 : last]), "").text.strip("\n")


def _indented(line: str) -> bool:
    return line[:1] in {" ", "\t"}


def _as_module(body: str) -> str:
    inside = "\n".join(f"    {line}" if line.strip() else "" for line in body.split("\n"))
    head = "" if "use super::*" in body else "    use super::*;\n\n"
    return f"#[cfg(test)]\nmod tests {{\n{head}{inside}\n}}"
