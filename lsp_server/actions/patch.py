"""Turn a reply into an edit that passed the gate, or into the reason why there is none. Pure: texts and trees, no model.

A reply may be read in several ways (this block, that block, a diff, all of it). Each reading is fitted into the document
and judged there; the first sound one is the answer. Nothing outside of the region changes but imports, which are added at
the file's own place for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.languages import known, parse
from indexer.outline import outline
from indexer.records import Symbol
from lsp_server.actions import documentation, fitting, gate, hunks, imports, reply
from lsp_server.actions.records import Action, FileEdit, Refusal, Region, Replacement, Span
from lsp_server.actions.testfiles import TestFile
from lsp_server.documents import DocumentSnapshot

NO_CODE = Refusal(
    "no_code", "The model answered without code.", "Answer with the complete code in one fenced block and nothing else."
)


def propose(
    said: str, action: Action, region: Region, snapshot: DocumentSnapshot, *, truncated: bool = False
) -> FileEdit | Refusal:
    """The edit that a reply to a code action comes to."""
    code = region.span.of(snapshot.text)
    best: Refusal | None = None
    for reading in _readings(reply.cleaned(said, code), region, snapshot):
        if isinstance(reading, Refusal):
            best = _nearer(best, reading)
            continue
        edit, change = _in_place(reading, action, region, snapshot, truncated=truncated)
        found = gate.judge(change)
        if found is None:
            return edit
        best = _nearer(best, found)
    return best or NO_CODE


def propose_documentation(
    said: str, region: Region, snapshot: DocumentSnapshot, *, truncated: bool = False
) -> FileEdit | Refusal:
    """The edit that gives a definition the documentation of a reply. Its code stays as it is, whatever the reply holds."""
    code = region.span.of(snapshot.text)
    own = code.replace(documentation.existing(snapshot, region), "")
    text = documentation.text_in(reply.cleaned(said, code), region.symbol, own)
    refused = documentation.check(text)
    made = refused or documentation.attach(snapshot, region, text)
    if isinstance(made, Refusal):
        return made
    edit = FileEdit(snapshot.path, snapshot.text, (made,))
    new = Span(made.span.start, made.span.start + len(made.text))
    change = gate.Change(snapshot.text, edit.after, made.span, new, snapshot.language, truncated=truncated)
    return gate.judge(change, (gate.cut_off, gate.nothing, gate.invisible, gate.syntax, gate.neighbours)) or edit


def propose_tests(
    said: str, region: Region, snapshot: DocumentSnapshot, place: TestFile, there: str, *, truncated: bool = False
) -> FileEdit | Refusal:
    """The edit that adds the tests of a reply to a file of tests, which holds `there` now ("" where it is new)."""
    language, newline = snapshot.language, "\r\n" if "\r\n" in there else "\n"
    best: Refusal | None = None
    for code in _test_readings(reply.cleaned(said, region.span.of(snapshot.text)), language):
        if not place.convention.is_test(code):
            best = _nearer(
                best, Refusal("no_tests", "The answer holds no test.", "Answer with tests only, in one fenced block.")
            )
            continue
        for edit, change in _joined(code, place, there, language, newline, truncated=truncated):
            found = gate.judge(change, gate.ADDITION_CHECKS)
            if found is None:
                return edit
            best = _nearer(best, found)
    return best or NO_CODE


def narrowed(edit: FileEdit) -> FileEdit:
    """The same edit without lines that stay as they are at either end of a replacement: what a preview should show."""
    return FileEdit(edit.path, edit.before, tuple(_narrow(one, edit.before) for one in edit.replacements), edit.creates)


def _narrow(one: Replacement, text: str) -> Replacement:
    old, new = one.span.of(text).splitlines(keepends=True), one.text.splitlines(keepends=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head] and old[head].endswith("\n"):
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = one.span.start + sum(len(line) for line in old[:head])
    end = one.span.end - sum(len(line) for line in old[len(old) - tail :])
    return Replacement(Span(start, end), "".join(new[head : len(new) - tail]))


_BY_NEARNESS = (
    "no_code", "empty", "talk", "no_tests", "unplaced", "unrelated", "shrunk", "unchanged", "placeholder", "invisible",
    "syntax", "neighbours", "names", "twins", "signature", "more", "truncated",
)  # fmt: skip
_ORDER = {code: number for number, code in enumerate(_BY_NEARNESS)}
"""How near a refused reading came to being applied. The nearest one's reason is told, to the user and to the model."""


