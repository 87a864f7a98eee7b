"""Answers fitted into their place, partial answers applied, imports sorted out, long code abridged. All drawn as text."""

from __future__ import annotations

import re

import pytest

from lsp_server.actions import abridge, fitting, hunks, imports, reply
from lsp_server.actions.records import Refusal

PIECES = [
    ("python", "    def f(self):\n        return 1"),
    ("python", "    def f(self):\n        return '''\n  a\nb\n'''"),
    ("python", '    def f(self):\n        """One.\n\n        Two.\n          three\n        """\n        return 1'),
    ("python", '    def f(self):\n        """One.\n  hanging\n        """\n        return 1'),
    ("python", '        def f(self):\n            """One.\n      hanging\n            """\n            return 1'),
    ("python", "\tx = 1\n\n\ty = 2"),
    ("python", "if x:\n    y\nelse:\n  z"),
    ("python", "        a\n    b"),
    ("python", "    x = 1\r\n    y = 2"),
    ("python", "    x = '😀'\n    \n    y = 2"),
    ("javascript", "  const s = `\nno indent\n  ${a}\n`;"),
    ("go", "\ts := `\nraw\n\traw`\n\treturn s"),
    ("rust", '    let s = "a\n  b";'),
    ("ruby", "  x = <<~A\n a\n  A"),
    ("plaintext", "  some\n    words"),
    ("", "a"),
]


@pytest.mark.parametrize(("language", "code"), PIECES)
def test_what_is_shown_fits_back_exactly(language: str, code: str) -> None:
    document = f"first\n{code}\nlast"
    if "\r\n" in code:
        document = document.replace("\r\n", "\n").replace("\n", "\r\n")
    assert fitting.fit(fitting.shown(code, language).text, code, document, language) == code


FITTED = [
    # code as it is, document around it, what the model said, what stands in the file
    ("        return 1", "def f():\n    if x:\n{}\n", "return 2", "        return 2"),
    ("\tx()", "a\n\tb\n\t\tc\n{}\n", "if x:\n    y()\n    z()", "\tif x:\n\t\ty()\n\t\tz()"),
    ("  x()", "a {{\n  b\n}}\n{}\n", "if (x) {\n    y();\n}", "  if (x) {\n    y();\n  }"),
    ("    x()", "a:\n    b\n{}\n", "if x:\n\ty()", "    if x:\n        y()"),
    ("    x()", "a:\n    b\n{}\n", "def f():\n        return 1", "    def f():\n        return 1"),
    ("    x()", "a:\n    b\n{}\n", "    def f():\n        return 1", "    def f():\n        return 1"),
    ("    x()", "a:\n    b\n{}\n", "\n\nx()\n\n\n", "    x()"),
    ("    x()", "a:\n    b\n{}\n", "x()\n   \ny()", "    x()\n\n    y()"),
    ("    x()", "a:\r\n    b\r\n{}\r\n", "x()\ny()", "    x()\r\n    y()"),
    (
        "    def f():\n        pass",
        "{}\n",
        'def f():\n    """One.\n\n    Two.\n    """',
        '    def f():\n        """One.\n\n        Two.\n        """',
    ),
    (
        "\tdef f():\n\t\tpass",
        "{}\n",
        'def f():\n    """One.\n\n      Two.\n    """',
        '\tdef f():\n\t\t"""One.\n\n\t\t  Two.\n\t\t"""',
    ),
    ("    x(a,\n      b)", "a:\n    b\n{}\n", "x(a,\n  c)", "    x(a,\n      c)"),
]


@pytest.mark.parametrize(("code", "document", "said", "fitted"), FITTED)
def test_an_answer_takes_on_the_indentation_of_its_place(code: str, document: str, said: str, fitted: str) -> None:
    assert fitting.fit(said, code, document.format(code), "python") == fitted


