"""The table of languages: names of files, interpreters, editors' names, grammars."""

from __future__ import annotations

from collections import Counter

import pytest

from indexer.languages import LANGUAGES, known, language_of, language_of_script, parse


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/main.rs", "rust"),
        ("a/b.test.TSX", "tsx"),
        ("include/list.h", "cpp"),
        ("Makefile", "make"),
        ("deep/CMakeLists.txt", "cmake"),
        ("README.md", "markdown"),
        ("README", "text"),
        ("LICENSE", "text"),
        ("noextension", None),
        ("odd.zzz", None),
        (".gitignore", None),
        ("dir.py/file", None),
    ],
)
def test_a_name_tells_the_language(path: str, language: str | None) -> None:
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/bin/sh", "bash"),
        ("#!/usr/bin/env python3.12", "python"),
        ("#!/usr/bin/env -S node --harmony", "javascript"),
        ("#! /usr/bin/ruby -w", "ruby"),
        ("#!/opt/unknown", None),
        ("#!", None),
        ("# not one", None),
    ],
)
def test_a_script_tells_its_interpreter(line: str, language: str | None) -> None:
    assert language_of_script(line) == language


def test_no_suffix_or_name_belongs_to_two_languages() -> None:
    every = [key for row in LANGUAGES for key in (*row.suffixes, *row.filenames)]
    assert [key for key, count in Counter(every).items() if count > 1] == []
    assert every == [key.lower() for key in every]


@pytest.mark.parametrize("row", [row for row in LANGUAGES if row.grammar], ids=lambda row: row.name)
def test_every_grammar_loads_and_parses(row) -> None:
    tree = parse("x", row.name)
    assert tree is not None
    assert tree.root_node.end_byte == 1


def test_editors_names_are_known() -> None:
    for theirs, ours in {"typescriptreact": "tsx", "javascriptreact": "javascript", "shellscript": "bash"}.items():
        row = known(theirs)
        assert row is not None
        assert row.name == ours
        assert parse("", theirs) is not None


def test_a_language_without_a_grammar_has_no_tree() -> None:
    assert parse("# Title", "markdown") is None
    assert parse("text", "never heard of") is None


def test_any_text_parses() -> None:
    tree = parse("def f(\ud800): pass  # half an emoji", "python")
    assert tree is not None
    assert tree.root_node.named_child_count > 0
