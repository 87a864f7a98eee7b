"""Two models for code actions that need none: one does every task right, one never. For the scripted Ollama."""

from __future__ import annotations

import ast
import io
import itertools
import re
import textwrap
import tokenize
from collections.abc import Callable, Sequence


def good_answers() -> Callable[[str], list[str]]:
    """Does every task right by working on the syntax tree, and says it in another shape each time."""
    turn = itertools.count()

    def reply(prompt: str) -> list[str]:
        code = _code_in(prompt)
        if prompt.startswith("Write the documentation"):
            return _pieces("Return what the code of this function works out.")
        if prompt.startswith("Give the local variables"):
            return _pieces(_SHAPES[next(turn) % len(_SHAPES)](_with_new_names(code), code))
        if prompt.startswith("Add the missing type"):
            return _pieces(_SHAPES[next(turn) % len(_SHAPES)](_with_a_return_type(code), code))
        return _pieces(_SHAPES[next(turn) % len(_SHAPES)](ast.unparse(ast.parse(code)), code))

    return reply


_SHAPES: Sequence[Callable[[str, str], str]] = (
    lambda new, old: f"```python\n{new}\n```",
    lambda new, old: f"Sure! Here is the rewritten function:\n\n```python\n{new}\n```\n\nIt does the same, but reads better.",
    lambda new, old: f"Before:\n```python\n{old}\n```\nAfter:\n```python\n{new}\n```",
    lambda new, old: new,
    lambda new, old: f"<think>\nLet me think about {old[:40]}\n</think>\n\n```\n{new}\n```",
    lambda new, old: f"```python\n{textwrap.indent(new, '    ')}\n```",
    lambda new, old: f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE",
    lambda new, old: (
        "```diff\n" + "\n".join([f"-{line}" for line in old.split("\n")] + [f"+{line}" for line in new.split("\n")]) + "\n```"
    ),
    lambda new, old: f"```python\n{new}\n```".replace("\n", "\r\n"),
    lambda new, old: f"```python\nimport os\n\n{new}\n```\nI added nothing but that import.",
)


def _with_new_names(code: str) -> str:
    """Names that a function binds itself get longer, where they stand; every other character stays."""
    tree = ast.parse(code)
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Global | ast.Nonlocal
    if sum(isinstance(one, scopes) for one in ast.walk(tree)) > 1:
        return code  # what a closure sees is not renamed here
    arguments = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    names = [one for one in ast.walk(tree) if isinstance(one, ast.Name)]
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)} - arguments
    lines = [line.encode() for line in code.split("\n")]
    for one in sorted(names, key=lambda name: (name.lineno, name.col_offset), reverse=True):
        if one.id in bound:
            line = lines[one.lineno - 1]
            lines[one.lineno - 1] = line[: one.end_col_offset] + b"_value" + line[one.end_col_offset :]
    return "\n".join(line.decode() for line in lines)


def _with_a_return_type(code: str) -> str:
    """`-> object` in front of the colon that ends the function's head; every other character stays, comments too."""
    lines, depth, inside = code.split("\n"), 0, False
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        inside = inside or token.string == "def"
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        if inside and depth == 0 and token.string in ("->", ":"):
            if token.string == ":":
                row, column = token.start
                lines[row - 1] = f"{lines[row - 1][:column]} -> object{lines[row - 1][column:]}"
            break
    return "\n".join(lines)


def hostile_answers() -> Callable[[str], list[str]]:
    """Each of these must be refused: code left out, broken, gone, closed too early, with invisible marks, endless."""
    turn = itertools.count()
    code = ""

    def reply(prompt: str) -> list[str]:
        nonlocal code
        code = _code_in(prompt) or code  # asked again, it is told the reason only
        name = re.search(r"def (\w+)", code)
        assert name is not None
        lines = code.split("\n")
        answers = (
            "\n".join([*lines[:2], "    # ... rest of the code unchanged"]),
            code.replace(":", "", 1),
            code.replace(name[1], f"{name[1]}_2"),
            code + '\n"""',
            code.replace("return", "ret\u202eurn"),
            "\n".join([*lines[: len(lines) // 2], "    if ("]),
            "def add(a, b):\n    return a + b",
            code,
            "x = 1\n" * 400,
            "\n".join(lines[:1]),
        )
        return _pieces(f"```python\n{answers[next(turn) % len(answers)]}\n```")

    return reply


def _code_in(prompt: str) -> str:
    blocks: list[str] = re.findall(r"```\w*\n(.*?)\n```", prompt, re.DOTALL)
    return blocks[-1] if blocks else ""


def _pieces(text: str) -> list[str]:
    return [text[at : at + 12] for at in range(0, len(text), 12)]
