"""`python -m tests.support.ollama`: make the tests' Ollama ready, or say why that cannot be."""

from __future__ import annotations

import sys

from lsp_server.errors import HearthError
from tests.support.ollama.build import OllamaUnavailable
from tests.support.ollama.instance import start


def main() -> int:
    """0 when a real Ollama with the tests' models can be started here, 1 otherwise."""
    try:
        instance = start()
    except (OllamaUnavailable, HearthError) as error:
        print(f"No real Ollama here: {error}", file=sys.stderr)
        return 1
    try:
        print(f"Ollama {instance.version} is ready: {', '.join(sorted(instance.names()))}")
    finally:
        instance.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
