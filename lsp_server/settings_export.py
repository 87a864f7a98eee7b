"""The settings table as documentation and as a JSON Schema. Knows only the table: what it prints is compared in the tests."""

from __future__ import annotations

import json
from itertools import groupby

from lsp_server.settings import Entry, entries

_WHO = {
    "workspace": "anywhere",
    "user": "config.toml, or the editor's start-up options",
    "file": "config.toml only",
}

_HEAD = """# Settings

<!-- Made by `lsp_server settings --markdown` from lsp_server/settings.py. Do not edit: the tests compare. -->

Every setting has a default that works; a new user needs none of them. They come from these places, later ones win:

1. `config.toml` in your user configuration folder (`lsp_server settings` prints where that is),
2. what the editor sends when it starts the server (`initializationOptions`), in the same sections,
3. the editor's configuration for the workspace (section `hearth`), for the settings marked *anywhere*.

A repository can bring editor settings of its own, so it must not be able to choose which model, program or host is used:
settings that do are not taken from the third place, and other hosts than this machine are opened in `config.toml` alone.
A wrong value never stops the server: it is reported, and the value before it stays in force.
"""


def as_markdown() -> str:
    """The page docs/settings.md."""
    parts = [_HEAD]
    for section, rows in groupby(entries(), key=lambda entry: entry.key.split(".")[0]):
        parts.append(
            f"\n## `[{section}]`\n\n| setting | type | default | may be set in | what it does |\n|---|---|---|---|---|\n"
        )
        parts += [_row(entry) for entry in rows]
    return "".join(parts)


def _row(entry: Entry) -> str:
    bounds = f" {entry.minimum} to {entry.maximum}" if entry.minimum is not None else ""
    kind = " or ".join(f"`{choice}`" for choice in entry.choices) or entry.type + bounds
    default = json.dumps(list(entry.default) if isinstance(entry.default, tuple) else entry.default)
    return f"| `{entry.key.split('.')[1]}` | {kind} | `{default}` | {_WHO[entry.scope]} | {entry.doc} |\n"


def as_schema() -> dict[str, object]:
    """A JSON Schema (draft 2020-12) of config.toml and of initializationOptions."""
    sections: dict[str, dict[str, object]] = {}
    for entry in entries():
        section, name = entry.key.split(".")
        sections.setdefault(section, {})[name] = _property(entry)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hearth settings",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"type": "object", "additionalProperties": False, "properties": properties}
            for name, properties in sections.items()
        },
    }


_TYPES = {"text": "string", "boolean": "boolean", "integer": "integer", "list of strings": "array", "list of actions": "array"}


_ACTION_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "title", "prompt"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "prompt": {"type": "string"},
        "answer": {"enum": ["code", "explanation"]},
        "languages": {"type": "array", "items": {"type": "string"}},
    },
}


def _property(entry: Entry) -> dict[str, object]:
    made: dict[str, object] = {"type": _TYPES[entry.type], "description": entry.doc}
    made["default"] = list(entry.default) if isinstance(entry.default, tuple) else entry.default
    if entry.type == "list of strings":
        made["items"] = {"type": "string"}
    if entry.type == "list of actions":
        made["items"] = _ACTION_SCHEMA
    if entry.choices:
        made["enum"] = list(entry.choices)
    if entry.minimum is not None:
        made |= {"minimum": entry.minimum, "maximum": entry.maximum}
    return made
