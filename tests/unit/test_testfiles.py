"""Where tests go: to the file that has some, else where the project keeps them; and how they join others there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from lsp_server.actions import catalogue, material, patch, testfiles
from lsp_server.actions.records import FileEdit, Refusal, Span, Target
from lsp_server.documents import DocumentSnapshot


class Tree:
    """A repository as a table of its files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def names(self, folder: str) -> Sequence[str]:
        prefix = f"{folder}/" if folder else ""
        below = [path.removeprefix(prefix) for path in self.files if path.startswith(prefix)]
        return sorted({name.split("/")[0] + ("/" if "/" in name else "") for name in below})

    def locate(self, path: str, line: int | None) -> str | None:
        return None


FOUND = [
    # language, the source, the project's other files, where its tests go
    ("python", "src/shop/store.py", "tests/test_store.py", "tests/test_store.py"),
    ("python", "src/shop/store.py", "tests/shop/test_store.py tests/test_store.py", "tests/shop/test_store.py"),
    ("python", "src/shop/store.py", "src/shop/test_store.py", "src/shop/test_store.py"),
    ("python", "src/shop/store.py", "tests/test_other.py", "tests/test_store.py*"),
    ("python", "src/shop/store.py", "tests/shop/test_other.py tests/net/test_x.py", "tests/shop/test_store.py*"),
    ("python", "src/shop/store.py", "tests/unit/other_test.py", "tests/store_test.py*"),
    ("python", "store.py", "", "tests/test_store.py*"),
    ("python", "tests/test_store.py", "", "tests/test_store.py"),
    ("javascript", "src/store.js", "", "src/store.test.js*"),
    ("javascript", "src/store.js", "src/other.spec.js", "src/store.spec.js*"),
    ("typescript", "src/store.ts", "src/__tests__/store.test.ts", "src/__tests__/store.test.ts"),
    ("typescript", "src/store.ts", "src/__tests__/other.test.ts", "src/__tests__/store.test.ts*"),
    ("go", "pkg/store.go", "", "pkg/store_test.go*"),
    ("java", "src/main/java/a/b/Store.java", "", "src/test/java/a/b/StoreTest.java*"),
    ("java", "src/main/java/a/b/Store.java", "src/test/java/a/b/StoreTests.java", "src/test/java/a/b/StoreTests.java"),
    ("ruby", "lib/store.rb", "test/other_test.rb", "test/store_test.rb*"),
    ("ruby", "lib/store.rb", "", "spec/store_spec.rb*"),
    ("elixir", "lib/store.ex", "", "test/store_test.exs*"),
    ("rust", "src/store.rs", "", "src/store.rs"),
]


@pytest.mark.parametrize(("language", "source", "others", "place"), FOUND)
def test_where_tests_go(language: str, source: str, others: str, place: str) -> None:
    tree = Tree(dict.fromkeys([source, *others.split()], ""))
    found = testfiles.find(source, language, tree)
    assert found is not None
    assert f"{found.path}{'' if found.exists else '*'}" == place


def test_a_language_without_a_habit_has_none() -> None:
    assert testfiles.find("a.c", "c", Tree({})) is None


def joined(language: str, path: str, place: str, there: str | None, said: str) -> FileEdit | Refusal:
    snapshot = DocumentSnapshot("file:///r/a", path, "/r", language, 1, SOURCES[language])
    at = SOURCES[language].index("add")
    region = catalogue.place(catalogue.find("tests"), Target(snapshot, Span(at, at)))
    goes = testfiles.TestFile(place, there is not None, testfiles.CONVENTIONS[language])
    return patch.propose_tests(f"```{language}\n{said}\n```", region, snapshot, goes, there or "")


SOURCES = {
    "python": "def add(a, b):\n    return a + b\n",
    "go": "package shop\n\nfunc add(a, b int) int {\n\treturn a + b\n}\n",
    "rust": "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    "java": "package shop;\n\nclass Store {\n    int add(int a, int b) {\n        return a + b;\n    }\n}\n",
    "ruby": "def add(a, b)\n  a + b\nend\n",
}

JOINED = [
    (
        "python", "tests/test_a.py", None,
        "from a import add\n\n\ndef test_add():\n    assert add(1, 2) == 3",
        "from a import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    ),
    (
        "python", "tests/test_a.py", "import os\n\n\ndef test_one():\n    pass\n",
        "import os\nfrom a import add\n\ndef test_add():\n    assert add(1, 2) == 3",
        "import os\nfrom a import add\n\n\ndef test_one():\n    pass\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    ),
    (
        "go", "a_test.go", "package shop\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {}\n",
        "package shop\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n    add(1, 2)\n}",
        "package shop\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {}\n\n"
        "func TestAdd(t *testing.T) {\n    add(1, 2)\n}\n",
    ),
    (
        "rust", "a.rs", "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
        "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}",
        "fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n"
        "    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n}\n",
    ),
    (
        "java", "StoreTest.java", "class StoreTest {\n    @Test\n    void one() {\n    }\n}\n",
        "class StoreTest {\n    @Test\n    void adds() {\n        assertEquals(3, add(1, 2));\n    }\n}",
        "class StoreTest {\n    @Test\n    void one() {\n    }\n\n"
        "    @Test\n    void adds() {\n        assertEquals(3, add(1, 2));\n    }\n}\n",
    ),
    (
        "ruby", "a_spec.rb", "describe 'a' do\n  it 'is one' do\n    expect(1).to eq(1)\n  end\nend\n",
        "describe 'add' do\n  it 'adds' do\n    expect(add(1, 2)).to eq(3)\n  end\nend",
        "describe 'a' do\n  it 'is one' do\n    expect(1).to eq(1)\n  end\n\n"
        "  it 'adds' do\n    expect(add(1, 2)).to eq(3)\n  end\nend\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("language", "place", "there", "said", "after"), JOINED)
def test_tests_join_those_that_are_there(language: str, place: str, there: str | None, said: str, after: str) -> None:
    edit = joined(language, "a.x", place, there, said)
    assert isinstance(edit, FileEdit), edit
    assert edit.after == after
    assert edit.creates == (there is None)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("def add(a, b):\n    return a + b", "no_tests"),
        ("def test_add(:\n    pass", "syntax"),
        ("def test_one():\n    assert add(1, 2) == 3", "twins"),
        ("def test_add():\n    # add your test code here\n    pass", "placeholder"),
    ],
)
def test_what_is_no_test_is_refused(said: str, code: str) -> None:
    refusal = joined("python", "a.py", "tests/test_a.py", "def test_one():\n    pass\n", said)
    assert isinstance(refusal, Refusal), refusal.after
    assert refusal.code == code


@pytest.mark.parametrize(
    ("language", "source", "place", "said"),
    [
        ("python", "src/shop/store.py", "tests/test_store.py", "from shop.store import Store"),
        ("python", "shop/__init__.py", "tests/test_shop.py", "from shop import Store"),
        ("typescript", "src/store.ts", "src/__tests__/store.test.ts", "from `../store`"),
        ("typescript", "src/store.ts", "src/store.test.ts", "from `./store`"),
        ("go", "store.go", "store_test.go", ""),
    ],
)
def test_a_new_file_is_told_how_to_reach_the_code(language: str, source: str, place: str, said: str) -> None:
    snapshot = DocumentSnapshot("file:///r/a", source, "/r", language, 1, "")
    goes = testfiles.TestFile(place, False, testfiles.CONVENTIONS[language])
    told = material.import_line(goes, snapshot, "Store.add")
    assert said in told
    assert bool(said) == bool(told)
