"""Files read, cut and embedded in worker processes, because parsing holds Python's lock. Knows no table.

A worker is a fresh interpreter that reads jobs from its standard input and ends when that closes: whatever kills the
parent, no worker outlives it. A file that kills a worker is left out and named, and the work goes on.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

from indexer.analysis import FileFacts, Rows, analyse, digest
from indexer.embedding import Embedder, make_embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JOB_BYTES = 400_000
"""Source a job holds: about 10,000 lines, so a tenth of a second; large enough that handing it over costs nothing."""

SLOW_JOB_BYTES = JOB_BYTES // 4
"""Source a job holds where a slow embedder comes after: about 100 chunks, 20 s of a transformer on two cores. A commit holds
whole jobs."""

WORTH_WORKERS = 3 * JOB_BYTES
"""Below this the work is done before a worker has started (0.15 s)."""

MAX_WORKERS = 4
"""More would wait for the one process that embeds and writes."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""There is a worker for each core already: with threads of numpy's own the embedding took five times as long."""

_PROGRAM = "from indexer.workers import serve; serve()"


@dataclass(frozen=True, slots=True)
class Job:
    """One file to analyse. `known` is the digest it had, empty when new; the same content is not parsed again."""

    path: str
    language: str | None
    size: int
    known: bytes = b""


@dataclass(slots=True)
class Analysed:
    """What a handful of files came to. `vectors` has a row a chunk, or is None where the embedder is not one for workers."""

    files: list[FileFacts] = field(default_factory=list)
    rows: Rows = field(default_factory=Rows)
    vectors: NDArray[np.float16] | None = None


def analyse_all(
    root: Path, jobs: Sequence[Job], embedder: str = "", part_bytes: int = JOB_BYTES
) -> Generator[Analysed, None, None]:
    """Analyse files in order, some at a time (`part_bytes` of source); in worker processes where there is enough to do.

    `embedder` names one that workers are to use (`static`). Without it, and where no worker is worth while, the vectors
    are the caller's business.
    """
    parts = list(_parts(jobs, part_bytes))
    if sum(job.size for job in jobs) < WORTH_WORKERS:
        for part in parts:
            yield analyse_here(str(root), part)
        return
    # Whoever gives up half-way has to close this generator, or the workers live until it is collected.
    with Pool(str(root), embedder, min(os.cpu_count() or 1, MAX_WORKERS, len(parts))) as pool:
        yield from pool.results(parts)


def analyse_here(root: str, jobs: Sequence[Job], embedder: str = "") -> Analysed:
    """Analyse files in this process."""
    done = Analysed()
    with _uncollected():
        _analyse(root, jobs, done)
    if embedder:
        done.vectors = _embedder(embedder).embed_documents(done.rows.placed()).astype("float16")
        done.rows.embedded = [""] * len(done.rows.embedded)  # it has been read: nothing to send
    return done


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for cycles: analysis makes millions of objects and no cycle, and looking at them again and again
    takes a sixth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _analyse(root: str, jobs: Sequence[Job], done: Analysed) -> None:
    for job in jobs:
        try:
            data = Path(root, job.path).read_bytes()
        except OSError as error:
            done.files.append(FileFacts(job.path, b"", "unreadable", f"{job.path} cannot be read: {error.strerror or error}."))
            continue
        if job.known and digest(data) == job.known:
            done.files.append(FileFacts(job.path, job.known, same=True))
        else:
            done.files.append(analyse(job.path, job.language, data, done.rows))


@cache
def _embedder(spec: str) -> Embedder:
    return make_embedder(spec)


def serve() -> None:
    """A worker's life: jobs in on stdin, results out on stdout, until stdin closes."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            job = pickle.load(incoming)  # noqa: S301 -- the parent's pipe: no one else can write to it
        except EOFError:
            return
        try:
            pickle.dump(analyse_here(*job), outgoing, protocol=pickle.HIGHEST_PROTOCOL)
            outgoing.flush()
        except BrokenPipeError:  # the parent was killed: nobody waits for this
            os._exit(1)


def joined(several: Sequence[Analysed]) -> Analysed:
    """Several as one, in their order."""
    whole = Analysed()
    vectors = []
    for one in several:
        whole.files.extend(one.files)
        whole.rows.extend(one.rows)
        if one.vectors is not None:
            vectors.append(one.vectors)
    if vectors:
        import numpy as np

        whole.vectors = np.concatenate(vectors)
    return whole


def _parts(jobs: Sequence[Job], part_bytes: int) -> Iterator[list[Job]]:
    part: list[Job] = []
    size = 0
    for job in jobs:
        part.append(job)
        size += job.size
        if size >= part_bytes:
            yield part
            part, size = [], 0
    if part:
        yield part


class Pool:
    """Workers, each driven by a thread that does nothing but wait for it. `program` is what a worker runs."""

    def __init__(self, root: str, embedder: str, size: int, program: str = _PROGRAM) -> None:
        self._program = program
        self._root = root
        self._embedder = embedder
        self._size = size
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._closing = False

    def __enter__(self) -> Pool:
        for _ in range(self._size):
            self._start()
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="indexer-worker")
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(cancel_futures=True)

    def results(self, parts: Sequence[list[Job]]) -> Iterator[Analysed]:
        """Results in the order of the parts; no more than three a worker are under way or waiting to be taken."""
        waiting: deque[Future[Analysed]] = deque()
        for part in parts:
            waiting.append(self._threads.submit(self._do, part))
            if len(waiting) > 3 * self._size:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _start(self) -> None:
        worker = _Worker(self._program)
        self._workers.append(worker)
        self._idle.put(worker)

    def _do(self, part: list[Job]) -> Analysed:
        if (done := self._asked(part)) is not None:
            return done
        if len(part) > 1:  # one of them ended its worker: which?
            return joined([self._do([job]) for job in part])
        if (done := self._asked(part)) is not None:  # alone it is harmless
            return done
        path = part[0].path
        return Analysed([FileFacts(path, b"", "unreadable", f"{path} was left out: reading it ended a worker process.")])

    def _asked(self, part: list[Job]) -> Analysed | None:
        """What a worker says, or None if that was its end; then another takes its place."""
        worker = self._idle.get()
        try:
            done = worker.ask(self._root, part, self._embedder)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            if self._closing:
                return Analysed()
            worker.stop()
            self._start()
            return None
        self._idle.put(worker)
        return done


class _Worker:
    def __init__(self, program: str) -> None:
        # -P keeps the current directory, which may be the repository, out of the import path.
        self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, with our own program
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": _python_path()},
        )

    def ask(self, root: str, part: list[Job], embedder: str) -> Analysed:
        """Hand over one part and wait for what it comes to."""
        incoming, outgoing = _pipes(self._process)
        pickle.dump((root, part, embedder), outgoing, protocol=pickle.HIGHEST_PROTOCOL)
        outgoing.flush()
        result: Analysed = pickle.load(incoming)  # noqa: S301 -- our own worker's pipe
        return result

    def stop(self) -> None:
        """End it at once: whatever it is doing is not wanted any more."""
        self._process.kill()
        for pipe in _pipes(self._process):
            try:
                pipe.close()
            except OSError:  # it died with our words in the pipe
                continue
        self._process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """What a worker says, and where it listens."""
    said, listening = process.stdout, process.stdin
    assert said is not None
    assert listening is not None
    return said, listening


def _python_path() -> str:
    """Where a fresh interpreter finds this package, installed or not."""
    ours = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH")]))