@pytest.mark.parametrize(
    ("said", "head", "tail", "fitted"),
    [
        ("a + b", "x = ", "", "a + b"),
        ("x = a + b", "x = ", "", "a + b"),
        ("f(a + b)", "f(", ")", "a + b"),
        ("  a + b\n", "x = (", ")", "a + b"),
        ("a", "", "", "a"),
        ("i = 1", "i", "", "i = 1"),
    ],
)
def test_a_piece_of_a_line_comes_without_the_line(said: str, head: str, tail: str, fitted: str) -> None:
    assert fitting.fit_inline(said, head, tail) == fitted


CODE = "a = 1\nb = 2\n\nif a:\n    b = 2\n    c = 3\nd = 4"

APPLIED = [
    ([hunks.Hunk(("a = 1",), ("a = 9",))], CODE.replace("a = 1", "a = 9")),
    ([hunks.Hunk(("if a:", "    b = 2"), ("if a:", "    b = 8"))], CODE.replace("    b = 2", "    b = 8")),
    ([hunks.Hunk(("", "c = 3", ""), ("", "c = 7", ""))], CODE.replace("c = 3", "c = 7")),
    ([hunks.Hunk(("  c = 3", "d = 4"), ("  c = 3", "  e = 5", "d = 4"))], CODE.replace("d = 4", "    e = 5\nd = 4")),
    ([hunks.Hunk(("a = 1",), ("x",)), hunks.Hunk(("d = 4",), ())], CODE.replace("a = 1", "x").removesuffix("\nd = 4")),
]


@pytest.mark.parametrize(("made", "code"), APPLIED)
def test_hunks_are_made_where_they_fit(made: list[hunks.Hunk], code: str) -> None:
    assert hunks.apply(made, CODE) == code


@pytest.mark.parametrize("hunk", [hunks.Hunk(("b = 3",), ("x",)), hunks.Hunk((), ("x",)), hunks.Hunk(("  b = 2",), ("x",))])
def test_a_hunk_without_one_place_is_refused(hunk: hunks.Hunk) -> None:
    assert isinstance(hunks.apply([hunk], CODE), Refusal)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```py\na\n```", [("py", "a", True)]),
        ("````\n```\na\n```\n````", [("", "```\na\n```", True)]),
        ("```python\n    ```\n    a\n    ```\n```", [("python", "    ```\n    a\n    ```", True)]),
        ("1. x\n   ```go\n   a\n     b\n   ```", [("go", "a\n  b", True)]),
        ("~~~\na\n```\n~~~\nb", [("", "a\n```", True)]),
        ("```js title=x\na", [("js", "a", False)]),
        ("`a` and ``` b", []),
        ("```a`b\nc\n```", [("", "", False)]),
    ],
)
def test_fences_are_found_as_markdown_has_them(text: str, found: list[tuple[str, str, bool]]) -> None:
    assert [(one.tag, one.text, one.closed) for one in reply.fences(text)] == found


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("a\n" * 7, True),
        ("a\n" * 5, False),
        ("a\nb\n" * 7, True),
        ("}\n" * 20, False),
        ("\n" * 50, False),
        ("x = compute_something_rather_long(with_an_argument, and_another_one)\n" * 4, True),
        ("x = compute_something_rather_long(with_an_argument, and_another_one)\n" * 3, False),
        ("no " * 300, True),
        ("It makes a new job, which is a function that takes any number of things.\nSo it does. " * 4, True),
        ("It makes a new job, which is a function that takes any number of things.\nSo it does. " * 3, False),
        ("".join(f"line {number}\n" for number in range(100)), False),
    ],
)
def test_a_model_that_goes_in_circles_is_noticed(text: str, circles: bool) -> None:
    assert reply.goes_in_circles(text) is circles


