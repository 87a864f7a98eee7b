"""What a class or a file offers behind a dot, in the languages that say it in ways of their own."""

import pytest

from indexer.languages import parse
from indexer.members import contents

PYTHON = '''
LIMIT = 3

class Page(Leaf, books.Sheet):
    """A page."""

    size: int = 0
    color = "white"

    def __init__(self, number: int) -> None:
        self.number = number
        self._text: list[str] = []
        if self.number == 1:
            self.first = True

    @property
    def width(self) -> int:
        return 1

    @classmethod
    def load(cls, path: str, *, limit: dict[str, int] = {}) -> "Page":
        return cls(1)

    async def turn(self): ...


def open_page(number): ...
'''


def offered(text: str, language: str, name: str) -> dict[str, str | None]:
    tree = parse(text, language)
    assert tree is not None
    found = contents(tree, language, f"a.{language}", name)
    assert found is not None
    return {one.name: one.call for one in found.members}


def test_python_classes_hold_what_is_assigned_as_well() -> None:
    assert offered(PYTHON, "python", "Page") == {
        "size": None,
        "color": None,
        "__init__": "number",
        "width": None,
        "load": "path, limit",
        "turn": "",
        "number": None,
        "_text": None,
        "first": None,
    }


def test_a_file_holds_what_stands_at_its_top() -> None:
    assert offered(PYTHON, "python", "") == {"LIMIT": None, "Page": None, "open_page": "number"}


def test_bases_are_named() -> None:
    tree = parse(PYTHON, "python")
    assert tree is not None
    found = contents(tree, "python", "a.py", "Page")
    assert found is not None
    assert found.bases == ("Leaf", "Sheet")
    assert contents(tree, "python", "a.py", "Missing") is None


@pytest.mark.parametrize(
    ("language", "text", "members"),
    [
        ("javascript", "class A extends B {\n  x = 1\n  go(a, b) { this.q = 2 }\n}\n", {"x": None, "go": "a, b", "q": None}),
        ("typescript", "interface A {\n  x: number;\n  go(a: string, b?: B): void;\n}\n", {"x": None, "go": "a, b"}),
        ("go", "package a\n\ntype A struct {\n\tURL string\n}\n\nfunc (a *A) Get(u string, n int) error {\n\treturn nil\n}\n",
         {"URL": None, "Get": "u, n"}),
        ("rust", "struct A { x: u8 }\nimpl A {\n    fn go(&mut self, n: &str) {}\n}\n", {"x": None, "go": "n"}),
        ("java", "class A extends B {\n  int n;\n  void go(String s, List<String> t) {}\n}\n", {"n": None, "go": "s, t"}),
        ("csharp", "class A : B {\n  public int N { get; set; }\n  void Go(string s) {}\n}\n", {"N": None, "Go": "s"}),
        ("cpp", "class A : public B {\n  int f;\n  void go(int a);\n};\n", {"f": None, "go": "a"}),
        ("kotlin", "class A(val x: Int) {\n  val y = 1\n  fun go(a: Int) {}\n}\n", {"x": None, "y": None, "go": "a"}),
    ],
)  # fmt: skip
def test_other_languages(language: str, text: str, members: dict[str, str | None]) -> None:
    assert offered(text, language, "A") == members


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("class A:\n    x = 1\n", True),
        ("class A(B):\n    x = 1\n", True),  # as far as its own text says: whoever looks up `B` knows more
        ("class A:\n    def __getattr__(self, name): ...\n", False),
        ("class A:\n    def go(self):\n        if self.x:\n            self.x = 1\n", True),
        ("class A:\n    def go(self):\n        self.x, self.y = 1, 2\n", False),
        ("class A:\n    def go(self):\n        with open() as self.x:\n            pass\n", False),
        ("class A:\n    def go(self):\n        setattr(self, name, 1)\n", False),
        ("class A:\n    if DEBUG:\n        x = 1\n", False),
        ("class A:\n    x, y = 1, 2\n", False),
        ("class A:\n    def __getattribute__(self, name): ...\n", False),
        ("class A:\n" + "".join(f"    x{number} = 1\n" for number in range(300)), False),
    ],
)
def test_a_class_of_python_says_whether_these_are_all(text: str, complete: bool) -> None:
    tree = parse(text, "python")
    assert tree is not None
    found = contents(tree, "python", "a.py", "A")
    assert found is not None
    assert found.complete is complete


def test_a_file_and_a_class_of_other_languages_may_have_more() -> None:
    for text, language, name in (("x = 1\n", "python", ""), ("class A {\n  x = 1\n}\n", "javascript", "A")):
        tree = parse(text, language)
        assert tree is not None
        found = contents(tree, language, f"a.{language}", name)
        assert found is not None
        assert not found.complete
