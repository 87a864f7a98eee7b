"""Hand what an action came to over to the editor: an edit to apply, a page to show, or a sentence. Asks no model.

An editor's answer to `workspace/applyEdit` may be late, never come, or be wrong (docs/editors.md), so nothing here waits for
one. What is certain is checked before: the document is the one the edit was made for, or the edit's place in it was found.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from lsprotocol import types

from lsp_server.actions.files import WorkspaceFiles, leads_out
from lsp_server.actions.pages import Pages
from lsp_server.actions.records import FileEdit, Outcome
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import HearthError, UsageError
from lsp_server.features import conversions
from lsp_server.features.connection import Connection
from lsp_server.features.runs import Run

log = logging.getLogger(__name__)

_ANNOTATION = "hearth"


class MovedError(UsageError):
    """The document changed where an edit belongs."""


def hand_over(
    ls: Connection, outcome: Outcome, run: Run, origin: DocumentSnapshot | None, pages: Pages, *, preview: bool
) -> dict[str, Any]:
    """Deliver an outcome; returns the answer to the command, whose shape docs/actions.md documents."""
    answer: dict[str, Any] = {
        "action": outcome.action,
        "title": outcome.title,
        "leftOut": list(outcome.left_out),
        "model": outcome.model,
        "refused": {"code": outcome.refusal.code, "reason": outcome.refusal.sentence} if outcome.refusal else None,
    }
    if outcome.edits:
        edit = workspace_edit(ls, outcome, run, origin)
        if edit is not None:
            if outcome.left_out:
                _tell(ls, types.MessageType.Info, f"{outcome.title}, left out: {'; '.join(outcome.left_out)}.")
            if preview:
                return {**answer, "outcome": "edit", "edit": edit}
            _apply(ls, edit, outcome.title)
            return {**answer, "outcome": "edit"}
        page = _as_text(outcome)
    else:
        page = outcome.markdown
    if ls.declares("markdown"):
        return {**answer, "outcome": "text", "markdown": page}
    if outcome.refusal is not None and outcome.refusal.code == "unchanged":
        _tell(ls, types.MessageType.Info, f"{outcome.title}: {outcome.refusal.sentence}")
    else:
        _show_page(ls, outcome.title, page, pages)
    return {**answer, "outcome": "text", "markdown": page}


# -- edits -------------------------------------------------------------------------------------------------------------


def workspace_edit(ls: Connection, outcome: Outcome, run: Run, origin: DocumentSnapshot | None) -> types.WorkspaceEdit | None:
    """The edit in the editor's words, for the documents as they are at this moment; None where the editor cannot take it.

    Raises MovedError where a document changed under it. Everything is checked and converted without a pause, so what is
    sent fits the versions that it names.
    """
    placed = [_placed(ls, one, run, origin) for one in outcome.edits]
    creates = any(edit.creates for edit, _, _ in placed)
    if not ls.supports("workspace", "workspace_edit", "document_changes"):
        if creates:
            return None
        return types.WorkspaceEdit(changes={uri: _text_edits(edit, snapshot, ls.encoding) for edit, uri, snapshot in placed})
    if creates and not _can_create(ls):
        return None
    annotated = ls.session.settings.actions.confirm and ls.supports("workspace", "workspace_edit", "change_annotation_support")
    changes: list[Any] = []
    for edit, uri, snapshot in placed:
        if edit.creates:
            changes.append(types.CreateFile(uri=uri, annotation_id=_ANNOTATION if annotated else None))
        version = snapshot.version if uri in ls.documents else None
        changes.append(
            types.TextDocumentEdit(
                text_document=types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version),
                edits=[
                    types.AnnotatedTextEdit(annotation_id=_ANNOTATION, range=one.range, new_text=one.new_text)
                    if annotated
                    else one
                    for one in _text_edits(edit, snapshot, ls.encoding)
                ],
            )
        )
    annotation = types.ChangeAnnotation(
        label=outcome.title, needs_confirmation=True, description=f"written by {outcome.model}" if outcome.model else None
    )
    return types.WorkspaceEdit(document_changes=changes, change_annotations={_ANNOTATION: annotation} if annotated else None)


def _placed(
    ls: Connection, edit: FileEdit, run: Run, origin: DocumentSnapshot | None
) -> tuple[FileEdit, str, DocumentSnapshot]:
    """An edit moved to where it belongs now, with the document it belongs to."""
    # Here and not above: the engine, which made the edit, has imported all of it by now; `initialize` must not.
    from lsp_server.actions import anchors, gate, patch

    if origin is not None and edit.path == origin.path:
        now = ls.documents.get(origin.uri)
        if now is None:
            raise MovedError("The document was closed, so nothing was changed.")
        moved = anchors.moved(edit, now.text, run.trail)
    else:
        now = _other(ls, edit, origin)
        moved = anchors.moved(edit, now.text)
    if moved is None:
        raise MovedError("The code was changed while the model wrote, so nothing was applied.", "Run the action again.")
    if moved.before != edit.before and not gate.still_sound(moved, now.language):
        raise MovedError("The answer no longer fits the document, so nothing was applied.", "Run the action again.")
    return patch.narrowed(moved), now.uri, now


def _other(ls: Connection, edit: FileEdit, origin: DocumentSnapshot | None) -> DocumentSnapshot:
    """Another file of the root, an open buffer before the disk. MovedError where it came into being meanwhile."""
    root = origin.root if origin is not None else None
    opened = next((one for one in ls.documents.values() if one.path == edit.path and one.root == root), None)
    if opened is not None:
        if edit.creates:
            raise MovedError(f"{edit.path} exists by now, so nothing was written.", "Run the action again.")
        return opened
    if root is None:
        raise MovedError("The document lies in no workspace folder, so there is no place for a second file.")
    if leads_out(Path(root), edit.path):
        raise MovedError(f"{edit.path} leads out of the workspace folder, so nothing was written.")
    text = WorkspaceFiles(Path(root)).text(edit.path)
    if edit.creates and (text is not None or Path(root, edit.path).exists()):
        raise MovedError(f"{edit.path} exists by now, so nothing was written.", "Run the action again.")
    language = origin.language if origin is not None else "plaintext"
    return DocumentSnapshot(Path(root, edit.path).as_uri(), edit.path, root, language, 0, text or "")


def _text_edits(edit: FileEdit, snapshot: DocumentSnapshot, encoding: conversions.Encoding) -> list[types.TextEdit]:
    return [
        types.TextEdit(
            range=types.Range(
                start=conversions.position_at(snapshot, one.span.start, encoding),
                end=conversions.position_at(snapshot, one.span.end, encoding),
            ),
            new_text=one.text,
        )
        for one in edit.replacements
    ]


def _can_create(ls: Connection) -> bool:
    declared = ls.client_capabilities.workspace
    edits = declared.workspace_edit if declared else None
    return types.ResourceOperationKind.Create in ((edits.resource_operations if edits else None) or ())


def _apply(ls: Connection, edit: types.WorkspaceEdit, label: str) -> None:
    """Send an edit and go on: whatever the editor answers, the document's next version tells what became of it."""
    future = ls.protocol.send_request_async(
        types.WORKSPACE_APPLY_EDIT, types.ApplyWorkspaceEditParams(edit=edit, label=f"Hearth: {label}")
    )
    future.add_done_callback(_note_answer)


