"""Real editors for the tests: found here, or set up in the tests' cache by `python -m tests.support.editors`."""

from tests.support.editors.machine import EditorUnavailable

__all__ = ["EditorUnavailable"]
