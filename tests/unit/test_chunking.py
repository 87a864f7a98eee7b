"""Cutting: every line once, definitions whole with their comments, large ones cut between statements."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from indexer.chunking import MERGED_SIZE, SMALL_SIZE, chunk
from indexer.cutting import MAX_SIZE
from indexer.languages import known, language_of, parse
from indexer.outline import outline
from indexer.records import Chunk

ROOT = Path(__file__).parent.parent.parent
SAMPLES = sorted((ROOT / "tests" / "fixtures" / "languages").glob("[sS]ample.*"))
SOURCES = sorted((ROOT / "indexer").glob("*.py"))


def cut(text: str, language: str | None = "python", path: str = "sample") -> list[Chunk]:
    tree = parse(text, language) if language else None
    symbols = outline(tree, language, path) if tree is not None and language else []
    row = known(language) if language else None
    return chunk(text, path, language, tree, symbols, prose=row is None or row.prose)


def filler(count: int, indent: str = "    ") -> str:
    return "".join(f"{indent}value_{number} = compute({number})\n" for number in range(count))


@pytest.mark.parametrize("path", [*SAMPLES, *SOURCES], ids=lambda path: path.name)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_every_line_with_something_on_it_is_in_exactly_one_chunk(path: Path, ending: str) -> None:
    text = path.read_text().replace("\n", ending)
    chunks = cut(text, language_of(path.name), path.name)
    lines = text.split("\n")
    seen: list[int] = []
    for one in chunks:
        assert one.text == "\n".join(lines[one.start_line - 1 : one.end_line])
        seen += range(one.start_line, one.end_line + 1)
    assert seen == sorted(set(seen))
    assert [number for number in range(1, len(lines) + 1) if lines[number - 1].strip() and number not in set(seen)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_chunks_are_of_a_sensible_size(path: Path) -> None:
    for one in cut(path.read_text(), "python"):
        assert len([line for line in one.text.split("\n") if line.strip()]) <= MAX_SIZE + SMALL_SIZE


def test_a_definition_keeps_its_comment_its_decorator_and_its_docstring() -> None:
    text = filler(40, "") + "\n\n# Why it is so.\n# And more.\n@cache\ndef load(path):\n" + '    """Load."""\n' + filler(30)
    (found,) = [one for one in cut(text) if one.symbol == "load"]
    assert found.text.startswith("# Why it is so.\n# And more.\n@cache\ndef load(path):\n")
    assert found.end_line == text.count("\n")


def test_a_comment_with_a_blank_line_below_is_not_the_definitions() -> None:
    text = filler(40, "") + "\n# About nothing below.\n\ndef load(path):\n" + filler(30)
    (found,) = [one for one in cut(text) if one.symbol == "load"]
    assert found.text.startswith("def load(path):")


def test_attributes_of_rust_and_documentation_of_elixir_stay_with_what_they_describe() -> None:
    rust = "".join(f"const A{number}: u8 = 1;\n" for number in range(60)) + "/// Doc.\n#[derive(Debug)]\nstruct S {\n"
    rust += "".join(f"    field_{number}: u8,\n" for number in range(20)) + "}\n"
    assert any(one.text.startswith("/// Doc.\n#[derive(Debug)]\nstruct S {") for one in cut(rust, "rust"))
    elixir = "defmodule M do\n" + "".join(f"  @a{n} {n}\n\n" for n in range(70))
    elixir += "  def start(x) do\n" + filler(20) + '  end\n\n  @doc "Runs."\n  def run(x) do\n' + filler(20) + "  end\nend\n"
    assert any(one.text.startswith('  @doc "Runs."\n  def run(x) do') for one in cut(elixir, "elixir"))


def test_a_large_function_is_cut_between_statements() -> None:
    statement = "    if ready(\n        first,\n        second,\n    ):\n        go()\n        stop()\n"
    text = "def large(first, second):\n" + statement * 40
    chunks = cut(text)
    assert len(chunks) > 3
    assert {one.symbol for one in chunks} == {"large"}
    assert all(one.text.startswith(("    if ready(", "def large(")) for one in chunks)


def test_a_large_class_is_cut_between_its_methods_and_keeps_its_head() -> None:
    methods = "".join(f"    def method_{number}(self):\n" + filler(18, "        ") + "\n" for number in range(6))
    text = 'class Large:\n    """Says what it is."""\n\n    limit = 3\n\n' + methods
    chunks = cut(text)
    assert chunks[0].symbol == "Large"
    assert chunks[0].text == 'class Large:\n    """Says what it is."""\n\n    limit = 3'
    assert [one.symbol for one in chunks[1:]] == [f"Large.method_{number}" for number in range(6)]
    assert {one.kind for one in chunks[1:]} == {"method"}


def test_parts_of_a_long_function_are_put_together_to_a_readable_size() -> None:
    sizes = [one.end_line - one.start_line + 1 for one in cut("def long():\n" + "    call()\n" * 400)]
    assert sizes == [MERGED_SIZE] * 9 + [MERGED_SIZE + 1]


def test_a_closing_brace_is_not_left_alone() -> None:
    java = "class A {\n" + "".join(f"  void m{n}() {{\n" + "    go();\n" * 20 + "  }\n" for n in range(6)) + "}\n"
    chunks = cut(java, "java")
    assert len(chunks) == 6
    assert chunks[0].text.startswith("class A {\n  void m0() {")
    assert chunks[-1].text.endswith("  }\n}")


def test_small_neighbours_are_one_chunk() -> None:
    text = "".join(f"def small_{number}():\n    return {number}\n\n\n" for number in range(40))
    chunks = cut(text)
    assert all(one.end_line - one.start_line + 1 >= SMALL_SIZE for one in chunks[:-1])


def test_a_small_file_is_one_chunk_called_after_what_fills_it() -> None:
    (one,) = cut("import os\n\n\ndef main():\n" + filler(10))
    assert (one.symbol, one.kind) == ("main", "function")
    (one,) = cut("import os\nimport sys\n\nprint(sys.path)\n")
    assert (one.symbol, one.kind) == ("", "code")


def test_statements_that_share_a_line_are_not_torn() -> None:
    text = dedent(
        """\
        def a():
        BODY
            return 1
        if x: y = 1; z = 2
        else: y = 2
        """
    ).replace("BODY\n", filler(80))
    joined = [one.text for one in cut(text) if "if x:" in one.text]
    assert len(joined) == 1
    assert "else: y = 2" in joined[0]


def test_text_without_a_grammar_is_cut_into_windows_at_blank_lines() -> None:
    text = "\n\n".join("\n".join(f"line {n} of paragraph {p}" for n in range(12)) for p in range(12))
    chunks = cut(text, None)
    assert len(chunks) > 3
    assert all(one.kind == "text" for one in chunks)
    assert all(one.text.startswith("line 0 of") for one in chunks)


def test_prose_is_cut_before_headings() -> None:
    text = "".join(f"## Heading {n}\n\n" + "Some words about it.\n" * 25 + "\n" for n in range(6))
    chunks = cut(text, "markdown")
    assert all(one.text.startswith("## Heading") for one in chunks)
    assert {one.kind for one in chunks} == {"text"}


def test_code_without_a_grammar_is_code() -> None:
    assert {one.kind for one in cut("let x = 1\n" * 100, "ocaml")} == {"code"}


@pytest.mark.parametrize("text", ["", "\n", "\n\n  \n\t\n"])
def test_nothing_gives_nothing(text: str) -> None:
    assert cut(text) == []


def test_nesting_without_end_does_not_exhaust_the_stack() -> None:
    text = "x = " + "[\n" * 3000 + "]\n" * 3000
    chunks = cut(text)
    assert chunks[0].start_line == 1
    assert chunks[-1].end_line == 6000


def test_a_string_larger_than_a_chunk_is_cut_and_its_neighbours_are_not() -> None:
    text = 'TEXT = """\n' + "one line of a long text\n" * 200 + '"""\n\ndef after():\n' + filler(20)
    chunks = cut(text)
    assert chunks[-1].symbol == "after"
    assert {one.symbol for one in chunks[:-1]} == {"TEXT"}
