"""Bytes of a file -> its text, or the reason why it is left out. Pure: the bytes are handed in.

The reasons are keys of `walk.SKIP_REASONS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.credentials import redacted

SNIFFED_BYTES = 8192
"""A NUL in the first 8 KiB makes a file binary, as git has it (`buffer_is_binary`)."""

GENERATED_HEAD = 1500
"""Characters in which a program that writes files says so."""

MINIFIED_MEAN = 400
"""Characters a line on average beyond which nobody wrote it: the widest hand-written files of the standard library have 80."""

MINIFIED_LINE = 20_000
"""One such line is data or the output of a bundler, whatever stands around it."""

MINIFIED_BYTES = 4096
"""Below this a file of long lines is a short file, not a minified one."""

_GENERATED = re.compile(
    r"""^[ \t]*(?://|\#|/?\*|--|;|%|<!--|["']{3})  # a comment that says
    .{0,120}?(?:
        code\ generated\ .{0,80}do\ not\ edit | @generated\b | <auto-?generated
      | \b(?:file|code|module)\ (?:is|was|has\ been)\ (?:auto-?|automatically\ |machine-?)\ ?generated\b
      | \b(?:auto-?|automatically\ )generated\ (?:by|from|file)\b
      | generated\ (?:by\ the\ protocol\ buffer\ compiler|automatically\ by|by\ GNU\ Autoconf)
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

_PRIVATE_KEY = re.compile(r"\A\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY|\A-----BEGIN CERTIFICATE|\APuTTY-User-Key-File", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's text, or the `reason` it has none; `message` is a sentence for the user, empty when all is ordinary.

    `credentials` were in the text and have a placeholder in their place; its lines are where they were.
    """

    text: str = ""
    reason: str = ""
    message: str = ""
    credentials: int = 0


def read(data: bytes, path: str, *, prose: bool = False) -> Reading:
    """Decode a file and judge it. `prose` is not expected to break its lines."""
    if not data or data.isspace():
        return Reading(reason="empty")
    text, message = _decoded(data, path)
    if text is None:
        return Reading(reason="binary")
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    if _PRIVATE_KEY.match(text):
        return Reading(reason="secret")
    if _minified(text, prose=prose):
        return Reading(reason="minified")
    head = text[:GENERATED_HEAD]
    if not prose and "generated" in head.lower() and _GENERATED.search(head):  # the expression takes longer than all else here
        return Reading(reason="generated")
    text, credentials = redacted(text)
    return Reading(text, "", message, credentials)


def _decoded(data: bytes, path: str) -> tuple[str | None, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), ""
        except UnicodeDecodeError:
            return None, ""
    if b"\0" in data[:SNIFFED_BYTES]:
        return None, ""
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return data.decode("latin-1"), f"{path} is not UTF-8 (line {line}); it was read as Latin-1."


def _minified(text: str, *, prose: bool) -> bool:
    lines = text.count("\n") + 1
    if len(text) > MINIFIED_BYTES and len(text) / lines > MINIFIED_MEAN and not prose:
        return True
    return len(text) > MINIFIED_LINE and max(map(len, text.split("\n"))) > MINIFIED_LINE
