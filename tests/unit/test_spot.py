"""What a tree says of a cursor, drawn: `ˇ` is the cursor. Every language with a grammar is asked the same questions."""

import pytest

from indexer.languages import parse
from lsp_server.completion.spot import spot
from lsp_server.completion.trigger import Extent, extent_at


def wanted(picture: str, language: str = "python") -> Extent | None:
    before, after = picture.split("ˇ")
    return extent_at(before, after, "automatic", parse(before + after, language))


@pytest.mark.parametrize(
    ("picture", "extent"),
    [
        ("x = foo()ˇ\n", None),
        ("x = foo() ˇ\n", Extent.LINE),
        ("x = [1, 2]ˇ\n", None),
        ("    passˇ\n", None),
        ("def f():\n    return Noneˇ\n", None),
        ("def f():\n    return totalˇ\n", Extent.LINE),
        ("x = fooˇ\n", Extent.LINE),
        ("x = foo.ˇ\n", Extent.LINE),
        ("x = foo(ˇ)\n", Extent.LINE),
        ("x = foo(bar()ˇ)\n", Extent.LINE),
        ("x = foo(bar()ˇ\n", Extent.LINE),
        ("x = 'some tˇext'\n", None),
        ('x = "some tˇ"\n', None),
        ('x = "some tˇ\ny = 1\n', None),
        ('x = "a" + ˇ\n', Extent.LINE),
        ('x = f"some {nameˇ}"\n', Extent.LINE),
        ("# a comment goes ˇ\nx = 1\n", None),
        ("# ˇ\nx = 1\n", Extent.LINE),
        ("x = 1  # it isˇ\n", None),
        ('def f():\n    """What it ˇdoes."""\n', None),
        ('def f():\n    """What it does.\n\n    ˇ\n    """\n', Extent.LINE),
        ('def f():\n    """ˇ"""\n', Extent.LINE),
        ("def f():ˇ\n", Extent.BLOCK),
        ("def f():\n    ˇ\n", Extent.BLOCK),
        ("if x:\n    y = 1\nelse:ˇ\n", Extent.BLOCK),
        ("x = {'a':ˇ}\n", Extent.LINE),
        ("xs = [\n    1,\n    ˇ\n]\n", Extent.LINE),
        ("foo(\n    ˇ\n)\n", Extent.LINE),
        ("foo(\n    a,\n)\nˇ\n", Extent.BLOCK),
        ("class A:\n    def f(self):\n        return 1\n\n    ˇ\n\n    def g(self):\n        return 2\n", Extent.BLOCK),
    ],
)
def test_the_tree_decides_in_python(picture: str, extent: Extent | None) -> None:
    assert wanted(picture) is extent


