"""What the repository's context is worth: holes cut in installed packages, filled with it and without it by the same model.

    python -m tests.bench.holes [--kinds member arguments line] [--count N] [--budget TOKENS]
                                [--context-ms MS] [--sure SHARE] [--model NAME] [--host URL] [--json FILE]

Without --model: Gemma 3 270M and SmolLM2 135M in the tests' own Ollama (`--host tests`: any of its models). With it: that
model, in the Ollama at --host. Everything goes through the real engine, which has to find the definitions in a real index of
the package; both ways have the same number of prompt tokens. The index is warm for the place, as it is after a few keys in a
function; the model is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from lsp_server.completion.confidence import SURE
from lsp_server.completion.context import gather
from lsp_server.completion.engine import CompletionEngine
from lsp_server.completion.records import CompletionRequest, Suggestion
from lsp_server.completion.syntax import count_errors
from lsp_server.completion.tree import Trees
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import ModelError
from lsp_server.indexing import access
from lsp_server.indexing.lookup import Lookup
from lsp_server.model.choose import choose
from lsp_server.model.ollama import OllamaClient
from lsp_server.model.port import ChosenModel
from lsp_server.paths import Paths
from lsp_server.settings import CompletionSettings, ModelSettings, Settings
from tests.support.holes import Hole, Kind, cut, folder, other_versions, summary
from tests.support.ollama import GEMMA, SMOLLM, start

KINDS: tuple[Kind, ...] = ("member", "arguments", "line")
COUNT = 100
BUDGET = 440
"""Prompt tokens. With the answer that stays below 512, the sliding window of Gemma 3, above which nothing is reused."""

CONTEXT_MS = 300
"""More than the default of 30, because machines that run benchmarks are busy; the table says how long it took."""

ANSWER_TOKENS = 48
PATIENCE = 1000.0
WARM_MS = 10_000


@dataclass
class Filled:
    """One hole and what came out of it: `with_context` and `without`."""

    hole: Hole
    answers: dict[str, str]
    ms: dict[str, float]
    tokens: dict[str, int]
    context_ms: dict[str, float]
    sure: dict[str, float | None]

    def right(self, way: str) -> bool:
        return self.hole.is_right(self.answers[way])

    def likeness(self, way: str) -> float:
        first = self.answers[way].strip().split("\n", 1)[0]
        return SequenceMatcher(None, first, self.hole.answer, autojunk=False).ratio()


class Shelf:
    """A copy of each package with its index, made when first asked for."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._open: dict[str, Lookup] = {}

    def root(self, package: str) -> Path:
        return self._home / "roots" / package

    async def lookup(self, package: str) -> Lookup:
        if package not in self._open:
            source = folder(package)
            shutil.copytree(source, self.root(package) / source.name, ignore=shutil.ignore_patterns("__pycache__"))
            job = access.Job.of(self.root(package), self._home / "indexes", Settings())
            embedder = access.make_embedder(job)
            access.build(job, embedder, lambda _: None, lambda: False)
            self._open[package] = Lookup(access.open_reader(job, embedder))
        return self._open[package]

    def close(self) -> None:
        for one in self._open.values():
            one.close()


class Desks:
    """An engine a package and way: what an engine learns of the model's tokens stays with it."""

    def __init__(self, chosen: ChosenModel, budget: int, context_ms: int, sure: float) -> None:
        self._chosen, self._sure = chosen, sure
        self._settings = replace(
            CompletionSettings(), debounce_ms=0, prompt_tokens=budget, max_tokens=ANSWER_TOKENS, context_budget_ms=context_ms
        )
        self._engines: dict[tuple[str, str], CompletionEngine] = {}

    def engine(self, package: str, way: str, lookup: Lookup) -> CompletionEngine:
        key = (package, way)
        if key not in self._engines:
            repository = lookup if way == "with" else None
            self._engines[key] = CompletionEngine(
                model=self._model, repository=repository, settings=self._settings, patience=PATIENCE, sure=self._sure
            )
        return self._engines[key]

    async def _model(self) -> ChosenModel:
        return self._chosen


async def fill(holes: list[Hole], chosen: ChosenModel, shelf: Shelf, desks: Desks, out: Path | None) -> list[Filled]:
    """Each hole both ways, in turns first, so that neither always finds the runner as the other left it."""
    filled = []
    for number, hole in enumerate(holes):
        lookup = await shelf.lookup(hole.package)
        root = str(shelf.root(hole.package))
        snapshot = DocumentSnapshot(f"file://{root}/{hole.path}", hole.path, root, "python", number, hole.before + hole.after)
        tree = await Trees().of(snapshot.uri, snapshot.text, "python")
        await gather(lookup, snapshot, hole.before, hole.after, tree, WARM_MS)
        one = Filled(hole, {}, {}, {}, {}, {})
        for way in ("with", "without") if number % 2 else ("without", "with"):
            own = desks.engine(hole.package, way, lookup)
            suggestion = await asked(own, CompletionRequest(snapshot, len(hole.before)))
            own.forget()
            suggestion = suggestion or Suggestion("", chosen.info.name, "ollama")
            one.answers[way] = suggestion.text
            one.sure[way] = suggestion.confidence
            one.ms[way] = suggestion.timings.get("total", 0.0)
            one.context_ms[way] = suggestion.timings.get("context", 0.0)
            one.tokens[way] = suggestion.usage.prompt_tokens
        filled.append(one)
        if out:
            _keep(out, chosen.info.name, one)
        if number % 20 == 19:
            print(f"  {number + 1} of {len(holes)}", file=sys.stderr, flush=True)
    return filled


