"""How a server begins and ends, what it keeps off the protocol, and what it never takes from the folder it is started in."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripted_ollama import scripted_ollama
from tests.support.wire import GHOST_TEXT, REPOSITORY, Wire, environment, running_server, scripted_config, write_config

QUIET = "[completion]\nenabled = false\n[index]\nenabled = false\n"
URI = "file:///nowhere/a.py"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": GHOST_TEXT},
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_config(tmp_path, QUIET)
    return tmp_path


async def test_it_ends_with_0_after_shutdown_and_exit(home: Path) -> None:
    async with running_server(home) as wire:
        await wire.initialize()
        assert await wire.quit() == 0


async def test_it_ends_with_1_after_exit_alone(home: Path) -> None:
    async with running_server(home) as wire:
        await wire.initialize()
        wire.notify("exit")
        assert await wire.ended() == 1


async def test_it_ends_when_its_standard_input_closes(home: Path) -> None:
    async with running_server(home) as wire:
        await wire.initialize()
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        assert await wire.ended() == 1


async def test_it_ends_when_it_is_told_to_by_a_signal(home: Path) -> None:
    async with running_server(home) as wire:
        await wire.initialize()
        wire.process.send_signal(signal.SIGTERM)
        assert await wire.ended() == 128 + signal.SIGTERM


async def test_it_ends_when_the_editor_is_gone(home: Path) -> None:
    """The pipe stays open, as it does where somebody else holds it: only the process id tells."""
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    async with running_server(home) as wire:
        await wire.initialize(process_id=editor.pid)
        editor.kill()
        await editor.wait()
        assert await wire.ended() == 1


async def test_an_editor_in_another_process_namespace_is_not_taken_for_dead(home: Path) -> None:
    async with running_server(home) as wire:
        await wire.initialize(process_id=2**22 + 1)
        await wire.command("hearth.status")


async def test_work_that_runs_is_answered_before_it_ends(tmp_path: Path) -> None:
    with scripted_ollama() as model:
        model.gate.clear()
        write_config(tmp_path, scripted_config(model.url))
        async with running_server(tmp_path) as wire:
            await wire.initialize()
            wire.open(URI, "x = ")
            number = wire.ask_ghost_text(URI, 0, 4)
            await asyncio.to_thread(model.wait_until_asked, 1)
            await wire.request("shutdown")
            assert (await wire.answer(number))["error"]["code"] == -32800
            wire.notify("exit")
            assert await wire.ended() == 0


ARGUMENTS = [["serve"], ["serve", "--stdio"], ["--stdio", "--clientProcessId=1"], ["serve", "--log-level", "debug"]]


@pytest.mark.parametrize("arguments", ARGUMENTS)
async def test_every_spelling_an_editor_uses_serves(home: Path, arguments: list[str]) -> None:
    async with running_server(home, *arguments, stderr=subprocess.DEVNULL) as wire:
        await wire.initialize()
        assert await wire.quit() == 0


WRONG_ARGUMENTS = [
    ["serve", "--port", "1"],
    ["serve", "--tcp", "0.0.0.0:0"],
    ["serve", "--tcp", "example.com:80"],
    ["serve", "--tcp", "x"],
]


@pytest.mark.parametrize("arguments", WRONG_ARGUMENTS)
def test_wrong_usage_is_2_and_says_why(home: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-P", "-m", "lsp_server", *arguments]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr.strip()


async def test_what_prints_to_standard_output_does_not_reach_the_editor(home: Path) -> None:
    """A library that prints, a C extension that writes to descriptor 1 and a child process that inherits it."""
    (home / "site").mkdir()
    (home / "site" / "sitecustomize.py").write_text(
        "import lsp_server.session as session, os, sys, subprocess\n"
        "old = session.Session.start\n"
        "def start(self, roots):\n"
        "    print('printed'); os.write(1, b'written'); sys.stdout.flush()\n"
        "    subprocess.run(['echo', 'echoed'])\n"
        "    old(self, roots)\n"
        "session.Session.start = start\n"
    )
    path = f"{home / 'site'}{os.pathsep}{REPOSITORY}"
    async with running_server(home, env={"PYTHONPATH": path}, stderr=asyncio.subprocess.PIPE) as wire:
        await wire.initialize()
        await wire.status("off")
        assert await wire.quit() == 0
        assert wire.not_json == []
        assert wire.process.stderr is not None
        said = await wire.process.stderr.read()
    assert all(word in said for word in (b"printed", b"written", b"echoed"))


async def test_nothing_is_imported_from_the_repository(tmp_path: Path) -> None:
    """Editors start servers inside the repository. Modules that lie there under the names of ours are not ours."""
    repository = tmp_path / "repository"
    repository.mkdir()
    mark = tmp_path / "imported"
    for name in ("httpx", "ollama", "json", "lancedb", "numpy", "indexer", "platformdirs", "sitecustomize"):
        (repository / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\nraise ImportError({name!r})\n")
    with scripted_ollama() as model:
        model.reply = lambda prompt: ["1"]
        write_config(tmp_path, scripted_config(model.url))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lsp_server"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=repository,
            env=environment(tmp_path),
        )
        wire = Wire(process)
        try:
            await wire.initialize(folders=[repository])
            await wire.status("ready")
            wire.open(URI, "x = ")
            assert await wire.ghost_text(URI, 0, 4) == "1"
            assert await wire.quit() == 0
        finally:
            await wire.close()
    assert not mark.exists(), mark.read_text()


async def test_tcp_serves_one_client_on_loopback(home: Path) -> None:
    process, port = await tcp_server(home)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(INITIALIZE)
    writer.write(f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    assert b'"hearth"' in await reader.readuntil(b'"jsonrpc": "2.0"}')
    writer.close()
    assert await asyncio.wait_for(process.wait(), 30) == 1


async def test_tcp_ends_when_it_is_told_to_before_anybody_came(home: Path) -> None:
    process, _ = await tcp_server(home)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 128 + signal.SIGTERM


def test_a_port_that_is_taken_is_said(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-P", "-m", "lsp_server", "serve", "--tcp", str(taken.getsockname()[1])]
        done = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "already in use" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_web_page_cannot_speak_to_the_tcp_server(home: Path) -> None:
    """A browser can be made to POST to a port of this machine; the body of that is no message."""
    process, port = await tcp_server(home)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(INITIALIZE)
    writer.write(f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    assert await asyncio.wait_for(process.wait(), 30) == 1


async def tcp_server(home: Path) -> tuple[asyncio.subprocess.Process, int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "lsp_server", "serve", "--tcp", "0"),
        stderr=subprocess.PIPE,
        env=environment(home),
    )
    assert process.stderr is not None
    said = await process.stderr.readline()
    return process, int(said.rsplit(b":", 1)[1])
