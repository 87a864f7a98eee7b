"""Which names are looked up for a region (of three letters and more): drawn as code with the region between « and »."""

from __future__ import annotations

import pytest

from lsp_server.actions.mentions import Mentions, mentions
from lsp_server.actions.records import Region, Span
from lsp_server.documents import DocumentSnapshot

SEEN = [
    (
        "python",
        "«def total(store: Store, names):\n    result = 0  # Future\n    for name in names:\n"
        '        result += backoff(store.get(name), tries=3)\n    return f"{result} Job" + ", ".join(names)»\n',
        ("total", "Store", "backoff"),
        ("get",),
    ),
    ("python", "def f(result):\n    value = g()\n    «return result + max(value, other)»\n", ("other",), ()),
    ("python", "result = 1\n«def f():\n    return result»\n", ("result",), ()),
    ("python", "«def f(result):\n    return result.result()»\n", (), ("result",)),
    ("typescript", "«function f(box: Store) {\n  const result = open(box);\n  return { result };\n}»\n", ("Store", "open"), ()),
    ("go", "package a\n\n«func f(s Store) int {\n\tresult := open(s)\n\treturn s.Size\n}»", ("Store", "open"), ("Size",)),
    ("java", "class A {\n«  int f(Store s) {\n    int result = open(s);\n    return result;\n  }»\n}\n", ("Store", "open"), ()),
    ("rust", "«fn f(s: Store) -> u8 {\n    let x = Shelf::open(s);\n    x.size\n}»", ("Store", "Shelf"), ("open", "size")),
    ("scala", "«def f(box: Store) = made(box)»\n", ("box", "Store", "made"), ()),
    ("dart", "«int f(Store box) => open(box);»\n", ("Store", "box", "open"), ()),
]  # fmt: skip


@pytest.mark.parametrize(("language", "picture", "bare", "members"), SEEN)
def test_what_is_looked_up(language: str, picture: str, bare: tuple[str, ...], members: tuple[str, ...]) -> None:
    start, end = picture.index("«"), picture.index("»") - 1
    snapshot = DocumentSnapshot("file:///r/a", "a", "/r", language, 1, picture.replace("«", "").replace("»", ""))
    found = mentions(snapshot, Region(Span(start, end)))
    assert found == Mentions(bare, members)
