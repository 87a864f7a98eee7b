"""The facts of Ollama itself on which the port stands: a newer one that breaks them fails here, by name. No port in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError

import pytest

from tests.support.ollama import INSERT, SMOLLM, Instance

pytestmark = pytest.mark.ollama


@contextmanager
def _status(code: int) -> Iterator[None]:
    with pytest.raises(HTTPError) as caught:
        yield
    caught.value.close()
    assert caught.value.code == code


def test_suffix_is_refused_without_insert(ollama_instance: Instance) -> None:
    body = {"prompt": "a", "suffix": "b", "stream": False, "options": {"num_predict": 1}}
    for raw in (False, True):
        with _status(400):
            ollama_instance.post("/api/generate", {"model": SMOLLM, "raw": raw, **body})
    assert ollama_instance.post("/api/generate", {"model": INSERT, **body})["done"]


def test_raw_is_refused_with_a_system_prompt(ollama_instance: Instance) -> None:
    with _status(400):
        ollama_instance.post("/api/generate", {"model": SMOLLM, "prompt": "a", "raw": True, "system": "s", "stream": False})


def test_thinking_is_refused_where_there_is_none_and_its_absence_is_not(ollama_instance: Instance) -> None:
    body = {"model": SMOLLM, "prompt": "a", "stream": False, "options": {"num_predict": 1}}
    with _status(400):
        ollama_instance.post("/api/generate", {**body, "think": True})
    assert ollama_instance.post("/api/generate", {**body, "think": False})["done"]


def test_an_unknown_option_is_ignored_and_a_wrong_type_is_not(ollama_instance: Instance) -> None:
    body = {"model": SMOLLM, "prompt": "a", "stream": False}
    assert ollama_instance.post("/api/generate", {**body, "options": {"num_predict": 1, "no_such": 1}})["done"]
    with _status(500):
        ollama_instance.post("/api/generate", {**body, "options": {"num_predict": "one"}})


def test_an_error_of_a_pull_comes_with_status_200(ollama_instance: Instance) -> None:
    lines = ollama_instance.lines("/api/pull", {"model": "127.0.0.1:1/library/none"})
    assert "error" in json.loads(lines[-1])


def test_an_empty_prompt_only_loads(ollama_instance: Instance) -> None:
    told = ollama_instance.post("/api/generate", {"model": SMOLLM, "prompt": "", "stream": False})
    assert told["done_reason"] == "load"
    assert told["response"] == ""
