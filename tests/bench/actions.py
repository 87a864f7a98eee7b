"""What code actions do to functions of a real repository: `python -m tests.bench.actions [--model NAME ...] [--functions N]`.

Functions of boltons 25.0.0 (BSD), picked by a fixed seed, are given to actions that must keep their behaviour. For each model a
table: how many answers became an edit, why the others did not, how many of the edits parse and compile, and after how many of
them boltons' own tests of that module pass (in an environment of their own). The repository is fetched once into the cache.

`--model` takes any model of any backend on this machine ("smollm2", "qwen2.5-coder:7b"). Two more "models" need none: `good`
does every task right, in ten shapes that real models choose; `hostile` answers with what must never be applied. Both speak
Ollama's wire protocol through a real socket, so that the machinery is measured apart from the model. They are the default.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import hashlib
import itertools
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import venv
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
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
from tests.support.cache import cache_folder, one_at_a_time
from tests.support.scripted_ollama import MODEL, scripted_ollama
from tests.support.weights import pulled_weights

PACKAGE = "boltons==25.0.0"
SHA256 = "e110fbdc30b7b9868cb604e3f71d4722dd8f4dcb4a5ddd06028ba8f1ab0b5ace"
ACTIONS = ("simplify", "rename", "types", "document")
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


# -- models that need none ---------------------------------------------------------------------------------------------


def good_answers() -> Callable[[str], list[str]]:
    """Does every task right by working on the syntax tree, and says it in another shape each time."""
    turn = itertools.count()

    def reply(prompt: str) -> list[str]:
        code = _code_in(prompt)
        if prompt.startswith("Write the documentation"):
            return pieces("Return what the code of this function works out.")
        if prompt.startswith("Give the local variables"):
            return pieces(_SHAPES[next(turn) % len(_SHAPES)](_with_new_names(code), code))
        tree = ast.parse(code)
        if prompt.startswith("Add the missing type"):
            function = tree.body[0]
            assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            function.returns = function.returns or ast.Constant("object")
        return pieces(_SHAPES[next(turn) % len(_SHAPES)](ast.unparse(tree), code))

    return reply


_SHAPES: Sequence[Callable[[str, str], str]] = (
    lambda new, old: f"```python\n{new}\n```",
    lambda new, old: f"Sure! Here is the rewritten function:\n\n```python\n{new}\n```\n\nIt does the same, but reads better.",
    lambda new, old: f"Before:\n```python\n{old}\n```\nAfter:\n```python\n{new}\n```",
    lambda new, old: new,
    lambda new, old: f"<think>\nLet me think about {old[:40]}\n</think>\n\n```\n{new}\n```",
    lambda new, old: f"```python\n{textwrap.indent(new, '    ')}\n```",
    lambda new, old: f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE",
    lambda new, old: (
        "```diff\n" + "\n".join([f"-{line}" for line in old.split("\n")] + [f"+{line}" for line in new.split("\n")]) + "\n```"
    ),
    lambda new, old: f"```python\n{new}\n```".replace("\n", "\r\n"),
    lambda new, old: f"```python\nimport os\n\n{new}\n```\nI added nothing but that import.",
)


def _with_new_names(code: str) -> str:
    """Names that a function binds itself get longer, where they stand; every other character stays."""
    tree = ast.parse(code)
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Global | ast.Nonlocal
    if sum(isinstance(one, scopes) for one in ast.walk(tree)) > 1:
        return code  # what a closure sees is not renamed here
    arguments = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    names = [one for one in ast.walk(tree) if isinstance(one, ast.Name)]
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)} - arguments
    lines = [line.encode() for line in code.split("\n")]
    for one in sorted(names, key=lambda name: (name.lineno, name.col_offset), reverse=True):
        if one.id in bound:
            line = lines[one.lineno - 1]
            lines[one.lineno - 1] = line[: one.end_col_offset] + b"_value" + line[one.end_col_offset :]
    return "\n".join(line.decode() for line in lines)


def hostile_answers() -> Callable[[str], list[str]]:
    """Each of these must be refused: code left out, broken, gone, closed too early, with invisible marks, endless."""
    turn = itertools.count()
    code = ""

    def reply(prompt: str) -> list[str]:
        nonlocal code
        code = _code_in(prompt) or code  # asked again, it is told the reason only
        name = re.search(r"def (\w+)", code)
        assert name is not None
        lines = code.split("\n")
        answers = (
            "\n".join([*lines[:2], "    # ... rest of the code unchanged"]),
            code.replace(":", "", 1),
            code.replace(name[1], f"{name[1]}_2"),
            code + '\n"""',
            code.replace("return", "ret\u202eurn"),
            "\n".join([*lines[: len(lines) // 2], "    if ("]),
            "def add(a, b):\n    return a + b",
            code,
            "x = 1\n" * 400,
            "\n".join(lines[:1]),
        )
        return pieces(f"```python\n{answers[next(turn) % len(answers)]}\n```")

    return reply


def _code_in(prompt: str) -> str:
    blocks: list[str] = re.findall(r"```\w*\n(.*?)\n```", prompt, re.DOTALL)
    return blocks[-1] if blocks else ""


def pieces(text: str) -> list[str]:
    return [text[at : at + 12] for at in range(0, len(text), 12)]


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
    request = ActionRequest(catalogue.find(action), Target(snapshot, Span(at, at)))
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
    paths = Paths.of_user()
    if name in ("smollm2", "gemma3:270m"):
        paths = replace(paths, weights=pulled_weights())
        chosen = await choose(ModelSettings(backend="embedded", name=name), paths)
    else:
        chosen = await choose(ModelSettings(name=name), paths)
    try:
        yield chosen
    finally:
        await chosen.client.aclose()


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
