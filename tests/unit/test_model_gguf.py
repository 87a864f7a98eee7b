"""GGUF headers, made by hand: what is told, and that nothing in a file can do harm."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from lsp_server.errors import ModelFailedError, ModelMissingError
from lsp_server.model.gguf import GgufHeader, read_header


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def gguf(*pairs: bytes, version: int = 3, count: int | None = None) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs) if count is None else count) + b"".join(pairs)


LLAMA = pair("general.architecture", 8, text("llama"))
CONTEXT = pair("llama.context_length", 4, struct.pack("<I", 4096))
TAGS = pair("general.tags", 9, struct.pack("<IQ", 8, 2) + text("code") + text("é"))
FLAG = pair("some.flag", 7, b"\x01")


def _read(tmp_path: Path, content: bytes) -> GgufHeader:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    return read_header(path)


def test_what_a_header_tells(tmp_path: Path) -> None:
    named = pair("general.name", 8, text("Tiny")), pair("general.size_label", 8, text("1B"))
    header = _read(tmp_path, gguf(FLAG, TAGS, LLAMA, *named, CONTEXT, pair("tokenizer.ggml.model", 99, b"never read")))
    assert header == GgufHeader("llama", "Tiny", "1B", 4096)


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "another format"),
    (b"GG", "another format"),
    (b"<!doctype html>", "another format"),
    (b"GGUF", "cut off"),
    (gguf(LLAMA)[:-2], "cut off"),
    (gguf(LLAMA, version=1), "version"),
    (gguf(LLAMA, version=50331648), "version"),
    (gguf(LLAMA, count=2**63), "more keys"),
    (gguf(LLAMA, count=3), "cut off"),
    (gguf(), "no architecture"),
    (gguf(pair("general.architecture", 4, struct.pack("<I", 7))), "no architecture"),
    (gguf(struct.pack("<Q", 2**62)), "longer than"),
    (gguf(pair("a", 9, struct.pack("<IQ", 4, 2**60))), "a list"),
    (gguf(pair("a", 9, struct.pack("<IQ", 9, 1) * 5000)), "a list"),
    (gguf(pair("a", 77, b"")), "unknown kind"),
    (gguf(struct.pack("<Q", 2) + b"\xff\xfe"), "damaged"),
])  # fmt: skip
def test_what_is_not_a_model_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ModelFailedError, match=reason) as caught:
        _read(tmp_path, content)
    assert "m.gguf" in str(caught.value)
    assert caught.value.advice


def test_no_scrambled_file_does_anything_else(tmp_path: Path) -> None:
    whole = bytearray(gguf(FLAG, TAGS, LLAMA, CONTEXT))
    dice = random.Random(7)
    for _ in range(300):
        scrambled = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            scrambled[dice.randrange(len(scrambled))] = dice.randrange(256)
        try:
            _read(tmp_path, bytes(scrambled[: dice.randrange(len(scrambled) + 1)]))
        except ModelFailedError:
            continue


def test_no_file_is_a_missing_model(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(ModelMissingError):
            read_header(path)
