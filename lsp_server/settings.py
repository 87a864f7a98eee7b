"""Every setting once: name, type, default, bounds, who may set it, and the sentence that documents it. Reads no file.

The three scopes are the defence against a hostile repository (invariants 6 and 7). `workspace` settings may come from
anywhere, a repository's own editor settings included. `user` settings decide which model and program run: they come from
config.toml or from what the editor sends at start. `file` settings open the door to other hosts: config.toml alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal

Scope = Literal["workspace", "user", "file"]
_RANK: Mapping[Scope, int] = {"workspace": 0, "user": 1, "file": 2}


def _setting(
    default: Any,
    doc: str,
    *,
    scope: Scope = "workspace",
    choices: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
    kind: str = "",
) -> Any:
    return field(
        default=default,
        metadata={"doc": doc, "scope": scope, "choices": choices, "minimum": minimum, "maximum": maximum, "kind": kind},
    )


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model answers, and where it lives."""

    backend: str = _setting(
        "auto",
        "Who serves the model. `auto` takes Ollama when it answers and has a usable model, else the embedded runner.",
        scope="user",
        choices=("auto", "ollama", "embedded", "openai_compatible"),
    )
    name: str = _setting(
        "", "The model to use, as its server names it (`qwen2.5-coder:1.5b`). Empty: the best one found.", scope="user"
    )
    ollama_host: str = _setting(
        "",
        "Ollama's address. Empty: `OLLAMA_HOST` where that is this machine, else `http://127.0.0.1:11434`.",
        scope="user",
    )
    openai_base_url: str = _setting(
        "http://127.0.0.1:8080/v1",
        "Address of an OpenAI-compatible server: llama.cpp, vLLM, LM Studio.",
        scope="user",
    )
    openai_api_key: str = _setting("", "Key for that server, if it wants one. Never logged.", scope="file")
    allow_hosts: tuple[str, ...] = _setting(
        (),
        "Hosts other than this machine that Hearth may connect to (`gpu.lan`). Only config.toml can set this.",
        scope="file",
    )
    keep_alive: str = _setting("30m", "How long Ollama keeps the model in memory after the last request.", scope="user")


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """Ghost text: when, and how much."""

    enabled: bool = _setting(True, "Offer ghost text.")
    debounce_ms: int = _setting(
        60, "Wait this long for another keystroke before asking the model, in milliseconds.", minimum=0, maximum=2000
    )
    max_tokens: int = _setting(96, "Longest suggestion, in tokens.", minimum=8, maximum=1024)
    prompt_tokens: int = _setting(1024, "Longest prompt, in tokens. A slow machine wants less.", minimum=128, maximum=32768)
    context_budget_ms: int = _setting(
        30, "Time to look the repository up for context, in milliseconds. 0: no context.", minimum=0, maximum=2000
    )
    disabled_languages: tuple[str, ...] = _setting((), "Language ids without ghost text (`markdown`).")
    ledger: bool = _setting(
        True,
        "Keep figures of each suggestion on this machine for `lsp_server stats`: times, tokens, taken or not; never any code.",
        scope="user",
    )


@dataclass(frozen=True, slots=True)
class IndexingSettings:
    """What of the repository is indexed, and how."""

    enabled: bool = _setting(True, "Index the workspace folders and keep the index current.")
    embedder: str = _setting(
        "static",
        "What turns code into vectors: `static` (built in, no model), `ollama:NAME`, or `sentence-transformers:NAME_OR_PATH`.",
        scope="user",
    )
    max_file_kib: int = _setting(1024, "Larger files are not indexed, in KiB.", minimum=1, maximum=65536)
    max_source_mib: int = _setting(
        1024,
        "A folder's source beyond this is not indexed, in MiB; an index takes about twice as much.",
        minimum=1,
        maximum=65536,
    )
    exclude: tuple[str, ...] = _setting((), "More paths to leave out, as .gitignore patterns.")


