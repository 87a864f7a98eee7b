"""What a user and a repository tell git to ignore, found as git finds it; git itself is asked in the test that compares."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from indexer.gitfiles import common_folder, global_excludes
from indexer.settings import IndexSettings
from indexer.walk import walk
from tests.support.trees import plant


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ".config/git/ignore"),
        ({".gitconfig": "[core]\n\texcludesFile = ~/mine\n"}, "mine"),
        ({".gitconfig": '[core]\nexcludesfile = "~/a b#c" # mine\n'}, "a b#c"),
        ({".gitconfig": "[user]\nexcludesfile = no\n; [core]\n[Core]\n EXCLUDESFILE=rel ; x\n"}, "rel"),
        ({".config/git/config": "[core]\nexcludesFile = ~/one\n", ".gitconfig": "[core]\nexcludesFile = ~/two\n"}, "two"),
        ({".gitconfig": "[include]\npath = more\n", "more": "[core]\nexcludesFile = ~/included\n"}, "included"),
        ({".gitconfig": "[include]\npath = .gitconfig\n"}, ".config/git/ignore"),
        ({".gitconfig": "[core]\nexcludesFile\n=\n[[[\n"}, ".config/git/ignore"),
    ],
)
def test_the_users_own_file(home: Path, files: dict[str, str], expected: str) -> None:
    plant(home, files)
    assert global_excludes() == home / expected


def test_the_environment_moves_it_as_it_moves_gits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(home, {"xdg/git/config": "", "other": "[core]\nexcludesFile = ~/other-ignore\n"})
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    assert global_excludes() == home / "xdg/git/ignore"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "other"))
    assert global_excludes() == home / "other-ignore"


def git(*arguments: str, at: Path) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, cwd=at, check=True, capture_output=True, text=True, env={**os.environ}).stdout


def test_the_walk_leaves_out_what_git_leaves_out_in_a_worktree_too(home: Path, tmp_path: Path) -> None:
    plant(home, {".gitconfig": "[core]\nexcludesFile = ~/mine\n", "mine": "*.mine\n/top.py\n"})
    tree = {"a.py": "x", "b.mine": "x", "top.py": "x", "sub/top.py": "x", "c.local": "x", "sub/d.py": "x"}
    root = plant(tmp_path / "root", tree)
    git("init", "-q", at=root)
    plant(root, {".git/info/exclude": "*.local\n"})
    git("add", "a.py", at=root)
    git("commit", "-qm", "a", at=root)
    git("worktree", "add", "-q", str(tmp_path / "other"), at=root)
    plant(tmp_path / "other", tree)
    for place in (root, tmp_path / "other"):
        listed = git("ls-files", "--cached", "--others", "--exclude-standard", at=place).split()
        assert sorted(listed) == ["a.py", "sub/d.py", "sub/top.py"]
        assert [file.path for file in walk(place, IndexSettings()).files] == sorted(listed)
        assert common_folder(place).resolve() == root / ".git"


def test_a_repository_cannot_name_a_file_of_patterns(home: Path, tmp_path: Path) -> None:
    """It could hide code from its reviewer's index, or make Hearth read whatever it likes."""
    root = plant(tmp_path / "root", {"a.py": "x", ".git/config": "[core]\nexcludesFile = evil\n", "evil": "*.py\n"})
    assert "a.py" in [file.path for file in walk(root, IndexSettings()).files]


@pytest.mark.parametrize("pointer", ["", "gitdir: ", "gitdir: /nowhere", "\0", "gitdir: ../../../../../etc"])
def test_a_strange_pointer_is_survived(tmp_path: Path, pointer: str) -> None:
    root = plant(tmp_path, {".git": pointer, "a.py": "x"})
    assert "a.py" in [file.path for file in walk(root, IndexSettings()).files]