PARTED = [
    ("python", "import a\nfrom b import c\n\ndef f(): pass", ("import a", "from b import c"), "def f(): pass"),
    ("python", "def f():\n    import a", (), "def f():\n    import a"),
    ("go", 'package x\n\nimport (\n\t"a"\n)\n\nfunc f() {}', ('import (\n\t"a"\n)',), "func f() {}"),
    ("java", "package x;\nimport a.B;\nclass C {}", ("import a.B;",), "class C {}"),
    ("typescript", "import a from 'a';\nf();", ("import a from 'a';",), "f();"),
    ("rust", "use a::b;\n\nfn f() {}", ("use a::b;",), "fn f() {}"),
    ("kotlin", "import a.B\nimport c.D\n\nfun f() {}", ("import a.B", "import c.D"), "fun f() {}"),
    ("ruby", "require 'a'\nf", (), "require 'a'\nf"),
    ("plaintext", "import a", (), "import a"),
]


@pytest.mark.parametrize(("language", "code", "taken", "rest"), PARTED)
def test_imports_are_taken_off_the_top(language: str, code: str, taken: tuple[str, ...], rest: str) -> None:
    parted = imports.part(code, language)
    assert (parted.imports, parted.rest) == (taken, rest)


PLACES = [
    ("python", '"""Doc."""\nimport a\nˇ\nx = 1\nimport b\n'),
    ("python", '#!/bin/python\n"""Doc."""\nˇx = 1\n'),
    ("python", "ˇx = 1\n"),
    ("go", 'package a\n\nimport "x"\nˇ\nfunc f() {}\n'),
    ("go", "package a\nˇ\nfunc f() {}\n"),
    ("php", "<?php\nnamespace A;\nuse B;\nˇclass C {}\n"),
    ("java", "// Licence\npackage a;\nˇclass C {}\n"),
]


@pytest.mark.parametrize(("language", "drawn"), PLACES)
def test_an_import_has_its_place(language: str, drawn: str) -> None:
    assert imports.place(drawn.replace("ˇ", ""), language) == drawn.index("ˇ")


LONG = "class A:\n" + "".join(
    f"    def m{n}(self):\n" + f"        x{n} = 1\n" * 20 + f"        return {n}\n\n" for n in range(6)
)


def test_code_that_fits_is_whole() -> None:
    assert abridge.abridge(LONG, "python", len(LONG)) == abridge.Abridged(LONG)


def test_far_bodies_give_way_to_their_signatures_and_the_user_is_told() -> None:
    cut = abridge.abridge(LONG, "python", len(LONG) // 2, keep_line=LONG[: LONG.index("x3")].count("\n"))
    assert len(cut.text) <= len(LONG) // 2
    assert all(f"def m{n}(self):" in cut.text for n in range(6))
    assert "return 3" in cut.text
    assert "        # 21 lines not shown" in cut.text
    assert cut.left_out[0] == "the body of `A.m0` (lines 3–23 of the selection)"
    assert len(cut.left_out) == cut.text.count("lines not shown")
    (told,) = abridge.abridge(LONG * 3, "python", 600).left_out[:1]
    assert re.fullmatch(r"the bodies of (`[\w.]+`, ){5}`[\w.]+` and \d+ more definitions \(\d+ lines of the selection\)", told)


def test_code_without_definitions_is_cut_around_its_line() -> None:
    text = "".join(f"line {number}\n" for number in range(200))
    cut = abridge.abridge(text, "python", 300, keep_line=100)
    assert "line 100" in cut.text
    assert len(cut.text) <= 300
    assert sum(int(one.split()[0]) for one in cut.left_out) + cut.text.count("\n") + 1 == 201


@pytest.mark.parametrize("size", [1, 10, 50, 200, 1000])
def test_whatever_the_budget_it_is_kept(size: int) -> None:
    assert len(abridge.abridge(LONG, "python", size).text) <= max(size, 1)
    assert len(abridge.abridge("x" * 5000, "python", size).text) <= size


def test_a_long_class_is_rewritten_method_by_method() -> None:
    found = abridge.parts(LONG, "python", len(LONG) // 4)
    assert found is not None
    assert [one.name for one in found] == [f"m{n}" for n in range(6)]
    assert abridge.parts("x = 1\n" * 100, "python", 50) is None
