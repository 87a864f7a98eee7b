"""Cutting a stream into messages, and finding the way back after what was no message."""

from __future__ import annotations

import pytest

from lsp_server.framing import MAX_BODY_BYTES, Frames, Garbage

BODY = b'{"jsonrpc": "2.0"}'
FRAME = b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def bodies(frames: Frames, data: bytes) -> list[bytes]:
    return [frame for frame in frames.feed(data) if isinstance(frame, bytes)]


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.replace(b"\r\n", b"\n"),
        FRAME.replace(b"Content-Length", b"content-length"),
        FRAME.replace(b"h: ", b"h:\t"),
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n" + FRAME,
        FRAME.replace(b"\r\n\r\n", b"\r\nContent-Type: x\r\n\r\n"),
    ],
)
def test_every_spelling_of_a_header_is_read(frame: bytes) -> None:
    assert bodies(Frames(), frame * 3) == [BODY] * 3


def test_pieces_of_any_size_come_to_the_same() -> None:
    stream = FRAME * 4
    for size in (1, 2, 3, 7, 20, len(stream)):
        frames = Frames()
        found = [body for at in range(0, len(stream), size) for body in bodies(frames, stream[at : at + size])]
        assert found == [BODY] * 4


def test_a_body_may_hold_anything_even_headers() -> None:
    body = b"\r\n\r\nContent-Length: 3\r\n\r\nabc\0\xff"
    assert bodies(Frames(), b"Content-Length: %d\r\n\r\n%s" % (len(body), body) + FRAME) == [body, BODY]


BEFORE_A_GOOD_FRAME = {
    "words": b"hello there\r\n\r\n",
    "words without an end of line": b"hello there",
    "a length that is none": b"Content-Length: many\r\n\r\n",
    "a length below zero": b"Content-Length: -1\r\n\r\n",
    "a length beyond all": b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
    "a body and no header": BODY,
    "the rest of a body that was longer than announced": b"Content-Length: 2\r\n\r\n{}" + BODY,
    "a header that is never ended, then the next": b"Content-Length: 5\r\n",
    "zeros": b"\0" * 50_000 + b"\n",
}


@pytest.mark.parametrize("junk", BEFORE_A_GOOD_FRAME.values(), ids=BEFORE_A_GOOD_FRAME)
def test_the_next_good_frame_is_found(junk: bytes) -> None:
    assert bodies(Frames(), junk + FRAME + FRAME)[-2:] == [BODY, BODY]


def test_garbage_is_reported_once_a_stretch_and_never_quoted() -> None:
    frames = Frames()
    found = list(frames.feed(b"secret\r\nsecret\r\n" * 50 + FRAME + b"secret\r\n" + FRAME))
    assert [type(one) for one in found] == [Garbage, bytes, Garbage, bytes]
    assert not any(isinstance(one, Garbage) and "secret" in one.reason for one in found)


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    frames = Frames()
    for _ in range(1000):
        list(frames.feed(b"x" * 100_000))
    assert len(frames._buffer) < 200_000


def test_messages_swallowed_by_a_length_too_large_are_given_back() -> None:
    frames = Frames()
    too_large = b"Content-Length: %d\r\n\r\n%s" % (len(BODY) + len(FRAME) + 5, BODY)
    swallowed = next(frames.feed(too_large + FRAME + FRAME))
    assert isinstance(swallowed, bytes)
    assert frames.recover(swallowed)
    assert bodies(frames, b"") == [BODY, BODY]
    assert not Frames().recover(b"{ no header in here")
