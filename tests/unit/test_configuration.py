"""The layers of settings, and the user's config.toml with all that can be wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.configuration import Configuration, read_config


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert read_config(tmp_path / "config.toml") == (None, [])


@pytest.mark.parametrize("content", [b"= 1", b"\xff\xfe", b'a = "\xe9"', b"[model\n"])
def test_a_file_that_cannot_be_read_is_one_sentence_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    layer, problems = read_config(path)
    assert layer is None
    assert len(problems) == 1
    assert str(path) in problems[0]


def test_a_folder_in_its_place_is_one_sentence(tmp_path: Path) -> None:
    _, problems = read_config(tmp_path)
    assert len(problems) == 1


def test_later_layers_win_and_a_new_word_replaces_the_old(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[completion]\nmax_tokens = 10\ndebounce_ms = 1\n")
    started = Configuration(path).started_with({"hearth": {"completion": {"max_tokens": 20}}})
    told = started.told({"completion": {"max_tokens": 30}})
    assert [one.resolved()[0].completion.max_tokens for one in (Configuration(path), started, told)] == [10, 20, 30]
    assert told.told({}).resolved()[0].completion.max_tokens == 20
    assert told.resolved()[0].completion.debounce_ms == 1


def test_the_file_is_read_again_each_time(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    configuration = Configuration(path)
    assert configuration.resolved()[0].completion.enabled
    path.write_text("[completion]\nenabled = false\n")
    assert not configuration.resolved()[0].completion.enabled
