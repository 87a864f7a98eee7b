"""Prompts: every file is read and asks only for what is filled in; paragraphs go with what they would have said."""

from __future__ import annotations

import pytest

from lsp_server.actions import prompting
from lsp_server.actions.catalogue import ACTIONS
from lsp_server.errors import SettingsError

FULL = {word: f"<{word}>" for word in prompting.WORDS}


def test_each_action_has_a_prompt_of_its_kind_and_each_prompt_an_action() -> None:
    for action in ACTIONS:
        assert prompting.builtin(action.prompt).answer == action.answer
    assert set(prompting.names()) == {action.prompt for action in ACTIONS} | {"again"}


@pytest.mark.parametrize("name", prompting.names())
def test_a_prompt_is_short_and_whole(name: str) -> None:
    template = prompting.builtin(name)
    assert template.version >= 1
    messages = template.render(FULL)
    text = "\n".join(one.content for one in messages)
    assert "{{" not in text
    assert all(f"<{word}>" in text for word in template.words)
    # 210 tokens, of about four characters in English: what `conversation.WORDS_OF_PROMPT` counts on.
    assert len(text) < 210 * 4.5


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.answer == "code"], ids=lambda one: one.id)
def test_prompts_for_code_share_their_start(action: object) -> None:
    """One system message for all of them: the runner has read it already."""
    template = prompting.builtin(action.prompt)  # type: ignore[attr-defined]
    assert template.system == prompting.builtin("simplify").system


def test_a_paragraph_without_its_value_is_left_out() -> None:
    some = {"language": "go", "path": "a.go", "code": "x", "where": ""}
    text = prompting.builtin("simplify").render(some)[-1].content
    assert "Definitions" not in text
    assert "It is from a.go.\n\nThe code:\n```go\nx\n```" in text


def test_values_are_put_in_once() -> None:
    text = prompting.builtin("explain").render({**FULL, "code": "{{path}} {{ definitions }}"})[-1].content
    assert "{{path}} {{ definitions }}" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 1\nanswer: code\n",
        "version: x\nanswer: code\n---\na\n---\nb",
        "version: 1\nanswer: shell\n---\na\n---\nb",
        "version: 1\nanswer: code\n---\na\n---\n{{key}}",
    ],
)
def test_a_wrong_file_is_said(text: str) -> None:
    with pytest.raises(SettingsError):
        prompting.read("mine", text)
