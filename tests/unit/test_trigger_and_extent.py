"""When ghost text is wanted and where it ends, drawn: `ˇ` is the cursor, `│` the end of the suggestion."""

import pytest

from indexer.languages import parse
from lsp_server.completion.brackets import brackets
from lsp_server.completion.closers import missing_edge
from lsp_server.completion.extent import MAX_LINES, end_of_suggestion
from lsp_server.completion.syntax import keep_sound
from lsp_server.completion.trigger import Extent, extent_at
from lsp_server.completion.trim import Surroundings, clean


@pytest.mark.parametrize(
    ("picture", "extent"),
    [
        ("def add(a, b):\n    ˇ", Extent.BLOCK),
        ("def add(a, b):ˇ", Extent.BLOCK),
        ("if (x) {ˇ}", Extent.LINE),
        ("if (x) {ˇ", Extent.BLOCK),
        ("xs.forEach(x => ˇ)", Extent.LINE),
        ("if true; thenˇ", Extent.BLOCK),
        ("    return ˇ", Extent.LINE),
        ("print(ˇ)", Extent.LINE),
        ("print(ˇ);", Extent.LINE),
        ("a ˇ", Extent.LINE),
        ("reˇturn", None),
        ("x = ˇ5", None),
        ("ˇx = 5", None),
        ("foo(ˇ, bar)", None),
        ("ˇ", None),
        ("  \nˇ\n", None),
        ("x = 1\nˇ\n", Extent.BLOCK),
        ("ˇ\nx = 1\n", Extent.BLOCK),
    ],
)
def test_what_is_wanted_when_nobody_asked(picture: str, extent: Extent | None) -> None:
    before, after = picture.split("ˇ")
    assert extent_at(before, after, "automatic") is extent


@pytest.mark.parametrize("picture", ["reˇturn", "x = ˇ5", "foo(ˇ, bar)", "ˇ"])
def test_whoever_asks_is_answered_anywhere(picture: str) -> None:
    before, after = picture.split("ˇ")
    assert extent_at(before, after, "invoked") is not None


@pytest.mark.parametrize(
    ("before", "extent", "streamed"),
    [
        ("return ", Extent.LINE, "a + b│\nreturn c\n"),
        ("x = foo(", Extent.LINE, "│\nfoo"),
        ("x = ", Extent.LINE, "foo(\n    1,\n)│\ny"),
        ("x = ", Extent.LINE, "foo('(')│\ny"),
        ("x = ", Extent.LINE, '{ \'[\': "(\\"" }│\ny'),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n    return a│\ndef g():\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1│\n\n    return a\n"),
        ("def f():\n    ", Extent.BLOCK, "if a:\n        b\n    return a│\nx\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1│\nre"),
        ("def f():\n    ", Extent.BLOCK, "│\nd"),
        ("def f():", Extent.BLOCK, "\n    return 1│\nx\n"),
        ("function f()", Extent.BLOCK, "\n    return 1│\nloc"),
        ("int f() {", Extent.BLOCK, "\n    return 1;\n}│\nint g() {\n"),
        ("", Extent.BLOCK, "import os\nimport sys│\n\nx\n"),
        ("def f():\n    ", Extent.BLOCK, "│\n\n\n\n"),
    ],
)
def test_where_a_suggestion_ends(before: str, extent: Extent, streamed: str) -> None:
    end = streamed.index("│")
    assert end_of_suggestion(streamed.replace("│", ""), before, extent) == end


@pytest.mark.parametrize(
    ("before", "extent", "streamed"),
    [
        ("return ", Extent.LINE, "a + b"),
        ("x = ", Extent.LINE, "foo(\n    1,\n"),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n    ret"),
        ("def f():\n    ", Extent.BLOCK, "a = 1\n"),
        ("int f() {", Extent.BLOCK, "\n    return 1;\n"),
        ("function f()", Extent.BLOCK, "\n    return 1\nen"),
        ("def f():", Extent.BLOCK, "\n"),
    ],
)
def test_more_may_come(before: str, extent: Extent, streamed: str) -> None:
    assert end_of_suggestion(streamed, before, extent) is None


