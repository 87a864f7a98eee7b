"""A network that ends at this machine: a Linux network namespace with nothing in it but loopback. Knows no test."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.cache import ROOT
from tests.support.not_run import cannot_run

ELSEWHERE = ("192.0.2.1", 443)
"""TEST-NET-1, an address that no machine has (RFC 5737)."""

_IN = ("unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def run_closed(module: str, *arguments: str, timeout_s: float = 420) -> dict[str, Any]:
    """Run `python -m MODULE ARGUMENTS` where nothing but this machine can be reached; the JSON of its last line.

    The test that calls this is reported as not run where no such namespace can be had. What the program starts is inside too.
    """
    if not shutil.which("unshare") or not shutil.which("ip"):
        cannot_run("no `unshare` or no `ip`, so no network can be closed")
    if subprocess.run([*_IN, "true"], capture_output=True, check=False).returncode:
        cannot_run("this user may not make a network namespace")
    command = [*_IN, sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


class Watch:
    """Counts, from inside, what anybody in the namespace tried to send to somewhere else."""

    def __init__(self) -> None:
        before = _without_route()
        with socket.socket() as probe:
            self.closed = probe.connect_ex(ELSEWHERE) != 0
        self.interfaces = [name for _, name in socket.if_nameindex()]
        self.counts = _without_route() > before
        """Whether the kernel counted our own attempt: a counter that sees nothing would prove nothing."""
        self._start = _without_route()

    def tried(self) -> int:
        """Attempts since the beginning to connect or send beyond this machine: name servers count as well."""
        return _without_route() - self._start


def _without_route() -> int:
    """What the kernel could not send because no way leads there (`OutNoRoutes` of RFC 4293)."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text(encoding="ascii").splitlines() if line.startswith("Ip:")]
    return int(dict(zip(*rows, strict=True))["OutNoRoutes"])
