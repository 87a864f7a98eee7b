"""How soon the server answers `initialize`, against the one import it cannot do without, and what memory it holds.

    python -m tests.bench.startup [FOLDER]

Both times are taken in turn in one run, so that a busy machine slows them alike; what counts is their ratio. Memory is
the server process's own, with FOLDER (this repository) indexed, its vectors in memory and a search behind it; the model is
another process and not counted. Linux: `VmRSS`, shared pages included.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from pygls.protocol import default_converter
from pytest_lsp import client_capabilities

from tests.support.scripted_ollama import scripted_ollama
from tests.support.wire import GHOST_TEXT, PATIENCE_S, REPOSITORY, environment, running_server, scripted_config, write_config

ROUNDS = 7
LIMIT = 1.3
MEMORY_LIMIT_MB = 250


def main() -> int:
    """Print the table; 1 where a limit is passed."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPOSITORY
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        imports, answers = _in_turn(lambda: _seconds_to_import(home), lambda: _seconds_to_initialize(home))
        empty, full, what = asyncio.run(_memory(home, folder))
    ratio = statistics.median(answers) / statistics.median(imports)
    print(f"import pygls.lsp.server      {1000 * statistics.median(imports):7.0f} ms   (median of {ROUNDS})")
    print(f"initialize answered          {1000 * statistics.median(answers):7.0f} ms   (median of {ROUNDS})")
    print(f"ratio                        {ratio:7.2f}      (limit {LIMIT})")
    print(f"memory, nothing indexed      {empty:7.0f} MB")
    print(f"memory, {what:<21}{full:7.0f} MB   (limit {MEMORY_LIMIT_MB})")
    return int(ratio > LIMIT or full > MEMORY_LIMIT_MB)


def _in_turn(one: Callable[[], float], other: Callable[[], float]) -> tuple[list[float], list[float]]:
    one(), other()  # the first of each finds a cold disk
    pairs = [(one(), other()) for _ in range(ROUNDS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _seconds_to_import(home: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pygls.lsp.server"], env=environment(home), check=True)
    return time.perf_counter() - started


def _seconds_to_initialize(home: Path) -> float:
    """From the start of the process to the last byte of the answer, as an editor of many capabilities asks."""
    capabilities = default_converter().unstructure(client_capabilities("visual-studio-code"))
    params = {"processId": None, "rootUri": None, "capabilities": capabilities}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
    started = time.perf_counter()
    command = [sys.executable, "-P", "-m", "lsp_server", "--stdio"]
    process = subprocess.Popen(command, env=environment(home), cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.stdin.flush()
    length = 0
    while line := process.stdout.readline().strip():
        length = int(line.split(b":")[1])
    process.stdout.read(length)
    seconds = time.perf_counter() - started
    process.kill()
    process.communicate()
    return seconds


async def _memory(home: Path, folder: Path) -> tuple[float, float, str]:
    """Megabytes after `initialize`, and with an index open and asked."""
    with scripted_ollama() as model:
        model.reply = lambda prompt: ["1"]
        config = scripted_config(model.url, context_budget_ms=2000)
        write_config(home, config)
        async with running_server(home) as wire:
            await wire.initialize(GHOST_TEXT)
            await wire.status("ready")
            empty = _resident(wire.process.pid)
        write_config(home, config.replace("[index]\nenabled = false\n", ""))
        async with running_server(home) as wire:
            await wire.initialize(GHOST_TEXT, folders=[folder])
            async with asyncio.timeout(20 * PATIENCE_S):
                while True:
                    (state,) = (await wire.command("hearth.status"))["folders"] or [{"phase": ""}]
                    if state["phase"] == "ready":
                        break
                    await asyncio.sleep(0.2)
            uri = (folder / "new.py").as_uri()
            wire.open(uri, "reader = IndexReader.open(")
            await wire.ghost_text(uri, 0, 26, kind=1)
            return empty, _resident(wire.process.pid), f"{state['chunks']:,} chunks"


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


if __name__ == "__main__":
    sys.exit(main())
