"""Turn a reply into an edit that passed the gate, or into the reason why there is none. Pure: texts and trees, no model.

A reply may be read in several ways. Each reading is fitted into the document and judged there; the first sound one is the
answer. Nothing outside of the region changes but imports, which are added at the file's own place for them.
"""

from __future__ import annotations

from lsp_server.actions import doctext, documentation, fitting, gate, imports, reply, wording
from lsp_server.actions.change import Change
from lsp_server.actions.joining import joined
from lsp_server.actions.readings import readings, readings_as_tests
from lsp_server.actions.records import Action, FileEdit, Refusal, Region, Replacement, Span
from lsp_server.actions.testfiles import TestFile
from lsp_server.documents import DocumentSnapshot

NO_CODE = Refusal(
    "no_code", "The model answered without code.", "Answer with the complete code in one fenced block and nothing else."
)


def propose(
    said: str, action: Action, region: Region, snapshot: DocumentSnapshot, *, asked: str = "", truncated: bool = False
) -> FileEdit | Refusal:
    """The edit that a reply to a code action comes to; `asked` is what the user wrote."""
    code = region.span.of(snapshot.text)
    best: Refusal | None = None
    for reading in readings(reply.cleaned(said, code), region, snapshot):
        if isinstance(reading, Refusal):
            best = _nearer(best, reading)
            continue
        edit, change = _in_place(reading, action, region, snapshot, asked=asked, truncated=truncated)
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
    text = doctext.text_in(reply.cleaned(said, code), region.symbol, own)
    refused = doctext.check(text)
    made = refused or documentation.attach(snapshot, region, text)
    if isinstance(made, Refusal):
        return made
    edit = FileEdit(snapshot.path, snapshot.text, (made,))
    new = Span(made.span.start, made.span.start + len(made.text))
    change = Change(snapshot.text, edit.after, made.span, new, snapshot.language, truncated=truncated)
    return gate.judge(change, (wording.cut_off, wording.nothing, wording.invisible, gate.syntax, gate.neighbours)) or edit


def propose_tests(
    said: str, region: Region, snapshot: DocumentSnapshot, place: TestFile, there: str, *, truncated: bool = False
) -> FileEdit | Refusal:
    """The edit that adds the tests of a reply to a file of tests, which holds `there` now ("" where it is new)."""
    language, newline = snapshot.language, "\r\n" if "\r\n" in there else "\n"
    best: Refusal | None = None
    for code in readings_as_tests(reply.cleaned(said, region.span.of(snapshot.text)), language):
        if not place.convention.is_test(code):
            best = _nearer(
                best, Refusal("no_tests", "The answer holds no test.", "Answer with tests only, in one fenced block.")
            )
            continue
        for edit, change in joined(code, place, there, language, newline, truncated=truncated):
            found = gate.judge(change, gate.ADDITION_CHECKS)
            if found is None:
                return edit
            best = _nearer(best, found)
    return best or NO_CODE


def _in_place(
    reading: str, action: Action, region: Region, snapshot: DocumentSnapshot, *, asked: str, truncated: bool
) -> tuple[FileEdit, Change]:
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
    change = Change(
        text,
        edit.after,
        region.span,
        Span(start, start + len(fitted)),
        snapshot.language,
        renames=action.renames,
        asked=asked,
        promise=action.promise,
        truncated=truncated,
        imports=(Span(added_at, added_at + len(added)),) if added else (),
    )
    return edit, change


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
    "syntax", "neighbours", "names", "twins", "undefined", "signature", "more", "truncated",
)  # fmt: skip

_ORDER = {code: number for number, code in enumerate(_BY_NEARNESS)}
"""How near a refused reading came to being applied. The nearest one's reason is told, to the user and to the model."""


def _nearer(one: Refusal | None, other: Refusal) -> Refusal:
    return other if one is None or _ORDER.get(other.code, 0) > _ORDER.get(one.code, 0) else one
