"""Real Emacs with Eglot: an editor without ghost text gets the suggestion as a completion and takes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.texts import TOTAL, upto
from tests.support.cache import ROOT
from tests.support.editors.emacs import emacs
from tests.support.editors.machine import EditorUnavailable
from tests.support.not_run import cannot_run
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = pytest.mark.editors

SCRIPT = Path(__file__).parents[1] / "support/editors/emacs.el"


def test_eglot_offers_the_suggestion_and_inserts_it(reciter: ScriptedOllama, tmp_path: Path) -> None:
    try:
        binary = emacs()
    except EditorUnavailable as error:
        cannot_run(f"no Emacs: {error}")
    (tmp_path / "project/.git").mkdir(parents=True)
    file = tmp_path / "project/shop.py"
    file.write_text(upto(TOTAL, '"""\n') + "    ")
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "HEARTH_SERVER": f"{sys.executable} -m lsp_server serve",
        "HEARTH_FILE": str(file),
        "HEARTH_SETTINGS": json.dumps({"model": {"backend": "ollama", "name": MODEL, "ollama_host": reciter.url}}),
    }
    command = [binary, "--batch", "--eval", "(package-initialize)", "-l", SCRIPT]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=150, check=False)
    assert f"TAKEN {json.dumps(TOTAL.rstrip())}".replace("\\n", "\n") in done.stdout, done.stderr[-2000:]
