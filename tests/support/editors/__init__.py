"""Real editors for the tests: found on this machine or set up in the tests' cache. `python -m tests.support.editors` does it."""

from tests.support.editors.machine import EditorUnavailable

__all__ = ["EditorUnavailable"]
