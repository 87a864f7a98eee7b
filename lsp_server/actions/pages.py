"""Keep explanations as files in the user's cache, for editors that can show a file and nothing else. A few, and private."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from lsp_server.errors import UsageError

KEPT = 20
"""Pages. They hold pieces of the user's code: no more of them stay than somebody may still be reading."""


class Pages:
    """One folder of Markdown files, readable by the user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, title: str, markdown: str) -> Path:
        """A page with a name that says what it is about; the oldest pages go. UsageError where the cache refuses writes."""
        name = re.sub(r"[^\w-]+", "-", title).strip("-").lower()[:60] or "page"
        digest = hashlib.blake2b(markdown.encode("utf-8", "replace"), digest_size=4).hexdigest()
        place = self._folder / f"{name}-{digest}.md"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as stream:
                stream.write(markdown)
            self._prune()
        except OSError as error:
            raise UsageError(
                f"{place} cannot be written: {error.strerror}.", "Free some space, or check its folder."
            ) from error
        return place

    def _prune(self) -> None:
        pages = sorted(self._folder.glob("*.md"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in pages[KEPT:]:
            old.unlink(missing_ok=True)
