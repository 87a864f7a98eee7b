"""Worker processes: started, asked, kept between two builds, ended. Knows nothing of what a worker is asked.

A worker reads from a pipe and ends when that closes: whatever kills the parent, no worker outlives it. Where the parent has one
thread, a worker is a fork of it, ready in 5 ms with all that is loaded; elsewhere a fork could inherit a lock that nobody
frees, and a worker is a fresh interpreter, ready in 0.2 s (docs/decisions/0016-workers-are-kept.md).
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

KEPT_S = 20.0
"""A worker nobody needs ends after this: 40 MB that a next build of the same process would have used by then."""

MARGIN_S = 5.0
"""So much earlier the parent takes a kept worker for gone, because a job must not cross its end."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""There is a worker for each core already: with threads of numpy's own the embedding took five times as long."""

LENGTH_BYTES = 8
"""In front of what a worker is told. A reader with a buffer would not do: it takes a rest and the job behind it in one, and
then waits for a job that it has."""

Answer = Callable[[Any], object]


class Worker:
    """One process, asked one thing at a time."""

    def __init__(self, process: int, said: IO[bytes], listening: IO[bytes], fresh: subprocess.Popen[bytes] | None) -> None:
        self.process = process
        self._said = said
        self._listening = listening
        self._fresh = fresh
        self._watcher: threading.Thread | None = None
        self._ending = threading.Lock()  # its number is another process's as soon as somebody has waited for its end
        self._ended = False
        self.rests_since = 0.0

    def ask(self, job: object) -> Any:
        """What it answers. Raises EOFError, OSError, ValueError or UnpicklingError where it has ended."""
        self._tell(job)
        return pickle.load(self._said)  # noqa: S301 -- our own worker's pipe

    def rest(self) -> None:
        """Let it end by itself unless it is asked again before `KEPT_S` are over. Raises OSError where it has ended."""
        self._tell(KEPT_S)
        self.rests_since = time.monotonic()

    def _tell(self, job: object) -> None:
        data = pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)
        self._listening.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
        self._listening.flush()

    def stop(self) -> None:
        """End it at once: whatever it is doing is not wanted any more."""
        with self._ending:
            if not self._ended:
                with suppress(ProcessLookupError):
                    os.kill(self.process, signal.SIGKILL)
                self._reap()
        self.forget()
        if self._watcher is not None:
            self._watcher.join()

    def watch(self) -> None:
        """Have a thread wait for its end, because an ended process stays in the system's table until somebody has."""
        if self._watcher is None and hasattr(os, "waitid"):
            self._watcher = threading.Thread(target=self._wait_for_its_end, daemon=True, name="indexer-worker-end")
            self._watcher.start()

    def _wait_for_its_end(self) -> None:
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOWAIT)
        with self._ending:
            if not self._ended:
                self._reap()

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # a program of its own waits for all of its children
            self._fresh.wait() if self._fresh else os.waitpid(self.process, 0)
        self._ended = True

    def forget(self) -> None:
        """Close our ends of its pipes."""
        for pipe in (self._said, self._listening):
            with suppress(OSError):  # it died with our words in the pipe
                pipe.close()


def can_fork() -> bool:
    """Whether this process has one thread, as far as can be seen (on Linux)."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def forked(answer: Answer) -> Worker:
    """A worker that is a copy of this process and answers by `answer`. Only where `can_fork` says so."""
    hears, listening = os.pipe()
    said, speaks = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            _leave_the_parent(hears, speaks)
            serve(answer)
        finally:
            os._exit(1)  # whatever happens, not on in the frames of the parent
    os.close(hears)
    os.close(speaks)
    return Worker(process, os.fdopen(said, "rb"), os.fdopen(listening, "wb"), None)


def started(program: str) -> Worker:
    """A worker that is a fresh interpreter and runs a program, which calls `serve`."""
    # -P keeps the current directory, which may be the repository, out of the import path.
    process = subprocess.Popen(  # noqa: S603 -- this interpreter, with our own program
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": _python_path()},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    return Worker(process.pid, process.stdout, process.stdin, process)


def serve(answer: Answer) -> None:
    """A worker's life: jobs in on descriptor 0, answers out on 1, until 0 closes. A job that is a float is a rest of so many
    seconds; it ends if they pass without another job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: it is the parent's to end us
    outgoing = os.fdopen(1, "wb", closefd=False)
    patience: float | None = None
    while True:
        if patience is not None and not select.select([0], [], [], patience)[0]:
            os._exit(0)
        job = pickle.loads(_read(int.from_bytes(_read(LENGTH_BYTES), "big")))  # noqa: S301 -- no one but the parent can write to it
        patience = job if isinstance(job, float) else None
        if patience is not None:
            continue
        try:
            pickle.dump(answer(job), outgoing, protocol=pickle.HIGHEST_PROTOCOL)
            outgoing.flush()
        except BrokenPipeError:  # the parent was killed: nobody waits for this
            os._exit(1)


def _read(size: int) -> bytes:
    """So many bytes of descriptor 0. Ends the process where there are no more: the parent is gone, or wants nothing."""
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


class Kept:
    """Workers that rest between two builds of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[Worker] = []

    def __bool__(self) -> bool:
        return any(map(_is_fresh, self._workers))

    def put(self, workers: Iterable[Worker]) -> None:
        """Keep workers that wait for a job."""
        for worker in workers:
            try:
                worker.rest()
            except OSError:
                worker.stop()
                continue
            worker.watch()
            with self._lock:
                self._workers.append(worker)

    def take(self, most: int) -> list[Worker]:
        """Up to so many that are still there; those that have rested too long are ended."""
        with self._lock:
            found, self._workers = self._workers, []
            taken = [worker for worker in found if _is_fresh(worker)][:most]
            self._workers = [worker for worker in found if _is_fresh(worker) and worker not in taken]
        for worker in found:
            if worker not in taken and worker not in self._workers:
                worker.stop()
        return taken

    def stop(self) -> None:
        """End all."""
        with self._lock:
            found, self._workers = self._workers, []
        for worker in found:
            worker.stop()

    def disown(self) -> None:
        """In a fork of this process: they are the parent's."""
        self._lock = threading.Lock()
        found, self._workers = self._workers, []
        for worker in found:
            worker.forget()


@cache
def kept() -> Kept:
    """Those of this process. They end with it, or after `KEPT_S`."""
    workers = Kept()
    atexit.register(workers.stop)
    os.register_at_fork(after_in_child=workers.disown)
    return workers


def _is_fresh(worker: Worker) -> bool:
    return time.monotonic() - worker.rests_since < KEPT_S - MARGIN_S


def _leave_the_parent(hears: int, speaks: int) -> None:
    """Keep nothing of the parent's but its memory and its standard error: neither its lock, nor its pipes."""
    gc.freeze()  # nothing of the parent's is taken apart here, which would write to its memory and close its descriptors
    signal.set_wakeup_fd(-1)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    hears, speaks = (fcntl.fcntl(one, fcntl.F_DUPFD, 3) for one in (hears, speaks))
    os.dup2(hears, 0)
    os.dup2(speaks, 1)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _python_path() -> str:
    """Where a fresh interpreter finds this package, installed or not."""
    ours = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH")]))
