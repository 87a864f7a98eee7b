"""Where Hearth keeps things on this machine: the user's own configuration, data and cache folders. Creates nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


def holds_home(folder: Path) -> bool:
    """Whether a folder is the user's home, or one above it: opened by accident, never meant to be read as one repository.

    A repository may hold a home of its own, as build machines have one: that is not meant.
    """
    try:
        homes = {Path.home(), Path.home().resolve()}
    except (OSError, RuntimeError):  # a user that the system does not know has none
        return False
    return folder in homes or (any(folder in home.parents for home in homes) and not (folder / ".git").exists())


@dataclass(frozen=True, slots=True)
class Paths:
    """`config` is the user's config.toml; `weights` holds pulled GGUF files; `indexes` holds one folder per indexed root.

    `pages` holds explanations for editors that can only show files.
    """

    config: Path
    weights: Path
    indexes: Path
    state: Path
    pages: Path

    @property
    def ledger(self) -> Path:
        """The figures of suggestions."""
        return self.state / "ledger.sqlite"

    @classmethod
    def of_user(cls) -> Paths:
        """The folders the platform sets aside (XDG on Linux, Library on macOS, AppData on Windows)."""
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("hearth", appauthor=False)
        return cls(
            config=dirs.user_config_path / "config.toml",
            weights=dirs.user_data_path / "models",
            indexes=dirs.user_cache_path / "indexes",
            state=dirs.user_state_path,
            pages=dirs.user_cache_path / "pages",
        )
