"""The processes below this one that are Hearth's server. Starts and ends none."""

from __future__ import annotations

import psutil


def servers() -> list[int]:
    """The server that the editor has started, and any that it started anew; their workers are not among them."""
    found = []
    for one in psutil.Process().children(recursive=True):
        try:
            command = one.cmdline()
        except psutil.Error:
            continue
        if "lsp_server" in command and "serve" in command and one.is_running():
            found.append(one.pid)
    return found
