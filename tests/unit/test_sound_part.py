"""What of an answer is shown: the longest part behind the cursor (`ˇ`) that leaves no more syntax errors than there were."""

from __future__ import annotations

import pytest

from lsp_server.completion.syntax import count_errors, keep_sound

BELOW = '\ngroup.addoption(\n    "--all",\n    default=[1],\n)\nif group:\n    pass\n'


@pytest.mark.parametrize(
    ("before", "answer", "kept"),
    [
        ("group = ", "f(1)\nother = 2", "f(1)\nother = 2"),
        ("group = ", "f(1)\nother = [(]", "f(1)"),
        ("group = ", "f(g([", ""),
        ("group = parser.", "get(1)", "get(1)"),
        ("group = parser.", "get(parser.get([", "get"),
        ("group = parser.ge", "t(parser.get([", "t"),
        ("group = parsers[0].", "get(parser.get([", "get"),
        ("group = parser.", "([", ""),
    ],
)
def test_the_longest_sound_part_is_kept(before: str, answer: str, kept: str) -> None:
    assert keep_sound(answer, before, BELOW, "python") == kept
    assert (count_errors(before + kept + BELOW, "python") or 0) <= (count_errors(before + BELOW, "python") or 0)


def test_text_without_a_grammar_is_kept_as_it_is() -> None:
    assert keep_sound("get(", "parser.", "", "nothing we know") == "get("
