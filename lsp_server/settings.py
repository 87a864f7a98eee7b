"""Every setting once: name, type, default, bounds, who may set it, and the sentence that documents it. Reads no file.

The three scopes are the defence against a hostile repository (invariants 6 and 7). `workspace` settings may come from
anywhere, a repository's own editor settings included. `user` settings decide which model and program run: they come from
config.toml or from what the editor sends at start. `file` settings open the door to other hosts: config.toml alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Literal

Scope = Literal["workspace", "user", "file"]


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
        60,
        "Wait at least this long for another keystroke before asking the model, in milliseconds. Where the model is slower than"
        " you type, up to 150. 0: never wait.",
        minimum=0,
        maximum=2000,
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


SECTIONS: Mapping[str, type] = {
    "model": ModelSettings,
    "completion": CompletionSettings,
    "index": IndexingSettings,
    "actions": ActionSettings,
}
"""The sections by name, in the order of the source."""


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
        for one in fields(SECTIONS[section.name]):
            told = {name: value for name, value in one.metadata.items() if name != "kind"}
            yield Entry(f"{section.name}.{one.name}", type_name(one), one.default, **told)


def type_name(one: Field[Any]) -> str:
    """What a field holds, as the documentation calls it: boolean, integer, text, list of strings, list of actions."""
    if one.metadata["kind"]:
        return str(one.metadata["kind"])
    kinds = {bool: "boolean", int: "integer", str: "text", tuple: "list of strings"}
    return kinds[type(one.default)]
