"""The layers that settings come in, lowest first, and the user's config.toml. Knows no editor and no setting by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from lsp_server.settings import Settings
from lsp_server.settings_layers import Layer, resolve


def read_config(path: Path) -> tuple[Layer | None, list[str]]:
    """The layer that config.toml makes, and problems as sentences for the user. No file is no problem."""
    try:
        text = path.read_bytes().decode("utf-8")
        return Layer(str(path), "file", tomllib.loads(text)), []
    except FileNotFoundError:
        return None, []
    except UnicodeDecodeError:
        return None, [f"{path} is not UTF-8, so none of it is in force. Save it as UTF-8."]
    except tomllib.TOMLDecodeError as error:
        return None, [f"{path} cannot be read as TOML, so none of it is in force: {error}."]
    except OSError as error:
        return None, [f"{path} cannot be read: {error.strerror or error}."]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Who said what. A change makes a new value; `resolved` merges it.

    `editor` is what the editor sent when it started the server: the user's own settings. `workspace` is what it said since,
    and may have been written by the repository.
    """

    config: Path
    editor: object = None
    workspace: object = None

    def started_with(self, options: object) -> Configuration:
        """With the `initializationOptions` of a client, bare or under `hearth`."""
        return replace(self, editor=_section(options))

    def told(self, values: object) -> Configuration:
        """With what `workspace/configuration` or `didChangeConfiguration` brought, bare or under `hearth`."""
        return replace(self, workspace=_section(values))

    def resolved(self) -> tuple[Settings, list[str]]:
        """The settings in force and every problem, one sentence each. Reads config.toml anew each time."""
        file_layer, problems = read_config(self.config)
        layers = [
            *([file_layer] if file_layer else []),
            Layer("The editor's settings at start", "user", self.editor),
            Layer("The workspace's settings", "workspace", self.workspace),
        ]
        settings, found = resolve(layers)
        return settings, [*problems, *found]


def _section(values: object) -> object:
    """What stands under `hearth`, where an editor wraps it; None for nothing."""
    if isinstance(values, dict):
        return values.get("hearth", values) or None
    return values
