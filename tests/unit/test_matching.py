"""One walk for definitions and imports finds what a walk for each does, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.definitions import DEFINITIONS
from indexer.imports import imported, imports
from indexer.languages import language_of, parse
from indexer.matching import matches
from indexer.outline import defined, outline
from indexer.records import Import, Symbol

SAMPLES = Path(__file__).parent.parent / "fixtures" / "languages"

IMPORTED = {
    "python": "import a\nclass C:\n    pass\n",
    "rust": "struct C;\nuse a::*;\n",
    "javascript": "export class C {}\nimport x from 'a';\n",
    "go": 'package p\nimport "a"\ntype C struct{}\n',
}

Found = tuple[list[Symbol], list[Import]]


def both_ways(text: str, language: str) -> tuple[Found, Found]:
    tree = parse(text, language)
    assert tree is not None
    definitions, importing = matches(tree, language)
    together = defined(definitions, tree, language, "sample"), imported(importing)
    return together, (outline(tree, language, "sample"), imports(tree, language))


@pytest.mark.parametrize(
    "sample", [one for one in sorted(SAMPLES.iterdir()) if language_of(one.name) in DEFINITIONS], ids=lambda one: one.name
)
def test_a_sample_gives_the_same_in_one_walk(sample: Path) -> None:
    language = language_of(sample.name)
    assert language is not None
    together, apart = both_ways(sample.read_text(), language)
    assert together == apart
    assert together[0]


@pytest.mark.parametrize("language", sorted(IMPORTED))
def test_imports_are_told_from_definitions(language: str) -> None:
    together, apart = both_ways(IMPORTED[language], language)
    assert together == apart
    assert ([one.name for one in together[0]], [one.module for one in together[1]]) == (["C"], ["a"])
