"""Files come, go and move: only texts that were never embedded are, and the index is like one made from nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from indexer.analysis import KEY_BYTES
from indexer.build import build, update
from indexer.kept_vectors import KEPT, KeptVectors
from indexer.settings import IndexSettings
from tests.support.embedders import LetterEmbedder
from tests.support.trees import paths_of, plant, rows_of

ANY = IndexSettings()


def part(number: int, word: str = "call") -> str:
    return f"def part_{number}():\n" + f"    {word}({number})\n" * 30 + "\n\n"


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env={**os.environ, "HOME": str(root)})


class Repository:
    """`main` has ten chunks in three files; on `branch` one chunk is another, a file is gone and a new one has two."""

    def __init__(self, folder: Path) -> None:
        tree = {
            "a.py": "".join(map(part, range(4))),
            "b.py": "".join(map(part, range(4, 7))),
            "c.py": "".join(map(part, range(7, 10))),
        }
        self.root, self.location = plant(folder / "root", tree), folder / "index"
        self.letters = LetterEmbedder()
        git(self.root, "init", "-qb", "main")
        git(self.root, "add", ".")
        git(self.root, "commit", "-qm", "main")
        git(self.root, "checkout", "-qb", "branch")
        plant(self.root, {"a.py": tree["a.py"].replace("call(2)", "shout(2)"), "d.py": part(10) + part(11)})
        (self.root / "c.py").unlink()
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "branch")
        git(self.root, "checkout", "-q", "main")

    def checkout(self, branch: str) -> list[str]:
        """The first lines of the texts that were embedded because of it."""
        git(self.root, "checkout", "-q", branch)
        return self.build()

    def build(self) -> list[str]:
        """The first lines of the texts that were embedded for it."""
        self.letters.seen.clear()
        build(self.root, self.location, ANY, self.letters)
        return sorted(text.split("\n")[0] for text in self.letters.seen)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_checkout_embeds_what_is_new_and_the_way_back_nothing(repository: Repository, tmp_path: Path) -> None:
    assert len(repository.checkout("main")) == 10
    assert repository.checkout("branch") == ["part_10", "part_11", "part_2"]
    assert repository.checkout("main") == []
    assert repository.checkout("branch") == []
    build(repository.root, tmp_path / "clean", ANY, LetterEmbedder())
    assert rows_of(repository.location) == rows_of(tmp_path / "clean")


def test_a_file_that_moves_and_a_copy_embed_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.checkout("main")
    git(repository.root, "mv", "a.py", "moved.py")
    (repository.root / "deep" / "er").mkdir(parents=True)
    (repository.root / "b.py").rename(repository.root / "deep" / "b.py")
    shutil.copy(repository.root / "c.py", repository.root / "deep" / "er" / "again.py")
    assert repository.build() == []
    assert paths_of(repository.location) == {"moved.py", "deep/b.py", "c.py", "deep/er/again.py"}
    (repository.root / "deep").rename(repository.root / "deeper")
    (repository.root / "c.py").rename(repository.root / "e.py")
    repository.letters.seen.clear()
    moved = ["deep", "deeper", "c.py", "e.py"]  # of a directory, some editors tell the name only
    update(repository.root, repository.location, ANY, repository.letters, moved)
    assert repository.letters.seen == []
    assert paths_of(repository.location) == {"moved.py", "deeper/b.py", "e.py", "deeper/er/again.py"}
    build(repository.root, tmp_path / "clean", ANY, LetterEmbedder())
    assert rows_of(repository.location) == rows_of(tmp_path / "clean")


def test_one_text_in_many_files_is_embedded_once(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", {f"copy_{number}/a.py": part(1) + part(2) for number in range(5)})
    letters = LetterEmbedder()
    build(root, tmp_path / "index", ANY, letters, commit_chunks=3)
    assert sorted(text.split("\n")[0] for text in letters.seen) == ["part_1", "part_2"]
    assert len(rows_of(tmp_path / "index")["chunks"]) == 10


def test_a_folder_that_moves_in_several_commits_embeds_nothing(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", {f"old/m{number}.py": part(number) * 100 for number in range(24)})  # 1.7 MB
    letters = LetterEmbedder()
    build(root, tmp_path / "index", ANY, letters)
    letters.seen.clear()
    (root / "old").rename(root / "new")
    report = build(root, tmp_path / "index", ANY, letters, commit_chunks=1)
    assert (report.added, report.deleted) == (24, 24)
    assert letters.seen == []
    build(root, tmp_path / "clean", ANY, LetterEmbedder())
    assert rows_of(tmp_path / "index") == rows_of(tmp_path / "clean")


def test_a_save_embeds_the_chunk_that_changed_and_keeps_only_what_went(repository: Repository) -> None:
    repository.checkout("main")
    was = (repository.root / "a.py").read_text()
    other = was.replace("call(2)", "shout(2)")
    for text, embedded in ((other, 1), (was, 0), (other, 0)):
        plant(repository.root, {"a.py": text})
        repository.letters.seen.clear()
        update(repository.root, repository.location, ANY, repository.letters, ["a.py"])
        assert len(repository.letters.seen) == embedded
    assert (repository.location / KEPT).stat().st_size == 2 * (KEY_BYTES + 26 * 2), "of each edition the chunk that went"


def test_a_torn_end_of_what_was_kept_is_cut_off(repository: Repository, tmp_path: Path) -> None:
    repository.checkout("main")
    repository.checkout("branch")
    kept = repository.location / KEPT
    kept.write_bytes(kept.read_bytes()[:-7])  # a writer was killed there
    assert len(repository.checkout("main")) == 1
    assert repository.checkout("branch") == []
    assert repository.checkout("main") == []
    build(repository.root, tmp_path / "clean", ANY, LetterEmbedder())
    assert rows_of(repository.location) == rows_of(tmp_path / "clean")


def test_what_was_kept_for_another_embedder_is_forgotten(repository: Repository) -> None:
    repository.checkout("main")
    repository.checkout("branch")
    repository.letters = LetterEmbedder("others")
    assert len(repository.checkout("main")) == 10
    assert not (repository.location / KEPT).exists()


def test_what_is_kept_is_bounded_and_the_older_half_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.kept_vectors.MAX_KEPT", 10)
    keys = [bytes([number]) * 16 for number in range(14)]
    vectors = {key: np.full(4, number, dtype=np.float16) for number, key in enumerate(keys)}
    one = KeptVectors(tmp_path, 4)
    for key in keys:
        one.add({key: vectors[key]})
    for reader in (one, KeptVectors(tmp_path, 4)):
        found = reader.of(keys)
        assert 5 <= len(found) <= 10
        assert keys[-1] in found
        assert keys[0] not in found
        assert all((found[key] == vectors[key]).all() for key in found)
    assert KeptVectors(tmp_path / "nowhere", 4).of(keys) == {}
