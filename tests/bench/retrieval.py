"""How often a question finds its file: `python -m tests.bench.retrieval CLONES CASES [--ablation]`.

CLONES holds the repositories as folders of their names; CASES holds `repos.json` ([{"name", "root"}]) and `cases.jsonl`
({"id", "repo", "category", "query", "targets": [{"path", "start_line"?, "end_line"?}]}). The repositories are indexed and asked
by the commands a user has, in a cache of this run's own. NDCG@10: a target takes the rank of the first result that finds it.
`--ablation` also asks without each of the fields in turn. `--embedder sentence-transformers:PATH` takes another than the
default (its packages in the same environment), `--only a,b` some of the repositories. Without arguments, RETRIEVAL_CLONES and
RETRIEVAL_CASES are read.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

DEPTH = 10

Answers = Mapping[str, Sequence[Mapping[str, Any]]]


def finds(result: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    """Whether a result lies in a target's file, which may be named from another folder, and on its lines where it has some."""
    one, other = "/" + result["path"], "/" + target["path"]
    if not (one.endswith(other) or other.endswith(one)):
        return False
    return "start_line" not in target or (
        result["start_line"] <= target["end_line"] and result["end_line"] >= target["start_line"]
    )


def ndcg(results: Sequence[Mapping[str, Any]], targets: Sequence[Mapping[str, Any]]) -> float:
    """Of one question, 0 to 1."""
    places = {next((at for at, one in enumerate(results[:DEPTH]) if finds(one, target)), None) for target in targets} - {None}
    ideal = sum(1 / math.log2(at + 2) for at in range(min(DEPTH, len(targets))))
    return sum(1 / math.log2(at + 2) for at in places if at is not None) / ideal


def mean_by(key: str, cases: Iterable[Mapping[str, Any]], answers: Answers) -> dict[str, float]:
    """The mean of the questions with the same value of a key."""
    scores = defaultdict(list)
    for case in cases:
        scores[case[key]].append(ndcg(answers.get(case["id"], ()), case["targets"]))
    return {name: fmean(some) for name, some in scores.items()}


def run(*arguments: str, cache: str) -> str:
    """One command of ours, with its index and the settings it reads in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lsp_server", *arguments],
        env=os.environ | {"XDG_CACHE_HOME": cache, "XDG_CONFIG_HOME": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def ask(root: Path, cases: Sequence[Mapping[str, Any]], cache: str) -> dict[str, Any]:
    """The answers to one repository's questions, by id."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps({"id": case["id"], "query": case["query"]}) + "\n" for case in cases)
        file.flush()
        lines = run("search", "--root", str(root), "--batch", file.name, "-k", str(DEPTH), "--json", cache=cache).splitlines()
    return {row["id"]: row["results"] for row in map(json.loads, lines)}


def ablate(roots: Mapping[str, Path], cases: Sequence[Mapping[str, Any]], cache: str) -> None:
    """Print what is lost without each field, and how long a question takes, warm, in this process."""
    os.environ["XDG_CACHE_HOME"] = cache
    from indexer.embedding import make_embedder
    from indexer.question import Question
    from indexer.search import IndexReader
    from lsp_server.cli.workbench import Workbench, hit_as_json

    bench, static = Workbench(), make_embedder("static")
    readers = {name: IndexReader.open(bench.location(root.resolve()), static) for name, root in roots.items()}
    seconds: list[float] = []

    def answers() -> Answers:
        found = {}
        for case in cases:
            start = time.perf_counter()
            hits = readers[case["repo"]].search(case["query"], k=DEPTH)
            seconds.append(time.perf_counter() - start)
            found[case["id"]] = [hit_as_json(hit) for hit in hits]
        return found

    whole = fmean(mean_by("repo", cases, answers()).values())
    seconds.clear()
    answers()
    print(
        f"a question, warm: p50 {median(seconds) * 1000:.1f} ms, p95 {sorted(seconds)[int(len(seconds) * 0.95)] * 1000:.1f} ms"
    )
    every: Callable[[Question], dict[str, Any]] = Question.fields
    names: list[str] = []

    def note(question: Question) -> dict[str, Any]:
        names[:] = every(question)
        return every(question)

    Question.fields = note  # type: ignore[method-assign]  # to leave fields out is what is measured
    readers[cases[0]["repo"]].search(cases[0]["query"])
    for left_out in tuple(names):
        Question.fields = lambda one, left_out=left_out: {k: v for k, v in every(one).items() if k != left_out}  # type: ignore[method-assign,misc]
        by_repository = mean_by("repo", cases, answers())
        print(f"without {left_out:20} {fmean(by_repository.values()) - whole:+.4f}")
    Question.fields = every  # type: ignore[method-assign]


def main() -> int:
    """Index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="?", type=Path, default=os.environ.get("RETRIEVAL_CLONES"))
    parser.add_argument("cases", nargs="?", type=Path, default=os.environ.get("RETRIEVAL_CASES"))
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--embedder", default="static")
    parser.add_argument("--only", type=lambda text: text.split(","))
    given = parser.parse_args()
    if not given.clones or not given.cases:
        print("Needs the folder of the checked-out repositories and the folder of the cases; see --help.")
        return 0
    clones, folder = Path(given.clones), Path(given.cases)
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    roots = {row["name"]: clones / row["name"] / row["root"] for row in json.loads((folder / "repos.json").read_text())}
    if given.only:
        roots = {name: roots[name] for name in given.only}
        cases = [case for case in cases if case["repo"] in roots]
    with tempfile.TemporaryDirectory() as cache:
        settings = Path(cache, "hearth", "config.toml")
        settings.parent.mkdir()
        settings.write_text(f"[index]\nembedder = {json.dumps(given.embedder)}\n")
        answers: dict[str, Any] = {}
        spent = 0.0
        for name, root in roots.items():
            report = json.loads(run("index", str(root), "--json", cache=cache))
            spent += report["seconds"]
            answers |= ask(root, [case for case in cases if case["repo"] == name], cache)
        by_repository = mean_by("repo", cases, answers)
        for label, score in [*sorted(by_repository.items()), *sorted(mean_by("category", cases, answers).items())]:
            print(f"{label:22} {score:.4f}")
        print(f"{len(cases)} questions, NDCG@10 {fmean(by_repository.values()):.4f}; indexed in {spent:.1f} s")
        if given.ablation:
            ablate(roots, cases, cache)
    return 0


if __name__ == "__main__":
    sys.exit(main())
