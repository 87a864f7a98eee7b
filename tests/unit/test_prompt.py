"""Prompts as pictures: what each family is shown, and that a keystroke only appends."""

from itertools import pairwise

import pytest

from indexer.records import Hit
from lsp_server.completion import prompt
from lsp_server.completion.window import Anchor
from lsp_server.documents import DocumentSnapshot
from lsp_server.model.families import FAMILIES

SNAPSHOT = DocumentSnapshot("file:///r/app/a.py", "app/a.py", "/r", "python", 1, "")
HIT = Hit("lib/b.py", 3, 4, "area", "function", 1.0, "def area(w, h):\n    return w * h")


def anchored(before: str, after: str, *snippets: Hit) -> Anchor:
    return Anchor("file:///r/app/a.py", "m", before, after, before, after, snippets)


def test_a_model_without_fim_continues_the_text_behind_other_code() -> None:
    built = prompt.build(None, anchored("x = ar", ")", HIT), "ea(", SNAPSHOT)
    assert built.text == "# lib/b.py\ndef area(w, h):\n    return w * h\n\n# app/a.py\nx = area("


def test_a_family_without_words_for_a_repository_is_shown_comments() -> None:
    built = prompt.build(FAMILIES["codellama"], anchored("x = ar", ")", HIT), "ea(", SNAPSHOT)
    assert "# From lib/b.py:\n# def area(w, h):\n#     return w * h\n\n# app/a.py\nx = ar" in built.text


def test_qwen_is_shown_a_repository() -> None:
    built = prompt.build(FAMILIES["qwen-coder"], anchored("x = ", "\n", HIT), "", SNAPSHOT)
    assert built.text == (
        "<|repo_name|>r\n<|file_sep|>lib/b.py\ndef area(w, h):\n    return w * h\n"
        "<|file_sep|>app/a.py\n<|fim_prefix|>x =<|fim_suffix|>\n<|fim_middle|>"
    )
    assert built.held_back == " "


@pytest.mark.parametrize("family", [None, *FAMILIES])
def test_a_keystroke_only_appends(family: str | None) -> None:
    one = anchored("def f(a):\n    return a + ", "\n\nf(1)\n", HIT)
    typed = "area(1, 2)"
    prompts = [prompt.build(family and FAMILIES[family], one, typed[:size], SNAPSHOT).text for size in range(1, len(typed))]
    for earlier, later in pairwise(prompts):
        assert later.startswith(earlier.rstrip(" "))


@pytest.mark.parametrize("family", [None, *FAMILIES])
def test_no_prompt_ends_in_white_space_or_holds_a_carriage_return(family: str | None) -> None:
    one = anchored("def f():\r\n    ", "\r\nf()\r\n")
    built = prompt.build(family and FAMILIES[family], one, "", SNAPSHOT)
    assert "\r" not in built.text
    assert "f():\n    " not in built.text
    assert built.held_back == "    "


@pytest.mark.parametrize(
    ("answer", "held_back", "healed"),
    [
        ("    return x", "    ", "return x"),
        (" 5", " ", "5"),
        ("5", " ", "5"),
        ("        deeper", "    ", "    deeper"),
        ("\ndef g():", "    ", "\ndef g():"),
        ("def g():", "    ", "\ndef g():"),
        ("anything", "", "anything"),
        ("", "    ", ""),
        ("  ", "    ", ""),
    ],
)
def test_white_space_left_to_the_model_is_taken_off_its_answer(answer: str, held_back: str, healed: str) -> None:
    assert prompt.heal(answer, held_back) == healed
