"""A user's first minute where no packet can leave the machine: real editors, the real server, a real model in a real Ollama."""

from __future__ import annotations

import pytest

from tests.editors.conftest import neovim_or_not_run
from tests.support.closed_network import run_closed
from tests.support.ollama import Instance

pytestmark = [pytest.mark.editors, pytest.mark.ollama]

SCENARIO = "tests.editors.first_minute"


def must_be_so(told: dict[str, object]) -> None:
    """What was taken is what was drawn, the answer came bit by bit, and the network was closed all the time."""
    assert told["interfaces"] == ["lo"]
    assert told["closed"]
    assert told["counts"]
    first = str(told["drawn"]).split("\n")[0]
    assert first.strip()
    assert str(told["taken"]).startswith(first)
    assert len(str(told["partial"]).split()) > 2


@pytest.mark.parametrize("version", ["0.11", "0.12"])
def test_neovim(version: str, ollama_instance: Instance) -> None:
    """Nobody even tries to leave: not Neovim, not the server, not Ollama."""
    neovim_or_not_run(version)
    told = run_closed(SCENARIO, f"Neovim {version}")
    must_be_so(told)
    assert int(str(told["chunks"])) > 100
    assert told["tried"] == 0


@pytest.mark.usefixtures("real_vscode", "extension")
def test_vscode(ollama_instance: Instance) -> None:
    """The browser around VS Code tries to reach its maker, so attempts are not counted here."""
    must_be_so(run_closed(SCENARIO, "VS Code"))
