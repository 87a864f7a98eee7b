"""The models the tests find in Ollama: names, Modelfiles, and how they get there. Reaches no model registry."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lsp_server.model.weights import WEIGHTS

SMOLLM = "smollm2:135m"
GEMMA = "gemma3:270m"
INSERT = "smollm2-insert:135m"

_CHATML = (
    "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n",
    ("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
)
_GEMMA_TURNS = (
    "{{ range .Messages }}<start_of_turn>{{ .Role }}\n{{ .Content }}<end_of_turn>\n{{ end }}<start_of_turn>model\n",
    ("<end_of_turn>",),
)
# SmolLM2 was never trained to fill in the middle. Only the template matters here: `.Suffix` is what Ollama looks for.
_FILL_IN = (
    "{{ if .Suffix }}<fim_prefix>{{ .Prompt }}<fim_suffix>{{ .Suffix }}<fim_middle>{{ else }}{{ .Prompt }}{{ end }}",
    ("<|endoftext|>",),
)

MODELS: Mapping[str, tuple[str, tuple[str, tuple[str, ...]]]] = {
    SMOLLM: ("smollm2", _CHATML),
    GEMMA: ("gemma3:270m", _GEMMA_TURNS),
    INSERT: ("smollm2", _FILL_IN),
}
"""Name in Ollama -> (name in the table of pullable weights, (template, stop strings))."""


def modelfile(gguf: Path, template: str, stops: tuple[str, ...]) -> str:
    """What `ollama create -f` reads."""
    lines = [f"FROM {gguf}", f'TEMPLATE """{template}"""', *(f'PARAMETER stop "{stop}"' for stop in stops)]
    return "\n".join(lines) + "\n"


def create(program: Path, host: str, weights: Path, present: frozenset[str]) -> None:
    """Put what is missing of MODELS into the instance at `host`."""
    for name, (source, (template, stops)) in MODELS.items():
        if name in present:
            continue
        with tempfile.TemporaryDirectory() as folder:
            recipe = Path(folder) / "Modelfile"
            recipe.write_text(modelfile(WEIGHTS[source].path(weights), template, stops), encoding="utf-8")
            command = [str(program), "create", name, "-f", str(recipe)]
            done = subprocess.run(command, env={**os.environ, "OLLAMA_HOST": host}, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"ollama create {name} failed: {done.stderr.strip()}")
