"""Whether ghost text keeps quiet: 500 places of real files where the right answer is nothing to add, asked of a real model.

    python -m tests.bench.quiet [--model NAME] [--host URL] [--sure SHARE] [--json FILE]

Without --model: Gemma 3 270M and SmolLM2 135M in the tests' own Ollama (`--host tests`: any of its models). `--sure 0` turns
the gate off that holds back what the model is not sure of. Counts what the real engine shows, and of that what adds a syntax
error or repeats the line below: both are to be 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from lsp_server.completion.confidence import SURE
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.port import ChosenModel
from lsp_server.settings import CompletionSettings
from tests.bench.holes import ANSWER_TOKENS, BUDGET, PATIENCE, adds_errors, asked, chosen_model, repeats
from tests.support.ollama import GEMMA, SMOLLM, start
from tests.support.quiet_places import KINDS, Place, places


async def measure(chosen: ChosenModel, sure: float, out: Path | None) -> None:
    """Ask at each place, print a row a kind."""

    async def model() -> ChosenModel:
        return chosen

    settings = replace(CompletionSettings(), debounce_ms=0, prompt_tokens=BUDGET, max_tokens=ANSWER_TOKENS)
    engine = CompletionEngine(model=model, repository=None, settings=settings, patience=PATIENCE, sure=sure)
    shown: Counter[str] = Counter()
    broken = repeated = 0
    for number, place in enumerate(places()):
        snapshot = DocumentSnapshot(f"file:///{place.path}", place.path, None, "python", number, place.before + place.after)
        suggestion = await asked(engine, CompletionRequest(snapshot, len(place.before)))
        engine.forget()
        if suggestion is not None:
            shown[place.kind] += 1
            broken += adds_errors(place.before, suggestion.text, place.after)
            repeated += repeats(suggestion.text, place.after)
            if out:
                _keep(out, chosen.info.name, place, suggestion.text, suggestion.confidence)
        if number % 100 == 99:
            print(f"  {number + 1}", file=sys.stderr, flush=True)
    print(f"{chosen.info.name}, sure {sure}")
    for kind, count in KINDS.items():
        print(f"  {kind:12}{shown[kind]:5} of {count}")
    total = sum(KINDS.values())
    print(f"  {'shown':12}{shown.total():5} of {total}  ({100 * shown.total() / total:.1f} %, limit 10)")
    print(f"  syntax errors added {broken}, next line repeated {repeated}", flush=True)


def _keep(path: Path, model: str, place: Place, text: str, sure: float | None) -> None:
    with path.open("a", encoding="utf-8") as out:
        row = {"model": model, "kind": place.kind, "path": place.path, "before": place.before[-80:], "after": place.after[:40]}
        out.write(json.dumps({**row, "text": text, "confidence": sure}) + "\n")


async def _all(host: str, names: list[str], sure: float, out: Path | None) -> None:
    for name in names:
        async with chosen_model(name, host) as chosen:
            await measure(chosen, sure, out)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--host", default="http://127.0.0.1:11434")
    parser.add_argument("--sure", type=float, default=SURE)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    instance = None if args.model and args.host != "tests" else start()
    try:
        host = instance.url if instance else args.host
        asyncio.run(_all(host, [args.model] if args.model else [GEMMA, SMOLLM], args.sure, args.json))
    finally:
        if instance:
            instance.stop()


if __name__ == "__main__":
    main()