BY_THE_TREE = {
    "a brace ends its block whatever the indentation": ("c", "int f() {", "\nint a = 1;\nreturn a;\n}│\nint g() {\n"),
    "an else goes on behind its brace": ("c", "if (a) {", "\n    b();\n} else {\n    c();\n}│\nd();\n"),
    "what the line opened is closed with it": ("javascript", "foo(function() {", "\n  a();\n});│\nb();\n"),
    "labels stand to the left": (
        "c",
        "int f(int x) {\n    ",
        "switch (x) {\n    case 1:\n        g();\n}\nout:\n    return 1;│\n}\n",
    ),
    "the brace around the cursor is not the answer's": ("c", "int f() {\n    ", "int a = 1;\n    return a;│\n}\n\nint g"),
    "nor is an else behind it": ("java", "class A { void f() { if (a) {\n    ", "b();│\n} else {\n    c();\n"),
    "a brace in a string is none": ("javascript", "function f() {", '\n  return "}";\n}│\ng();\n'),
    "a brace in a comment is none": ("go", "func f() {", "\n\t// }\n\treturn\n}│\nfunc"),
    "a template goes over lines": ("javascript", "function f() {", "\n  return `\n}\n\n${a}`;\n}│\ng();\n"),
    "a string over lines is not indented": (
        "python",
        "def f():\n    ",
        'a = """\nselect\n\nfrom b\n"""\n    return a│\nx = 1\n',
    ),
    "nor are brackets": ("python", "def f():\n    ", "a = [\n1,\n\n2,\n]\n    return a│\nx = 1\n"),
    "a statement ends behind its brackets": ("python", "x = ", "foo(  # (\n    1,\n)│\ny = 2\n"),
    "a statement ends behind its string": ("python", "x = ", '"""\none\n"""│\ny = 2\n'),
    "an empty line ends what is not open": ("c", "int f() {\n    ", "a();│\n\n    b();\n"),
    "an empty line ends nothing that is open": ("c", "int f() {\n    ", "if (a) {\n\n        b();\n    }│\n\n"),
    "words end blocks by their indentation": ("ruby", "def f", "\n  1\nend│\nx\n"),
    "a documentation that begins above what is read": (
        "python",
        'class A:\n    def f(self):\n        """What it\n        does.\n        """\n' + 97 * "        a()\n" + "        ",
        "b()│\n    def g(self):\n        c()\n",
    ),
    "and where it begins above the head of a definition, what follows is code": (
        "python",
        'def a():\n    """What it\n    does.\n\n    """\n' + 90 * "    a()\n" + "\n\ndef f():\n    ",
        '"""What it does.\n\n    """\n    return 1│\nx = 1\n',
    ),
    "an unfinished answer is read as well": ("rust", "fn f() {\n    ", "let a = vec![1];\n    a│\n}\n\nfn g() {\n    let"),
}


@pytest.mark.parametrize(("language", "before", "streamed"), BY_THE_TREE.values(), ids=BY_THE_TREE)
def test_the_tree_tells_where_a_block_ends(language: str, before: str, streamed: str) -> None:
    extent = Extent.LINE if before == "x = " else Extent.BLOCK
    text = streamed.replace("│", "")
    assert streamed.index("│") == end_as_it_is_written(text, before, extent, language)


def end_as_it_is_written(text: str, before: str, extent: Extent, language: str, after: str | None = None) -> int | None:
    """Where an answer ends that comes one character at a time."""
    edge = None if after is None else missing_edge(before, after)
    for size in range(1, len(text) + 1):
        end = end_of_suggestion(text[:size], before, extent, brackets(text[:size], before, language), edge)
        if end is not None:
            return end
    return None


