"""Write the parts of both plugins that say what the server's settings table says. Knows the table; decides nothing.

`python editors/generate.py` writes them, `--check` only says whether they are up to date (tests/unit/test_editor_settings.py).
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path

from lsp_server.settings import Entry, entries

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "vscode" / "package.json"
LUA_TYPES = HERE / "neovim" / "lua" / "hearth" / "types.lua"

_JSON_TYPES = {"text": "string", "boolean": "boolean", "integer": "integer", "list of strings": "array"}
_LUA_TYPES = {"text": "string", "boolean": "boolean", "integer": "integer", "list of strings": "string[]"}
_TITLES = {"model": "Model", "completion": "Ghost Text", "index": "Index", "actions": "Code Actions"}


def manifest() -> str:
    """package.json with the settings of the table behind those that are the extension's own.

    What only config.toml may set is left out. What only the user may set gets VS Code's scope "machine": a workspace cannot
    set it. Everything that a workspace can set is restricted as long as the user does not trust the workspace.
    """
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))
    offered = [entry for entry in entries() if entry.scope != "file"]
    own = [group for group in found["contributes"]["configuration"] if group["title"] == "Server"]
    groups = [
        {
            "title": _TITLES.get(section, section.replace("_", " ").title()),
            "properties": {f"hearth.{entry.key}": _property(entry) for entry in rows},
        }
        for section, rows in groupby(offered, key=lambda entry: entry.key.split(".")[0])
    ]
    found["contributes"]["configuration"] = [*own, *groups]
    restricted = [f"hearth.{entry.key}" for entry in offered if entry.scope == "workspace"]
    found["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _property(entry: Entry) -> dict[str, object]:
    made: dict[str, object] = {"type": _JSON_TYPES[entry.type]}
    if entry.type == "list of strings":
        made["items"] = {"type": "string"}
    made["default"] = list(entry.default) if isinstance(entry.default, tuple) else entry.default
    if entry.choices:
        made["enum"] = list(entry.choices)
    if entry.minimum is not None:
        made |= {"minimum": entry.minimum, "maximum": entry.maximum}
    made["scope"] = "machine" if entry.scope == "user" else "resource"
    made["markdownDescription"] = entry.doc
    return made


def lua_types() -> str:
    """lua/hearth/types.lua: LuaCATS classes for `init_options` (the user's settings) and `settings.hearth` (the others)."""
    lines = [
        "---@meta",
        "-- The server's settings as types. Made by editors/generate.py from lsp_server/settings.py. "
        "Do not edit: the tests compare.",
        "",
    ]
    sections = {name: list(rows) for name, rows in groupby(entries(), key=lambda entry: entry.key.split(".")[0])}
    for door, scopes, doc in (
        ("InitOptions", ("workspace", "user"), "What `init_options` of `vim.lsp.config` may hold."),
        ("WorkspaceSettings", ("workspace",), "What `settings.hearth` of `vim.lsp.config` may hold: a project may set it."),
    ):
        allowed = {name: [row for row in rows if row.scope in scopes] for name, rows in sections.items()}
        lines.append(f"---@class hearth.{door} {doc}")
        lines += [f"---@field {name}? hearth.{door}.{name}" for name, rows in allowed.items() if rows]
        for name, rows in allowed.items():
            if rows:
                lines += ["", f"---@class hearth.{door}.{name}"]
                lines += [_field(row) for row in rows]
        lines.append("")
    return "\n".join(lines)


def _field(entry: Entry) -> str:
    kind = "|".join(json.dumps(choice) for choice in entry.choices) or _LUA_TYPES[entry.type]
    default = "{}" if entry.default == () else json.dumps(entry.default)
    return f"---@field {entry.key.split('.')[1]}? {kind} {entry.doc} Default: `{default}`."


def outdated() -> list[Path]:
    """The files that do not say what the table says."""
    made = {MANIFEST: manifest(), LUA_TYPES: lua_types()}
    return [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main() -> int:
    """Write, or with --check only look; 1 when something was out of date and only looked at."""
    stale = outdated()
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path} is out of date: python editors/generate.py\n")
        return 1 if stale else 0
    MANIFEST.write_text(manifest(), encoding="utf-8")
    LUA_TYPES.write_text(lua_types(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
