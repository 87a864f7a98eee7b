"""How a test says that this machine cannot run it: aloud on a developer's, as a failure where everything has to run."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

NOT_RUN = "NOT RUN: "
"""Begins the reason; tests/conftest.py finds the tests by it and names them at the end."""


def cannot_run(reason: str) -> NoReturn:
    """End the test that calls this, with the name of what is missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(NOT_RUN + reason)
