"""Where git keeps what a user and a repository ignore. Reads configuration as text: runs no git, and so none of its hooks.

Only the user's own configuration may name a file of patterns. What `.git/config` says is the repository's word, and not asked.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

MAX_BYTES = 1_048_576
"""Of a file of patterns or a configuration: hand-written ones have a few kilobytes."""

MOST_INCLUDES = 8
"""Files that a configuration includes, one inside of another or not: enough for people, an end for a circle."""


def global_excludes() -> Path:
    """The user's file of patterns for every repository: `core.excludesFile`, or git's default place. It need not exist."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git"
    named = ""
    files = [Path(os.environ["GIT_CONFIG_GLOBAL"])] if os.environ.get("GIT_CONFIG_GLOBAL") else []
    for file in files or [config / "config", Path.home() / ".gitconfig"]:  # the later one has the last word, as in git
        named = _excludes_named_in(file) or named
    return _expanded(named, Path.home()) if named else config / "ignore"


def common_folder(top: Path) -> Path:
    """The `.git` folder that a working tree shares with others: a worktree or a submodule has a file that points there."""
    git = top / ".git"
    if git.is_dir():
        return git
    pointed = text_of(git).removeprefix("gitdir:").strip()
    own = (top / pointed) if pointed else git
    common = text_of(own / "commondir").strip()
    return own / common if common else own


def _excludes_named_in(file: Path) -> str:
    """The last `excludesFile` of a configuration and of what it includes, as it is written."""
    named, waiting, seen = "", [file], 0
    while waiting and seen < MOST_INCLUDES:
        now, seen = waiting.pop(0), seen + 1
        for section, key, value in _entries(text_of(now)):
            if (section, key) == ("core", "excludesfile"):
                named = value
            elif (section, key) == ("include", "path"):
                waiting.append(_expanded(value, now.parent))
    return named


def _entries(text: str) -> list[tuple[str, str, str]]:
    """Section, key and value of each line of a git configuration, sections and keys in small letters."""
    found, section = [], ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line[1:].partition("]")[0].strip().lower()
        elif "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            value = value.strip()
            quoted = len(value) > 1 and value.startswith('"') and '"' in value[1:]
            value = value[1 : value.index('"', 1)] if quoted else value.partition(" #")[0].partition(" ;")[0].strip()
            found.append((section, key.strip().lower(), value))
    return found


def _expanded(path: str, folder: Path) -> Path:
    home = path in ("~", "~/") or path.startswith("~/")
    return Path.home() / path[2:] if home else folder / path


def text_of(path: Path) -> str:
    """What a small file says; nothing where it is not there, not ours to read, or no file: a repository may link a name to a
    device that never ends."""
    try:
        status = path.stat()
        return path.read_text("utf-8", "replace") if S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES else ""
    except (OSError, ValueError):
        return ""
