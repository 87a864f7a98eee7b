"""The child process that runs llama.cpp: one model, served on a loopback port of its own. Knows no editor and no settings.

A process apart, so that a model file which crashes llama.cpp ends this process and not the language server, and so that
unloading really gives the memory back. It speaks with its parent over pipes: one line of JSON in (what to load), one line
out (`{"url": ...}` or `{"error": ...}`), and it ends when its input closes, however its parent ended.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

CONTEXT_TOKENS = 8192
"""Room for a prompt and its answer. The cache of a 1.5B model takes some 230 MB at this size."""

BATCH_TOKENS = 256
"""A closed request is noticed at the end of a batch: with the default of 2,048 tokens that took 24 s on two cores."""

CACHE_MIB = 512
"""For prompts that another one displaced: they come back whole (2,159 of 2,160 tokens). llama.cpp's default is 8,192."""


def threads() -> int:
    """Half of the processors: one thread a core where each core shows as two, and the rest for the editor and the indexer.

    Threads of llama.cpp wait for each other at every layer, so one that has no processor stops them all: with both of two
    busy cores taken, 28 tokens a second were read and 3 written; with one, 140 and 49.
    """
    return max(1, len(os.sched_getaffinity(0)) // 2 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) // 2)


def main() -> int:
    """Load, announce, wait for the end of input. 1 when the model cannot be loaded."""
    # stdout carries exactly one line; whatever a library prints goes with the log.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        os.dup2(log.fileno(), 1)
        try:
            server = _load(request["path"], request["key"], request["context_tokens"])
            told = {"url": server.listening_address}
        except Exception as error:  # noqa: BLE001  a C++ exception arrives as any kind; the parent gets the reason
            log.seek(0)
            told = {"error": _reason(log.read().decode(errors="replace")) or str(error)}
    # From here on nobody reads the log, and a pipe that nobody reads would stop the runner.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    print(json.dumps(told), file=answer, flush=True)
    if "error" in told:
        return 1
    sys.stdin.read()
    # Not an orderly end: a generation may be running, nothing needs saving, and llama.cpp waits for it.
    os._exit(0)


def _load(path: str, key: str, context_tokens: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]  # other users of this machine must not read prompts from the port
    params.ui = params.endpoint_slots = params.endpoint_metrics = False
    params.offline = True
    params.n_ctx = context_tokens
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    params.enable_reasoning = 0  # a chat wants the answer; thinking aloud on a slow processor takes minutes
    # One slot: with two, whichever idles loses its cache to the other; with one, the displaced prompt is kept in memory.
    params.n_parallel = 1
    params.cache_ram_mib = CACHE_MIB
    # A sliding window kept whole: Gemma reuses its cache after a change in the middle (1,171 of 1,440 tokens instead of 0).
    params.swa_full = True
    return xllamacpp.Server(params)


def _reason(log: str) -> str:
    """The error that llama.cpp logged, without its time stamp: the one about loading, else the first."""
    errors = [said.strip() for _, error, said in (line.partition(" E ") for line in log.splitlines()) if error]
    loading = [said.partition("error loading model: ")[2] for said in errors]
    return next(filter(None, [*loading, *errors]), "")


if __name__ == "__main__":
    sys.exit(main())
