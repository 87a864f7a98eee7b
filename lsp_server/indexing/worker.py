"""The child process that indexes a folder: a job comes in as one line of JSON, progress and the outcome go out as lines.

In comes `{"job": {...}, "look": false}`, then `hold` and `go on`: between them a model server is given no texts. It ends when
its standard input closes: whoever started it is gone or wants no more. Out go `{"progress": [stage, done, total]}` and
`{"held": seconds}` before it waits, then `{"report": {...}}` or `{"error": {"kind", "message", "advice"}}`, `kind` being a
class of `indexer.errors`. With `look` the report is null where there was nothing to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from dataclasses import asdict
from time import monotonic
from typing import Any

from indexer.errors import IndexerError
from indexer.records import Progress
from lsp_server.indexing import access
from lsp_server.indexing.precedence import LONGEST_HOLD_S

NICENESS = 10
"""The editor, the model and the user's own builds go first; an idle machine gives it everything all the same."""

REPORT_EVERY_S = 0.1
"""More often than an eye sees; less would make a short build look stuck."""

PATIENCE_S = 5.0
"""How long a build may take to notice that it is not wanted any more. What it had committed stays in either case."""


class _Outlet:
    """Lines to the parent, and whether the parent still wants any."""

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8")
        self._last = 0.0
        self.unwanted = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def send(self, message: dict[str, Any]) -> None:
        # A parent that is gone reads nothing; the build ends by `unwanted`.
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()

    def give_way(self) -> None:
        """Wait while the parent says so."""
        if not self.goes_on.is_set():
            self.send({"held": LONGEST_HOLD_S})
            self.goes_on.wait(LONGEST_HOLD_S)

    def progress(self, progress: Progress) -> None:
        now = monotonic()
        if now - self._last >= REPORT_EVERY_S or progress.done == progress.total:
            self._last = now
            self.send({"progress": [progress.stage, progress.done, progress.total]})


def main() -> int:
    """Do the job that comes in on standard input."""
    with contextlib.suppress(OSError, AttributeError):  # Windows has no nice; a container may forbid it
        os.nice(NICENESS)
    # What libraries print must not stand among the lines.
    outlet = _Outlet(os.dup(1))
    os.dup2(2, 1)
    line = sys.stdin.readline()
    if not line:
        return 1
    asked = json.loads(line)
    job = access.Job.from_json(asked["job"])
    if asked["look"] and access.is_current(job):
        outlet.send({"report": None})
        return 0
    access.warm_up(job)
    threading.Thread(target=_watch, args=(outlet,), daemon=True).start()
    try:
        embedder = access.make_embedder(job, outlet.give_way)
        report = access.build(job, embedder, outlet.progress, outlet.unwanted.is_set)
    except IndexerError as error:
        outlet.send({"error": {"kind": type(error).__name__, "message": str(error), "advice": error.advice}})
        return 1
    outlet.send({"report": asdict(report) | {"skipped": dict(report.skipped)}})
    return 0


def _watch(outlet: _Outlet) -> None:
    """Do as the parent says; at the end of standard input ask the build to stop, and end the process if it does not."""
    for line in sys.stdin:
        if line == "hold\n":
            outlet.goes_on.clear()
        else:
            outlet.goes_on.set()
    outlet.unwanted.set()
    outlet.goes_on.set()
    threading.Event().wait(PATIENCE_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
