"""Read what a GGUF file says of itself, from its first kilobytes. Loads no weights and trusts no number in the file.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A file that is cut off, scrambled or something else ends in
one ModelFailedError here, before a runner sees it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lsp_server.errors import ModelFailedError, ModelMissingError

_SCALARS: Mapping[int, str] = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)

_MOST_KEYS = 4096
"""Real files have 20 to 60 keys."""

_LONGEST_TEXT = 1 << 20
"""Bytes of one key or text; the longest in real files is a chat template of some 20 kB."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What stands before the tokenizer: `architecture` ("llama", "gemma3"), the trained context in tokens, 0 if untold."""

    architecture: str
    name: str = ""
    parameters: str = ""
    context_tokens: int = 0


def read_header(path: Path) -> GgufHeader:
    """The header of a file. ModelMissingError: no such file. ModelFailedError: not a GGUF, or a damaged one."""
    try:
        with path.open("rb") as file:
            return _header(_metadata(file))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ModelMissingError(f"There is no model file {path}.", "See `lsp_server models list`.") from error
    except OSError as error:
        raise ModelFailedError(f"The model file {path} cannot be read: {error.strerror}.") from error
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        reason = str(error) if type(error) is ValueError else "it is cut off or damaged"
        raise ModelFailedError(
            f"{path} is not a GGUF model: {reason}.", "Fetch it again, or name another file in `model.name`."
        ) from error


def _header(told: Mapping[str, object]) -> GgufHeader:
    architecture = told.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise ValueError("it names no architecture")
    context = told.get(f"{architecture}.context_length")
    return GgufHeader(
        architecture=architecture,
        name=str(told.get("general.name") or ""),
        parameters=str(told.get("general.size_label") or ""),
        context_tokens=context if isinstance(context, int) else 0,
    )


def _metadata(file: BinaryIO) -> Mapping[str, object]:
    """Keys and values up to the tokenizer, whose lists of tokens make up the rest and are not needed."""
    if file.read(4) != b"GGUF":
        raise ValueError("its first bytes are another format's")
    version, _, count = _unpack(file, "<I")[0], _unpack(file, "<Q"), _unpack(file, "<Q")[0]
    if version not in _VERSIONS:
        raise ValueError("its version is unknown")
    if count > _MOST_KEYS:
        raise ValueError("it claims more keys than any real model has")
    told: dict[str, object] = {}
    for _ in range(count):
        key = _text(file)
        if key.startswith("tokenizer."):
            break
        told[key] = _value(file, _unpack(file, "<I")[0])
    return told


def _value(file: BinaryIO, kind: int) -> object:
    if kind in _SCALARS:
        return _unpack(file, _SCALARS[kind])[0]
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        of, length = _unpack(file, "<I")[0], _unpack(file, "<Q")[0]
        if length > _LONGEST_TEXT or of == _ARRAY:
            raise ValueError("it holds a list that no real model has")
        return [_value(file, of) for _ in range(length)]
    raise ValueError("it holds a value of an unknown kind")


def _text(file: BinaryIO) -> str:
    length = _unpack(file, "<Q")[0]
    if length > _LONGEST_TEXT:
        raise ValueError("it holds a text longer than any real model's")
    raw = file.read(length)
    if len(raw) < length:
        raise ValueError("it is cut off")
    return raw.decode("utf-8")


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
