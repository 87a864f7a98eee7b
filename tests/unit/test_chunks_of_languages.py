"""In every language with a grammar: documentation stays with the head it describes, and no string that fits is torn."""

from __future__ import annotations

import pytest

from indexer.analysis import Rows, analyse
from indexer.definitions import DEFINITIONS

# Language -> file name, documentation, head, a line of the body (`N`: a number), end, a string on several lines (text at `…`).
SAMPLES: dict[str, tuple[str, str, str, str, str, str]] = {
    "python": ("a.py", "# Doc of it.", "class Shelf:", "    def go_N(self): return N", "", 'TEXT = """\n…\n"""'),
    "javascript": ("a.js", "/** Doc of it. */", "class Shelf {", "  goN() { return N }", "}", "const text = `\n…\n`;"),
    "typescript": ("a.ts", "/** Doc of it. */", "class Shelf {", "  goN(): number { return N }", "}", "const text = `\n…\n`;"),
    "tsx": ("a.tsx", "/** Doc of it. */", "class Shelf {", "  goN(): number { return N }", "}", "const text = `\n…\n`;"),
    "go": ("a.go", "// Doc of it.", "func Shelf() {", "\tgo_on(N)", "}", "var text = `\n…\n`"),
    "rust": ("a.rs", "/// Doc of it.", "fn shelf() {", "    go_on(N);", "}", 'const TEXT: &str = "\n…\n";'),
    "java": (
        "a.java",
        "/** Doc of it. */",
        "class Shelf {",
        "  int goN() { return N; }",
        "}",
        'class T { String t = """\n…\n"""; }',
    ),
    "c": ("a.c", "/* Doc of it. */", "int shelf(void) {", "  go_on(N);", "}", 'char *text = "\\\n…\\\n";'),
    "cpp": ("a.cpp", "/// Doc of it.", "int shelf() {", "  go_on(N);", "}", 'auto text = R"(\n…\n)";'),
    "csharp": ("a.cs", "/// Doc of it.", "class Shelf {", "  int GoN() { return N; }", "}", 'class T { string t = @"\n…\n"; }'),
    "ruby": ("a.rb", "# Doc of it.", "class Shelf", "  def go_N; N; end", "end", "TEXT = <<~END\n…\nEND"),
    "php": ("a.php", "/** Doc of it. */", "class Shelf {", "  function goN() { return N; }", "}", "$text = '\n…\n';"),
    "kotlin": ("a.kt", "/** Doc of it. */", "class Shelf {", "  fun goN() = N", "}", 'val text = """\n…\n"""'),
    "swift": ("a.swift", "/// Doc of it.", "class Shelf {", "  func goN() -> Int { return N }", "}", 'let text = """\n…\n"""'),
    "scala": ("a.scala", "/** Doc of it. */", "class Shelf {", "  def goN = N", "}", 'object T { val text = """\n…\n""" }'),
    "lua": ("a.lua", "--- Doc of it.", "function shelf()", "  go_on(N)", "end", "local text = [[\n…\n]]"),
    "haskell": ("A.hs", "-- | Doc of it.", "shelf :: Int -> Int", "shelf N = N", "", 'text = "\\\n…\\\n\\"'),
    "elixir": ("a.ex", '@doc "Doc of it."', "def shelf(x) do", "  go_on(N)", "end", '@text """\n…\n"""'),
    "zig": ("a.zig", "/// Doc of it.", "fn shelf() void {", "    go_on(N);", "}", "const text =\n…\n;"),
    "bash": ("a.sh", "# Doc of it.", "shelf() {", "  go_on N", "}", "text='\n…\n'"),
}

LINE = {"haskell": "   \\word N\\", "zig": "    \\\\word N", "c": "word N\\"}


def chunks(name: str, text: str) -> list[str]:
    rows = Rows()
    analyse(name, {file: language for language, (file, *_) in SAMPLES.items()}[name], text.encode(), rows)
    return [str(one) for one in rows.chunks["text"]]


def numbered(line: str, count: int) -> str:
    return "\n".join(line.replace("N", str(number)) for number in range(count))


def opening(language: str) -> str:
    return "<?php\n" if language == "php" else ""


def test_every_language_with_a_grammar_has_a_sample() -> None:
    assert set(SAMPLES) == set(DEFINITIONS)


@pytest.mark.parametrize("language", SAMPLES)
def test_documentation_stays_with_the_head_of_a_large_definition(language: str) -> None:
    name, doc, head, line, end, _ = SAMPLES[language]
    large = f"{doc}\n{head}\n{numbered(line, 90)}\n{end}\n"
    found = chunks(name, f"{opening(language)}{large}")
    assert len(found) > 1
    assert [one for one in found if f"{doc}\n{head}" in one]


@pytest.mark.parametrize("language", SAMPLES)
def test_a_string_that_fits_is_in_one_chunk(language: str) -> None:
    name, doc, head, line, end, text = SAMPLES[language]
    inside = numbered(LINE.get(language, "word N"), 45)
    around = f"{doc}\n{head}\n{numbered(line, 30)}\n{end}\n"
    found = chunks(name, f"{opening(language)}{around}\n{text.replace('…', inside)}\n\n{around.replace('helf', 'tore')}")
    assert len(found) > 1
    assert [one for one in found if "word 0" in one] == [one for one in found if "word 44" in one]


@pytest.mark.parametrize("language", SAMPLES)
def test_what_is_embedded_begins_with_the_names_around(language: str) -> None:
    name, doc, head, line, end, _ = SAMPLES[language]
    rows = Rows()
    analyse(name, language, f"{opening(language)}{doc}\n{head}\n{numbered(line, 90)}\n{end}\n".encode(), rows)
    for embedded, symbol, shown in zip(rows.embedded, rows.chunks["symbol"], rows.chunks["text"], strict=True):
        assert embedded == f"{symbol}\n{shown}"
    assert any("shelf" in str(symbol).lower() for symbol in rows.chunks["symbol"])
