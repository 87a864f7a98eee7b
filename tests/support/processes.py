"""The processes below this one, found by what they run. Starts and ends none."""

from __future__ import annotations

import psutil


def running_below(*words: str) -> list[psutil.Process]:
    """Children, and theirs, whose command line has all these words; none that has just ended."""
    return [one for one in psutil.Process().children(recursive=True) if {*words} <= {*_command(one)}]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
