"""The command line: every room's work from a terminal. Knows no editor; `serve` hands over to the server at once."""

from __future__ import annotations

from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed with a message, 2 wrong usage."""
    from lsp_server.cli.commands import program

    return program(list(argv))
