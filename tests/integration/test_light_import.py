"""What the server may not load before it has answered `initialize`, seen in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("lancedb", "pyarrow", "torch", "sentence_transformers", "tree_sitter", "tree_sitter_language_pack", "numpy",
         "ollama", "httpx", "pydantic", "xllamacpp", "rich", "typer", "platformdirs")  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    ["import lsp_server.app", "from lsp_server.__main__ import main", "from lsp_server.app import make_session, make_server"],
)
def test_importing_the_server_loads_nothing_heavy(statement: str) -> None:
    script = f"{statement}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
