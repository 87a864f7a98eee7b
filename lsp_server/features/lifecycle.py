"""The beginning: who the client is, its folders and settings. Work starts behind `initialized` and waits for no reply."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types

from lsp_server.features import completion, conversions
from lsp_server.features.connection import Connection

log = logging.getLogger(__name__)

PARENT_CHECK_S = 2.0
"""How long a server may outlive an editor that was killed and whose pipe somebody else still holds open."""

_WATCHER_ID = "hearth-files"
_CONFIGURATION_ID = "hearth-configuration"


def initialize(ls: Connection, params: types.InitializeParams) -> None:
    """Take in who the client is. Its answer is made from what is registered when this returns."""
    info = params.client_info
    log.info("client: %s", f"{info.name} {info.version or ''}".strip() if info else "unnamed")
    ls.roots = _roots(params)
    if not ls.supports("text_document", "inline_completion"):
        ls.feature(types.TEXT_DOCUMENT_COMPLETION, completion.OPTIONS)(completion.completion)
    ls.session.initialize(params.initialization_options)
    if params.process_id is not None and _is_alive(params.process_id):
        ls.session.in_background(_end_with(ls, params.process_id))


def initialized(ls: Connection, _: types.InitializedParams) -> None:
    """The client is ready: start what runs behind its back."""
    ls.session.in_background(_start(ls))


async def _start(ls: Connection) -> None:
    """Settings first, where the client has them to give, so that nothing is indexed that they exclude."""
    await _pull_settings(ls)
    ls.session.start(ls.roots)
    await _register(ls)


async def _pull_settings(ls: Connection) -> None:
    if not ls.supports("workspace", "configuration"):
        return
    asked = types.ConfigurationParams(items=[types.ConfigurationItem(section="hearth")])
    answer = await ls.ask(types.WORKSPACE_CONFIGURATION, asked)
    if isinstance(answer, list | tuple) and answer:
        ls.session.reconfigure(plain(answer[0]))


async def _register(ls: Connection) -> None:
    """Ask to be told of changed settings and of files that change outside of the editor, where the client wants to be asked."""
    wanted = []
    if ls.supports("workspace", "did_change_configuration", "dynamic_registration"):
        options = types.DidChangeConfigurationRegistrationOptions(section="hearth")
        wanted.append(types.Registration(_CONFIGURATION_ID, types.WORKSPACE_DID_CHANGE_CONFIGURATION, options))
    if ls.supports("workspace", "did_change_watched_files", "dynamic_registration"):
        watchers = [types.FileSystemWatcher(glob_pattern="**/*")]
        watching = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        wanted.append(types.Registration(_WATCHER_ID, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watching))
    if wanted:
        await ls.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations=wanted))


def did_change_configuration(ls: Connection, params: types.DidChangeConfigurationParams) -> None:
    """Settings changed. A client that can be asked is asked; of others what they sent counts."""
    if ls.supports("workspace", "configuration"):
        ls.session.in_background(_pull_settings(ls))
    else:
        ls.session.reconfigure(plain(params.settings))


def did_change_workspace_folders(ls: Connection, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Folders came and went."""
    gone = set(_paths(folder.uri for folder in params.event.removed))
    kept = [root for root in ls.roots if root not in gone]
    ls.roots = list(dict.fromkeys([*kept, *_paths(folder.uri for folder in params.event.added)]))
    for uri, snapshot in ls.documents.items():
        ls.documents[uri] = conversions.placed(snapshot, ls.roots)
    ls.session.set_roots(ls.roots)


def did_cancel_progress(ls: Connection, params: types.WorkDoneProgressCancelParams) -> None:
    """The user pressed cancel beside a progress bar."""
    ls.cancel_progress(params.token)


def plain(value: object) -> object:
    """JSON again: what came without a type of its own arrives as named tuples from some clients' shapes of `LSPAny`."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _roots(params: types.InitializeParams) -> list[Path]:
    """The workspace folders, resolved, each once; clients without folders have a root, or nothing at all."""
    if params.workspace_folders is not None:
        return list(dict.fromkeys(_paths(folder.uri for folder in params.workspace_folders)))
    if params.root_uri:
        return list(_paths([params.root_uri]))
    return [Path(params.root_path).resolve()] if params.root_path else []


def _paths(uris: Iterable[str]) -> Iterable[Path]:
    for uri in uris:
        path = conversions.path_of(uri)
        if path is not None:
            yield path.resolve()


async def _end_with(ls: Connection, process_id: int) -> None:
    """End when the editor is gone."""
    while _is_alive(process_id):  # noqa: ASYNC110 - no event tells of another process' end on every system
        await asyncio.sleep(PARENT_CHECK_S)
    log.warning("the editor (process %d) is gone, so this server ends", process_id)
    ls.protocol.on_exit(1)


def _is_alive(process_id: int) -> bool:
    """Whether a process exists. On Windows asking would end it, so there only the closed pipe says that the editor is gone."""
    if os.name == "nt" or process_id <= 0:
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
