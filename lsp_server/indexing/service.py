"""The indexes of all workspace folders. Knows which folder a path belongs to; what happens to it, `folder` knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from lsp_server.completion.records import Repository
from lsp_server.indexing.access import Job
from lsp_server.indexing.folder import FolderIndex
from lsp_server.indexing.precedence import Precedence
from lsp_server.indexing.thread import IndexThread
from lsp_server.paths import holds_home
from lsp_server.settings import Settings
from lsp_server.status import IndexState

log = logging.getLogger(__name__)

_NEVER = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__"})
"""Folders whose files editors report by the thousand and that no index holds; the walk knows all the others."""


class IndexingService:
    """Made idle; `start` begins. `repository` answers from then on, also for folders whose index is still to come."""

    def __init__(self, indexes: Path) -> None:
        self._indexes = indexes
        self._settings = Settings()
        self._roots: list[Path] = []
        self._folders: dict[str, FolderIndex] = {}
        self._open: dict[Path, str] = {}
        self._refused: dict[str, IndexState] = {}
        self._on_change: Callable[[], None] = lambda: None
        self._turn = asyncio.Lock()
        self._precedence = Precedence()
        self._closing: set[asyncio.Task[None]] = set()
        self._started = False
        self._thread = IndexThread()

    def start(self, settings: Settings, roots: Sequence[Path], on_change: Callable[[], None]) -> None:
        """Open and index the folders in the background; `on_change` is called after each change of `states`."""
        self._settings, self._roots, self._on_change, self._started = settings, list(roots), on_change, True
        self._arrange()

    def configure(self, settings: Settings) -> None:
        """Other settings: folders whose job they change are opened and indexed anew."""
        self._settings = settings
        self._arrange()

    def set_roots(self, roots: Sequence[Path]) -> None:
        """The workspace folders are these now."""
        self._roots = list(roots)
        self._arrange()

    def touch(self, path: Path) -> None:
        """A file was saved, made or deleted: note it for the folder that holds it."""
        root = self._root_of(path)
        if root is None:
            return
        relative = path.relative_to(root)
        if _NEVER.isdisjoint(relative.parts):
            self._folders[str(root)].touch(relative.as_posix())

    def hold(self, path: Path, text: str | None) -> None:
        """An open document's text as it is now, which counts in place of the disk's; None when it is closed."""
        if text is None:
            self._open.pop(path, None)
        else:
            self._open[path] = text
        root = self._root_of(path)
        if root is not None:
            self._folders[str(root)].buffers.hold(path.relative_to(root).as_posix(), text)

    def rebuild(self) -> None:
        """Index every folder again; unchanged files are kept."""
        for folder in self._folders.values():
            folder.rebuild()

    def stop(self, root: str) -> None:
        """End the build of a folder."""
        if root in self._folders:
            self._folders[root].stop()

    def goes_first(self) -> AbstractContextManager[None]:
        """Around what somebody waits for: meanwhile no build and no save gives the model server texts to embed."""
        return self._precedence.given()

    def repository(self, root: str | None) -> Repository | None:
        """What completion may ask about a folder; None where none is indexed."""
        return self._folders.get(root) if root else None

    def states(self) -> Sequence[IndexState]:
        """How each folder's index is."""
        return [*(folder.state for folder in self._folders.values()), *self._refused.values()]

    async def aclose(self) -> None:
        """Stop everything; the thread ends when it has finished what it does."""
        self._started = False
        for root in list(self._folders):
            self._remove(root)
        if self._closing:
            await asyncio.wait(self._closing)
        self._thread.close()

    def _arrange(self) -> None:
        """Make the folders match the roots and the settings."""
        if not self._started:
            return
        index = self._settings.index
        wanted = {str(root): Job.of(root, self._indexes, self._settings) for root in self._roots if index.enabled}
        self._refused = {root: _refusal(root) for root in wanted if holds_home(Path(root))}
        for root in [root for root, folder in self._folders.items() if wanted.get(root) != folder.job or root in self._refused]:
            self._remove(root)
        for root, job in wanted.items():
            if root not in self._folders and root not in self._refused:
                self._folders[root] = FolderIndex(job, self._thread, self._turn, self._on_change, self._precedence)
        for path, text in [*self._open.items()]:
            self.hold(path, text)
        self._on_change()

    def _remove(self, root: str) -> None:
        task = asyncio.create_task(self._folders.pop(root).aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _root_of(self, path: Path) -> Path | None:
        holding = [Path(root) for root in self._folders if path.is_relative_to(root)]
        return max(holding, key=lambda root: len(root.parts), default=None)


def _refusal(root: str) -> IndexState:
    return IndexState(
        root, "off", message=f"{root} is not indexed: it holds a whole home folder.", action="Open a project's folder."
    )
