"""Files read, cut and embedded in worker processes, because parsing holds Python's lock. Knows no table, and no process from
the inside: `kept_workers` does. A file that kills a worker is left out and named, and the work goes on.
"""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from indexer.analysis import FileFacts, Rows, analyse, digest
from indexer.embedding import Embedder, make_embedder
from indexer.errors import EmbedderError
from indexer.kept_workers import Worker, can_fork, forked, kept, serve, started

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JOB_BYTES = 400_000
"""Source a job holds: about 10,000 lines, so a tenth of a second; large enough that handing it over costs nothing."""

SLOW_JOB_BYTES = JOB_BYTES // 4
"""Source a job holds where a slow embedder comes after: about 100 chunks, 20 s of a transformer on two cores. A commit holds
whole jobs."""

WORTH_WORKERS = 3 * JOB_BYTES
"""Below this the work is done before a fresh interpreter is ready (0.2 s)."""

WORTH_READY_WORKERS = 64_000
"""Below this the work is done before workers that are there, or a fork away, have told what it came to: 20 ms."""

MAX_WORKERS = 4
"""More would wait for the one process that embeds and writes."""

JOBS_A_WORKER = 6
"""At least so many where there is little to do, so that no worker waits long for the last one."""

MOST_KEPT = 20 * JOB_BYTES
"""After a larger build its workers end at once: two would hold 180 MB while the tables are put together, and starting them is a
hundredth of its time."""

_PROGRAM = "from indexer.workers import answer_jobs; answer_jobs()"


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
    size = sum(job.size for job in jobs)
    many = min(os.cpu_count() or 1, MAX_WORKERS)
    ready = size >= WORTH_READY_WORKERS and bool(kept())
    parts = list(_parts(jobs, min(part_bytes, size // (many * JOBS_A_WORKER)) if ready else part_bytes))
    if not ready and size < WORTH_WORKERS:
        for part in parts:
            yield analyse_here(str(root), part)
        return
    # Whoever gives up half-way has to close this generator, or the workers live until it is collected.
    with Pool(str(root), embedder, min(many, len(parts)), full=size >= WORTH_WORKERS, keep=size <= MOST_KEPT) as pool:
        yield from pool.results(parts)


def warm_up(embedder: str = "", size: int = WORTH_READY_WORKERS) -> None:
    """Fork the workers of a build of so many bytes that is about to come, while this process has one thread. Takes 10 ms; does
    nothing where a fork is not safe or not worth while, and does no harm if the build does not come."""
    many = min(os.cpu_count() or 1, MAX_WORKERS)
    if many > 1 and size >= WORTH_READY_WORKERS and not kept():
        kept().take(0)  # ends those that have rested too long, and the threads that wait for them
        if not can_fork():
            return
        if embedder:
            with suppress(EmbedderError):  # the build will say so
                _ = _embedder(embedder).dimensions  # loaded once, and shared by all
        kept().put([forked(_answer) for _ in range(many)])


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


def answer_jobs() -> None:
    """The life of a worker that is a fresh interpreter."""
    serve(_answer)


def _answer(job: tuple[str, Sequence[Job], str]) -> Analysed:
    return analyse_here(*job)


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
    """Workers, each driven by a thread that does nothing but wait for it: first those that were kept, and fresh ones till it is
    `full`, or else until there is one. `keep` them when the work is done. `program` is what a worker runs in place of ours."""

    def __init__(self, root: str, embedder: str, size: int, *, full: bool = True, keep: bool = True, program: str = "") -> None:
        self._keep = keep
        self._full = full
        self._program = program
        self._root = root
        self._embedder = embedder
        self._size = size
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._workers: list[Worker] = []
        self._closing = False

    def __enter__(self) -> Pool:
        if not self._program:
            self._workers = kept().take(self._size)
        for worker in self._workers:
            self._idle.put(worker)
        while len(self._workers) < (self._size if self._full else 1):
            self._start()
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="indexer-worker")
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self._closing = True
        unwanted = failure is not None or not self._keep or bool(self._program)
        if unwanted:
            for worker in list(self._workers):
                worker.stop()
        self._threads.shutdown(cancel_futures=True)
        if not unwanted:
            kept().put(self._workers)

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
        worker = started(self._program or _PROGRAM)
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
            done: Analysed = worker.ask((self._root, part, self._embedder))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            if self._closing:
                self._idle.put(worker)  # the next in line fails as well: without a worker it would wait for ever
                return Analysed()
            worker.stop()
            self._workers.remove(worker)
            self._start()
            return None
        self._idle.put(worker)
        return done