@pytest.mark.parametrize(
    ("language", "before", "streamed"),
    [
        ("c", "int f() {", "\nint a;\nre"),
        ("python", "def f():\n    ", 'a = """\nselect\n'),
        ("python", "def f():\n    ", "a = foo(\n1"),
        ("javascript", "foo(() => {", "\n  a({\n"),
    ],
)
def test_more_may_come_of_what_the_tree_says_is_open(language: str, before: str, streamed: str) -> None:
    assert end_as_it_is_written(streamed, before, Extent.BLOCK, language) is None


CLOSED_BY_WORDS = [
    ("ruby", "class A\n  def f(x)ˇ\n", "\n    a = 1\n\n    b if a\n  end│\n\n  def g\n"),
    ("ruby", "xs.each do |x|ˇ\n", "\n  end_time = 1\n  puts x\nend│\nputs 2\n"),
    ("ruby", "beginˇ\n", "\n  f\nrescue A => e\n  raise\nensure\n  close\nend│\nfoo\n"),
    ("ruby", "def f(x)\n  ˇ\nend\n", "case x\n  when 1 then 2\n  else\n    3\n  end│\nend\n"),
    ("ruby", "def f(x)\n  ˇ\nend\n", "sql = <<~SQL\n    select\n\nfrom\n  SQL\n  sql│\nend\n"),
    ("lua", "local function f(x)ˇ\n", "\n  local a = 1\n\n  return a\nend│\n\nlocal x\n"),
    ("lua", "if x thenˇ\n", "\n  a()\nelseif y then\n  b()\nelse\n  c()\nend│\nd()\n"),
    ("lua", "for i = 1, 3 doˇ\n", "\n  if i then\n    a()\n  end\nend│\nb()\n"),
    ("lua", "function f(x)ˇ\n", "\n  local a = g(x) --[[@as b]]\n  return a\nend│\n\nlocal x\n"),
    ("lua", "repeatˇ\n", "\n  a()\nuntil b│\nc()\n"),
    ("elixir", "defmodule A do\n  def f(x) doˇ\nend\n", "\n    y = x + 1\n\n    y\n  end│\n\n  def g\n"),
    ("elixir", "def f(x) do\n  ˇ\nend\n", "case x do\n    1 -> 2\n    _ -> 3\n  end│\nend\n"),
    ("elixir", "def f(x) do\n  if x do\n    ˇ\nend\n", "1\n  else\n    2\n  end│\nend\n"),
    ("elixir", "Enum.map(xs, fn x ->ˇ", "\n  x + 1\nend)│\nfoo\n"),
    ("bash", "f() {ˇ\n", "\n  local a=1\n\n  echo ${a}\n}│\n\ng() {\n"),
    ("bash", "if [ -f x ]; thenˇ\n", "\n  a\nelif b; then\n  c\nelse\n  d\nfi│\ne\n"),
    ("bash", "for i in 1 2; doˇ\n", "\n  done_list=1\n  echo $i\ndone│\necho\n"),
    ("bash", "f() {\n  if [[ $1 -gt 0 ]]; thenˇ\n}\n", "\n    a\n  else\n    b\n  fi│\n  c\n}\n"),
    ("bash", "f() {\n  case $x inˇ\n}\n", "\n    'a '*)\n      foo\n      ;;\n  esac│\n  c\n}\n"),
    ("bash", "case $x inˇ\n", "\n  a)\n    foo\n    ;;\n  b|c)\n    bar;;\nesac│\nfoo\n"),
    ("bash", "f() {\n  ˇ\n}\n", "case $x in\n    a) foo ;;\n    *) bar ;;\n  esac\n  baz│\n}\n"),
    ("bash", "f() {\n  ˇ\n}\n", "cat <<EOF\nhello\n\nworld\nEOF\n  baz│\n}\n"),
]

