"""Markdown of ours as a terminal shows it: links and marks go, code stays, however it comes in."""

from __future__ import annotations

import pytest

from lsp_server.actions.markdown import SafeMarkdown
from lsp_server.actions.records import Source
from lsp_server.cli.prose import Prose

SHOWN = [
    ("see src/a.py:12 now", "see src/a.py:12 now"),
    ("see `src/a.py:12` now", "see `src/a.py:12` now"),
    ("cited [1] and x[0] < 1 & !y", "cited [1] and x[0] < 1 & !y"),
    ("`\\[` and `&lt;` stay", "`\\[` and `&lt;` stay"),
    ("```python\nx = '\\[' + '&lt;'\n```\nx[0]", "```python\nx = '\\[' + '&lt;'\n```\nx[0]"),
    ("an odd ` one", "an odd ` one"),
]


@pytest.mark.parametrize(("said", "shown"), SHOWN)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_a_terminal_shows(said: str, shown: str, size: int) -> None:
    stream = SafeMarkdown(lambda path, line: f"file:///r/{path}#L{line}", (Source("src/a.py", 4, 9, "f"),))
    prose = Prose()
    pieces = [said[at : at + size] for at in range(0, len(said), size)]
    assert "".join(prose.feed(one) for one in [*map(stream.feed, pieces), stream.end()]) == shown
