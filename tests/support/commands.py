"""The command line as a user meets it, in a home of its own: a process, what it prints and its exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.wire import environment

Run = Callable[..., subprocess.CompletedProcess[str]]


def runner(home: Path) -> Run:
    """What runs `lsp_server ARGUMENTS`, with its settings, caches and data below `home`."""

    def run(*arguments: str, stdin: str = "", at: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "lsp_server", *arguments]
        env = environment(home, **more)
        return subprocess.run(command, capture_output=True, text=True, env=env, input=stdin, cwd=at, check=False)

    return run


def hears_interrupts() -> None:
    """In a child before it is a command: a shell starts what runs in its background deaf to them, a test run for one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def rows(said: subprocess.CompletedProcess[str]) -> list[Any]:
    """The JSON lines of a command that succeeded."""
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


def index_below(home: Path) -> Path:
    """The one index that was made there."""
    (location,) = (home / "cache" / "hearth" / "indexes").iterdir()
    return location
