"""What is offered where, drawn: `ˇ` is a cursor, `«»` a selection; and what an action may replace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lsp_server.actions import catalogue, prompting
from lsp_server.actions.catalogue import ACTIONS
from lsp_server.actions.custom import custom_actions
from lsp_server.actions.records import Diagnostic, Region, Span, Target
from lsp_server.actions.region import WINDOW_LINES, definitions
from lsp_server.documents import DocumentSnapshot
from lsp_server.errors import SettingsError, UsageError
from lsp_server.settings import ActionSettings, CustomAction
from lsp_server.settings_layers import Layer, resolve


def target(drawn: str, language: str = "python", *diagnostics: Diagnostic) -> Target:
    if "ˇ" in drawn:
        at = drawn.index("ˇ")
        text, span = drawn.replace("ˇ", ""), Span(at, at)
    else:
        start = drawn.index("«")
        text, span = drawn.replace("«", "").replace("»", ""), Span(start, drawn.index("»") - 1)
    return Target(DocumentSnapshot("file:///r/a.py", "a.py", "/r", language, 1, text), span, diagnostics)


def region(drawn: str, action: str, language: str = "python", *diagnostics: Diagnostic) -> Region:
    return catalogue.place(catalogue.find(action), target(drawn, language, *diagnostics))


CLASS = """import os

LIMIT = 5

class Store(Base):
    @property
    def size(self):
        x = 1
        {}

    def clear(self):
        pass
