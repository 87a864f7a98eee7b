"""Definitions of a small sample in every language, compared with the table in tests/fixtures/languages/outlines.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.definitions import DEFINITIONS
from indexer.languages import LANGUAGES, language_of, parse
from indexer.outline import MAX_SIGNATURE, outline
from indexer.records import KINDS, Symbol

SAMPLES = Path(__file__).parent.parent / "fixtures" / "languages"


def expected() -> dict[str, list[str]]:
    """File name to its lines in the table."""
    found: dict[str, list[str]] = {}
    for line in (SAMPLES / "outlines.txt").read_text().splitlines():
        if line.startswith(" "):
            found[list(found)[-1]].append(line.strip())
        else:
            found[line] = []
    return found


def outline_of(text: str, language: str) -> list[Symbol]:
    tree = parse(text, language)
    assert tree is not None
    return outline(tree, language, "sample")


def drawn(symbol: Symbol) -> str:
    lines = f"{symbol.start_line:>3}-{symbol.end_line:<4}"
    return f"{symbol.kind:<10}{lines}{symbol.qualified_name:<30}  {symbol.signature}".strip()


@pytest.mark.parametrize("name", sorted(expected()))
def test_definitions_of_the_sample(name: str) -> None:
    text = (SAMPLES / name).read_text()
    language = language_of(name)
    assert language is not None
    assert [drawn(symbol) for symbol in outline_of(text, language)] == expected()[name]


def test_every_language_with_a_grammar_has_a_query_and_a_sample() -> None:
    with_grammar = {row.name for row in LANGUAGES if row.grammar}
    assert set(DEFINITIONS) == with_grammar
    assert {language_of(name) for name in expected()} == with_grammar


def test_kinds_are_those_of_the_contract() -> None:
    kinds = {symbol.kind for name in expected() for symbol in outline_of((SAMPLES / name).read_text(), language_of(name) or "")}
    assert kinds <= set(KINDS)
    assert {"function", "method", "class", "interface", "type", "module", "constant"} <= kinds


def test_decorators_belong_to_the_definition_and_not_to_its_signature() -> None:
    (symbol,) = outline_of("@cache\n@other(1)\ndef load(\n    path: str,\n) -> str:\n    return path\n", "python")
    assert (symbol.start_line, symbol.end_line) == (1, 6)
    assert symbol.signature == "def load( path: str, ) -> str"


def test_definitions_outside_their_class_name_it() -> None:
    assert [
        s.qualified_name for s in outline_of("void a::B<int>::run(int x) {}\nbool C::operator<(C o) { return 1; }", "cpp")
    ] == [
        "a.B.run",
        "C.operator<",
    ]
    assert [s.qualified_name for s in outline_of("package p\nfunc (s *Set[T]) Add() {}\n", "go")] == ["Set.Add"]


def test_a_text_that_does_not_parse_still_has_its_definitions() -> None:
    names = [
        symbol.name for symbol in outline_of("def whole():\n    pass\n\ndef broken(:\n\nclass After:\n    pass\n", "python")
    ]
    assert "whole" in names
    assert "After" in names


def test_a_long_signature_is_cut() -> None:
    (symbol,) = outline_of(f"def f({', '.join(f'argument_{i}' for i in range(200))}): pass", "python")
    assert len(symbol.signature) <= MAX_SIGNATURE
