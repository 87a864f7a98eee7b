"""What renaming and adding types may change, and nothing else: drawn as code before and code after."""

from __future__ import annotations

import pytest

from indexer.languages import parse
from lsp_server.actions import catalogue, patch
from lsp_server.actions.likeness import kept
from lsp_server.actions.records import FileEdit, Promise, Refusal, Region, Span
from lsp_server.actions.tokens import Part
from lsp_server.documents import DocumentSnapshot

PY = "def f(a, b=1):\n    x = a.x + g(b, x=2)\n    for i, j in x:\n        print(f'{i}')\n    return x\n"

RENAMED = [
    ("python", 'def f(a):\n    x = [a, "b",]\n    return x\n', "def f(a):\n    y = [a, 'b']\n    return y\n"),
    ("python", PY, PY.replace("x = a.x", "total = a.x").replace("in x", "in total").replace("return x", "return total")),
    ("python", PY, PY.replace("i, j", "key, j").replace("{i}", "{key}")),
    (
        "python",
        "def f():\n    with open('a') as h:\n        return h\n",
        "def f():\n    with open('a') as handle:\n        return handle\n",
    ),
    ("python", "def f(a):\n    return [y for y in a]\n", "def f(a):\n    return [item for item in a]\n"),
    (
        "javascript",
        "function f(a) {\n  const x = a.x;\n  return { x: x };\n}\n",
        "function f(a) {\n  const y = a.x;\n  return { x: y };\n}\n",
    ),
    (
        "typescript",
        "function f(a: A) {\n  let x: A = a;\n  return x;\n}\n",
        "function f(a: A) {\n  let y: A = a;\n  return y;\n}\n",
    ),
    ("go", "func f(a int) int {\n\tx := a\n\treturn x\n}\n", "func f(a int) int {\n\ty := a\n\treturn y\n}\n"),
    ("rust", "fn f(a: u8) -> u8 {\n    let x = a;\n    x\n}\n", "fn f(a: u8) -> u8 {\n    let y = a;\n    y\n}\n"),
    (
        "java",
        "class A {\n  int f(int a) {\n    int x = a;\n    return x;\n  }\n}\n",
        "class A {\n  int f(int a) {\n    int y = a;\n    return y;\n  }\n}\n",
    ),
    ("c", "int f(int a)\n{\n\tint x = a;\n\treturn x;\n}\n", "int f(int a)\n{\n\tint y = a;\n\treturn y;\n}\n"),
    ("ruby", "def f(a)\n  x = a\n  x\nend\n", "def f(a)\n  y = a\n  y\nend\n"),
]  # fmt: skip

NOT_RENAMED = [
    ("ruby", "def f(a)\n  x = '\\n'\n  x\nend\n", 'def f(a)\n  y = "\\n"\n  y\nend\n'),
    ("c", "int f(int a)\n{\n\tint x = 'a';\n\treturn x;\n}\n", 'int f(int a)\n{\n\tint y = "a";\n\treturn y;\n}\n'),
    ("python", PY, PY.replace("return x", "return x + 1")),
    ("python", PY, PY.replace("return x", "return total")),  # one place only
    ("python", PY, PY.replace("x = a.x", "total = a.total").replace("in x", "in total").replace("return x", "return total")),
    ("python", PY, PY.replace("x=2", "total=2")),  # a keyword
    ("python", PY, PY.replace("g(", "h(")),  # defined elsewhere
    ("python", PY, PY.replace("(a, b", "(first, b").replace("a.x", "first.x")),  # a parameter
    ("python", PY, PY.replace("i, j", "x, j").replace("{i}", "{x}")),  # taken
    ("python", PY, PY.replace("i, j", "g, j").replace("{i}", "{g}")),  # taken by what it calls
    ("python", PY, PY.replace("print", "log")),
    ("python", "def f():\n    global n\n    n = 1\n", "def f():\n    global m\n    m = 1\n"),
    ("python", "def f():\n    import n\n    return n\n", "def f():\n    import m\n    return m\n"),
    (
        "javascript",
        "function f(a) {\n  const x = a;\n  return { x };\n}\n",
        "function f(a) {\n  const y = a;\n  return { y };\n}\n",
    ),
    ("go", "func f(a int) int {\n\tx := a\n\treturn g(x)\n}\n", "func f(a int) int {\n\tx := a\n\treturn h(x)\n}\n"),
    (
        "java",
        "class A {\n  int f(int a) {\n    return this.x;\n  }\n}\n",
        "class A {\n  int f(int a) {\n    return this.y;\n  }\n}\n",
    ),
]  # fmt: skip

