"""Where the user's own things are, and what must not be taken for a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.paths import holds_home


@pytest.mark.parametrize(
    ("home", "folder", "is_repository", "expected"),
    [
        ("ada", "ada", False, True),
        ("ada", "ada", True, True),  # dotfiles: the rest of the home is in it, too
        ("ada", ".", False, True),
        ("ada", "ada/project", True, False),
        ("project/.home", "project", True, False),  # a build machine's
        ("project/.home", "project", False, True),
    ],
)
def test_what_holds_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, folder: str, is_repository: bool, expected: bool
) -> None:
    for one in (home, folder):
        (tmp_path / one).mkdir(parents=True, exist_ok=True)
    if is_repository:
        (tmp_path / folder / ".git").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    assert holds_home(tmp_path / folder) is expected
