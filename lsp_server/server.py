"""Which conversations this server holds: a table from LSP's methods to the functions that answer them. Holds none itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types

from lsp_server.features import code_actions, commands, inline_completion, lifecycle, text_sync
from lsp_server.features.connection import Connection
from lsp_server.ports import Edge
from lsp_server.session import Session

CONVERSATIONS: Mapping[str, Callable[..., Any]] = {
    types.INITIALIZE: lifecycle.initialize,
    types.INITIALIZED: lifecycle.initialized,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: lifecycle.did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: lifecycle.did_change_workspace_folders,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: lifecycle.did_cancel_progress,
    types.TEXT_DOCUMENT_DID_OPEN: text_sync.did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: text_sync.did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: text_sync.did_close,
    types.TEXT_DOCUMENT_DID_SAVE: text_sync.did_save,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: text_sync.did_change_watched_files,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: inline_completion.inline_completion,
    # Not LSP's own: what clients of Copilot's server send, and both plugins of ours.
    "textDocument/didShowCompletion": inline_completion.did_show,
    "textDocument/didPartiallyAcceptCompletion": inline_completion.did_partially_accept,
    types.TEXT_DOCUMENT_CODE_ACTION: code_actions.code_action,
    types.WORKSPACE_EXECUTE_COMMAND: commands.execute_command,
}
"""`textDocument/completion` is missing on purpose: `lifecycle.initialize` adds it for clients without ghost text."""

OPTIONS: Mapping[str, Any] = {
    # pygls advertises ghost text only where it is registered with options.
    types.TEXT_DOCUMENT_INLINE_COMPLETION: types.InlineCompletionOptions(),
    types.TEXT_DOCUMENT_CODE_ACTION: code_actions.OPTIONS,
}


def make_server(make_session: Callable[[Edge], Session]) -> Connection:
    """A server with everything registered, not yet connected to anything."""
    connection = Connection(make_session)
    for method, handler in CONVERSATIONS.items():
        connection.feature(method, OPTIONS.get(method))(handler)
    for name in (*commands.COMMANDS, *commands.REQUESTS):
        connection.command(name)(commands.execute_command)
    return connection
