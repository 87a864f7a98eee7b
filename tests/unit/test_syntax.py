"""What of a suggestion leaves the syntax tree no worse, drawn: `ˇ` is the cursor, `│` the end of what is kept."""

import pytest

from indexer.languages import parse
from lsp_server.completion.syntax import WINDOW_LINES, keep_sound

DRAWN = {
    "a whole statement": ("python", "x = ˇ\n", "f(1)│"),
    "a bracket too many": ("python", "print(ˇ)\n", "│1))"),
    "a line that goes wrong behind good ones": ("python", "def f():\n    ˇ\n", "a = 1\n    b = 2│\n    return )"),
    "an error that was there before": ("python", "x = (\nˇ\n", "y = 1│"),
    "an error further down stays its own": ("c", "int f() {\n    ˇ\n}\nint g( {\n", "return 1;│"),
    "a brace that the suffix has": ("javascript", "function f() {\n  ˇ\n}\n", "return 1;│\n}"),
    "a brace that it has not": ("javascript", "function f() {ˇ\n", "\n  return 1;\n}│"),
    "letters of two and four bytes": ("python", "größe = '😀'; x = ˇ\n", "größe│"),
    "carriage returns": ("python", "a = 1\r\nb = ˇ\r\nc = 3\r\n", "2│"),
    "nothing": ("python", "x = ˇ\n", "│"),
    "a language without a grammar": ("dart", "x = ˇ\n", "f(1))│"),
}


@pytest.mark.parametrize("with_tree", [False, True], ids=["read anew", "by the document's tree"])
@pytest.mark.parametrize(("language", "picture", "suggested"), DRAWN.values(), ids=DRAWN)
def test_what_is_kept(language: str, picture: str, suggested: str, *, with_tree: bool) -> None:
    before, after = picture.split("ˇ")
    tree = parse(before + after, language) if with_tree else None
    kept = keep_sound(suggested.replace("│", ""), before, after, language, tree)
    assert kept + "│" == suggested[: suggested.index("│") + 1]


def test_the_documents_tree_stays_as_it_is() -> None:
    before, after = "def f():\n    return (", ")\n"
    tree = parse(before + after, "python")
    assert tree is not None
    drawn = str(tree.root_node)
    assert keep_sound("1 +", before, after, "python", tree) == ""
    assert keep_sound("1", before, after, "python", tree) == "1"
    assert str(tree.root_node) == drawn


def test_the_tree_sees_what_stands_outside_of_the_window() -> None:
    before = "x = (\n" + "1,\n" * (2 * WINDOW_LINES)
    after = "2,\n" * (2 * WINDOW_LINES) + ")\n"
    tree = parse(before + after, "python")
    assert keep_sound("def f(): pass", before, after, "python", tree) == ""
    assert keep_sound("f(3),", before, after, "python", tree) == "f(3),"
