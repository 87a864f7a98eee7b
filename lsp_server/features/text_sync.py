"""Keep the open documents as the editor has them. Plain functions: each is done before the next message is read."""

from __future__ import annotations

import logging

from lsprotocol import types

from lsp_server.features import conversions
from lsp_server.features.connection import Connection

log = logging.getLogger(__name__)


def did_open(ls: Connection, params: types.DidOpenTextDocumentParams) -> None:
    """A document is in the editor now; what is on disk no longer counts."""
    opened = conversions.opened(params.text_document, ls.roots)
    ls.documents[opened.uri] = opened
    ls.runs.follow(opened.uri, opened.text)
    _hold(ls, opened.uri, opened.text)


def did_change(ls: Connection, params: types.DidChangeTextDocumentParams) -> None:
    """The user typed."""
    document = params.text_document
    known = ls.documents.get(document.uri)
    if known is None:
        log.warning("a change of a document that is not open was ignored")
        return
    now = conversions.changed(known, params.content_changes, document.version, ls.encoding)
    ls.documents[document.uri] = now
    ls.runs.follow(now.uri, now.text)
    _hold(ls, now.uri, now.text)


def did_close(ls: Connection, params: types.DidCloseTextDocumentParams) -> None:
    """The document left the editor."""
    ls.documents.pop(params.text_document.uri, None)
    ls.session.closed(params.text_document.uri)
    _hold(ls, params.text_document.uri, None)


def did_save(ls: Connection, params: types.DidSaveTextDocumentParams) -> None:
    """The file on disk is new: note it and return, the index follows in its own time."""
    _touch(ls, params.text_document.uri)


def did_change_watched_files(ls: Connection, params: types.DidChangeWatchedFilesParams) -> None:
    """Files were made, changed or deleted, by whomever."""
    for change in params.changes:
        _touch(ls, change.uri)


def did_rename_files(ls: Connection, params: types.RenameFilesParams) -> None:
    """Files have other names now."""
    for one in params.files:
        _touch(ls, one.old_uri)
        _touch(ls, one.new_uri)


def did_delete_files(ls: Connection, params: types.DeleteFilesParams) -> None:
    """Files are gone."""
    for one in params.files:
        _touch(ls, one.uri)


def _hold(ls: Connection, uri: str, text: str | None) -> None:
    """Until it is saved and closed, what is in the editor counts in searches, not what is on disk."""
    path = conversions.path_of(uri)
    if path is not None:
        ls.session.indexing.hold(path, text)


def _touch(ls: Connection, uri: str) -> None:
    path = conversions.path_of(uri)
    if path is not None:
        ls.session.indexing.touch(path)
