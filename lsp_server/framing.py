"""Cut a stream of bytes into JSON-RPC message bodies. Pure: it reads no pipe and knows nothing of what the bodies say.

The base protocol of LSP (3.18, "Header Part") is a few header lines, an empty line, and `Content-Length` bytes of body.
A client that gets one of these wrong must cost itself one message, never the server its life, so this parser looks for the
next header that makes sense and goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BODY_BYTES = 256 * 1024 * 1024
"""No document that an editor opens comes near this; a larger number is a broken header, and would be waited for in vain."""

MAX_HEADER_BYTES = 8 * 1024
"""Header lines are some thirty bytes. Longer ones are the body of a message whose header was broken."""

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE)
_OTHER_FIELD = re.compile(rb"(?!content-length)[a-z][a-z0-9-]*[ \t]*:", re.IGNORECASE)
_EMBEDDED = re.compile(rb"content-length[ \t]*:[ \t]*\d{1,12}[ \t]*\r?\n(?:content-type[^\n]*\n)?\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no header. `reason` is for the log and holds none of them: they may be somebody's code."""

    reason: str


class Frames:
    """A parser that keeps what it has not understood yet; feed it bytes as they come, in pieces of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._in_body = False
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | Garbage]:
        """The bodies that are complete now, in order, and one `Garbage` for each stretch that is none."""
        self._buffer += data
        while True:
            if self._in_body:
                body = self._take_body()
                if body is None:
                    return
                yield body
                continue
            line = self._take_line()
            if line is None:
                if len(self._buffer) > MAX_HEADER_BYTES:
                    # The end of it may be the start of a header: keep as much as one can be.
                    del self._buffer[:-128]
                    if not self._skipping:
                        self._skipping = True
                        yield Garbage("a header line without an end")
                return
            found = self._read_header_line(line)
            if found is not None:
                yield found

    def recover(self, body: bytes) -> bool:
        """Give back a body that was no JSON: where its length was too large it holds the next messages, header and all.

        To be called before the iterator that gave the body is asked for more. True when there was such a header: then leave
        that iterator, and go on with a new `feed`.
        """
        header = _EMBEDDED.search(body)
        if header is None:
            return False
        self._buffer[:0] = body[header.start() :]
        return True

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _take_body(self) -> bytes | None:
        length = self._length or 0
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._length, self._in_body = None, False
        return body

    def _read_header_line(self, line: bytes) -> Garbage | None:
        """Take one line of a header in; says what was wrong with it the first time that something is."""
        if not line.strip():
            if self._length is not None:
                self._in_body, self._skipping = True, False
            return None
        # At the end of the line, wherever it starts: the rest of a body that was longer than announced may stand before it.
        found = _LENGTH.search(line)
        if found is not None and int(found[1]) <= MAX_BODY_BYTES:
            self._length = int(found[1])
            return None
        if self._skipping or _OTHER_FIELD.match(line):
            return None
        self._skipping = True
        return Garbage("a line that is no header, or a length that cannot be")
