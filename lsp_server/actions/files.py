"""The repository's files as an action sees them: open buffers first, then the disk. Reads only, and never outside the root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

LARGEST_BYTES = 1024 * 1024
"""Of a file of tests, the only kind that is read here. A larger one was not written by hand."""


def leads_out(root: Path, path: str) -> bool:
    """Whether a path relative to a root lies elsewhere once links are followed: a repository may hold `tests -> /elsewhere`."""
    try:
        return not (root / path).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return True


class WorkspaceFiles:
    """Files below one root. `buffers` are open documents by their path relative to the root."""

    def __init__(self, root: Path | None, buffers: Mapping[str, str] | None = None) -> None:
        self._root = root.resolve() if root else None
        self._buffers = buffers or {}

    def text(self, path: str) -> str | None:
        """A file's text, line endings as they are; None for what is missing, outside, too large or not UTF-8."""
        if path in self._buffers:
            return self._buffers[path]
        place = self._inside(path)
        if place is None:
            return None
        try:
            if not place.is_file() or place.stat().st_size > LARGEST_BYTES:
                return None
            return place.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def names(self, folder: str) -> Sequence[str]:
        """Names in a folder, folders with "/" at the end; links are left out, so that no loop is walked."""
        place = self._inside(folder) if folder else self._root
        if place is None:
            return []
        try:
            entries = sorted(place.iterdir())
        except OSError:
            return []
        return [one.name + ("/" if one.is_dir() else "") for one in entries if not one.is_symlink()]

    def locate(self, path: str, line: int | None) -> str | None:
        """The URI of a file of this repository, with its line; None where there is no such file."""
        place = self._inside(path)
        if place is None or not (path in self._buffers or place.is_file()):
            return None
        uri = "file://" + quote(place.as_posix())
        return f"{uri}#L{line}" if line else uri

    def _inside(self, path: str) -> Path | None:
        """The file behind a relative path, links followed; None where that is not below the root."""
        if self._root is None or "\0" in path:
            return None
        try:
            place = (self._root / path).resolve()
        except (OSError, RuntimeError):
            return None
        return place if place.is_relative_to(self._root) else None
