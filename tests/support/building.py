"""A build in a process of its own, for tests that end it: `python -m tests.support.building ROOT LOCATION COMMIT_CHUNKS`.

Prints a line at each step of its progress. With `step` as a fourth argument it waits for a line on stdin after each.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from indexer.build import build
from indexer.embedding import make_embedder
from indexer.records import Progress
from indexer.settings import IndexSettings

REPOSITORY = Path(__file__).parent.parent.parent


def start(root: Path, location: Path, commit_chunks: int, *, step: bool = False) -> subprocess.Popen[str]:
    """Start such a process; the caller reads its stdout and ends it."""
    arguments = [str(root), str(location), str(commit_chunks), *(["step"] if step else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.building", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


def main(root: str, location: str, commit_chunks: str, step: str = "") -> None:
    def tell(progress: Progress) -> None:
        print(progress.stage, progress.done, progress.total, flush=True)
        if step:
            sys.stdin.readline()

    report = build(
        Path(root),
        Path(location),
        IndexSettings(),
        make_embedder("static"),
        on_progress=tell,
        commit_chunks=int(commit_chunks),
    )
    print("done", report.files, report.chunks, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
