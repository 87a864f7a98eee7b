"""Start a private Ollama on a free loopback port, wait for it, stop it with everything it started."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.cache import cache_folder, one_at_a_time
from tests.support.ollama import build, models

_ONE_TOKEN = {"num_predict": 1}

_PATIENCE = 60.0
"""Seconds a started server may take to answer; it takes one on an idle machine."""


@dataclass
class Instance:
    """A running Ollama. `log` is its output, where loads of a model can be counted."""

    url: str
    version: str
    log: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> Any:
        """The JSON answer of a GET."""
        with urlopen(self.url + path, timeout=_PATIENCE) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any], *, empty: bool = False) -> Any:
        """The JSON answer of a POST; send `"stream": false` for one object, say `empty` where no answer is to come."""
        with urlopen(Request(self.url + path, json.dumps(body).encode()), timeout=_PATIENCE) as answer:
            return None if empty else json.load(answer)

    def lines(self, path: str, body: Mapping[str, Any]) -> list[bytes]:
        """The lines of a streamed answer to a POST."""
        with urlopen(Request(self.url + path, json.dumps(body).encode()), timeout=_PATIENCE) as answer:
            return list(answer)

    def delete(self, name: str) -> None:
        """Take a model out."""
        body = json.dumps({"model": name}).encode()
        with urlopen(Request(self.url + "/api/delete", body, method="DELETE"), timeout=_PATIENCE):
            pass

    def names(self) -> frozenset[str]:
        """The models in it."""
        return frozenset(one["name"] for one in self.get("/api/tags")["models"])

    def free(self) -> None:
        """Load anew what waits for a reader that has gone (ollama#17131): one test must not take the model from others."""
        for name in [one["name"] for one in self.get("/api/ps")["models"] if one["name"] != models.MINILM]:
            try:
                self.post("/api/generate", {"model": name, "prompt": "x", "stream": False, "raw": True, "options": _ONE_TOKEN})
            except TimeoutError:
                print(f"{name} was stuck and is loaded anew.", file=sys.stderr)
                self.post("/api/generate", {"model": name, "keep_alive": 0}, empty=True)

    def stop(self) -> None:
        """End the whole process group: the server and the runners it started."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(timeout=10)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()


def start(**environment: str) -> Instance:
    """An instance with every model of `models.MODELS`. More environment (`OLLAMA_NUM_PARALLEL="2"`) may be given.

    Raises `build.OllamaUnavailable` where there is no Ollama and no way to build one, and ModelError where the models'
    weights cannot be fetched.
    """
    program = build.binary()
    instance = _launch(program, environment)
    try:
        with one_at_a_time("ollama-models"):
            models.create(program, instance.url, instance.names())
    except BaseException:
        instance.stop()
        raise
    return instance


def start_empty(folder: Path, **environment: str) -> Instance:
    """An instance that has no model yet; what it is given lies in `folder`. Raises as `start` does."""
    return _launch(build.binary(), {"OLLAMA_MODELS": str(folder), **environment})


def models_folder() -> Path:
    """Where the models of `models.MODELS` lie, as Ollama keeps them."""
    return cache_folder("ollama", build.version(build.binary()), f"models-{models.fingerprint()}")


def _launch(program: Path, more: Mapping[str, str]) -> Instance:
    version = build.version(program)
    home = cache_folder("ollama", version, "home")
    port = _free_port()
    log = cache_folder("ollama", version, "logs") / f"{port}.log"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("OLLAMA_")},
        "HOME": str(home),  # it writes a key pair there; the user's own is not ours to touch
        "OLLAMA_HOST": f"127.0.0.1:{port}",
        "OLLAMA_MODELS": str(models_folder()),
        "OLLAMA_NO_CLOUD": "1",
        "OLLAMA_NOPRUNE": "1",  # another instance may be writing to the same folder
        **more,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    instance = Instance(f"http://127.0.0.1:{port}", version, log, process)
    _wait_until_it_answers(instance)
    return instance


def _end_with_parent() -> None:
    """In the child: have the kernel end it when the test run is killed, which runs no fixture's end. Linux knows how."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


_LIBC = ctypes.CDLL(None)  # loaded before the fork: between fork and exec a child should load nothing
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _wait_until_it_answers(instance: Instance) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            instance.get("/api/version")
        except (URLError, OSError):
            if instance.process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
                continue
            instance.stop()
            tail = "\n".join(instance.log.read_text(errors="replace").splitlines()[-5:])
            raise RuntimeError(f"Ollama did not start:\n{tail}") from None
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