TYPED = [
    ("python", "class A:\n    x = 1\n", "class A:\n    x: int = 1\n"),
    ("python", "def f(a):  # type: (int) -> int\n    return a\n", "def f(a: int) -> int:\n    return a\n"),
    ("python", "from b import *\ndef f(a):\n    return a\n", "from b import *\ndef f(a: C) -> C:\n    return a\n"),
    ("python", PY, PY.replace("(a, b=1)", "(a: object, b: int = 1) -> int")),
    ("python", PY, PY.replace("x = a", "x: int = a")),
    (
        "typescript",
        "function f(a, b = 1) {\n  let x = a;\n  return x;\n}\n",
        "function f(a: A, b: number = 1): A {\n  let x: A = a;\n  return x;\n}\n",
    ),
    ("php", "<?php\nfunction f($a) {\n  return $a;\n}\n", "<?php\nfunction f(int $a): ?int {\n  return $a;\n}\n"),
]  # fmt: skip

NOT_TYPED = [
    ("python", PY, PY.replace("(a, b=1)", "(a: List, b: int = 1)")),  # nobody imports it
    ("python", "def f(a):\n    return a  # as it is\n", "def f(a: int):\n    return a\n"),
    ("python", "@dataclass\nclass A:\n    x = 1\n", "@dataclass\nclass A:\n    x: int = 1\n"),
    ("python", "class A(Model):\n    x = 1\n", "class A(Model):\n    x: int = 1\n"),
    ("typescript", "class A {\n  constructor(x) {}\n}\n", "class A {\n  constructor(private x: B) {}\n}\n"),
    ("php", "<?php\nfunction f($a) {\n  return (int) $a;\n}\n", "<?php\nfunction f($a) {\n  return (float) $a;\n}\n"),
    (
        "php",
        "<?php\nfunction f($a) {\n  try { g(); } catch (E $e) { }\n}\n",
        "<?php\nfunction f($a) {\n  try { g(); } catch (F $e) { }\n}\n",
    ),
    ("python", PY, PY.replace("(a, b=1)", "(a: A, b: int = 2) -> int")),
    ("python", PY, PY.replace("(a, b=1)", "(a: A, c: int = 1)")),
    ("python", PY, PY.replace("return x", "return int(x)")),
    ("typescript", "function f(a) {\n  return a;\n}\n", "function f(a: A): A {\n  return a as A + 1;\n}\n"),
]  # fmt: skip


def judged(promise: Promise, language: str, before: str, after: str) -> Refusal | None:
    trees = parse(before, language), parse(after, language)
    assert trees[0] is not None
    assert trees[1] is not None
    assert before != after
    assert not trees[1].root_node.has_error
    parts = [Part(text, tree, Span(0, len(text))) for text, tree in zip((before, after), trees, strict=True)]
    return kept(promise, language, *parts, (parts[0], parts[1]))


@pytest.mark.parametrize(("language", "before", "after"), RENAMED)
def test_new_names_for_local_variables(language: str, before: str, after: str) -> None:
    assert judged("names", language, before, after) is None


@pytest.mark.parametrize(("language", "before", "after"), NOT_RENAMED)
def test_what_is_more_than_new_names(language: str, before: str, after: str) -> None:
    assert judged("names", language, before, after) is not None


@pytest.mark.parametrize(("language", "before", "after"), TYPED)
def test_new_types(language: str, before: str, after: str) -> None:
    assert judged("types", language, before, after) is None


@pytest.mark.parametrize(("language", "before", "after"), NOT_TYPED)
def test_what_is_more_than_new_types(language: str, before: str, after: str) -> None:
    assert judged("types", language, before, after) is not None


@pytest.mark.parametrize("name", ["simplify", "extract", "rename"])
def test_the_signature_stays(name: str) -> None:
    snapshot = DocumentSnapshot("file:///r/a.py", "a.py", "/r", "python", 1, PY)
    region = Region(Span(0, len(PY) - 1), "f", "function", is_definition=True)
    said = PY.replace("b=1", "b=2").replace("return x", "return list(x)")
    refusal = patch.propose(f"```python\n{said}```", catalogue.find(name), region, snapshot)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "signature"
    edit = patch.propose(f"```python\n{said}```", catalogue.find("errors"), region, snapshot)
    assert isinstance(edit, FileEdit)


def test_an_import_that_types_need_is_no_other_change() -> None:
    snapshot = DocumentSnapshot("file:///r/a.py", "a.py", "/r", "python", 1, PY)
    region = Region(Span(0, len(PY) - 1), "f", "function", is_definition=True)
    said = "from typing import Any\n\n" + PY.replace("(a, b=1)", "(a: Any, b: int = 1) -> Any")
    edit = patch.propose(f"```python\n{said}```", catalogue.find("types"), region, snapshot)
    assert isinstance(edit, FileEdit), edit
    assert edit.after == said.replace("\n\n", "\n", 1)
