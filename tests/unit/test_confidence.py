"""What a model was not sure of is left unsaid; what runners do not tell holds nothing back."""

from math import log

import pytest

from lsp_server.completion.confidence import Mark, confidence, sure_part


def marks(*tokens: tuple[str, float]) -> list[Mark]:
    made, end = [], 0
    for text, probability in tokens:
        end += len(text)
        made.append(Mark(end, log(probability)))
    return made


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ((("return", 0.9), (" x", 0.8)), "return x"),
        ((("return", 0.9), (" x", 0.01)), ""),
        ((("a()", 0.9), ("\n", 0.9), ("b()", 0.05), ("\n", 0.9)), "a()"),
        ((("a()", 0.9), ("\n", 0.9), ("\n", 0.01), ("b()", 0.9)), "a()\n\nb()"),
        ((("a()", 0.9), ("\nb(", 0.9), ("c)", 0.8)), "a()\nb(c)"),
    ],
)
def test_lines_are_kept_up_to_the_first_doubtful_one(tokens: tuple[tuple[str, float], ...], kept: str) -> None:
    text = "".join(text for text, _ in tokens)
    assert sure_part(text, marks(*tokens), sure=0.35).rstrip("\n") == kept


def test_nothing_is_held_back_where_the_runner_says_nothing() -> None:
    assert sure_part("return x", []) == "return x"
    assert confidence([], 0, 8) is None


def test_what_was_typed_along_is_not_judged_again() -> None:
    found = marks(("ret", 0.01), ("urn", 0.9), (" x", 0.9))
    assert sure_part("urn x", found, start=3, sure=0.35) == "urn x"
    assert confidence(found, 3, 8) == pytest.approx(0.9)