CLOSED_BY_INDENTATION = [
    ("python", "def f(x):ˇ\n", '\n    """Doc.\n\n    More.\n    """\n\n    a = 1\n\n    return a│\n\nx = 1\n'),
    ("python", "def f(x):\n    ˇ\n", '"""Doc."""\n\n    a = 1\n\n    return a│\n\nx = 1\n'),
    ("python", "def f(x):\n    x += 1\n    ˇ\n", "a = 1│\n\n    return a\n"),
    ("python", "def f(x):\n    x += 1\n    ˇ\n", "# first\n\n    a = 1│\n\n    return a\n"),
    ("python", "def f(x):\n    ˇ\n", "a = 1\n# b = 2\n    return a│\n\nx = 1\n"),
    ("python", "def f(x):\n    ˇ\n", "a = 1│\n# a section\nx = 1\n"),
    ("python", "def f(x):\n    ˇ\n", 'sql = """\nselect\n\n  b\n"""\n    return a│\nx = 1\n'),
    ("python", "class A:\n    ˇ\n", "def f(self):\n\n        return 1\n\n    def g(self):\n        pass│\n\nx = 1\n"),
    ("python", "if x:ˇ\n", "\n    a()\nelif y:\n    b()\nelse:\n    c()│\nd()\n"),
    ("python", "try:ˇ\n", "\n    a()\nexcept E:\n    b()\nfinally:\n    c()│\nd()\n"),
    ("python", "for x in xs:ˇ\n", "\n    a()\n\n    b()│\n\nelse_ = 1\n"),
    ("python", "for x in xs:ˇ\n", "\n    a(x)│\nend = 3\n"),
    ("python", "for x in xs:ˇ\n", "\n    a(x)│\ndone.append(2)\n"),
]

NOT_CLOSED_YET = [
    ("c", "int f() {\n    ˇ\n\nint g() {\n}\n", "return 1;\n}│\nint h"),
    ("c", "int f() {\n    ˇ\n}\n\nint g() {\n}\n", "return 1;│\n}\nint h"),
    ("javascript", "function f() {\n  g(() => {\n    ˇ\n}\n", "return 1;\n  });│\n}\n"),
    ("lua", "function f()\n  if x then\n    ˇ\nend\n", "a()\n  end│\nend\n"),
    ("lua", "function f()\n  if x then\n    ˇ\n  end\nend\n", "a()│\n  end\nend\n"),
    ("lua", "function f()\n  if x then\n    ˇ\n  else\n    b()\n  end\nend\n", "a()│\n  end\nend\n"),
    ("ruby", "def f(x)\n  ˇ\n", "x + 1\nend│\n\ndef g\n"),
    ("ruby", "class A\n  def f\n    ˇ\n\n  def g\n    1\n  end\nend\n", "1\n  end│\n\n  def h"),
    ("bash", "if a; then\n  ˇ\n", "b\nfi│\nc\n"),
]


@pytest.mark.parametrize(("language", "picture", "streamed"), [*CLOSED_BY_WORDS, *CLOSED_BY_INDENTATION, *NOT_CLOSED_YET])
def test_a_block_is_left_when_it_is_complete_and_what_closes_it_is_shown(language: str, picture: str, streamed: str) -> None:
    before, after = picture.split("ˇ")
    tree = parse(before + after, language)
    assert extent_at(before, after, "automatic", tree) is Extent.BLOCK
    text, end = streamed.replace("│", ""), streamed.index("│")
    assert end_as_it_is_written(text, before, Extent.BLOCK, language, after) == end
    shown = keep_sound(clean(text[:end], Surroundings(before, after)), before, after, language, tree)
    assert shown == text[:end]


def test_no_suggestion_is_longer_than_a_glance() -> None:
    endless = "x = 1\n" * 100
    end = end_of_suggestion(endless, "", Extent.BLOCK)
    assert endless[:end].count("\n") + 1 == MAX_LINES