def _nearer(one: Refusal | None, other: Refusal) -> Refusal:
    return other if one is None or _ORDER.get(other.code, 0) > _ORDER.get(one.code, 0) else one


# -- readings of a reply -----------------------------------------------------------------------------------------------


def _readings(text: str, region: Region, snapshot: DocumentSnapshot) -> Iterator[str | Refusal]:
    """What a reply may mean as the new code of a region, likeliest first, at the margin of wherever the model put it."""
    seen: set[str] = set()
    shown = fitting.shown(region.span.of(snapshot.text), snapshot.language).text
    for one in _raw_readings(text, shown, region, snapshot.language):
        if isinstance(one, Refusal):
            yield one
            continue
        for reading in (without_echo(one, region, snapshot), *_own_definition(one, region, snapshot)):
            if reading.strip() and reading not in seen:
                seen.add(reading)
                yield reading


def _raw_readings(text: str, shown: str, region: Region, language: str) -> Iterator[str | Refusal]:
    blocks = reply.fences(text)
    partial = hunks.search_replace(text) or hunks.diff(blocks, text)
    if partial is not None:
        yield hunks.apply(partial, shown)
        return
    code = [one.text for one in reply.code_blocks(text, language)]
    changed = [one for one in code if one.strip() != shown.strip()]
    yield from sorted(changed, key=lambda one: not _defines(one, region, language))
    if whole := reply.outermost(text):
        yield whole.text
    if len(changed) > 1:
        yield "\n\n".join(changed)
    yield from code  # none of them says anything new: then the answer is that nothing changes
    if not blocks:
        yield from reply.plain_code(text)


def _defines(code: str, region: Region, language: str) -> bool:
    """Whether code defines what the region is; any code does where the region is no definition."""
    name = region.symbol.rsplit(".", 1)[-1] if region.is_definition else ""
    return not name or any(one.name == name for one in _symbols(code, language))


def without_echo(code: str, region: Region, snapshot: DocumentSnapshot) -> str:
    """An answer without lines of the document around the region, which models repeat to be understood."""
    if region.inline:
        return code
    own = [line.strip() for line in region.span.of(snapshot.text).splitlines() if line.strip()]
    above = [line.strip() for line in snapshot.text[: region.span.start].splitlines() if line.strip()]
    below = [line.strip() for line in snapshot.text[region.span.end :].splitlines() if line.strip()]
    lines = code.split("\n")
    filled = [(number, line.strip()) for number, line in enumerate(lines) if line.strip()]
    said = [line for _, line in filled]
    head = _overlap(said, above[-len(said) :], own)
    tail = _overlap(said[head:][::-1], below[: len(said)][::-1], own[::-1])
    if head + tail >= len(said):
        return code
    start = filled[head][0] if head else 0
    end = filled[len(filled) - tail - 1][0] + 1 if tail else len(lines)
    return "\n".join(lines[start:end])


def _overlap(said: Sequence[str], around: Sequence[str], own: Sequence[str]) -> int:
    """How many lines at the start of `said` are the end of `around`, and not just as well the start of the region itself."""
    for size in range(min(len(said), len(around)), 0, -1):
        part = list(said[:size])
        if part == list(around[-size:]) and any(character.isalnum() for line in part for character in line):
            return 0 if part == list(own[:size]) else size
    return 0