async def asked(engine: CompletionEngine, request: CompletionRequest) -> Suggestion | None:
    """A runner that dies on a busy machine is started again by its server: ask again."""
    for _ in range(3):
        try:
            return await engine.complete(request)
        except ModelError as error:
            print(f"  asked again: {error}", file=sys.stderr, flush=True)
            await asyncio.sleep(5)
    return None


def report(kind: Kind, filled: list[Filled]) -> dict[str, Any]:
    """The row of one kind."""
    ways = ("without", "with")
    timed = [one for one in filled if all(one.ms.get(way) for way in ways)]
    return {
        "kind": kind,
        "holes": len(filled),
        **{f"right {way}": sum(one.right(way) for one in filled) for way in ways},
        **{f"likeness {way}": round(statistics.fmean(one.likeness(way) for one in filled), 3) for way in ways},
        **{f"prompt tokens {way}": round(statistics.median(one.tokens[way] for one in timed)) for way in ways},
        "median latency, with to without": round(
            statistics.median(one.ms["with"] for one in timed) / statistics.median(one.ms["without"] for one in timed), 2
        ),
        "context found in, median ms": statistics.median(one.context_ms["with"] for one in timed),
        "syntax errors added": sum(
            adds_errors(one.hole.before, text, one.hole.after) for one in filled for text in one.answers.values()
        ),
        "repeat the next line": sum(repeats(text, one.hole.after) for one in filled for text in one.answers.values()),
    }


def adds_errors(before: str, text: str, after: str) -> bool:
    """Whether a suggestion leaves a file of Python with more syntax errors than it had."""
    return (count_errors(before + text + after, "python") or 0) > (count_errors(before + after, "python") or 0)


def repeats(text: str, after: str) -> bool:
    """Whether a suggestion ends with the line that stands below the cursor; brackets alone prove nothing."""
    following = next((line.strip() for line in after.split("\n")[1:] if line.strip()), "")
    last = text.rstrip().split("\n")[-1].strip()
    return len(following) > 3 and last == following and any(character.isalnum() for character in following)


@asynccontextmanager
async def chosen_model(name: str, host: str) -> AsyncIterator[ChosenModel]:
    """As the server chooses it, but that prompts are read in one piece: nobody types here, and each piece is a call."""
    settings = replace(ModelSettings(), backend="ollama", name=name, ollama_host=host)
    with tempfile.TemporaryDirectory() as home:
        paths = Paths(*(Path(home) / part for part in ("config", "weights", "indexes", "state", "pages")))
        chosen = await choose(settings, paths)
        whole = OllamaClient(host)
        try:
            await whole.describe(name)
            yield replace(chosen, client=whole)
        finally:
            await whole.aclose()
            await chosen.client.aclose()


async def measure(args: argparse.Namespace, host: str, names: list[str]) -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as home:
        shelf = Shelf(Path(home))
        for name in names:
            async with chosen_model(name, host) as chosen:
                desks = Desks(chosen, args.budget, args.context_ms, args.sure)
                for kind in args.kinds:
                    holes = cut(kind, args.count)
                    filled = await fill(holes, chosen, shelf, desks, args.json)
                    rows.append({"model": name, **report(kind, filled)})
                    print(f"{name}, {summary(holes)}")
                    for key, value in rows[-1].items():
                        print(f"  {key:36}{value!s:>12}", flush=True)
        shelf.close()
    return rows


def _keep(path: Path, model: str, one: Filled) -> None:
    """A hole and its answers on a line of their own, to be read."""
    with path.open("a", encoding="utf-8") as out:
        row = {"model": model, "kind": one.hole.kind, "path": one.hole.path, "before": one.hole.before[-80:]}
        right = {f"right {way}": one.right(way) for way in one.answers}
        rest = {"answer": one.hole.answer, **one.answers, **right, "sure": one.sure, "ms": one.ms, "context_ms": one.context_ms}
        out.write(json.dumps({**row, **rest}) + "\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--context-ms", type=int, default=CONTEXT_MS, help="how long the index may take")
    parser.add_argument("--sure", type=float, default=SURE, help="0 shows what the model is not sure of as well")
    parser.add_argument("--model")
    parser.add_argument("--host", default="http://127.0.0.1:11434")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    for problem in other_versions():
        print(f"note: {problem}")
    instance = None if args.model and args.host != "tests" else start()
    try:
        host = instance.url if instance else args.host
        asyncio.run(measure(args, host, [args.model] if args.model else [GEMMA, SMOLLM]))
    finally:
        if instance:
            instance.stop()


if __name__ == "__main__":
    main()
