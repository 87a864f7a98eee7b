"""Settings said in several places, merged into one value; what is wrong with them, in sentences. Knows no setting by name.

A wrong value never stops the server, and no layer sets what its scope may not (invariants 6 and 7).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields, replace
from typing import Any

from lsp_server.settings import SECTIONS, CustomAction, Scope, Settings, type_name

_RANK: Mapping[Scope, int] = {"workspace": 0, "user": 1, "file": 2}


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one place: `{"model": {"name": "..."}}`. `origin` names the place in messages; later layers win."""

    origin: str
    scope: Scope
    values: object


def resolve(layers: Iterable[Layer]) -> tuple[Settings, list[str]]:
    """Merge layers, lowest first, into settings and a list of problems, each one sentence for the user.

    A wrong value never stops the server: the value below it stays in force and the problem says so.
    """
    settings, problems = Settings(), []
    for layer in layers:
        if layer.values is None:
            continue
        if not isinstance(layer.values, Mapping):
            problems.append(f"{layer.origin}: settings must be a table of sections, not {_said(layer.values)}.")
            continue
        for section_name, section_values in layer.values.items():
            if section_name not in SECTIONS:
                problems.append(f"{layer.origin}: there is no setting `{section_name}`.{_near(section_name, SECTIONS)}")
            elif not isinstance(section_values, Mapping):
                problems.append(f"{layer.origin}: `{section_name}` must be a table, not {_said(section_values)}.")
            else:
                section, found = _merged(getattr(settings, section_name), section_name, section_values, layer)
                settings = replace(settings, **{section_name: section})
                problems += found
    return settings, problems


def _merged(section: Any, name: str, values: Mapping[str, object], layer: Layer) -> tuple[Any, list[str]]:
    known = {one.name: one for one in fields(section)}
    accepted: dict[str, object] = {}
    problems: list[str] = []
    for key, value in values.items():
        if key not in known:
            problems.append(f"{layer.origin}: there is no setting `{name}.{key}`.{_near(key, known)}")
            continue
        one = known[key]
        if _same(value, getattr(section, key)):
            continue
        needed: Scope = one.metadata["scope"]
        if _RANK[layer.scope] < _RANK[needed]:
            place = "config.toml" if needed == "file" else "config.toml or the editor's user settings"
            problems.append(f"{layer.origin}: `{name}.{key}` may only be set in {place}; ignored.")
            continue
        wrong, clean = _checked(one, value)
        if wrong:
            kept = getattr(section, key)
            problems.append(f"{layer.origin}: `{name}.{key}` {wrong}; {_said(kept)} stays in force.")
        else:
            accepted[key] = clean
    return replace(section, **accepted), problems


def _same(value: object, current: object) -> bool:
    """Whether a value says what is in force anyway; `1` does not say `true`."""
    if isinstance(value, list):
        value = tuple(value)
    return type(value) is type(current) and value == current


def _checked(one: Field[Any], value: object) -> tuple[str, object]:
    """What is wrong with a value (empty if nothing), and the value in the type of the field."""
    kind, meta = type_name(one), one.metadata
    if kind == "list of actions":
        return _checked_actions(value)
    if kind == "list of strings":
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return "", tuple(value)
        return f"must be a list of strings, not {_said(value)}", None
    if kind == "boolean":
        return ("", value) if isinstance(value, bool) else (f"must be true or false, not {_said(value)}", None)
    if kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int):
            return f"must be a whole number, not {_said(value)}", None
        if not meta["minimum"] <= value <= meta["maximum"]:
            return f"must be between {meta['minimum']} and {meta['maximum']}, not {value}", None
        return "", value
    if not isinstance(value, str):
        return f"must be text, not {_said(value)}", None
    if meta["choices"] and value not in meta["choices"]:
        return f"must be one of {', '.join(meta['choices'])}, not {_said(value)}", None
    return "", value


_ACTION_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def _checked_actions(value: object) -> tuple[str, object]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        return f"must be a list of tables (`[[actions.custom]]`), not {_said(value)}", None
    actions = []
    for number, one in enumerate(value, 1):
        wrong = _wrong_action(one)
        if wrong:
            return f"number {number} {wrong}", None
        languages = tuple(one.get("languages", ()))
        actions.append(CustomAction(one["id"], one["title"], one["prompt"], one.get("answer", "code"), languages))
    if len({one.id for one in actions}) < len(actions):
        return "has two actions with the same `id`", None
    return "", tuple(actions)


def _wrong_action(table: Mapping[str, object]) -> str:
    known = [one.name for one in fields(CustomAction)]
    unknown = [key for key in table if key not in known]
    if unknown:
        return f"has no `{unknown[0]}`;{_near(unknown[0], known) or ' it has ' + ', '.join(known)}"
    for key in ("id", "title", "prompt"):
        text = table.get(key)
        if not isinstance(text, str) or not text.strip():
            return f"needs a `{key}` of text"
    if not _ACTION_ID.fullmatch(str(table["id"])):
        return "has an `id` that is not of small letters, digits, - and _"
    if table.get("answer", "code") not in ("code", "explanation"):
        return "has an `answer` that is neither `code` nor `explanation`"
    languages = table.get("languages", [])
    if not isinstance(languages, list | tuple) or not all(isinstance(one, str) for one in languages):
        return "has `languages` that are no list of strings"
    return ""


def _said(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str | int | float):
        return f"`{value}`"
    if isinstance(value, list | tuple):
        return f"`{json.dumps(value)}`" if all(isinstance(one, str) for one in value) else "a list of something else"
    return "a table" if isinstance(value, Mapping) else type(value).__name__


def _near(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(word), list(known), n=1)
    return f" Did you mean `{near[0]}`?" if near else ""
