"""Which names a file uses, and where: `^` below a name marks a use; every other name of the line is none, or not asked for."""

from __future__ import annotations

import re

import pytest

from indexer.definitions import DEFINITIONS
from indexer.languages import parse
from indexer.outline import outline
from indexer.references import MAX_LINES, RESERVED, TEXT, references


def used(text: str, language: str) -> dict[str, list[int]]:
    tree = parse(text, language)
    assert tree is not None
    return references(tree, language, outline(tree, language, "sample"))


def test_every_language_with_definitions_has_references() -> None:
    assert TEXT.keys() == RESERVED.keys() == DEFINITIONS.keys()
    for language in TEXT:
        assert used("Shelf", language).keys() <= {"Shelf"}


# Every `mark` stands where a name is used, every `trap` in a comment, a string or the like.
PICTURES = {
    "python": "def own(): return mark(f'trap {mark} trap') # trap\n'''trap\n{trap}'''\nmark.mark\n",
    "javascript": "import {mark} from './trap'; const s = `trap ${mark} trap`; /trap/.test(mark) // trap\n/* trap */ mark()\n",
    "typescript": "let x: mark = `trap ${mark}` // trap\nmark('trap')\n",
    "tsx": "const own = <mark.x title='trap'>trap {mark}</mark.x>\n",
    "go": 'package p\nvar s = mark("trap", `trap`) // trap\n/* trap */ var t = mark.mark\n',
    "rust": 'fn own() { mark(r"trap", "trap \\n"); /* trap */ mark::mark!() } // trap\n',
    "java": 'class Own { mark s = mark("trap"); /* trap */ } // trap\n',
    "c": '#include <trap.h>\n#include "trap.h"\nint x = mark("trap"); // trap\n',
    "cpp": 'auto x = mark::mark("trap", R"(trap)"); /* trap */\n',
    "csharp": 'class Own { mark s = $"trap {mark} trap"; string t = @"trap"; } // trap\n',
    "ruby": 'x = mark "trap #{mark} trap" # trap\ny = <<~END\n  trap #{mark}\nEND\n',
    "php": "<?php\n$s = mark('trap', \"trap {$mark}\"); // trap\n?>trap\n",
    "kotlin": 'val s = mark("trap ${mark.mark} trap") // trap\n/* trap */\n',
    "swift": 'let s = mark("trap \\(mark) trap") // trap\n',
    "scala": 'val s = mark(s"trap ${mark} trap", "trap") // trap\n',
    "lua": "local s = mark('trap', [[trap]]) -- trap\n",
    "haskell": "own = mark \"trap\" 'c' -- trap\n",
    "elixir": 's = mark("trap #{mark} trap") # trap\n',
    "zig": 'const s = mark("trap"); // trap\n',
    "bash": "mark 'trap' \"trap $mark\" # trap\n",
}


@pytest.mark.parametrize("language", sorted(TEXT))
def test_text_is_no_use_and_code_inside_of_text_is(language: str) -> None:
    text = PICTURES[language]
    found = used(text, language)
    assert "trap" not in found
    assert found["mark"] == [number for number, line in enumerate(text.splitlines(), 1) if re.search(r"\bmark\b", line)]


def test_where_a_definition_gives_the_name_is_no_use() -> None:
    assert used("@mark\ndef own(a):\n    return own\n", "python") == {"mark": [1], "own": [3]}
    assert used("class Own { Own() {} }\nOwn x;\n", "java")["Own"] == [2]


def test_a_name_on_a_line_twice_is_one_line_and_lines_are_bounded() -> None:
    assert used("f = mark(mark)\n", "python")["mark"] == [1]
    assert len(used("mark()\n" * (MAX_LINES + 9), "python")["mark"]) == MAX_LINES


def test_names_of_any_alphabet_and_broken_code() -> None:
    assert used("größe = länge(\n  mark", "python").keys() >= {"länge", "mark"}


@pytest.mark.parametrize("around", ["", "é "])  # only ASCII is split without the expression
def test_names_begin_after_digits_and_have_two_characters(around: str) -> None:
    text = f"{around}x = 12 + 0xFF + ab + 1e5 + e5\r\n{around}y = xFF\x0cab + 7ab + i_\n"
    assert used(text, "python") == {"xFF": [1, 2], "ab": [1, 2], "e5": [1], "i_": [2]}
