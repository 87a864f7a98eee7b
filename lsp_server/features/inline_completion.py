"""`textDocument/inlineCompletion`: ghost text. A snapshot is taken at once, the rest happens where no protocol is known."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace

from lsprotocol import types

from lsp_server.completion.records import CompletionRequest, Trigger
from lsp_server.documents import DocumentSnapshot
from lsp_server.features import conversions, failures
from lsp_server.features.commands import ACCEPTED
from lsp_server.features.connection import Connection, snapshot_of

_TRIGGERS: dict[types.InlineCompletionTriggerKind, Trigger] = {
    types.InlineCompletionTriggerKind.Invoked: "invoked",
    types.InlineCompletionTriggerKind.Automatic: "automatic",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a client asked for: the request, and where in its document the answer goes.

    `lead` is text that the answer begins with beside the suggestion: the word selected in the editor's own list.
    """

    request: CompletionRequest
    range: types.Range
    lead: str = ""


def inline_completion(
    ls: Connection, params: types.InlineCompletionParams
) -> Awaitable[types.InlineCompletionList | None] | None:
    """Ghost text at the cursor; null where there is nothing to suggest. An older request of the document is taken back."""
    snapshot = snapshot_of(ls, params.text_document.uri)
    if snapshot is None:
        return None
    asked = _asked(snapshot, params, ls.encoding)

    def now() -> str | None:
        document = ls.documents.get(snapshot.uri)
        return document.text if document else None

    opened = tuple(one for one in ls.documents.values() if one.root == snapshot.root)
    asked = replace(asked, request=replace(asked.request, now=now, opened=opened))
    return ls.session.newest(snapshot.uri, _answer(ls, asked))


def _asked(snapshot: DocumentSnapshot, params: types.InlineCompletionParams, encoding: conversions.Encoding) -> _Asked:
    trigger = _TRIGGERS[params.context.trigger_kind]
    offset = conversions.offset_at(snapshot, params.position, encoding)
    selected = params.context.selected_completion_info
    if selected is None:
        at = conversions.position_at(snapshot, offset, encoding)
        # An empty range at the cursor is the one form that is drawn and accepted in every editor (docs/editors.md).
        return _Asked(CompletionRequest(snapshot, offset, trigger), types.Range(at, at))
    # The editor's list is open, and ghost text may only go on from the word selected in it: ask as if it stood there already.
    start = conversions.offset_at(snapshot, selected.range.start, encoding)
    end = max(start, conversions.offset_at(snapshot, selected.range.end, encoding))
    as_if = replace(snapshot, text=snapshot.text[:start] + selected.text + snapshot.text[end:])
    request = CompletionRequest(as_if, start + len(selected.text), trigger)
    return _Asked(request, selected.range, selected.text)


async def _answer(ls: Connection, asked: _Asked) -> types.InlineCompletionList | None:
    suggestion = await ls.session.complete(asked.request)
    if suggestion is None:
        return None
    _refuse_if_stale(ls, asked.request.snapshot)
    suggestion_id = ls.session.offered(suggestion, asked.request)
    others = [_item(text, asked, f"{suggestion_id}.{number}") for number, text in enumerate(suggestion.alternatives, 1)]
    return types.InlineCompletionList(items=[_item(suggestion.text, asked, suggestion_id), *others])


def did_show(ls: Connection, params: object) -> None:
    """`textDocument/didShowCompletion`, `{"item"}`: an editor drew a suggestion."""
    ls.session.shown(_told_of(params)[0])


def did_partially_accept(ls: Connection, params: object) -> None:
    """`textDocument/didPartiallyAcceptCompletion`, `{"item", "acceptedLength"}`: the user took a word or a line of it.

    The length is in UTF-16 code units from the start of the item's text, whatever was agreed on for positions.
    """
    suggestion_id, text = _told_of(params)
    length = params.get("acceptedLength") if isinstance(params, Mapping) else None
    units = length if isinstance(length, int) and length > 0 else 0
    ls.session.partly_accepted(suggestion_id, text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def _told_of(params: object) -> tuple[str, str]:
    """The id and the text of the item that a client sends back; empty where it is none of ours, or not as it was."""
    item = params.get("item") if isinstance(params, Mapping) else None
    if not isinstance(item, Mapping):
        return "", ""
    command, text = item.get("command"), item.get("insertText")
    arguments = command.get("arguments") if isinstance(command, Mapping) else None
    named = arguments[0] if isinstance(arguments, list) and len(arguments) == 1 else ""
    return named if isinstance(named, str) else "", text if isinstance(text, str) else ""


def _refuse_if_stale(ls: Connection, snapshot: DocumentSnapshot) -> None:
    """An editor that asks no more after a change would draw the old text at the new cursor."""
    now = snapshot_of(ls, snapshot.uri)
    if now is None or now.version != snapshot.version:
        raise failures.content_modified()


def _item(text: str, asked: _Asked, suggestion_id: str) -> types.InlineCompletionItem:
    """Plain text, never a snippet: `$` and `}` are code here."""
    return types.InlineCompletionItem(
        insert_text=asked.lead + text,
        range=asked.range,
        command=types.Command(title="Accepted", command=ACCEPTED, arguments=[suggestion_id]),
    )
