"""Which files count: ignore files as git reads them, and a counted reason for whatever is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.errors import RootUnreadableError
from indexer.settings import IndexSettings
from indexer.walk import SKIP_REASONS, Walk, below, counts, walk
from tests.support.trees import plant

ANY = IndexSettings()


def paths(found: Walk) -> list[str]:
    return [file.path for file in found.files]


TREE = {
    ".gitignore": "*.log.py\n/out\nbuild/\n!keep.log.py\n",
    "a.log.py": "x",
    "keep.log.py": "x",
    "out/a.py": "x",
    "src/out/a.py": "x",
    "src/build/a.py": "x",
    "src/build.py": "x",
    "src/.gitignore": "!a.log.py\n/private.py\n*.tmp.py\n",
    "src/a.log.py": "x",
    "src/private.py": "x",
    "src/deep/private.py": "x",
    "src/deep/x.tmp.py": "x",
    "src/deep/.gitignore": "!x.tmp.py\n",
    "glob/a.py": "x",
    "glob/.gitignore": "**/cache/\ndoc/*.py\n[a-b]1.py\nq?.py\n\\!odd.py\n",
    "glob/x/cache/a.py": "x",
    "glob/doc/a.py": "x",
    "glob/doc/deep/a.py": "x",
    "glob/a1.py": "x",
    "glob/c1.py": "x",
    "glob/q1.py": "x",
    "glob/!odd.py": "x",
}


def test_nested_ignore_files(tmp_path: Path) -> None:
    found = walk(plant(tmp_path, TREE), ANY)
    assert [path for path in paths(found) if path.endswith(".py")] == [
        "glob/a.py",
        "glob/c1.py",
        "glob/doc/deep/a.py",
        "keep.log.py",
        "src/a.log.py",
        "src/build.py",
        "src/deep/private.py",
        "src/deep/x.tmp.py",
        "src/out/a.py",
    ]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here to compare with")
def test_git_ignores_the_same_files(tmp_path: Path) -> None:
    plant(tmp_path, TREE)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(tmp_path), "ls-files", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.split("\n")
    assert set(paths(walk(tmp_path, ANY))) == {path for path in listed if path}


def test_other_ignore_files_and_the_exclude_setting_have_the_last_word(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            ".gitignore": "a.py\n",
            ".ignore": "!a.py\nb.py\n",
            ".hearthignore": "c.py\n",
            ".git/info/exclude": "d.py\n",
            "a.py": "x",
            "b.py": "x",
            "c.py": "x",
            "d.py": "x",
            "e.py": "x",
            "f.py": "x",
        },
    )
    found = walk(tmp_path, IndexSettings(exclude=("f.py",)))
    assert [path for path in paths(found) if path.endswith(".py")] == ["a.py", "e.py"]
    assert found.skipped["ignored"] == 4
    assert found.skipped["tooling"] == 1


def test_rules_above_the_root_hold(tmp_path: Path) -> None:
    plant(tmp_path, {".git/HEAD": "", ".gitignore": "*.gen.py\n/sub/out/\n", "sub/.gitignore": "mine.py\n"})
    plant(tmp_path, {"sub/part/a.gen.py": "x", "sub/part/mine.py": "x", "sub/part/b.py": "x"})
    assert paths(walk(tmp_path / "sub" / "part", ANY)) == ["b.py"]


def test_a_root_that_its_repository_ignores_is_indexed_all_the_same(tmp_path: Path) -> None:
    plant(tmp_path, {".git/HEAD": "", ".gitignore": "/versions/\n", "versions/3/lib/a.py": "x"})
    assert paths(walk(tmp_path / "versions" / "3" / "lib", ANY)) == ["a.py"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("package-lock.json", "lock"),
        ("Cargo.lock", "lock"),
        ("go.sum", "lock"),
        (".env", "secret"),
        (".env.production", "secret"),
        (".env.example", None),
        ("server.pem", "secret"),
        ("id_rsa", "secret"),
        ("id_rsa.pub", None),
        ("credentials.json", "secret"),
        ("credentials.py", None),
        ("logo.png", "binary"),
        ("lib.so", "binary"),
        ("table.csv", "data"),
        ("app.min.js", "minified"),
        ("api_pb2.py", "generated"),
        ("api.pb.go", "generated"),
        ("main.py", None),
        ("Makefile", None),
        ("noextension", None),
    ],
)
def test_a_name_is_reason_enough(tmp_path: Path, name: str, reason: str | None) -> None:
    found = walk(plant(tmp_path, {name: "content"}), ANY)
    assert found.skipped == ({reason: 1} if reason else {})
    assert paths(found) == ([] if reason else [name])


@pytest.mark.parametrize("directory", ["node_modules", "__pycache__", ".git", "deep/.venv"])
def test_directories_of_tools_are_left_out(tmp_path: Path, directory: str) -> None:
    assert walk(plant(tmp_path, {f"{directory}/a.py": "x", f"{directory}/b.py": "x"}), ANY).skipped == {"tooling": 1}


def test_a_virtual_environment_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    found = walk(plant(tmp_path, {"mine/pyvenv.cfg": "home = /usr", "mine/lib/a.py": "x", "venv/a.py": "x"}), ANY)
    assert paths(found) == ["venv/a.py"]


def test_sizes(tmp_path: Path) -> None:
    plant(tmp_path, {"empty.py": "", "large.py": "x" * 2000, "large.json": "1" * 200_000, "fits.py": "x" * 1000})
    found = walk(tmp_path, IndexSettings(max_file_bytes=1000))
    assert paths(found) == ["fits.py"]
    assert found.skipped == {"empty": 1, "oversized": 2}
    assert walk(tmp_path, ANY).skipped == {"empty": 1, "data": 1}


def test_links_are_not_followed_and_cannot_loop_or_lead_out(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", {"a.py": "x", "deep/b.py": "x"})
    plant(tmp_path / "outside", {"secret.py": "x"})
    (root / "deep" / "loop").symlink_to(root, target_is_directory=True)
    (root / "itself").symlink_to(root / "itself")
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "out.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "dangling.py").symlink_to(root / "nowhere")
    found = walk(root, ANY)
    assert paths(found) == ["a.py", "deep/b.py"]
    assert found.skipped == {"link": 5}


def test_a_root_that_is_a_link_is_walked(tmp_path: Path) -> None:
    plant(tmp_path / "real", {"a.py": "x"})
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert paths(walk(tmp_path / "link", ANY)) == ["a.py"]


def test_an_ignore_file_that_is_a_device_or_huge_is_none(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": "x", "sub/b.py": "x", "sub/.gitignore": "*\n" * 1_000_000})
    (tmp_path / ".gitignore").symlink_to("/dev/zero")
    assert "a.py" in paths(walk(tmp_path, ANY))
    assert "sub/b.py" in paths(walk(tmp_path, ANY))


def test_pipes_and_names_that_are_not_utf8_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py")).write_text("x")
    plant(tmp_path, {"café.py": "x"})
    found = walk(tmp_path, ANY)
    assert paths(found) == ["café.py"]
    assert found.skipped == {"special": 1, "unreadable": 1}


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A directory that this process, no longer root for a while, has no power over."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-walk-"))
    folder.chmod(0o755)
    was_root = os.geteuid() == 0
    plant(folder, {"open/a.py": "x", "closed/b.py": "x"})
    (folder / "closed").chmod(0)
    if was_root:
        os.seteuid(65534)
    yield folder
    if was_root:
        os.seteuid(0)
    (folder / "closed").chmod(0o755)
    shutil.rmtree(folder)


def test_a_directory_without_permission_is_counted_and_named(as_nobody: Path) -> None:
    found = walk(as_nobody, ANY)
    assert paths(found) == ["open/a.py"]
    assert found.skipped == {"unreadable": 1}
    assert found.messages == ("The directory closed/ cannot be read: Permission denied.",)


def test_one_path_is_judged_as_the_walk_judges_it(tmp_path: Path) -> None:
    plant(tmp_path, {**TREE, "deep/node_modules/a.py": "x", "empty.py": "", "x.png": "x"})
    (tmp_path / "link").symlink_to(tmp_path / "src", target_is_directory=True)
    walked = {file.path: file for file in walk(tmp_path, ANY).files}
    for path in [*TREE, "deep/node_modules/a.py", "empty.py", "x.png", "link/build.py"]:
        judged = counts(tmp_path, ANY, path)
        assert judged == walked[path] if path in walked else judged in SKIP_REASONS, path


def test_one_directory_is_looked_through_as_the_walk_does(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {**TREE, "deep/er/a.py": "x", "deep/node_modules/a.py": "x", "deep/er/.gitignore": "*.log\n", "deep/er/x.log": "x"},
    )
    (tmp_path / "link").symlink_to(tmp_path / "src", target_is_directory=True)
    walked = walk(tmp_path, ANY).files
    for path in ["src", "deep", "deep/er", "deep/node_modules", "link", "gone", "src/build.py", "..", "", "/etc"]:
        expected = () if path == "" else tuple(file for file in walked if file.path.startswith(f"{path}/"))
        assert below(tmp_path, ANY, path) == expected, path


@pytest.mark.parametrize("path", ["gone.py", "no/such/dir.py", "../outside.py", "/etc/passwd", "src", "", "a.py/b.py"])
def test_paths_that_are_no_file_of_the_tree(tmp_path: Path, path: str) -> None:
    plant(tmp_path / "root", {"a.py": "x", "src/b.py": "x"})
    plant(tmp_path, {"outside.py": "x"})
    assert counts(tmp_path / "root", ANY, path) is None


def test_a_root_that_is_gone_or_closed_is_no_empty_one(as_nobody: Path) -> None:
    for name, reason in (("moved", "No such file"), ("closed", "Permission denied")):
        with pytest.raises(RootUnreadableError, match=reason):
            walk(as_nobody / name, ANY)
