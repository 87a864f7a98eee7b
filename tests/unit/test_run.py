"""Where an answer is left while the model still writes, drawn: `ˇ` is the cursor, `│` the last token that is taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from lsp_server.completion.prompt import Prompt
from lsp_server.completion.run import Run
from lsp_server.completion.trigger import Extent
from lsp_server.completion.window import Anchor
from lsp_server.model.port import Piece


async def left(picture: str, answer: str) -> tuple[Run, str]:
    """The run at a place after its end, and how much of the answer it had let the model write, a character a token."""
    before, after = picture.split("ˇ")
    taken = []

    async def stream() -> AsyncGenerator[Piece, None]:
        for character in answer:
            taken.append(character)
            yield Piece(character)

    anchor = Anchor("file:///a.py", "m", before, after, before, after, ())
    run = Run(stream(), Prompt(before, "", ()), anchor, before, after, Extent.BLOCK)
    await run.ended()
    return run, "".join(taken)


@pytest.mark.parametrize(
    ("picture", "answer", "text"),
    [
        ("def f():\n    ˇ\n    return a\n", "a = 1\n    return a\n│    b = 2\n", "a = 1"),
        ("def f():\n    ˇ\n\n    return a\n", "a = 1\n    return a\n│    b = 2\n", "a = 1"),
        ("def f():\n    ˇ\n    return total\n", "a = 1\n    return total│\n    b = 2\n", "a = 1"),  # long enough to be sure
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
        ("if (a) {\n    ˇ\n}\n", "b();\n    if (c) {\n    }\n    d();"),  # a lone bracket proves nothing
    ],
)
async def test_what_only_looks_like_it_does_not(picture: str, answer: str) -> None:
    run, written = await left(picture, answer)
    assert (run.text, written, run.meets_below) == (answer, answer, False)
