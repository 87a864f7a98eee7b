"""Trees that follow edits: the same as a tree read anew, and read in steps that let others work in between."""

import asyncio
import random

from indexer.languages import parse
from lsp_server.completion.tree import DOCUMENTS, Trees

CODE = 'import os\n\n\ndef area(width, height):\n    """é🙂 text."""\n    return width * height\n\n\nprint(area(1, 2))\n'


def drawn(text: str) -> str:
    tree = parse(text, "python")
    assert tree is not None
    return str(tree.root_node)


async def test_a_tree_that_follows_edits_is_the_tree_of_the_text() -> None:
    rng, trees, text = random.Random(5), Trees(), CODE
    for _ in range(200):
        at = rng.choice([end for end, character in enumerate(text) if character == "\n"])
        text = text[:at] + rng.choice(("  # 🙂", "\n", "\n\n\nx = 'é'")) + text[at:]
        if rng.random() < 0.3:
            text = text.replace("é", "", 1) if "é" in text else text + "y = (1, 2)\n"
        tree = await trees.of("file:///a.py", text, "python")
        assert tree is not None
        assert tree.root_node.end_byte == len(text.encode())
        # With errors in it, a tree that was read anew may choose another way around them.
        assert tree.root_node.has_error or str(tree.root_node) == drawn(text)


async def test_two_documents_do_not_mix_and_old_ones_are_forgotten() -> None:
    trees = Trees()
    for number in range(2 * DOCUMENTS):
        for uri in ("file:///same.py", f"file:///{number}.py"):
            text = f"{CODE}x{number} = {uri!r}\n"
            tree = await trees.of(uri, text, "python")
            assert tree is not None
            assert str(tree.root_node) == drawn(text)


async def test_a_long_text_is_read_in_steps_with_others_in_between() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    tree = await Trees().of("file:///long.py", CODE * 10_000, "python")
    beside.cancel()
    assert tree is not None
    assert not tree.root_node.has_error
    assert turns > 2


async def test_a_language_without_a_grammar_has_no_tree() -> None:
    assert await Trees().of("file:///a.txt", "x", "plaintext") is None
