"""`textDocument/completion` for editors without ghost text: the suggestion as one item of their list. Registered only there."""

from __future__ import annotations

import re
from collections.abc import Awaitable

from lsprotocol import types

from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.documents import DocumentSnapshot
from lsp_server.features import conversions
from lsp_server.features.commands import ACCEPTED
from lsp_server.features.connection import Connection, snapshot_of

OPTIONS = types.CompletionOptions(trigger_characters=[".", "(", " ", ":", ">"])
"""Where a line commonly goes on: member, argument, next word, scope, arrow. Letters trigger everywhere by themselves."""

LABEL_CHARACTERS = 60
"""Completion lists are about this wide; the whole text stands in the item's documentation."""

_WORD_BEFORE = re.compile(r"\w*\Z")


def completion(ls: Connection, params: types.CompletionParams) -> Awaitable[types.CompletionList | None] | None:
    """The suggestion at the cursor as a list of one item; null where there is nothing to suggest.

    Always an automatic request: editors send the kind "invoked" for every typed letter, so nothing is learnt from it.
    """
    snapshot = snapshot_of(ls, params.text_document.uri)
    if snapshot is None:
        return None
    request = CompletionRequest(snapshot, conversions.offset_at(snapshot, params.position, ls.encoding))
    return ls.session.newest(snapshot.uri, _answer(ls, request))


async def _answer(ls: Connection, request: CompletionRequest) -> types.CompletionList | None:
    suggestion = await ls.session.complete(request)
    if suggestion is None:
        return None
    item = _item(suggestion, request, ls.encoding, ls.session.offered(suggestion, request))
    # Incomplete: the editor asks again while the user types on, and does not sieve this one answer to the end.
    return types.CompletionList(is_incomplete=True, items=[item])


def _item(
    suggestion: Suggestion, request: CompletionRequest, encoding: conversions.Encoding, suggestion_id: str
) -> types.CompletionItem:
    """One item. It covers the word before the cursor as well, because editors sieve a list by that word."""
    snapshot, offset = request.snapshot, request.offset
    word = _word_before(snapshot, offset)
    start = conversions.position_at(snapshot, offset - len(word), encoding)
    end = conversions.position_at(snapshot, offset, encoding)
    whole = word + suggestion.text
    return types.CompletionItem(
        label=_label(whole),
        label_details=types.CompletionItemLabelDetails(description="Hearth"),
        kind=types.CompletionItemKind.Text,
        filter_text=whole.strip() or None,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(range=types.Range(start=start, end=end), new_text=whole),
        documentation=types.MarkupContent(kind=types.MarkupKind.PlainText, value=whole),
        command=types.Command(title="Accepted", command=ACCEPTED, arguments=[suggestion_id]),
    )


def _label(text: str) -> str:
    """The first line that says something, cut to what a list shows."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LABEL_CHARACTERS else line[: LABEL_CHARACTERS - 1] + "…"


def _word_before(snapshot: DocumentSnapshot, offset: int) -> str:
    line_start = snapshot.line_starts[snapshot.line_of(offset)]
    found = _WORD_BEFORE.search(snapshot.text, line_start, offset)
    return found[0] if found else ""
