"""What this machine has and can be given: programs on PATH, Debian packages, folders made once. Knows no editor."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.cache import cache_folder, one_at_a_time

_LONGEST_STEP_S = 900
"""A download that takes longer than this on any line worth having is stuck."""


class EditorUnavailable(Exception):  # noqa: N818  what it says is a state of the machine, not a mistake
    """An editor, or a program it needs, cannot be had on this machine. The message says which and why."""


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a step of a set-up and return what it printed. Raises EditorUnavailable with its last words when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_STEP_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EditorUnavailable(f"`{words[0]}` could not be run: {error}") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise EditorUnavailable(f"`{' '.join(words[:4])}` failed with {done.returncode}: {' / '.join(last)}")
    return done.stdout


def program(*names: str, package: str = "") -> Path:
    """The first of these programs on PATH; else the Debian package that brings it, where we may install one."""
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    if package:
        install(package)
        for name in names:
            found = shutil.which(name)
            if found:
                return Path(found)
    raise EditorUnavailable(f"no {' or '.join(names)} on PATH" + (f"; install {package}" if package else ""))


def fonts() -> None:
    """A monospaced font that exists, so that pictures look the same on every machine. Best effort: text is tested, not ink."""
    if not Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf").exists() and _may_install():
        install("fonts-dejavu-core")


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> None:
    """Install a Debian package, where we may. Raises EditorUnavailable."""
    if not _may_install():
        raise EditorUnavailable(f"{package} is not installed, and only root on Debian can have it installed from here")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    with one_at_a_time("apt"):
        try:
            run(command, env=quiet)
        except EditorUnavailable:
            # A fresh image has no package lists, and old lists name versions that are gone.
            run(["apt-get", "update"], env=quiet)
            run(command, env=quiet)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `.cache/editors/NAME`, filled by `make` at the first call. Put the version into the name.

    It is filled under another name and moved when it is whole, so a set-up that was interrupted starts anew.
    """
    home = cache_folder("editors")
    folder = home / name
    if folder.exists():
        return folder
    with one_at_a_time(f"editors-{name}"):
        if not folder.exists():
            unfinished = home / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
