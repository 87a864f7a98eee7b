"""Durations as Ollama writes them. Pure."""

from __future__ import annotations

import re

from lsp_server.errors import SettingsError

_DURATION = re.compile(r"-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|-?\d+")


def keep_alive(setting: str) -> str | int:
    """The setting `model.keep_alive` as Ollama takes it; SettingsError for what it would refuse with every single request.

    A bare number is seconds and has to go out as one: "-1" (for ever) in quotes is an error to Ollama.
    """
    text = setting.strip()
    if not _DURATION.fullmatch(text):
        raise SettingsError(f"`model.keep_alive` is not a duration: `{setting}`.", "Write `30m`, `2h`, or `-1` for ever.")
    return int(text) if text.lstrip("-").isdigit() else text