@dataclass(frozen=True, slots=True)
class CustomAction:
    """An action of the user's own: a `[[actions.custom]]` table. `answer` is "code" (an edit) or "explanation" (text)."""

    id: str
    title: str
    prompt: str
    answer: str = "code"
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """Code actions: explain, rewrite, document, test, fix."""

    enabled: bool = _setting(True, "Offer code actions.")
    model: str = _setting(
        "",
        "Another model for code actions, on the same server, as it names it. Empty: the one that writes ghost text, whose"
        " explanations then make way for each keystroke. Both must fit into memory, or each loads the other out.",
        scope="user",
    )
    max_tokens: int = _setting(
        1536, "Longest answer, in tokens. An answer that is cut off is shown, not applied.", minimum=64, maximum=32768
    )
    prompt_tokens: int = _setting(
        3072, "Longest prompt, in tokens. What does not fit is abridged, and you are told.", minimum=256, maximum=131072
    )
    context_budget_ms: int = _setting(
        500, "Time to look up definitions in the repository, in milliseconds. 0: none.", minimum=0, maximum=10000
    )
    confirm: bool = _setting(True, "Have the editor show an edit before it is applied, where it can.", scope="user")
    disabled: tuple[str, ...] = _setting((), "Ids of actions that are not offered (`tests`).")
    custom: tuple[CustomAction, ...] = _setting(
        (),
        "Actions of your own, each a table with `id`, `title`, `prompt`, `answer` (`code` or `explanation`) and `languages`.",
        scope="file",
        kind="list of actions",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one session. Immutable: a change makes a new value."""

    model: ModelSettings = field(default_factory=ModelSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    index: IndexingSettings = field(default_factory=IndexingSettings)
    actions: ActionSettings = field(default_factory=ActionSettings)


def model_for_actions(settings: Settings) -> ModelSettings:
    """Which model code actions ask: the one for ghost text unless the user named another."""
    return replace(settings.model, name=settings.actions.model or settings.model.name)


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one place: `{"model": {"name": "..."}}`. `origin` names the place in messages; later layers win."""

    origin: str
    scope: Scope
    values: object


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: what the documentation, the editors' schemas and the checks are made from."""

    key: str
    type: str
    default: object
    doc: str
    scope: Scope
    choices: tuple[str, ...]
    minimum: int | None
    maximum: int | None


def entries() -> Iterator[Entry]:
    """Every setting in the order of the source."""
    for section in fields(Settings):
        for one in fields(_SECTIONS[section.name]):
            told = {name: value for name, value in one.metadata.items() if name != "kind"}
            yield Entry(f"{section.name}.{one.name}", _type_name(one), one.default, **told)


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
            if section_name not in _SECTIONS:
                problems.append(f"{layer.origin}: there is no setting `{section_name}`.{_near(section_name, _SECTIONS)}")
            elif not isinstance(section_values, Mapping):
                problems.append(f"{layer.origin}: `{section_name}` must be a table, not {_said(section_values)}.")
            else:
                section, found = _merged(getattr(settings, section_name), section_name, section_values, layer)
                settings = replace(settings, **{section_name: section})
                problems += found
    return settings, problems


_SECTIONS: Mapping[str, type] = {
    "model": ModelSettings,
    "completion": CompletionSettings,
    "index": IndexingSettings,
    "actions": ActionSettings,
}


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
    kind, meta = _type_name(one), one.metadata
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


def _type_name(one: Field[Any]) -> str:
    if one.metadata["kind"]:
        return str(one.metadata["kind"])
    kinds = {bool: "boolean", int: "integer", str: "text", tuple: "list of strings"}
    return kinds[type(one.default)]


def _said(value: object) -> str:
    text = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else None
    return text or (f"`{value}`" if isinstance(value, str | int | float) else type(value).__name__)


def _near(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(word), list(known), n=1)
    return f" Did you mean `{near[0]}`?" if near else ""
