"""One line that says how Hearth is doing and what to do about it. Pure: states in, a status out; knows no protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lsp_server.errors import ModelMissingError, ModelUnreachableError, NoModelError
from lsp_server.settings import Settings

State = Literal["starting", "ready", "indexing", "model_missing", "model_unreachable", "model_failing", "off"]
"""What an editor can draw an icon for. `starting`: the model is being looked for; `off`: the user's settings say so."""

ModelPhase = Literal["starting", "ready", "missing", "unreachable", "failing"]
IndexPhase = Literal["waiting", "indexing", "ready", "read_only", "stopped", "failed", "off"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """How the session's model is. `message` is a sentence about it; `action` what the user can do, empty if nothing."""

    phase: ModelPhase = "starting"
    name: str = ""
    message: str = "Looking for a model."
    action: str = ""


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index of one workspace folder is. `root` is its absolute path; `percent` is None unless `phase` is indexing."""

    root: str
    phase: IndexPhase = "waiting"
    percent: int | None = None
    message: str = ""
    action: str = ""
    files: int = 0
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """The one line. `action` says what to do next and is empty where nothing needs doing."""

    state: State
    message: str
    action: str = ""
    percent: int | None = None
    model: str = ""


def model_trouble(error: Exception, name: str = "") -> ModelState:
    """The state a failure of the model puts the session in."""
    phase: ModelPhase = "failing"
    if isinstance(error, ModelUnreachableError):
        phase = "unreachable"
    elif isinstance(error, ModelMissingError | NoModelError):
        phase = "missing"
    return ModelState(phase, name, str(error), getattr(error, "advice", ""))


def summarize(settings: Settings, model: ModelState, folders: Sequence[IndexState]) -> Status:
    """The most pressing thing first: switched off, trouble with the model, indexing, and only then that all is well."""
    if not settings.completion.enabled:
        return Status("off", "Ghost text is switched off.", "Set `completion.enabled` to true to have it back.")
    if model.phase in _TROUBLE:
        return Status(_TROUBLE[model.phase], model.message, model.action, model=model.name)
    indexing = [folder for folder in folders if folder.phase == "indexing"]
    if indexing:
        percent = sum(folder.percent or 0 for folder in indexing) // len(indexing)
        return Status("indexing", f"Indexing, {percent} %.", percent=percent, model=model.name)
    if model.phase == "starting":
        return Status("starting", model.message)
    troubled = [folder for folder in folders if folder.phase in ("failed", "read_only", "stopped", "off")]
    if troubled:
        return Status("ready", f"{model.message} {troubled[0].message}".strip(), troubled[0].action, model=model.name)
    return Status("ready", model.message, model=model.name)


_TROUBLE: dict[ModelPhase, State] = {
    "missing": "model_missing",
    "unreachable": "model_unreachable",
    "failing": "model_failing",
}