FINISHED = {
    "python": "x = foo(1)ˇ\n",
    "javascript": "const x = foo(1);ˇ\n",
    "typescript": "const x: number = foo(1);ˇ\n",
    "tsx": "const x = foo(1);ˇ\n",
    "go": "package a\n\nfunc f() {\n\tfoo(1)ˇ\n}\n",
    "rust": "fn f() {\n    foo(1);ˇ\n}\n",
    "java": "class A {\n    void f() {\n        foo(1);ˇ\n    }\n}\n",
    "c": "void f() {\n    foo(1);ˇ\n}\n",
    "cpp": "void f() {\n    foo(1);ˇ\n}\n",
    "csharp": "class A {\n    void F() {\n        foo(1);ˇ\n    }\n}\n",
    "ruby": "def f\n  foo(1)ˇ\nend\n",
    "php": "<?php\nfunction f() {\n    foo(1);ˇ\n}\n",
    "kotlin": "fun f() {\n    foo(1)ˇ\n}\n",
    "swift": "func f() {\n    foo(1)ˇ\n}\n",
    "scala": "object A {\n  def f() = {\n    foo(1)ˇ\n  }\n}\n",
    "lua": "function f()\n  foo(1)ˇ\nend\n",
    "zig": "fn f() void {\n    foo(1);ˇ\n}\n",
    "bash": 'f() {\n  foo "one"ˇ\n}\n',
}
COMMENTS = {
    **dict.fromkeys(("python", "ruby", "bash", "elixir"), "# what it isˇ\n"),
    **dict.fromkeys(("lua", "haskell"), "-- what it isˇ\n"),
    **dict.fromkeys(
        ("javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp", "kotlin", "swift", "scala", "zig"),
        "// what it isˇ\n",
    ),
    "php": "<?php\n// what it isˇ\n",
}
STRINGS = {
    "python": 'x = "in tˇhe middle"\n',
    **dict.fromkeys(("javascript", "typescript", "tsx"), 'const x = "in tˇhe middle";\n'),
    "go": 'package a\n\nvar x = "in tˇhe middle"\n',
    "rust": 'const X: &str = "in tˇhe middle";\n',
    "java": 'class A {\n    String x = "in tˇhe middle";\n}\n',
    **dict.fromkeys(("c", "cpp"), 'char *x = "in tˇhe middle";\n'),
    "csharp": 'class A {\n    string x = "in tˇhe middle";\n}\n',
    "ruby": 'x = "in tˇhe middle"\n',
    "php": '<?php\n$x = "in tˇhe middle";\n',
    **dict.fromkeys(("kotlin", "scala"), 'val x = "in tˇhe middle"\n'),
    "swift": 'let x = "in tˇhe middle"\n',
    "lua": 'local x = "in tˇhe middle"\n',
    "haskell": 'x = "in tˇhe middle"\n',
    "elixir": 'x = "in tˇhe middle"\n',
    "zig": 'const x = "in tˇhe middle";\n',
    "bash": 'x="in tˇhe middle"\n',
}
BLOCKS = {
    "python": "def f():ˇ\n",
    "javascript": "function f() {ˇ\n}\n",
    "typescript": "function f(): void {ˇ\n}\n",
    "tsx": "function f() {ˇ\n}\n",
    "go": "package a\n\nfunc f() {ˇ\n}\n",
    "rust": "fn f() {ˇ\n}\n",
    "java": "class A {\n    void f() {ˇ\n    }\n}\n",
    "c": "void f() {ˇ\n}\n",
    "cpp": "void f() {ˇ\n}\n",
    "csharp": "class A {\n    void F() {ˇ\n    }\n}\n",
    "php": "<?php\nfunction f() {ˇ\n}\n",
    "kotlin": "fun f() {ˇ\n}\n",
    "swift": "func f() {ˇ\n}\n",
    "scala": "object A {ˇ\n}\n",
    "elixir": "def f doˇ\nend\n",
    "zig": "fn f() void {ˇ\n}\n",
    "bash": "f() {ˇ\n}\n",
}
EXPRESSIONS = {
    **dict.fromkeys(("javascript", "typescript", "tsx"), "const x = {ˇ\n};\n"),
    "go": "package a\n\nvar x = T{ˇ\n}\n",
    "rust": "fn f() {\n    let x = foo(ˇ\n    );\n}\n",
    "java": "class A {\n    int[] x = {ˇ\n    };\n}\n",
    "c": "int x[] = {ˇ\n};\n",
    "cpp": "int x[] = {ˇ\n};\n",
    "csharp": "class A {\n    int[] x = {ˇ\n    };\n}\n",
    "ruby": "x = foo(ˇ\n)\n",
    "php": "<?php\n$x = foo(ˇ\n);\n",
    "kotlin": "val x = listOf(ˇ\n)\n",
    "swift": "let x = foo(ˇ\n)\n",
    "scala": "val x = List(ˇ\n)\n",
    "lua": "local x = {ˇ\n}\n",
    "haskell": "x = [ˇ\n  ]\n",
    "elixir": "x = foo(ˇ\n)\n",
    "zig": "const x = foo(ˇ\n);\n",
}


@pytest.mark.parametrize(("language", "picture"), FINISHED.items())
def test_nobody_goes_on_behind_a_finished_statement(language: str, picture: str) -> None:
    assert wanted(picture, language) is None


@pytest.mark.parametrize(("language", "picture"), [*COMMENTS.items(), *STRINGS.items()])
def test_text_is_left_to_its_writer(language: str, picture: str) -> None:
    assert wanted(picture, language) is None
    before, after = picture.split("ˇ")
    assert extent_at(before, after, "invoked", parse(before + after, language)) is Extent.LINE


@pytest.mark.parametrize(("language", "picture"), BLOCKS.items())
def test_a_block_follows_its_opener(language: str, picture: str) -> None:
    assert wanted(picture, language) is Extent.BLOCK


@pytest.mark.parametrize(("language", "picture"), EXPRESSIONS.items())
def test_the_rest_of_an_expression_is_no_block(language: str, picture: str) -> None:
    assert wanted(picture, language) is Extent.LINE


def test_characters_of_several_bytes_move_nothing() -> None:
    before, after = 'x = "🙂🙂🙂 é', 'é"\ny = foo(1)\n'
    assert spot(parse(before + after, "python"), before).text == "string"
    whole = before + after
    assert spot(parse(whole, "python"), whole.rstrip("\n")).finished