def _note_answer(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.info("the editor refused something it was asked: %s", error)


# -- text --------------------------------------------------------------------------------------------------------------


def _as_text(outcome: Outcome) -> str:
    """An edit for an editor that cannot create files: what it would hold, and where to put it."""
    from lsp_server.actions.markdown import fenced

    parts = [f"### {outcome.title}", "Your editor does not let a server create files, so here is what belongs into them."]
    for edit in outcome.edits:
        parts += [f"`{edit.path}`:", fenced(edit.after.rstrip())]
    return "\n\n".join(parts) + "\n"


def _show_page(ls: Connection, title: str, markdown: str, pages: Pages) -> None:
    """A page in the editor's own window; its path in a message, where the editor cannot be asked to open one."""
    try:
        path = pages.write(title, markdown)
    except HearthError as error:
        ls.warn(f"{error} {error.advice}")
        return
    if ls.supports("window", "show_document", "support"):
        asked = types.ShowDocumentParams(uri=path.as_uri(), take_focus=False)
        ls.protocol.send_request_async(types.WINDOW_SHOW_DOCUMENT, asked).add_done_callback(_note_answer)
    else:
        _tell(ls, types.MessageType.Info, f"{title}: the answer is in {path}")


def _tell(ls: Connection, kind: types.MessageType, words: str) -> None:
    ls.window_show_message(types.ShowMessageParams(type=kind, message=f"Hearth: {words}"))