def _own_definition(code: str, region: Region, snapshot: DocumentSnapshot) -> Iterator[str]:
    """The region's definition out of an answer that holds more (its class, its file), with helpers that are new."""
    if not region.is_definition:
        return
    symbols = _symbols(code, snapshot.language)
    name = region.symbol.rsplit(".", 1)[-1]
    same = [one for one in symbols if one.name == name]
    if len(same) != 1 or len(symbols) == 1:
        return  # several by this name: nothing says which of them is meant
    existing = {one.name for one in _symbols(snapshot.text, snapshot.language)}
    target, lines = same[0], code.split("\n")
    text = "\n".join(lines[target.start_line - 1 : target.end_line])
    wanted = [one for one in symbols if one is target or (_helps(one, target, text) and one.name not in existing)]
    parts = ["\n".join(lines[_with_comment(lines, one.start_line - 1) : one.end_line]) for one in wanted]
    yield "\n\n".join(parts)
    yield "\n".join(lines[_with_comment(lines, target.start_line - 1) : target.end_line])


def _with_comment(lines: Sequence[str], first: int) -> int:
    """The first line of the comment right above a definition."""
    while first > 0 and lines[first - 1].strip().startswith(("#", "//", "/*", "*", "--", "@")):
        first -= 1
    return first


def _helps(one: Symbol, target: Symbol, text: str) -> bool:
    """Whether a definition beside the target is one that the target uses."""
    apart = one.end_line < target.start_line or target.end_line < one.start_line
    return apart and one.container == target.container and re.search(rf"\b{re.escape(one.name)}\b", text) is not None


def _symbols(code: str, language: str) -> Sequence[Symbol]:
    row, tree = known(language), parse(code, language)
    return outline(tree, row.name, "") if row is not None and tree is not None else []


# -- into the document -------------------------------------------------------------------------------------------------


def _in_place(
    reading: str, action: Action, region: Region, snapshot: DocumentSnapshot, *, truncated: bool
) -> tuple[FileEdit, gate.Change]:
    text, code = snapshot.text, region.span.of(snapshot.text)
    added, added_at = "", 0
    if not region.inline and not imports.part(fitting.shown(code, snapshot.language).text, snapshot.language).imports:
        parted = imports.part(reading, snapshot.language)
        if parted.rest.strip():
            reading = parted.rest
            new = imports.missing(tuple(one.strip() for one in parted.imports), text)
            added_at = imports.place(text, snapshot.language)
            if added_at <= region.span.start:
                added = "".join(f"{one}{snapshot.newline}" for block in new for one in block.split("\n"))
    if region.inline:
        line_start = snapshot.line_starts[snapshot.line_of(region.span.start)]
        rest = snapshot.line_text(snapshot.line_of(region.span.start))[region.span.end - line_start :]
        fitted = fitting.fit_inline(reading, text[line_start : region.span.start], rest).replace("\n", snapshot.newline)
    else:
        fitted = fitting.fit(reading, code, text, snapshot.language)
    made = [Replacement(Span(added_at, added_at), added)] if added else []
    edit = FileEdit(snapshot.path, text, (*made, Replacement(region.span, fitted)))
    start = region.span.start + len(added)
    change = gate.Change(
        text,
        edit.after,
        region.span,
        Span(start, start + len(fitted)),
        snapshot.language,
        renames=action.renames,
        promise=action.promise,
        truncated=truncated,
        imports=(Span(added_at, added_at + len(added)),) if added else (),
    )
    return edit, change


# -- tests -------------------------------------------------------------------------------------------------------------


def _test_readings(text: str, language: str) -> Iterator[str]:
    code = [one.text for one in reply.code_blocks(text, language)]
    yield from code
    if len(code) > 1:
        yield "\n\n".join(code)
    if not reply.fences(text):
        yield from reply.plain_code(text)


def _joined(
    code: str, place: TestFile, there: str, language: str, newline: str, *, truncated: bool
) -> Iterator[tuple[FileEdit, gate.Change]]:
    """Ways in which tests can join a file: as it is where it is new, at its end, or inside of its last container."""
    code = code.strip("\n")
    if not there.strip():
        after = code + "\n"
        edit = FileEdit(place.path, there, (Replacement(Span(0, len(there)), after),), creates=not place.exists)
        yield edit, gate.Change(there, after, Span(0, len(there)), Span(0, len(after)), language, truncated=truncated)
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
            gate.Change(
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
