"""A real Ollama for the tests: found or built, filled with small models, started on a port of its own.

`binary()` -> the program, `start()` -> a running instance with the models of `MODELS` in it.
"""

from tests.support.ollama.build import OllamaUnavailable, binary
from tests.support.ollama.instance import Instance, start, start_empty
from tests.support.ollama.models import GEMMA, INSERT, MINILM, MODELS, SMOLLM
from tests.support.ollama.registry import registry

__all__ = [
    "GEMMA",
    "INSERT",
    "MINILM",
    "MODELS",
    "SMOLLM",
    "Instance",
    "OllamaUnavailable",
    "binary",
    "registry",
    "start",
    "start_empty",
]
