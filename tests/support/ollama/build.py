"""Find the machine's own `ollama`, or build one from its Go module. Starts no server.

The module carries its llama.cpp; three folders of headers that are called `vendor` are missing from every module archive and
come from packages: nlohmann/json and stb from the distribution, miniaudio out of another Go module.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.cache import cache_folder, one_at_a_time

VERSION = "0.17.4"
"""The version whose behaviour the port was measured against, and the last line whose Go module carries all of llama.cpp."""

_MODULE = f"github.com/ollama/ollama@v{VERSION}"
_MINIAUDIO = "github.com/gen2brain/malgo@v0.11.24"
_DEBIAN = {"nlohmann-json3-dev": "nlohmann/json.hpp", "libstb-dev": "stb/stb_image.h"}


class OllamaUnavailable(Exception):  # noqa: N818  what it says is a state of the machine, not a mistake
    """No Ollama on this machine and no way to build one; the message says what is missing."""


@cache
def binary() -> Path:
    """The program: the one in the PATH, or else the one in the cache, built now if need be (3 minutes on 2 cores)."""
    if own := shutil.which("ollama"):
        return Path(own)
    with one_at_a_time("ollama-build"):
        built = cache_folder("ollama", VERSION) / "ollama"
        if not runs(built):
            _build(built)
        return built


@cache
def version(program: Path) -> str:
    """`0.17.4`."""
    return _said_version(program).rsplit(" ", 1)[-1] or "unknown"


def runs(program: Path) -> bool:
    """Whether this file is a working Ollama here: a cache may come from a machine with another processor."""
    return bool(_said_version(program))


def _said_version(program: Path) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    # Without a running server it prints a warning first and "client version is X" last.
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def _build(target: Path) -> None:
    go = shutil.which("go") or ("/usr/local/go/bin/go" if Path("/usr/local/go/bin/go").exists() else "")
    missing = [tool for tool, there in (("go", go), ("g++", shutil.which("g++"))) if not there]
    if missing:
        raise OllamaUnavailable(f"no `ollama` in the PATH, and {' and '.join(missing)} missing to build {VERSION} from source")
    _install_headers()
    flags = "-O3 " + _processor_flag()
    environment = {
        **os.environ,
        "GOBIN": str(target.parent),
        "CGO_ENABLED": "1",
        "CGO_CPPFLAGS": f"-I{_headers(go)}",
        "CGO_CFLAGS": flags,
        "CGO_CXXFLAGS": flags,
    }
    print(f"Building Ollama {VERSION}; this takes some minutes, once.", file=sys.stderr, flush=True)
    _go(go, ["install", "-ldflags", f"-s -w -X=github.com/ollama/ollama/version.Version={VERSION}", _MODULE], environment)
    if not runs(target):
        raise OllamaUnavailable(f"{target} was built but does not run")


def _install_headers() -> None:
    absent = [package for package, header in _DEBIAN.items() if not Path("/usr/include", header).exists()]
    if not absent:
        return
    how = f"apt-get install {' '.join(absent)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise OllamaUnavailable(f"headers are missing to build Ollama: {how}")
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *absent]):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode != 0:
            raise OllamaUnavailable(f"`{' '.join(command)}` failed: {_last_line(done.stderr)}")


def _headers(go: str) -> Path:
    """A folder in which `#include <miniaudio/miniaudio.h>` is found: a link to a Go module that has that header."""
    said = _go(go, ["mod", "download", "-json", _MINIAUDIO], os.environ)
    link = cache_folder("ollama", VERSION, "include") / "miniaudio"
    link.unlink(missing_ok=True)
    link.symlink_to(json.loads(said)["Dir"])
    return link.parent


def _processor_flag() -> str:
    """AVX2 makes the CPU runner usable; a plain x86-64 build would be ten times slower."""
    if platform.machine() != "x86_64":
        return ""
    info = Path("/proc/cpuinfo")
    known = set(info.read_text().split()) if info.exists() else set()
    return "-march=x86-64-v3" if {"avx2", "fma", "bmi2", "f16c"} <= known else ""


def _go(go: str, arguments: list[str], environment: Mapping[str, str]) -> str:
    folder = cache_folder("ollama", VERSION)  # outside any module, so that no go.mod of ours is looked for
    done = subprocess.run([go, *arguments], cwd=folder, env=dict(environment), capture_output=True, text=True)
    if done.returncode != 0:
        raise OllamaUnavailable(f"`go {arguments[0]}` failed: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
