"""The models the tests find in Ollama: names, Modelfiles, and how they get there. Reaches no model registry."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lsp_server.model.weights import WEIGHTS
from tests.support.weights import embedding_model, pulled_weights

SMOLLM = "smollm2:135m"
GEMMA = "gemma3:270m"
INSERT = "smollm2-insert:135m"
MINILM = "all-minilm:l6-v2"
THREADS = 1
"""On a busy machine threads that wait for each other make tokens ten times slower: 9 s instead of 0.8 for sixteen."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`weights` is a name in the table of pullable weights, empty for the embedding model."""

    weights: str = ""
    template: str = ""
    stops: tuple[str, ...] = ()

    def modelfile(self) -> str:
        """What `ollama create -f` reads."""
        source = WEIGHTS[self.weights].path(pulled_weights()) if self.weights else embedding_model()
        template = [f'TEMPLATE """{self.template}"""'] if self.template else []
        stops = [f'PARAMETER stop "{stop}"' for stop in self.stops]
        return "\n".join([f"FROM {source}", *template, *stops, f"PARAMETER num_thread {THREADS}"]) + "\n"


MODELS: Mapping[str, Recipe] = {
    SMOLLM: Recipe(
        "smollm2",
        "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n",
        ("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    ),
    GEMMA: Recipe(
        "gemma3:270m",
        "{{ range .Messages }}<start_of_turn>{{ .Role }}\n{{ .Content }}<end_of_turn>\n{{ end }}<start_of_turn>model\n",
        ("<end_of_turn>",),
    ),
    # SmolLM2 was never trained to fill in the middle. Only the template matters here: `.Suffix` is what Ollama looks for.
    INSERT: Recipe(
        "smollm2",
        "{{ if .Suffix }}<fim_prefix>{{ .Prompt }}<fim_suffix>{{ .Suffix }}<fim_middle>{{ else }}{{ .Prompt }}{{ end }}",
        ("<|endoftext|>",),
    ),
    MINILM: Recipe(),
}
"""Name in Ollama -> what it is made of."""


def fingerprint() -> str:
    """Changes with any recipe: an old cache must not serve models made from other ones."""
    return hashlib.sha256(repr((sorted(MODELS.items()), THREADS)).encode()).hexdigest()[:8]


def create(program: Path, host: str, present: frozenset[str]) -> None:
    """Put what is missing of MODELS into the instance at `host`."""
    for name in MODELS.keys() - present:
        with tempfile.TemporaryDirectory() as folder:
            recipe = Path(folder) / "Modelfile"
            recipe.write_text(MODELS[name].modelfile(), encoding="utf-8")
            command = [str(program), "create", name, "-f", str(recipe)]
            done = subprocess.run(command, env={**os.environ, "OLLAMA_HOST": host}, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"ollama create {name} failed: {done.stderr.strip()[-300:]}")
