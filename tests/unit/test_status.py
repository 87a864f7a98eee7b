"""One line for everything: the most pressing thing wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lsp_server.errors import (
    ForbiddenHostError,
    HearthError,
    ModelFailedError,
    ModelMissingError,
    ModelProtocolError,
    ModelUnreachableError,
    NoModelError,
)
from lsp_server.settings import CompletionSettings, Settings
from lsp_server.status import IndexState, ModelState, model_trouble, summarize

READY = ModelState("ready", "m", "m on ollama.")
OFF = Settings(completion=CompletionSettings(enabled=False))


@pytest.mark.parametrize(
    ("settings", "model", "folders", "state"),
    [
        (OFF, READY, (), "off"),
        (OFF, ModelState("unreachable"), (IndexState("/a", "indexing", 5),), "off"),
        (Settings(), ModelState(), (), "starting"),
        (Settings(), ModelState(), (IndexState("/a", "indexing", 5),), "indexing"),
        (Settings(), ModelState("unreachable"), (IndexState("/a", "indexing", 5),), "model_unreachable"),
        (Settings(), ModelState("missing"), (), "model_missing"),
        (Settings(), ModelState("failing"), (), "model_failing"),
        (Settings(), READY, (IndexState("/a", "ready"),), "ready"),
        (Settings(), READY, (IndexState("/a", "failed", message="Disk full."),), "ready"),
    ],
)
def test_the_most_pressing_thing_wins(
    settings: Settings, model: ModelState, folders: tuple[IndexState, ...], state: str
) -> None:
    assert summarize(settings, model, folders).state == state


def test_the_percent_is_that_of_all_folders() -> None:
    folders = [IndexState("/a", "indexing", 100), IndexState("/b", "indexing", 0), IndexState("/c", "ready")]
    assert summarize(Settings(), READY, folders).percent == 50


def test_trouble_with_the_index_is_said_beside_the_model() -> None:
    failed = IndexState("/a", "failed", message="The disk is full.", action="Make room.")
    status = summarize(Settings(), READY, [failed, replace(failed, root="/b")])
    assert (status.message, status.action) == ("m on ollama. The disk is full.", "Make room.")


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (ModelUnreachableError("x"), "unreachable"),
        (ModelMissingError("x"), "missing"),
        (NoModelError("x"), "missing"),
        (ModelProtocolError("x"), "failing"),
        (ModelFailedError("x"), "failing"),
        (ForbiddenHostError("x"), "failing"),
    ],
)
def test_each_error_has_its_state(error: HearthError, phase: str) -> None:
    assert model_trouble(error).phase == phase
