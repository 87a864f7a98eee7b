"""The table of families, read by a test: each name finds its own template, and none is guessed."""

from __future__ import annotations

import pytest

from lsp_server.model.durations import keep_alive
from lsp_server.model.families import FAMILIES, FimFamily, family_of, is_prefix_only

PROMPTS = {
    "qwen-coder": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "codellama": "<PRE> P <SUF>S <MID>",
    "starcoder": "<fim_prefix>P<fim_suffix>S<fim_middle>",
    "granite4": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "deepseek-coder": "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
    "codegemma": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "codestral": "[SUFFIX]S[PREFIX]P",
    "glm": "<|code_prefix|>P<|code_suffix|>S<|code_middle|>",
}
NAMES = {
    "qwen2.5-coder:1.5b": "qwen-coder",
    "qwen2.5-coder:7b-base-q8_0": "qwen-coder",
    "qwen3-coder:30b": "qwen-coder",
    "hf.co/Qwen/Qwen2.5-Coder-7B-GGUF:Q4_K_M": "qwen-coder",
    "/home/me/models/Qwen2.5_Coder_1.5B.Q4.gguf": "qwen-coder",
    "C:\\models\\starcoder2-3b.gguf": "starcoder",
    "codellama:7b-code": "codellama",
    "starcoder2:3b": "starcoder",
    "stable-code:3b": "starcoder",
    "granite-code:8b": "starcoder",
    "granite4:tiny-h": "granite4",
    "deepseek-coder:6.7b": "deepseek-coder",
    "deepseek-coder-v2:16b": "deepseek-coder",
    "codegemma:2b-code": "codegemma",
    "codestral:22b": "codestral",
    "glm4:9b": "glm",
    "glm-4-9b.gguf": "glm",
    "codegeex4:9b": "glm",
}
PREFIX_ONLY = [
    "yi-coder:9b", "devstral:24b", "qwen3:4b", "qwen2.5:7b", "deepseek-r1:7b", "llama3.2:1b", "gemma3:270m", "smollm2:135m",
    "granite3.3:8b", "codellama:7b-instruct", "codegemma:7b-instruct", "phi4", "mistral:7b",
]  # fmt: skip
UNKNOWN = ["my-own:1b", "codellama:7b", "nomic-embed-text", "model", "", "notstarcodery"]


def test_the_table_here_is_the_table_there() -> None:
    assert PROMPTS.keys() == FAMILIES.keys()
    assert set(NAMES.values()) == FAMILIES.keys(), "every family wants a name that finds it"


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_spelled_as_the_family_was_trained(name: str) -> None:
    assert FAMILIES[name].render("P", "S") == PROMPTS[name]


@pytest.mark.parametrize(("name", "family"), NAMES.items())
def test_a_name_finds_its_family(name: str, family: str) -> None:
    found = family_of(name)
    assert found
    assert found.name == family
    assert not is_prefix_only(name)


@pytest.mark.parametrize("name", PREFIX_ONLY)
def test_a_model_that_does_not_fill_in_is_known_not_to(name: str) -> None:
    assert is_prefix_only(name)
    assert family_of(name, "starcoder2") is None


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_name_is_neither(name: str) -> None:
    assert family_of(name) is None
    assert not is_prefix_only(name)


def test_the_architecture_speaks_where_the_name_is_silent() -> None:
    found = family_of("my-own:1b", "starcoder2")
    assert found
    assert found.name == "starcoder"


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_token_ends_an_answer(family: FimFamily) -> None:
    assert set(family.tokens) <= set(family.stops)
    assert len(set(family.stops)) == len(family.stops)
    assert all(stop == stop.strip() and stop for stop in family.stops)
    assert 2 <= len(family.tokens) <= 3


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_file_about_models_cannot_end_its_own_prompt(family: FimFamily) -> None:
    hostile = f"a {' '.join(family.stops)} b"
    prompt = family.render(hostile, hostile)
    assert [prompt.count(token) for token in family.tokens] == [1] * len(family.tokens)
    assert family.disarm("plain text") == "plain text"


@pytest.mark.parametrize(
    ("setting", "sent"), [("30m", "30m"), ("1h30m", "1h30m"), ("1.5h", "1.5h"), ("-1", -1), ("90", 90), ("0", 0)]
)
def test_durations_as_ollama_takes_them(setting: str, sent: str | int) -> None:
    assert keep_alive(setting) == sent
