"""`textDocument/codeAction` and the command behind each: the light bulb. A snapshot is taken at once, the rest is elsewhere.

`hearth.action` takes one table: `{"id", "uri", "range", "version", "instruction", "diagnostic", "preview", "run"}`. Only `id`
is always needed, `uri` and `range` for all but `ask`. `version` is the one that the menu was made for. `preview` asks for
the edit as the answer instead of having it applied. `run` is a name of the client's choosing under which `hearth/partial`
brings the text as it is written. docs/actions.md documents the answers.

What a client of our own can do more is said under `experimental.hearth` in its capabilities: `markdown` (it shows the text
in the answer, so that no file is opened) and `input` (it asks the user for `instruction` when the command has `asks`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types

from lsp_server.actions.files import WorkspaceFiles
from lsp_server.actions.records import ActionRequest, Diagnostic, Offer, Span, Target
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import UsageError
from lsp_server.features import conversions, delivery, failures
from lsp_server.features.connection import Connection, snapshot_of
from lsp_server.features.runs import Run

COMMAND = "hearth.action"

KINDS: Sequence[types.CodeActionKind | str] = (
    types.CodeActionKind.QuickFix,
    types.CodeActionKind.Refactor,
    types.CodeActionKind.RefactorRewrite,
    types.CodeActionKind.RefactorExtract,
    types.CodeActionKind.Source,
    "hearth",
)
"""What the catalogue's kinds begin with."""

OPTIONS = types.CodeActionOptions(code_action_kinds=list(KINDS), work_done_progress=False)


# -- the menu ----------------------------------------------------------------------------------------------------------


def code_action(ls: Connection, params: types.CodeActionParams) -> Awaitable[list[types.CodeAction | types.Command]] | None:
    """What can be done at a place. No model is asked; null where the document is not open or actions are switched off."""
    snapshot = snapshot_of(ls, params.text_document.uri)
    if snapshot is None or not ls.session.settings.actions.enabled:
        return None
    found = {id(one): one for one in params.context.diagnostics}
    target = Target(
        snapshot,
        _span(snapshot, params.range, ls.encoding),
        tuple(_diagnostic(snapshot, one, ls.encoding) for one in found.values()),
    )
    return _menu(ls, target, params)


async def _menu(ls: Connection, target: Target, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    only = [str(one.value) if isinstance(one, types.CodeActionKind) else str(one) for one in params.context.only or ()]
    offers = await ls.session.actor(target.snapshot.root).offers(target, only=only, can_ask=ls.declares("input"))
    literals = ls.supports("text_document", "code_action", "code_action_literal_support")
    given = dict(zip(target.diagnostics, params.context.diagnostics, strict=False))
    return [_item(one, target, params, given.get(one.diagnostic) if one.diagnostic else None, literals) for one in offers]


def _item(
    offer: Offer, target: Target, params: types.CodeActionParams, diagnostic: types.Diagnostic | None, literals: bool
) -> types.CodeAction | types.Command:
    """One row. It carries a command, never an edit: of an edit that an editor applies itself no server hears again."""
    argument: dict[str, Any] = {
        "id": offer.action.id,
        "uri": target.snapshot.uri,
        "range": params.range,
        "version": target.snapshot.version,
    }
    if offer.action.asks:
        argument["asks"] = offer.action.asks
    if offer.action.answer == "explanation":
        argument["reads"] = True
    if diagnostic is not None:
        argument["diagnostic"] = diagnostic
    title = f"Hearth: {offer.title}"
    command = types.Command(title=title, command=COMMAND, arguments=[argument])
    if not literals:
        return command
    return types.CodeAction(
        title=title, kind=offer.action.kind, diagnostics=[diagnostic] if diagnostic is not None else None, command=command
    )


def _span(snapshot: DocumentSnapshot, where: types.Range, encoding: conversions.Encoding) -> Span:
    start = conversions.offset_at(snapshot, where.start, encoding)
    return Span(start, max(start, conversions.offset_at(snapshot, where.end, encoding)))


def _diagnostic(snapshot: DocumentSnapshot, one: types.Diagnostic, encoding: conversions.Encoding) -> Diagnostic:
    code = "" if one.code is None else str(one.code)
    return Diagnostic(_span(snapshot, one.range, encoding), str(one.message), one.source or "", code)


# -- the command -------------------------------------------------------------------------------------------------------


def run_action(ls: Connection, params: types.ExecuteCommandParams) -> Awaitable[Any]:
    """Run an action. What the user sees in the meantime is a progress bar with a cancel button."""
    argument = failures.one_table(params)
    action_id = argument.get("id")
    if not isinstance(action_id, str):
        raise failures.invalid_params(f"{COMMAND} takes the id of an action.")
    if not ls.session.settings.actions.enabled:
        raise UsageError("Code actions are switched off.", "Set `actions.enabled` to true to have them back.")
    target = _target(ls, argument)
    name = argument.get("run")
    known = target.snapshot if target.snapshot.uri in ls.documents else None
    run = Run(ls, "Hearth", name if isinstance(name, str) else None, known)
    instruction = argument.get("instruction")
    work = _work(
        ls, action_id, target, instruction if isinstance(instruction, str) else "", run, argument.get("preview") is True
    )
    return ls.runs.start(run, work, params.work_done_token)


async def _work(ls: Connection, action_id: str, target: Target, instruction: str, run: Run, preview: bool) -> dict[str, Any]:
    root = target.snapshot.root
    action = await ls.session.actor(root).find(action_id)
    if action.reach == "repository" and root is None and ls.roots:
        root = str(ls.roots[0])  # asked from a document without a name, or of somewhere else
    run.title = f"Hearth: {action.title.removesuffix('…')}"
    files = WorkspaceFiles(Path(root) if root else None, _buffers(ls, root))
    outcome = await ls.session.act(root, ActionRequest(action, target, instruction), files, run.listen)
    origin = target.snapshot if target.snapshot.uri else None
    return delivery.hand_over(ls, outcome, run, origin, ls.session.pages, preview=preview)


def _target(ls: Connection, argument: dict[str, Any]) -> Target:
    """What a command is about. Whatever a client put there is checked: these arguments come back from the editor."""
    uri = argument.get("uri")
    if uri is None:
        root = str(ls.roots[0]) if ls.roots else None
        return Target(DocumentSnapshot("", "", root, "plaintext", 0, ""), Span(0, 0))
    snapshot = snapshot_of(ls, uri) if isinstance(uri, str) else None
    if snapshot is None:
        raise UsageError("The document is not open, so there is nothing to work on.")
    if argument.get("version") not in (None, snapshot.version):
        raise UsageError("The document changed since the menu was opened.", "Choose the action again.")
    try:
        selection = _span(snapshot, ls.protocol.structure(argument["range"], types.Range), ls.encoding)
        given = argument.get("diagnostic")
        found = (
            (_diagnostic(snapshot, ls.protocol.structure(given, types.Diagnostic), ls.encoding),) if given is not None else ()
        )
    except Exception as error:
        raise failures.invalid_params(f"{COMMAND} takes a range, and diagnostics, as LSP has them.") from error
    return Target(snapshot, selection, found)


def _buffers(ls: Connection, root: str | None) -> dict[str, str]:
    return {one.path: one.text for one in ls.documents.values() if one.root == root}
