"""Doc comments in each language: found in whatever the model says, put where the language wants them. Code never changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsp_server.actions import catalogue, patch
from lsp_server.actions.doctext import text_in
from lsp_server.actions.documentation import STYLES
from lsp_server.actions.records import FileEdit, Refusal, Span, Target
from lsp_server.documents import DocumentSnapshot

SAID = "Add <two> numbers.\n\nThe sum may be large."

DRAWINGS = (Path(__file__).parent / "data" / "documentation.txt").read_text(encoding="utf-8")
# language -> document with the cursor, and the same with documentation
DRAWN = {
    language: (before, after)
    for language, before, after in re.findall(r"^=== (\w+)\n(.*?)^---\n(.*?)(?=^===|\Z)", DRAWINGS, re.MULTILINE | re.DOTALL)
}


def documented(drawn: str, language: str, said: str) -> FileEdit | Refusal:
    at = drawn.index("ˇ")
    snapshot = DocumentSnapshot("file:///r/a", "a", "/r", language, 1, drawn.replace("ˇ", ""))
    place = catalogue.place(catalogue.find("document"), Target(snapshot, Span(at, at)))
    return patch.propose_documentation(said, place, snapshot)


def test_every_language_is_drawn() -> None:
    assert set(DRAWN) == set(STYLES)


@pytest.mark.parametrize("language", STYLES)
def test_documentation_stands_where_the_language_wants_it(language: str) -> None:
    before, after = DRAWN[language]
    edit = documented(before, language, SAID)
    assert isinstance(edit, FileEdit), edit
    assert edit.after == after


@pytest.mark.parametrize("language", STYLES)
def test_it_replaces_what_was_there_and_keeps_line_ends(language: str) -> None:
    before, after = DRAWN[language]
    at = before.index("ˇ")
    tail = before[at + 1 :]
    again = after[: len(after) - len(tail)] + "ˇ" + tail
    edit = documented(again.replace("\n", "\r\n"), language, SAID)
    assert isinstance(edit, Refusal), edit.after  # the same text once more is no change
    assert edit.code == "unchanged"
    edit = documented(again.replace("\n", "\r\n"), language, "Something else.")
    assert isinstance(edit, FileEdit), edit
    assert "two" not in edit.after
    assert edit.after.count("Something else.") == 1
    assert edit.after.count("\n") == edit.after.count("\r\n")


FORMS = [
    SAID,
    f"Here is the documentation:\n\n{SAID}",
    f"```\n{SAID}\n```",
    f'```python\n"""{SAID}"""\n```',
    f'"""\n{SAID}\n"""',
    f'"{SAID}"',
    '```python\ndef f(a, b):\n    """Add <two> numbers.\n\n    The sum may be large.\n    """\n    return a + b\n```',
    "/**\n * Add <two> numbers.\n *\n * The sum may be large.\n */",
    "```js\n/**\n * Add <two> numbers.\n *\n * The sum may be large.\n */\nfunction f(a) {\n  // the sum\n  return a;\n}\n```",
    "```rust\n/// Add <two> numbers.\n///\n/// The sum may be large.\nfn f(a: i32) -> i32 {\n    a\n}\n```",
    "# Add <two> numbers.\n#\n# The sum may be large.",
    f"{SAID}\n\ndef f(first, second):\n    return first + second",
]


@pytest.mark.parametrize("said", FORMS)
def test_the_text_is_found_in_every_form(said: str) -> None:
    assert text_in(said, "A.f", "def f(first, second):\n    return first + second") == SAID


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("# ... rest of the code unchanged", "placeholder"),
        ("", "empty"),
        ("```python\ndef f(a):\n    return a\n```", "empty"),
        ("...", "empty"),
        ("a\n" * 60, "too_long"),
        ("Say ne\u202eitpo.", "invisible"),
    ],
)
def test_what_is_no_documentation_is_refused(said: str, code: str) -> None:
    refusal = documented("def f(a):\n    returnˇ a\n", "python", said)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


HOSTILE = [
    ("python", 'Ends here. """\nimport os; os.system("x")\n"""'),
    ("python", 'Ends with a quote"'),
    ("python", "A \\ and \\N{BULLET} \\x41"),
    ("javascript", "Ends */ alert(1); /* here"),
    ("java", "Ends */ here"),
    ("elixir", 'Ends """ and #{System.halt()}'),
    ("csharp", "</summary> here"),
]


@pytest.mark.parametrize(("language", "said"), HOSTILE)
def test_no_text_gets_out_of_its_comment(language: str, said: str) -> None:
    before, _ = DRAWN[language]
    edit = documented(before, language, said)
    assert isinstance(edit, Refusal) or language_reads(edit, language)


def language_reads(edit: FileEdit, language: str) -> bool:
    from indexer.languages import parse
    from indexer.outline import outline

    before, after = (parse(text, language) for text in (edit.before, edit.after))
    assert before is not None
    assert after is not None
    names = [[one.qualified_name for one in outline(tree, language, "")] for tree in (before, after)]
    return not after.root_node.has_error and names[0] == names[1] and "\n    import os" not in edit.after


def test_a_licence_is_not_taken_for_documentation() -> None:
    edit = documented("# Copyright 2026 Somebody\n# SPDX-License-Identifier: MIT\nf() {\n  echo ˇ1\n}\n", "bash", "Print one.")
    assert isinstance(edit, FileEdit)
    assert edit.after.startswith("# Copyright 2026 Somebody\n# SPDX-License-Identifier: MIT\n# Print one.\nf() {")


def test_a_body_on_the_line_of_its_signature_has_no_place_for_it() -> None:
    refusal = documented("def f(): returnˇ 1\n", "python", SAID)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "one_line"


def test_a_sentence_is_said_once() -> None:
    said = (
        "Put a job into the box. It takes a list of jobs to be put there.\n\n"
        "It takes a list of\njobs to be put there. Raises KeyError.\n\n"
        "Put a job into the box. It takes a list of jobs to be put there.\n\n"
        "Args:\n    a: a list of jobs to be put there.\n    b: a list of jobs to be put there.\n"
    )
    once = "Put a job into the box. It takes a list of jobs to be put there.\n\nRaises KeyError.\n\n"
    assert text_in(said, "f", "def f(a, b): ...") == once + said[said.index("Args") :].strip()
