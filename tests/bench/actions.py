"""What code actions do to functions of a real repository: `python -m tests.bench.actions [--model NAME ...] [--functions N]`.

Functions of boltons 25.0.0 (BSD), picked by a fixed seed, are given to actions that must keep their behaviour. For each model a
table: how many answers became an edit, why the others did not, how many of the edits parse and compile, and after how many of
them boltons' own tests of that module pass (in an environment of their own). The repository is fetched once into the cache.

`--model` takes any model of any backend on this machine ("qwen2.5-coder:7b"); `smollm2:135m` and `gemma3:270m` are run in the
tests' own Ollama. Two more "models" need none: `good` does every task right, in ten shapes that real models choose; `hostile`
answers with what must never be applied. Both speak Ollama's wire protocol through a real socket, so that the machinery is
measured apart from the model. They are the default.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import hashlib
import random
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from lsp_server.actions import catalogue
from lsp_server.actions.engine import ActionEngine
from lsp_server.actions.files import WorkspaceFiles
from lsp_server.actions.records import ActionRequest, FileEdit, Span, Target
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import HearthError
from lsp_server.model.choose import choose
from lsp_server.model.port import ChosenModel
from lsp_server.paths import Paths
from lsp_server.settings import ActionSettings, ModelSettings
from tests.support.action_models import good_answers, hostile_answers
from tests.support.cache import cache_folder, one_at_a_time
from tests.support.ollama import MODELS, start
from tests.support.scripted_ollama import MODEL, scripted_ollama

PACKAGE = "boltons==25.0.0"
SHA256 = "e110fbdc30b7b9868cb604e3f71d4722dd8f4dcb4a5ddd06028ba8f1ab0b5ace"
INSTRUCTION = "Make this easier to read. It must do exactly what it does now."
ACTIONS = ("refactor", "simplify", "rename", "types", "document")
"""`refactor` gets the instruction, and may change anything; the others may change only what they are named for."""

LINES = range(6, 31)
"""Of a function: long enough to be wrong about, short enough for the smallest model."""


# -- the repository ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repository:
    """boltons as its authors released it, and a Python that can run its tests."""

    root: Path
    python: Path

    def tests_pass(self, module: str) -> bool:
        command = [str(self.python), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/test_{module}.py"]
        return subprocess.run(command, cwd=self.root, capture_output=True, check=False, timeout=300).returncode == 0


def repository(scratch: Path) -> Repository:
    """A fresh copy of the sources, and the environment, made at the first call."""
    folder = cache_folder("bench", "actions")
    with one_at_a_time("bench-actions"):
        archive = folder / f"{PACKAGE.replace('==', '-')}.tar.gz"
        if not archive.exists():
            fetch = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--no-binary",
                ":all:",
                "-d",
                str(folder),
                PACKAGE,
            ]
            subprocess.run(fetch, check=True)
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            raise SystemExit(f"{archive} is not what it was: {found}")
        python = folder / "environment" / "bin" / "python"
        if not python.exists():
            venv.create(folder / "environment", with_pip=True)
            subprocess.run(
                [str(python), "-m", "pip", "install", "-q", "pytest==7.4.4"], check=True
            )  # what its conftest was written for
    with tarfile.open(archive) as source:
        source.extractall(scratch, filter="data")
    return Repository(next(scratch.glob("boltons-*")), python)


@dataclass(frozen=True)
class Job:
    """One function of a module that has tests."""

    module: str
    path: str
    line: int
    name: str


def jobs(there: Repository, count: int, seed: int) -> list[Job]:
    """Functions and methods, picked at random, one by one from module after module."""
    found: list[Job] = []
    for path in sorted((there.root / "boltons").glob("*.py")):
        if not (there.root / "tests" / f"test_{path.stem}.py").exists() or not there.tests_pass(path.stem):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [
            Job(path.stem, f"boltons/{path.name}", one.lineno, one.name)
            for one in ast.walk(tree)
            if isinstance(one, ast.FunctionDef)
            and (one.end_lineno or 0) - one.lineno in LINES
            and not one.name.startswith("__")
        ]
    random.Random(seed).shuffle(found)
    turn: Counter[str] = Counter()
    order = {}
    for one in found:
        turn[one.module] += 1
        order[one] = (turn[one.module], one.module)
    return sorted(found, key=order.__getitem__)[:count]


# -- running -----------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """What came of one action on all functions."""

    model: str
    action: str
    asked: int = 0
    applied: int = 0
    parses: int = 0
    passes: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


async def run(
    name: str, chosen: ChosenModel, there: Repository, work: Sequence[Job], settings: ActionSettings
) -> Iterator[Row]:
    async def model() -> ChosenModel:
        return chosen

    engine = ActionEngine(model=model, repository=None, settings=settings)
    rows = []
    for action in ACTIONS:
        row = Row(name, action)
        for job in work:
            await _one(engine, action, job, there, row)
        print_row(row)
        rows.append(row)
    return iter(rows)


async def _one(engine: ActionEngine, action: str, job: Job, there: Repository, row: Row) -> None:
    path = there.root / job.path
    text = path.read_bytes().decode("utf-8")
    snapshot = DocumentSnapshot(path.as_uri(), job.path, str(there.root), "python", 0, text)
    at = snapshot.line_starts[job.line - 1] + len(snapshot.line_text(job.line - 1))
    request = ActionRequest(catalogue.find(action), Target(snapshot, Span(at, at)), INSTRUCTION if action == "refactor" else "")
    row.asked += 1
    started = monotonic()
    try:
        outcome = await engine.run(request, WorkspaceFiles(there.root), lambda event: None)
    except HearthError as error:
        row.refused[type(error).__name__] += 1
        return
    finally:
        row.seconds += monotonic() - started
    if not outcome.edits:
        row.refused[outcome.refusal.code if outcome.refusal else "text"] += 1
        return
    row.applied += 1
    (edit,) = outcome.edits
    row.parses += _compiles(edit)
    path.write_bytes(edit.after.encode("utf-8"))
    try:
        passed = await asyncio.to_thread(there.tests_pass, job.module)
    finally:
        path.write_bytes(text.encode("utf-8"))
    row.passes += passed
    if not passed and row.model == "good":
        print(f"  {action} of {job.path}:{job.name} does not pass its tests", file=sys.stderr)


def _compiles(edit: FileEdit) -> bool:
    try:
        compile(edit.after, edit.path, "exec")
    except SyntaxError:
        return False
    return True


def print_head() -> None:
    print(f"\n{'model':22} {'action':10} {'asked':>6} {'edits':>6} {'parse':>6} {'tests':>6} {'s each':>7}  refused")


def print_row(row: Row) -> None:
    why = ", ".join(f"{code} {times}" for code, times in row.refused.most_common())
    each = row.seconds / max(row.asked, 1)
    print(
        f"{row.model:22} {row.action:10} {row.asked:6} {row.applied:6} {row.parses:6} {row.passes:6} {each:7.1f}  {why}",
        flush=True,
    )


@asynccontextmanager
async def a_model(name: str) -> AsyncIterator[ChosenModel]:
    """A real model by its name, or one of the two that need none."""
    scripts = {"good": good_answers, "hostile": hostile_answers}
    if name in scripts:
        with scripted_ollama() as server:
            server.reply = scripts[name]()
            chosen = await choose(ModelSettings(backend="ollama", name=MODEL, ollama_host=server.url), Paths.of_user())
            try:
                yield chosen
            finally:
                await chosen.client.aclose()
        return
    own = start() if name in MODELS else None
    settings = ModelSettings(backend="ollama", name=name, ollama_host=own.url) if own else ModelSettings(name=name)
    try:
        chosen = await choose(settings, Paths.of_user())
        try:
            yield chosen
        finally:
            await chosen.client.aclose()
    finally:
        if own:
            own.stop()


async def measure(models: Sequence[str], count: int, seed: int, max_tokens: int) -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        there = repository(Path(scratch))
        work = jobs(there, count, seed)
        print(f"{len(work)} functions of {PACKAGE}, {len({one.module for one in work})} modules, seed {seed}")
        print_head()
        for name in models:
            async with a_model(name) as chosen:
                for row in await run(name, chosen, there, work, ActionSettings(max_tokens=max_tokens)):
                    wrong += row.applied - row.parses
                    wrong += row.applied if name == "hostile" and row.action != "document" else 0
    return 1 if wrong else 0


def main(argv: list[str]) -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.actions")
    arguments.add_argument("--model", action="append", help="a model's name; good and hostile need none")
    arguments.add_argument("--functions", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--max-tokens", type=int, default=1024)
    given = arguments.parse_args(argv)
    models = given.model or ["good", "hostile"]
    return asyncio.run(measure(models, given.functions, given.seed, given.max_tokens))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
