"""The command `lsp_server`: the server at once, everything else through the command line. Imports neither before it must."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_HELP = {"--help", "-h"}

_STOPPED = 130
"""`cli.console.STOPPED`, which would have to be imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code, also where Ctrl-C comes before the command line is there to hear it."""
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        return _STOPPED


def _run(arguments: list[str]) -> int:
    """Run the server or the command line.

    No arguments, `serve` or `--stdio` is an editor that waits for its server: it gets it without the half second that the
    command line's libraries take to import.
    """
    _forget_working_directory()
    # numpy's own threads cost five times the work they save on vectors of 256 numbers, and take the cores from the model.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    serves = not arguments or arguments[0] == "serve" or "--stdio" in arguments
    if serves and _HELP.isdisjoint(arguments):
        from lsp_server.app import run as serve

        return serve(arguments)
    from lsp_server.cli import run

    return run(arguments)


def _forget_working_directory() -> None:
    """Take the working directory off the import path, where `python -m` put it.

    Editors start servers inside the repository, which is untrusted (invariant 7): a file `httpx.py` in it would be imported in
    place of the real one. The console script never had the directory on its path.
    """
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted under us: nothing can be imported from it
        return
    if here != Path(__file__).resolve().parent.parent:
        sys.path[:] = [entry for entry in sys.path if entry and Path(entry) != here]


if __name__ == "__main__":
    sys.exit(main())
