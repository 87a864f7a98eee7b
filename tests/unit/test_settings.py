"""Settings: every wrong value is a sentence and changes nothing; nothing a repository sets chooses host, command or model."""

from pathlib import Path

import pytest

from lsp_server.settings import Settings, entries
from lsp_server.settings_export import as_markdown, as_schema
from lsp_server.settings_layers import Layer, resolve


def test_no_layers_give_the_defaults() -> None:
    assert resolve([]) == (Settings(), [])


def test_later_layers_win() -> None:
    settings, problems = resolve(
        [
            Layer("config.toml", "file", {"model": {"name": "a"}, "completion": {"max_tokens": 32}}),
            Layer("the editor", "user", {"model": {"name": "b"}}),
        ]
    )
    assert (settings.model.name, settings.completion.max_tokens, problems) == ("b", 32, [])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"completion": {"max_tokens": "many"}}, "`completion.max_tokens` must be a whole number, not `many`; `96` stays"),
        ({"completion": {"max_tokens": True}}, "must be a whole number, not true"),
        ({"completion": {"max_tokens": 0}}, "must be between 8 and 1024, not 0"),
        ({"completion": {"enabled": 1}}, "must be true or false, not `1`"),
        ({"completion": {"enable": True}}, "no setting `completion.enable`. Did you mean `enabled`?"),
        ({"modle": {}}, "no setting `modle`. Did you mean `model`?"),
        ({"model": 5}, "`model` must be a table, not `5`"),
        ({"model": {"backend": "cloud"}}, "must be one of auto, ollama, embedded, openai_compatible, not `cloud`"),
        ({"index": {"exclude": "x"}}, "must be a list of strings, not `x`"),
        ({"index": {"exclude": [1]}}, "must be a list of strings, not a list of something else"),
        ({"completion": {"disabled_languages": "python"}}, "must be a list of strings, not `python`; `[]` stays in force"),
        ("nonsense", "must be a table of sections, not `nonsense`"),
        ([], "must be a table of sections, not `[]`"),
    ],
)
def test_a_wrong_value_is_said_and_changes_nothing(values: object, said: str) -> None:
    settings, problems = resolve([Layer("config.toml", "file", values)])
    assert settings == Settings()
    assert len(problems) == 1
    assert problems[0].startswith("config.toml: ")
    assert said in problems[0]


def test_a_repository_chooses_neither_host_nor_command_nor_model() -> None:
    hostile = {
        entry.key.split(".")[1]: ["evil.example"] if entry.type == "list of strings" else "http://evil.example"
        for entry in entries()
        if entry.key.startswith("model.")
    }
    settings, problems = resolve(
        [Layer("the workspace", "workspace", {"model": hostile, "index": {"embedder": "ollama:evil"}})]
    )
    assert settings == Settings()
    assert len(problems) == len(hostile) + 1


def test_only_the_users_own_file_opens_other_hosts() -> None:
    opened = {"model": {"allow_hosts": ["gpu.lan"]}}
    assert resolve([Layer("the editor", "user", opened)])[0].model.allow_hosts == ()
    assert resolve([Layer("config.toml", "file", opened)])[0].model.allow_hosts == ("gpu.lan",)


def test_a_value_that_changes_nothing_is_no_problem_wherever_it_comes_from() -> None:
    same = {"model": {"backend": "auto", "allow_hosts": []}}
    assert resolve([Layer("the workspace", "workspace", same)]) == (Settings(), [])


def test_every_setting_is_documented_and_bounded() -> None:
    for entry in entries():
        assert entry.doc.endswith("."), entry.key
        if entry.type == "integer":
            assert entry.minimum is not None, entry.key
            assert isinstance(entry.default, int)
            assert entry.minimum <= entry.default <= (entry.maximum or 0), entry.key


def test_the_documentation_is_what_the_table_says() -> None:
    page = Path("docs/settings.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "run `lsp_server settings --markdown > docs/settings.md`"


def test_the_schema_names_every_setting() -> None:
    properties = as_schema()["properties"]
    assert isinstance(properties, dict)
    assert sum(len(section["properties"]) for section in properties.values()) == len(list(entries()))
