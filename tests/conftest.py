"""Fixtures that every test may ask for: the real Ollama, and the weights of small models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from lsp_server.errors import HearthError
from tests.support.ollama import Instance, OllamaUnavailable, start
from tests.support.weights import pulled_weights

_NOT_RUN = "NOT RUN: "


@pytest.fixture(scope="session")
def ollama_instance() -> Iterator[Instance]:
    """A private, real Ollama with the models of tests.support.ollama in it; its log and its version besides its address."""
    try:
        instance = start()
    except (OllamaUnavailable, HearthError) as error:
        _cannot_run(f"no real Ollama: {error}")
    yield instance
    instance.stop()


@pytest.fixture(scope="session")
def ollama(ollama_instance: Instance) -> str:
    """The address of that Ollama: `http://127.0.0.1:PORT`."""
    return ollama_instance.url


@pytest.fixture(scope="session")
def weights() -> Path:
    """A folder with every pullable GGUF, laid out as `Paths.weights` is."""
    try:
        return pulled_weights()
    except HearthError as error:
        _cannot_run(f"no weights: {error}")


def _cannot_run(reason: str) -> NoReturn:
    """Skip aloud on a developer's machine; fail where everything has to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(_NOT_RUN + reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, in red, what this machine could not run: a green line must not hide it."""
    missed = [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: ").removeprefix(_NOT_RUN))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and _NOT_RUN in report.longrepr[2]
    ]
    if missed:
        terminalreporter.section("NOT RUN", red=True, bold=True)
        for name, reason in missed:
            terminalreporter.line(f"{name}: {reason}", red=True)
