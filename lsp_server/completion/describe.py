"""A suggestion as JSON: the one shape that the command line, the editors and the benchmarks read. Holds no logic."""

from __future__ import annotations

from typing import Any

from lsp_server.completion.records import Suggestion


def describe(suggestion: Suggestion) -> dict[str, Any]:
    """What docs/cli.md documents for `complete --json`: text, where it came from, what it took and cost."""
    return {
        "text": suggestion.text,
        "model": suggestion.model,
        "backend": suggestion.backend,
        "context": [{"path": hit.path, "start_line": hit.start_line, "end_line": hit.end_line} for hit in suggestion.context],
        "timings": dict(suggestion.timings),
        "prompt_tokens": suggestion.usage.prompt_tokens,
        "reused_tokens": suggestion.usage.reused_tokens,
        "generated_tokens": suggestion.usage.generated_tokens,
    }
