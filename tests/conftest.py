"""Fixtures that every test may ask for: the real Ollama, and the weights of small models."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from lsp_server.errors import HearthError
from tests.support.not_run import NOT_RUN, cannot_run
from tests.support.ollama import Instance, OllamaUnavailable, start
from tests.support.weights import pulled_weights

_UNIT = Path(__file__).parent / "unit"
_OLLAMA = pytest.StashKey[Instance]()


@pytest.fixture(scope="session")
def ollama_instance(request: pytest.FixtureRequest) -> Iterator[Instance]:
    """A private, real Ollama with the models of tests.support.ollama in it; its log and its version besides its address."""
    try:
        instance = start()
    except (OllamaUnavailable, HearthError) as error:
        cannot_run(f"no real Ollama: {error}")
    request.session.stash[_OLLAMA] = instance
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
        cannot_run(f"no weights: {error}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI, give a test with another process or thread in it a second try: a machine has bad moments. The summary names it."""
    if os.environ.get("CI") == "true":
        for item in items:
            if _UNIT not in item.path.parents:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """After a failed test, see to it that the next one finds an Ollama that answers."""
    report = yield
    if report.failed and item.get_closest_marker("ollama") and _OLLAMA in item.session.stash:
        item.session.stash[_OLLAMA].free()
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Name last, in red, what was tried twice and what this machine could not run: a green line must not hide it."""
    yield
    if again := terminalreporter.stats.get("rerun", []):
        terminalreporter.section("TRIED TWICE", red=True, bold=True)
        for report in again:
            said = (line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E "))
            terminalreporter.line(f"{report.nodeid}, the first time: {next(said, None)}", red=True)
    missed = [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: ").removeprefix(NOT_RUN))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NOT_RUN in report.longrepr[2]
    ]
    if missed:
        terminalreporter.section("NOT RUN", red=True, bold=True)
        for name, reason in missed:
            terminalreporter.line(f"{name}: {reason}", red=True)
