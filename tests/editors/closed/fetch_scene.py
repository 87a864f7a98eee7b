"""A real Ollama without the model: told, fetched by its button in vain, then from a registry on loopback. Any editor."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.editors.closed.ghost_scenes import Seen, drawn_in, reads
from tests.editors.closed.hands import Hands
from tests.editors.closed.project import NEXT_KEY, Project
from tests.support.ollama import SMOLLM, registry, start_empty

ELSEWHERE = "qwen2.5-coder:1.5b"
"""Only Ollama's own registry has it, which cannot be reached from here."""


async def missing_then_fetched(hands: Hands, project: Project) -> Seen:
    """Each time the editor says what is missing and offers to fetch it; what fails says what to do."""
    with tempfile.TemporaryDirectory() as name, registry(Path(name)) as shop:
        ollama = start_empty(Path(name) / "models", SSL_CERT_FILE=str(shop.authority))
        try:
            await hands.open(project.folder / "half_written.py")
            await hands.type(NEXT_KEY)
            written = await hands.text()
            await _use(hands, ELSEWHERE, ollama.url)
            await hands.fetch(ELSEWHERE)
            refused = await hands.said("could not reach its registry")
            await hands.until(lambda: hands.misses(ELSEWHERE), "that the model is still missing")
            await reads(hands, written)

            here = shop.name(SMOLLM)
            await _use(hands, here, ollama.url)
            await hands.fetch(here)
            percent = await hands.until(hands.fetched_percent, "how far it is")
            shop.gate.set()
            await hands.said(f"{here} is here")

            async def ready() -> bool:
                return await hands.status() == "ready"

            await hands.until(ready, "the model that was fetched")
            await reads(hands, written)
            _, ghost = await drawn_in(hands, project.folder / "after_fetch.py")
            return {"refused": refused, "percent": percent, "drawn": ghost}
        finally:
            shop.gate.set()
            ollama.stop()


async def _use(hands: Hands, model: str, url: str) -> None:
    await hands.use_model(model, url)
    await hands.until(lambda: hands.misses(model), f"that {model} is missing")