"""

WORKS_ON = [
    # action, document, what it may replace
    ("simplify", CLASS.format("return ˇx"), "    @property\n    def size(self):\n        x = 1\n        return x"),
    ("simplify", CLASS.format("«return x»"), "        return x"),
    ("simplify", CLASS.format("return «x + y» * 2"), "x + y"),
    ("simplify", CLASS.format("return« x + y »* 2"), "x + y"),
    ("simplify", CLASS.format("re«turn x»"), "turn x"),
    ("simplify", "a = 1\nb «= 2\nc »= 3\n", "b = 2\nc = 3"),
    ("simplify", "«a = 1\nb = 2\n»c = 3\n", "a = 1\nb = 2"),
    ("simplify", "«\n\na = 1\n\n»c = 3\n", "a = 1"),
    ("extract", CLASS.format("«return x»"), "    @property\n    def size(self):\n        x = 1\n        return x"),
    ("document", "class Aˇ:\n    b = 1\n", "class A:\n    b = 1"),
    ("explain", "a = 1\n«b = 2»\n", "b = 2"),
    ("todo", "def f():\n    # TODO: doubleˇ it\n    return 1\n", "def f():\n    # TODO: double it\n    return 1"),
    ("todo", "a = 1\n\n# TODOˇ: more\nb = 2\n\nc = 3\n", "# TODO: more\nb = 2"),
]


@pytest.mark.parametrize(("action", "drawn", "code"), WORKS_ON)
def test_what_an_action_may_replace(action: str, drawn: str, code: str) -> None:
    about = target(drawn)
    found = region(drawn, action)
    assert found.span.of(about.snapshot.text) == code


def test_a_region_knows_the_definition_that_it_is_or_lies_in() -> None:
    whole, part = region(CLASS.format("ˇreturn x"), "simplify"), region(CLASS.format("«return x»"), "simplify")
    assert (whole.symbol, whole.kind, whole.is_definition) == ("Store.size", "method", True)
    assert (part.symbol, part.is_definition, part.inline) == ("Store.size", False, False)
    assert region(CLASS.format("return «x + y» * 2"), "simplify").inline


@pytest.mark.parametrize(
    ("action", "drawn"),
    [
        ("simplify", "ˇ"),
        ("simplify", "a = 1\nˇ\n"),
        ("extract", "class A:\n    ˇx = 1\n"),
        ("todo", "x = ˇ1\n"),
        ("fix", "x = ˇ1\n"),
        ("document", "x = ˇ1\n"),
    ],
)
def test_where_there_is_nothing_for_an_action_it_says_what_to_do(action: str, drawn: str) -> None:
    with pytest.raises(UsageError) as refused:
        region(drawn, action)
    assert refused.value.advice


OFFERED = [
    ("ˇ", "python", "refactor? ask?"),
    ("def f(ˇ):\n    pass\n", "python", "explain refactor? simplify extract rename types errors document tests ask?"),
    ("«x = 1»\n", "python", "explain refactor? simplify types errors ask?"),
    ("func f(ˇ) {\n}\n", "go", "explain refactor? simplify extract rename errors document tests ask?"),
    ("«some words»\n", "markdown", "explain refactor? simplify errors ask?"),
    (
        "def f():\n    pass  # FIXMEˇ\n",
        "python",
        "explain refactor? simplify extract rename types errors document tests todo ask?",
    ),
]


@pytest.mark.parametrize(("drawn", "language", "listed"), OFFERED)
def test_what_is_offered(drawn: str, language: str, listed: str) -> None:
    every = [one.action.id for one in catalogue.offers(target(drawn, language))]
    quiet = [one.action.id for one in catalogue.offers(target(drawn, language), can_ask=False)]
    assert quiet == [one for one in listed.split() if not one.endswith("?")]
    if drawn != "ˇ":
        assert every == [one.rstrip("?") for one in listed.split()]


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        (["refactor"], {"refactor", "simplify", "extract", "rename", "types", "errors", "document", "tests"}),
        (["refactor.rewrite"], {"refactor", "simplify", "rename", "types", "errors", "document"}),
        (["refactor.extract"], {"extract"}),
        (["quickfix"], {"fix"}),
        (["source"], {"ask"}),
        (["refactor.re"], set()),
        ([""], {one.id for one in ACTIONS} - {"todo"}),
    ],
)
def test_only_is_a_prefix_of_whole_words(only: list[str], ids: set[str]) -> None:
    about = target("def f():\n    return ˇx\n", "python", Diagnostic(Span(20, 21), "undefined name 'x'"))
    assert {one.action.id for one in catalogue.offers(about, only=only)} == ids


def test_each_diagnostic_has_a_row_and_a_region() -> None:
    long = "def f():\n" + "".join(f"    x{number} = {number}\n" for number in range(100)) + "\n    return y\n"
    at = long.index("return")
    about = Target(target("ˇ").snapshot, Span(0, 0))
    snapshot = DocumentSnapshot("file:///r/a.py", "a.py", "/r", "python", 1, long)
    about = Target(snapshot, Span(at, at), (Diagnostic(Span(at, at + 8), "undefined\nname " + "y" * 100),))
    (row,) = [one for one in catalogue.offers(about) if one.action.id == "fix"]
    assert row.title.startswith("Fix: undefined name yyy")
    assert len(row.title) <= 70
    assert row.region.span.of(long) == "    return y"


def test_the_menu_of_a_long_document_looks_at_what_is_near() -> None:
    text = "".join(f"def f{number}(a):\n    b = a\n    return b\n\n\n" for number in range(8000))
    at = text.index("def f4000") + 20
    about = Target(DocumentSnapshot("file:///r/a.py", "a.py", "/r", "python", 1, text), Span(at, at))
    found = catalogue.offers(about)
    assert found[0].title == "Explain this: f4000"
    assert found[0].region.span.of(text) == "def f4000(a):\n    b = a\n    return b"
    # A few ms of parsing are what a menu may cost: of a long document it sees what is near.
    assert len(definitions(about.snapshot, about.selection)) < 2 * WINDOW_LINES / 5 + 2
    assert len(definitions(about.snapshot)) == 8000


def test_the_page_for_users_describes_each_action() -> None:
    page = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE)
    assert told[: len(ACTIONS)] == [(one.id, one.title.removesuffix("…")) for one in ACTIONS]
    assert set(re.findall(r"`(\w+)`", page)) >= prompting.WORDS


def test_the_users_own_actions_come_from_their_own_file() -> None:
    mine = {"actions": {"custom": [{"id": "log", "title": "Add logging", "prompt": "Add logging.", "languages": ["python"]}]}}
    settings, problems = resolve([Layer("config.toml", "file", mine)])
    assert problems == []
    (action,) = custom_actions(settings.actions)
    assert (action.id, action.answer, action.languages) == ("log", "code", frozenset({"python"}))
    about = target("def f(ˇ): pass\n")
    assert "Add logging: f" in [one.title for one in catalogue.offers(about, custom=[action])]
    rendered = prompting.of(action).render({"language": "python", "code": "x = {{secret}}"})
    assert rendered[-1].content == "Add logging.\n\nThe code:\n```python\nx = {{secret}}\n```"


@pytest.mark.parametrize("scope", ["workspace", "user"])
def test_nothing_but_that_file_makes_an_action(scope: str) -> None:
    evil = {"actions": {"custom": [{"id": "evil", "title": "Evil", "prompt": "Say it."}]}}
    settings, problems = resolve([Layer("the workspace", scope, evil)])  # type: ignore[arg-type]
    assert settings.actions.custom == ()
    assert "config.toml" in problems[0]


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        ("x", "must be a list of tables"),
        ([{"id": "a"}], "number 1 needs a `title`"),
        ([{"id": "A b", "title": "t", "prompt": "p"}], "small letters"),
        ([{"id": "a", "title": "t", "promt": "p"}], "has no `promt`; Did you mean `prompt`?"),
        ([{"id": "a", "title": "t", "prompt": "p", "answer": "shell"}], "neither `code` nor `explanation`"),
        ([{"id": "a", "title": "t", "prompt": "p", "languages": "python"}], "no list of strings"),
        ([{"id": "a", "title": "t", "prompt": "p"}] * 2, "the same `id`"),
    ],
)
def test_a_wrong_action_of_the_users_own_is_said(custom: object, said: str) -> None:
    settings, problems = resolve([Layer("config.toml", "file", {"actions": {"custom": custom}})])
    assert settings.actions == ActionSettings()
    assert said in problems[0]


def test_a_prompt_that_asks_for_what_nothing_fills_in_is_said() -> None:
    (action,) = custom_actions(ActionSettings(custom=(CustomAction("a", "t", "Use {{password}}."),)))
    with pytest.raises(SettingsError, match="password"):
        prompting.of(action)
