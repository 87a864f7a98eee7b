"""Work that can wait: when it is told to, and when it may go on."""

import asyncio

import pytest

from lsp_server.indexing import precedence
from lsp_server.indexing.precedence import Precedence


async def told(heard: list[bool], count: int) -> list[bool]:
    """What was told, once it is so much."""
    while len(heard) < count:  # noqa: ASYNC110 - a list tells nobody that it grew
        await asyncio.sleep(0)
    return heard


async def test_builds_wait_from_the_first_who_is_waited_for_until_after_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "REST_S", 0.0)
    given, heard = Precedence(), list[bool]()
    with given.heard_by(heard.append):
        with given.given():
            with given.given():
                assert heard == [True]
            assert heard == [True]
        assert await told(heard, 2) == [True, False]
        with pytest.raises(KeyError), given.given():
            raise KeyError
        assert await told(heard, 4) == [True, False, True, False]
    with given.given():
        assert len(heard) == 4  # nobody listens any more


async def test_a_key_within_the_rest_after_an_answer_keeps_builds_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "REST_S", 3600.0)
    given, heard = Precedence(), list[bool]()
    with given.heard_by(heard.append):
        for _ in range(3):
            with given.given():
                pass
        assert heard == [True]
    late: list[bool] = []
    with given.heard_by(late.append):
        assert late == [True]  # a build that starts now is told at once
