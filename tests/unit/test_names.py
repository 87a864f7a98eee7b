"""Which names matter at a cursor and what they stand for, drawn: `ˇ` is the cursor."""

import pytest

from indexer.imports import imports
from indexer.languages import parse
from indexer.records import Name
from lsp_server.completion.names import names_near, used_near


def first(picture: str, language: str = "python") -> tuple[str, Name, bool]:
    before, after = picture.split("ˇ")
    tree = parse(before + after, language)
    assert tree is not None
    found = used_near(before, after, imports(tree, language))[0]
    return found.spoken, found.meaning, found.receiver


def test_the_nearest_names_come_first_and_keywords_never() -> None:
    before = "import alpha\n\ndef beta(self):\n    return gamma.delta("
    assert names_near(before, ")\nepsilon") == ["delta", "gamma", "beta", "alpha", "epsilon"]


@pytest.mark.parametrize(
    ("picture", "meaning"),
    [
        ("def f(page: Page):\n    page.ˇ\n", Name("Page")),
        ("def f(page: 'Page | None' = None):\n    page.ˇ\n", Name("Page")),
        ("def f(page: Optional[Page]):\n    page.siˇ\n", Name("Page")),
        ("def f(page: books.Page):\n    page.ˇ\n", Name("Page")),
        ("page = Page(1)\npage.ˇ\n", Name("Page")),
        ("page = await Page.load(1)\npage.ˇ\n", Name("Page")),
        ("page = Leaf()\npage = Page()\npage.ˇ\n", Name("Page")),
        ("with Page() as page:\n    page.ˇ\n", Name("Page")),
        ("page = read_page(1)\npage.ˇ\n", Name("read_page", result=True)),
        ("class Book:\n    def f(self):\n        self.ˇ\n", Name("Book")),
        (
            "class Book:\n    def __init__(self):\n        self.page = Page()\n\n    def f(self):\n        self.page.ˇ\n",
            Name("Page"),
        ),
        ("from books import Page as P\n\nP.ˇ\n", Name("Page")),
        ("import books.pages as p\n\np.ˇ\n", Name("p", "books.pages")),
        ("import books\n\nbooks.ˇ\n", Name("books", "books")),
        ("from . import books\n\nbooks.ˇ\n", Name("books")),
        ('"""The page: A leaf of a book."""\nPage.ˇ\n', Name("Page")),
    ],
)
def test_what_stands_before_the_dot_in_python(picture: str, meaning: Name) -> None:
    assert first(picture)[1:] == (meaning, True)


@pytest.mark.parametrize(
    ("language", "picture", "meaning"),
    [
        ("typescript", "function f(page: Page) {\n  page.ˇ\n}\n", Name("Page")),
        ("javascript", "const page = new Page();\npage.ˇ\n", Name("Page")),
        ("javascript", "import * as books from './books';\nbooks.ˇ\n", Name("books", "./books")),
        ("javascript", "class Book {\n  f() {\n    this.ˇ\n  }\n}\n", Name("Book")),
        ("go", "package a\n\nfunc f(page *books.Page) {\n\tpage.ˇ\n}\n", Name("Page")),
        ("go", 'package a\n\nimport "x/books"\n\nfunc f() {\n\tbooks.ˇ\n}\n', Name("books", "x/books")),
        ("rust", "fn f(page: &mut Page) {\n    page.ˇ\n}\n", Name("Page")),
        ("rust", "fn f() {\n    let page = Page::new(1);\n    page.ˇ\n}\n", Name("Page")),
        ("java", "class A {\n  void f(Page page) {\n    page.ˇ\n  }\n}\n", Name("Page")),
        ("java", "class A {\n  void f() {\n    Page page = load();\n    page.ˇ\n  }\n}\n", Name("Page")),
        ("cpp", "void f(Page *page) {\n  page->ˇ\n}\n", Name("Page")),
    ],
)
def test_what_stands_before_the_dot_elsewhere(language: str, picture: str, meaning: Name) -> None:
    assert first(picture, language)[1:] == (meaning, True)


def test_a_function_whose_arguments_are_written_is_meant_itself() -> None:
    assert first("def f():\n    area = find_area(1, ˇ)\n") == ("find_area", Name("find_area"), False)


@pytest.mark.parametrize("picture", ["x: str = ''\nx.ˇ\n", "for x in y:\n    x = 5\n", "def f(x: int):\n    x.ˇ"])
def test_what_is_built_in_is_not_looked_for(picture: str) -> None:
    before, _, after = picture.partition("ˇ")
    assert not any(one.receiver for one in used_near(before, after, []))
