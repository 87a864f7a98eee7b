"""Whether a docstring finds its file: `python -m tests.bench.docstrings`. Asked of what was chosen on other questions.

Packages of this environment are copied without their docstrings, and the first sentence of a docstring is asked for: it has to
be found by what the code does. Up to 40 functions and classes a package, three a file; packages that the word table was trained
on are left out. NDCG@10 with one target, as in the benchmark `retrieval`, and what is lost without each field.
"""

from __future__ import annotations

import ast
import json
import random
import sysconfig
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.retrieval import ablate, ask, mean_by, run

PACKAGES = """
    anyio attr cattr cattrs click dateutil docker grimp hatchling httpcore httpx importlinter jinja2 jsonschema lancedb libcst
    markdown_it parso pathspec pexpect playwright pluggy psutil pydantic pygls pyparsing rich samtranslator setuptools tomlkit
    traitlets typer urllib3 werkzeug
""".split()
"""Those that are installed here are used."""

TRAINED = Path(__file__).parent / "embedding" / "packages.json"
A_PACKAGE, A_FILE = 40, 3
WORDS = range(5, 26)
"""Shorter sentences say nothing, longer ones nobody types."""

Case = dict[str, Any]


def main() -> None:
    """Copy, index, ask, print."""
    trained = {name.lower().replace("-", "_") for name in json.loads(TRAINED.read_text())["pypi"]}
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        roots, cases = {}, []
        for name in PACKAGES:
            source = Path(sysconfig.get_path("purelib"), name)
            if name in trained or not source.is_dir():
                continue
            some = list(chosen(name, list(stripped(source, Path(folder, name)))))
            if len(some) > A_PACKAGE // 4:
                roots[name] = Path(folder, name)
                cases += some
        cache = str(Path(folder, "cache"))
        answers: dict[str, Any] = {}
        for name, root in roots.items():
            run("index", str(root), "--json", cache=cache)
            answers |= ask(root, [case for case in cases if case["repo"] == name], cache)
        by_package = mean_by("repo", cases, answers)
        for name, score in sorted(by_package.items()):
            print(f"{name:22} {score:.4f}")
        print(f"{len(cases)} questions, NDCG@10 {sum(by_package.values()) / len(by_package):.4f}")
        ablate(roots, cases, cache)


def stripped(source: Path, target: Path) -> Iterator[tuple[str, str]]:
    """Copy a package's modules with blank lines for docstrings; (path, first sentence) of each definition that had one."""
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        if {"test", "tests", "_vendor"} & set(relative.parts):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                text = path.read_text(encoding="utf-8")
                tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        lines = text.split("\n")
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
                continue
            if (said := ast.get_docstring(node)) is None:
                continue
            first = node.body[0]
            lines[first.lineno - 1 : first.end_lineno] = [""] * ((first.end_lineno or first.lineno) - first.lineno + 1)
            if len(node.body) == 1:
                lines[first.lineno - 1] = " " * first.col_offset + "pass"
            elif not isinstance(node, ast.Module):
                yield relative.as_posix(), said.partition("\n\n")[0].replace("\n", " ").partition(". ")[0].strip()
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("\n".join(lines), encoding="utf-8")


def chosen(package: str, found: Sequence[tuple[str, str]]) -> Iterator[Case]:
    """Questions with one answer: sentences that no other definition of the package has."""
    usable = [one for one in found if len(one[1].split()) in WORDS]
    random.Random(package).shuffle(usable)
    times = Counter(sentence.lower() for _, sentence in usable)
    in_file: defaultdict[str, int] = defaultdict(int)
    number = 0
    for path, sentence in usable:
        if times[sentence.lower()] > 1 or in_file[path] >= A_FILE or number >= A_PACKAGE:
            continue
        in_file[path] += 1
        number += 1
        yield {
            "id": f"{package}#{number}",
            "repo": package,
            "category": "docstring",
            "query": sentence,
            "targets": [{"path": path}],
        }


if __name__ == "__main__":
    main()
