"""What no client should send, sent to the real server over its real pipe: each costs one message, never the server its life."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.wire import Wire, running_server, write_config

URI = "file:///nowhere/a.py"
QUIET = "[completion]\nenabled = false\n[index]\nenabled = false\n"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    """One for all tests of this file: what one of them sends must not be felt by the next."""
    home = tmp_path_factory.mktemp("home")
    write_config(home, QUIET)
    async with running_server(home) as wire:
        await wire.initialize()
        yield wire
        assert await wire.quit() == 0


@pytest.fixture
def wire(one_server: Wire) -> Wire:
    one_server.answers.clear()
    return one_server


async def still_serves(wire: Wire) -> None:
    status = await wire.command("hearth.status")
    assert status["status"]["state"] == "off"


BROKEN_STREAMS = {
    "a length that is no number": b"Content-Length: abc\r\n\r\n{}",
    "a negative length": b"Content-Length: -5\r\n\r\n{}",
    "a length without end": b"Content-Length: 99999999999999999999\r\n\r\n{}",
    "a length of 300 GB": b"Content-Length: 300000000000\r\n\r\n{}",
    "no length at all": b"Content-Type: application/json\r\n\r\n{}\r\n",
    "words": b"hello?\r\n\r\nis anybody there\r\n",
    "an HTTP request": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "zeros": b"\0" * 100_000,
    "bytes that are no UTF-8": bytes(range(128, 256)) + b"\r\n",
    "a header of another case, which is allowed": b"content-length: 2\n\n{}",
    "a body shorter than the message": b'Content-Length: 5\r\n\r\n{"jsonrpc": "2.0", "method": "x"}',
    "a length of zero": b"Content-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("data", BROKEN_STREAMS.values(), ids=BROKEN_STREAMS)
async def test_a_broken_stream_is_left_behind(wire: Wire, data: bytes) -> None:
    wire.send_bytes(data)
    await still_serves(wire)


async def test_a_length_that_is_too_large_costs_only_its_own_message(wire: Wire) -> None:
    body = b'{"jsonrpc": "2.0", "method": "$/nothing"}'
    wire.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body) + 200, body))
    numbers = [wire.ask("hearth/nothing") for _ in range(5)]
    for number in numbers:
        assert (await wire.answer(number))["error"]["code"] == -32601
    await still_serves(wire)


BROKEN_BODIES: dict[str, tuple[Any, int]] = {
    "half a message": (b'{"jsonrpc": "2.0", "id":', -32700),
    "not UTF-8": (b'{"jsonrpc": "2.0", "method": "\xff\xfe"}', -32700),
    "too deep": (b"[" * 200_000, -32700),
    "a list": (b"[]", -32600),
    "a word": (b'"hello"', -32600),
    "an empty object": (b"{}", -32600),
    "an id that is an object": (b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}', -32600),
    "an id that is true": (b'{"jsonrpc": "2.0", "id": true, "method": "shutdown"}', -32600),
    "an id that is null": (b'{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', -32600),
}


@pytest.mark.parametrize(("body", "code"), BROKEN_BODIES.values(), ids=BROKEN_BODIES)
async def test_a_broken_body_is_answered_as_far_as_it_can_be(wire: Wire, body: bytes, code: int) -> None:
    wire.send_body(body)
    answer = await wire.answer(None)
    assert answer["error"]["code"] == code
    assert "id" in answer, "JSON-RPC 2.0 wants null where the id cannot be known"
    await still_serves(wire)


POSITION = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}, "context": {"triggerKind": 2}}

BROKEN_REQUESTS: dict[str, tuple[dict[str, Any], int]] = {
    "an unknown method": ({"method": "textDocument/teleport", "params": {}}, -32601),
    "an unknown method without params": ({"method": "hearth/nothing"}, -32601),
    "an unknown method of the $/ kind": ({"method": "$/hearth"}, -32601),
    "a method that is a number": ({"method": 7, "params": {}}, -32600),
    "another version of JSON-RPC": ({"jsonrpc": "1.0", "method": "shutdown"}, -32600),
    "no params": ({"method": "textDocument/inlineCompletion"}, -32602),
    "params that are a list": ({"method": "textDocument/inlineCompletion", "params": [1, 2]}, -32602),
    "params that are null": ({"method": "textDocument/inlineCompletion", "params": None}, -32602),
    "a line that is text": (
        {"method": "textDocument/inlineCompletion", "params": {**POSITION, "position": {"line": "first", "character": 0}}},
        -32602,
    ),
    "a line below zero": (
        {"method": "textDocument/inlineCompletion", "params": {**POSITION, "position": {"line": -1, "character": 0}}},
        -32602,
    ),
    "an unknown trigger kind": (
        {"method": "textDocument/inlineCompletion", "params": {**POSITION, "context": {"triggerKind": 9}}},
        -32602,
    ),
    "a document that is no document": (
        {"method": "textDocument/inlineCompletion", "params": {**POSITION, "textDocument": None}},
        -32602,
    ),
    "an unknown command": ({"method": "workspace/executeCommand", "params": {"command": "rm -rf"}}, -32602),
    "a command without its argument": (
        {"method": "workspace/executeCommand", "params": {"command": "hearth.accepted", "arguments": []}},
        -32602,
    ),
    "a second initialize": (
        {"method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        -32600,
    ),
}


@pytest.mark.parametrize(("message", "code"), BROKEN_REQUESTS.values(), ids=BROKEN_REQUESTS)
async def test_a_broken_request_is_answered_once(wire: Wire, message: dict[str, Any], code: int) -> None:
    wire.send({"jsonrpc": "2.0", "id": "broken", **message})
    answer = await wire.answer("broken")
    assert answer["error"]["code"] == code
    await still_serves(wire)
    assert len(wire.answers["broken"]) == 1


BROKEN_NOTIFICATIONS: dict[str, dict[str, Any]] = {
    "a change of a document that is not open": {
        "method": "textDocument/didChange",
        "params": {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": "x"}]},
    },
    "a change without changes": {"method": "textDocument/didChange", "params": {"textDocument": {"uri": URI}}},
    "closing what is not open": {"method": "textDocument/didClose", "params": {"textDocument": {"uri": URI}}},
    "saving what is not open": {"method": "textDocument/didSave", "params": {"textDocument": {"uri": "untitled:1"}}},
    "opening a number": {"method": "textDocument/didOpen", "params": {"textDocument": 5}},
    "cancelling a request that never was": {"method": "$/cancelRequest", "params": {"id": 4711}},
    "cancelling nothing": {"method": "$/cancelRequest"},
    "cancelling an object": {"method": "$/cancelRequest", "params": {"id": {"a": 1}}},
    "an unknown notification": {"method": "textDocument/didDream", "params": {}},
    "settings that are a word": {"method": "workspace/didChangeConfiguration", "params": {"settings": "fast"}},
    "folders that are words": {"method": "workspace/didChangeWorkspaceFolders", "params": {"event": "yes"}},
    "cancelling an unknown progress": {"method": "window/workDoneProgress/cancel", "params": {"token": "x"}},
}


@pytest.mark.parametrize("message", BROKEN_NOTIFICATIONS.values(), ids=BROKEN_NOTIFICATIONS)
async def test_a_broken_notification_is_passed_over(wire: Wire, message: dict[str, Any]) -> None:
    wire.send({"jsonrpc": "2.0", **message})
    await still_serves(wire)


async def test_answers_to_questions_that_were_never_asked_are_passed_over(wire: Wire) -> None:
    wire.send({"jsonrpc": "2.0", "id": 99, "result": {"a": 1}})
    wire.send({"jsonrpc": "2.0", "id": "hearth-99", "error": {"code": -1, "message": "no"}})
    await still_serves(wire)


async def test_an_unknown_document_gets_null(wire: Wire) -> None:
    assert await wire.request("textDocument/inlineCompletion", POSITION) is None


async def test_words_inside_params_that_look_like_a_message_are_data(wire: Wire) -> None:
    inner = {"jsonrpc": "2.0", "id": 1, "method": "shutdown"}
    answer = await wire.answer(wire.ask("workspace/executeCommand", {"command": "hearth.clearCache", "arguments": [inner]}))
    assert answer["result"] is None
    await still_serves(wire)


async def test_before_initialize_only_initialize_is_served(tmp_path: Path) -> None:
    async with running_server(tmp_path) as wire:
        early = await wire.answer(wire.ask("textDocument/inlineCompletion", POSITION))
        assert early["error"]["code"] == -32002
        wire.open(URI, "x = 1\n")
        await wire.initialize()
        assert await wire.request("textDocument/inlineCompletion", POSITION) is None


async def test_after_shutdown_requests_are_refused_and_exit_ends(tmp_path: Path) -> None:
    write_config(tmp_path, QUIET)
    async with running_server(tmp_path) as wire:
        await wire.initialize()
        await wire.request("shutdown")
        late = await wire.answer(wire.ask("textDocument/inlineCompletion", POSITION))
        assert late["error"]["code"] == -32600
        assert (await wire.answer(wire.ask("shutdown")))["error"]["code"] == -32600
        wire.open(URI, "x = 1\n")
        wire.notify("exit")
        assert await wire.ended() == 0


async def test_everything_in_one_packet_and_byte_by_byte(wire: Wire) -> None:
    body = json.dumps(
        {"jsonrpc": "2.0", "id": "slow", "method": "workspace/executeCommand", "params": {"command": "hearth.clearCache"}}
    )
    message = f"Content-Length: {len(body)}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{body}".encode()
    for at in range(len(message)):
        wire.send_bytes(message[at : at + 1])
    assert (await wire.answer("slow"))["result"] is None
    wire.send_bytes(b"".join(message.replace(b'"slow"', b'"f%03d"' % number) for number in range(50)))
    for number in range(50):
        assert (await wire.answer(f"f{number:03d}"))["result"] is None
