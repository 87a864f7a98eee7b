"""Where an answer is left while the model still writes, drawn: `ˇ` is the cursor, `│` the last token that is taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from lsp_server.completion.prompt import Prompt
from lsp_server.completion.run import Run
from lsp_server.completion.trigger import Extent
from lsp_server.completion.window import Anchor
from lsp_server.model.port import Piece


async def left(picture: str, answer: str, finish: str = "stop", language: str = "") -> tuple[Run, str]:
    """The run at a place after its end, and how much of the answer it had let the model write, a character a token."""
    before, after = picture.split("ˇ")
    taken = []

    async def stream() -> AsyncGenerator[Piece, None]:
        for character in answer:
            taken.append(character)
            yield Piece(character)
        yield Piece("", finish=finish)

    anchor = Anchor("file:///a.py", "m", before, after, before, after, ())
    run = Run(stream(), Prompt(before, "", ()), anchor, before, after, Extent.BLOCK, language)
    await run.ended()
    return run, "".join(taken)


@pytest.mark.parametrize(
    ("picture", "answer", "text"),
    [
        ("def f():\n    ˇ\n    return a\n", "a = 1\n    return a\n│    b = 2\n", "a = 1"),
        ("def f():\n    ˇ\n\n    return a\n", "a = 1\n    return a\n│    b = 2\n", "a = 1"),
        ("def f():\n    ˇ\n    return total\n", "a = 1\n    return total│\n    b = 2\n", "a = 1"),  # long enough to be sure
        ("def f():\n    check(1)\n    ˇ\n    return total_of(parts)\n", "a = 1\n    return total_of(│parts)\n", "a = 1"),
        ("def f():\n    reˇ\n    return a\n", "turn a\n│    b = 2\n", ""),
    ],
)
async def test_the_line_below_ends_an_answer(picture: str, answer: str, text: str) -> None:
    run, written = await left(picture, answer.replace("│", ""))
    assert written == answer.partition("│")[0]
    assert (run.text, run.meets_below, run.whole) == (text, True, True)


@pytest.mark.parametrize(
    ("picture", "answer"),
    [
        ("def f():\n    ˇ\n    a = 1\n", "a = 10\n    return a"),  # only begins like it
        ("def f():\n    ˇ\n    a = 1\n", "b = 1\n    a = 1"),  # more of that line may come
        ("def f():\n    ˇ\n    check(one, 2)\n", "check(one, 1)\n    check(one, 3)"),
        ("def f():\n    check(one, 1)\n    ˇ\n    check(one, 3)\n", "check(one, 2)\n    check(one, 4)"),  # a series
        ("def f():\n    ˇ\n    parts.append(part)\n", "part = 1\n    parts.append(1)"),  # most of the line is to come
        ("def f():\n    ˇ\n        self.grand_total = total\n", "if a:\n    self.grand_total = 1"),  # indented in another way
        ("if (a) {\n    ˇ\n}\n", "b();\n    if (c) {\n    }\n    d();"),  # a lone bracket proves nothing
    ],
)
async def test_what_only_looks_like_it_does_not(picture: str, answer: str) -> None:
    run, written = await left(picture, answer)
    assert (run.text, written, run.meets_below) == (answer, answer, False)


@pytest.mark.parametrize(
    ("picture", "answer", "shown", "ends"),
    [
        ("def f():\n    ˇ\n", "a = 1\n    return a\n│x = 1\n", "a = 1\n    return a", True),
        ("def f():\n    ˇ\n", "a = 1\n    return a", "a = 1\n    return a", True),  # the model had no more to say
        ("def f():\n    ˇ\n", "a = 1\n    return a\n│x = 1\n", "a = 1", False),  # more was said than is shown
        ("def f():\n    ˇ\n", "for a in b:\n│\n", "for a in b:", False),  # its block is wanted next
    ],
)
async def test_whether_nothing_follows_on_an_answers_last_line(picture: str, answer: str, shown: str, *, ends: bool) -> None:
    run, _ = await left(picture, answer.replace("│", ""))
    assert run.ends_behind(shown) is ends


async def test_an_answer_that_was_cut_by_its_length_may_go_on() -> None:
    run, _ = await left("def f():\n    ˇ\n", "a = o", finish="length")
    assert not run.ends_behind("a = o")


async def test_a_block_that_was_cut_by_its_length_ends_with_a_whole_line() -> None:
    run, _ = await left("def f():\n    ˇ\n", "a = 1\n    return a + o", finish="length")
    assert run.text == "a = 1"


@pytest.mark.parametrize(("below", "text"), [("", "1\nend"), ("end\n", "1")])
async def test_what_closes_the_block_is_taken_where_the_document_lacks_it(below: str, text: str) -> None:
    run, _ = await left(f"def f\n  ˇ\n{below}", "1\nend\n\ndef g", language="ruby")
    assert run.text == text


@pytest.mark.parametrize(
    ("answer", "leaves"),
    [
        ("a = 1\n    return a\n\nx = 1\n", True),
        ("a = 1\n    if a:\n        b()\nx = 1\n", True),
        ("a = 1\n    return a", False),  # nobody knows what comes next
    ],
)
async def test_whether_the_model_has_left_the_block_of_an_answer(answer: str, *, leaves: bool) -> None:
    run, _ = await left("def f():\n    ˇ\n", answer)
    assert run.leaves is leaves
