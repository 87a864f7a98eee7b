"""What a user does, where no packet can leave the machine: real editors, the real server, a real model in a real Ollama.

The scenes are in tests/editors/closed, the same for every editor; each of them waits for what must come of it and fails where
that does not come. Here stands what must have been seen besides: that there was something to see, and that nobody reached out.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.editors.closed.fetch_scene import ELSEWHERE, missing_then_fetched
from tests.editors.closed.ghost_scenes import (
    GHOST_SCENES,
    in_a_document_without_a_name,
    in_a_read_only_file,
    is_whole_call,
    taken_by_word_and_by_line,
    taken_whole_and_undone,
)
from tests.editors.closed.other_scenes import ENOUGH_WORDS, cancelled, explained, killed, rewritten_and_undone
from tests.editors.conftest import neovim_or_not_run
from tests.support.closed_network import run_closed
from tests.support.editors.machine import EditorUnavailable, program
from tests.support.not_run import cannot_run
from tests.support.ollama import Instance

LONGEST_S = 1500
"""A minute and a half with nothing else to do; a small model on a machine with twenty other things to do is slow."""

pytestmark = [pytest.mark.editors, pytest.mark.ollama, pytest.mark.timeout(LONGEST_S + 60)]

SCENES = "tests.editors.closed"


@pytest.fixture(scope="module", autouse=True)
def openssl() -> None:
    """What the registry's certificate is made with; in the closed network nothing can be installed."""
    try:
        program("openssl", package="openssl")
    except EditorUnavailable as error:
        cannot_run(f"no openssl: {error}")


def must_be_so(told: dict[str, Any]) -> None:
    """Every scene was played to its end, there was ghost text of some length, and only fetching a model reached out."""
    assert "failed" not in told, told["failed"]
    assert told["interfaces"] == ["lo"]
    assert told["closed"]
    assert told["counts"]
    assert told["tried"] == 0
    assert told["tried_by_fetching"] > 0
    assert any(0 < percent < 100 for percent in told["percents"]), told["percents"]
    played = {one.__name__: told[one.__name__] for one in GHOST_SCENES}
    for name, seen in played.items():
        if name not in (in_a_read_only_file.__name__, in_a_document_without_a_name.__name__):
            assert is_whole_call(seen["drawn"]), name
    assert played[in_a_document_without_a_name.__name__]["drawn"].strip()
    assert played[in_a_read_only_file.__name__]["there"] == ""
    assert played[in_a_read_only_file.__name__]["kept"]
    assert len(played[taken_by_word_and_by_line.__name__]["taken"]) > 5
    must_have_acted(told)


def must_have_acted(told: dict[str, Any]) -> None:
    """What the model was asked to do besides: read while it was written, shown before it was made."""
    explanation = told[explained.__name__]
    assert len(explanation["partial"].split()) >= ENOUGH_WORDS
    assert len(explanation["whole"]) > len(explanation["partial"])
    rewrite = told[rewritten_and_undone.__name__]
    assert rewrite["before"].rstrip("\n") == rewrite["was"].rstrip("\n")
    assert rewrite["after"].rstrip("\n") != rewrite["before"].rstrip("\n")
    assert told[cancelled.__name__]["kept"]
    assert is_whole_call(told[cancelled.__name__]["drawn"])
    assert told[killed.__name__]["killed"] > 0
    assert is_whole_call(told[killed.__name__]["drawn"])
    fetching = told[missing_then_fetched.__name__]
    assert ELSEWHERE in fetching["refused"]
    assert "fetch it again" in fetching["refused"]
    assert 0 < fetching["percent"] < 100
    assert is_whole_call(fetching["drawn"])


@pytest.mark.parametrize("version", ["0.11", "0.12"])
def test_neovim(version: str, ollama_instance: Instance) -> None:
    """Its project brings settings that name another host and another model, all the time."""
    neovim_or_not_run(version)
    must_be_so(run_closed(SCENES, f"Neovim {version}", timeout_s=LONGEST_S))


@pytest.mark.usefixtures("real_vscode", "extension")
def test_vscode(ollama_instance: Instance) -> None:
    """Also in a workspace that is not trusted, whose settings name a program, another host, and switch ghost text off."""
    told = run_closed(SCENES, "VS Code", timeout_s=LONGEST_S)
    must_be_so(told)
    assert is_whole_call(told["untrusted"][taken_whole_and_undone.__name__]["drawn"])
    assert not told["untrusted"]["was_run"]
