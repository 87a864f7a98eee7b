"""Every setting once: name, type, default, bounds, who may set it, and the sentence that documents it. Reads no file.

The three scopes are the defence against a hostile repository (invariants 6 and 7). `workspace` settings may come from
anywhere, a repository's own editor settings included. `user` settings decide which model and program run: they come from
config.toml or from what the editor sends at start. `file` settings open the door to other hosts: config.toml alone.
"""

from __future__ import annotations

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
) -> Any:
    return field(
        default=default,
        metadata={"doc": doc, "scope": scope, "choices": choices, "minimum": minimum, "maximum": maximum},
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
    exclude: tuple[str, ...] = _setting((), "More paths to leave out, as .gitignore patterns.")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one session. Immutable: a change makes a new value."""

    model: ModelSettings = field(default_factory=ModelSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    index: IndexingSettings = field(default_factory=IndexingSettings)


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
            yield Entry(f"{section.name}.{one.name}", _type_name(one), one.default, **one.metadata)


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


_SECTIONS: Mapping[str, type] = {"model": ModelSettings, "completion": CompletionSettings, "index": IndexingSettings}


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


def _type_name(one: Field[Any]) -> str:
    kinds = {bool: "boolean", int: "integer", str: "text", tuple: "list of strings"}
    return kinds[type(one.default)]


def _said(value: object) -> str:
    text = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else None
    return text or (f"`{value}`" if isinstance(value, str | int | float) else type(value).__name__)


def _near(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(word), list(known), n=1)
    return f" Did you mean `{near[0]}`?" if near else ""
