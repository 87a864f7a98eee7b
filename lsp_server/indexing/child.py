"""Run the indexing worker and read what it says. Knows processes and lines, nothing of indexes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lsp_server
from indexer import errors
from indexer.errors import IndexerError
from indexer.records import BuildReport, Progress
from lsp_server.indexing.access import Job
from lsp_server.indexing.precedence import Precedence

STOP_S = 6.0
"""A little more than the worker's own patience; then it is killed, which loses nothing that was committed."""

HOLD, GO_ON = b"hold\n", b"go on\n"
"""Said to the worker, as often as need be."""

LONGEST_LINE = 1 << 20
"""A report lists one sentence for each file that could not be read."""


async def build_in_child(job: Job, on_progress: Callable[[Progress], None], precedence: Precedence) -> BuildReport:
    """Index a folder in a process of its own. Raises the IndexerError that the child names. Cancelling ends the child, which
    may first keep what it has embedded. While others have `precedence`, the child gives the model server no texts."""
    report = await _in_child(job, on_progress, precedence, look=False)
    assert report is not None, "only a look has nothing to do"
    return report


async def look_in_child(job: Job, on_progress: Callable[[Progress], None], precedence: Precedence) -> int:
    """The same, where anything has changed; returns how many files had. Cancelling kills the child, which loses nothing that
    was committed: somebody waits to write."""
    report = await _in_child(job, on_progress, precedence, look=True)
    return report.added + report.replaced + report.deleted if report is not None else 0


async def _in_child(
    job: Job, on_progress: Callable[[Progress], None], precedence: Precedence, *, look: bool
) -> BuildReport | None:
    process = await asyncio.create_subprocess_exec(
        *_command(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(),
        # Not the repository: nothing in it may be imported (invariant 7).
        cwd=Path(lsp_server.__file__).parent,
        limit=LONGEST_LINE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin = process.stdin

    def tell(held: bool) -> None:
        if not stdin.is_closing():
            stdin.write(HOLD if held else GO_ON)

    try:
        stdin.write(json.dumps({"job": job.to_json(), "look": look}).encode() + b"\n")
        with precedence.heard_by(tell):
            async for line in process.stdout:
                done, report = _read(line, on_progress)
                if done:
                    return report
        raise IndexerError(
            f"The process that indexes ended in the middle (exit code {await process.wait()}).",
            "Run the command `hearth.reindex`; what was indexed before is in use.",
        )
    except asyncio.CancelledError:
        if look:
            _kill(process)
        raise
    finally:
        await _end(process)


def _read(line: bytes, on_progress: Callable[[Progress], None]) -> tuple[bool, BuildReport | None]:
    """Whether this line is the last, and its report. Raises the error if it is one."""
    try:
        message: dict[str, Any] = json.loads(line)
    except ValueError:
        return False, None
    if "progress" in message:
        on_progress(Progress(*message["progress"]))
    elif "error" in message:
        error = message["error"]
        kind = getattr(errors, str(error["kind"]), IndexerError)
        raise kind(error["message"], error["advice"])
    elif "report" in message:
        report = message["report"]
        return True, report and BuildReport(**{**report, "messages": tuple(report["messages"])})
    return False, None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input and wait; a child that has finished already is only waited for."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        _kill(process)
        await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


def _command() -> list[str]:
    # -P: `python -m` would else put the working directory on the import path.
    return [sys.executable, "-P", "-m", "lsp_server.indexing.worker"]


def _environment() -> dict[str, str]:
    """Ours, with the folder that this very package was imported from first on the import path."""
    ours = str(Path(lsp_server.__file__).resolve().parent.parent)
    path = os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}
