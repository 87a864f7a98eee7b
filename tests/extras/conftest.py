"""Leaves this folder out where the extra it needs is not installed: the plain test run has to work without torch."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("sentence_transformers") else ["test_*.py"]
