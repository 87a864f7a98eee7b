"""The link to the model: one search for all who wait, no storm of searches, and back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lsp_server.errors import HearthError, ModelFailedError, ModelUnreachableError
from lsp_server.model.port import ChosenModel, ModelInfo
from lsp_server.model_link import FIRST_PAUSE_S, ModelLink
from lsp_server.settings import ModelSettings


class Client:
    """A model client of which only the end is watched."""

    backend = "ollama"

    def __init__(self) -> None:
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


class Chooser:
    """Chooses what it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: HearthError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.clients: list[Client] = []

    async def __call__(self, settings: ModelSettings) -> ChosenModel:
        self.asked += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.clients.append(Client())
        return ChosenModel(self.clients[-1], ModelInfo(settings.name or "m", "ollama"), None, "because")  # type: ignore[arg-type]


@pytest.fixture
def chooser() -> Chooser:
    return Chooser()


@pytest.fixture
def phases() -> list[str]:
    return []


@pytest.fixture
def link(chooser: Chooser, phases: list[str]) -> ModelLink:
    made = ModelLink(chooser, ModelSettings(), lambda: phases.append(made.state.phase))
    return made


async def fails(call: Callable[[], Awaitable[object]]) -> HearthError:
    with pytest.raises(HearthError) as caught:
        await call()
    return caught.value


async def test_all_who_wait_share_one_search(link: ModelLink, chooser: Chooser) -> None:
    chooser.gate.clear()
    waiting = [asyncio.create_task(link.get()) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    chooser.gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert chooser.asked == 1
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert len({id(outcome) for outcome in outcomes[1:]}) == 1


async def test_a_search_that_everybody_gave_up_on_still_counts(link: ModelLink, chooser: Chooser) -> None:
    chooser.gate.clear()
    waiting = asyncio.create_task(link.get())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    chooser.gate.set()
    await link.get()
    assert chooser.asked == 1


async def test_a_failure_is_remembered_for_a_pause_that_grows(link: ModelLink, chooser: Chooser) -> None:
    chooser.error = ModelUnreachableError("nobody there")
    pauses = []
    for round_ in range(1, 5):
        link.hurry()
        await fails(link.get)
        assert chooser.asked == round_
        pauses.append(link._not_before - asyncio.get_running_loop().time())
        for _ in range(50):
            await fails(link.get)
        assert chooser.asked == round_, "no search while the pause lasts"
    assert pauses == pytest.approx([FIRST_PAUSE_S * 2**n for n in range(4)], abs=0.2)


async def test_the_same_failure_told_often_does_not_grow(link: ModelLink, chooser: Chooser) -> None:
    chooser.error = ModelUnreachableError("nobody there")
    depths = set()
    for _ in range(20):
        error = await fails(link.get)
        depth, trace = 0, error.__traceback__
        while trace is not None:
            depth, trace = depth + 1, trace.tb_next
        depths.add(depth)
    assert max(depths) <= min(depths) + 3


async def test_a_model_that_goes_is_closed_and_looked_for_at_once(link: ModelLink, chooser: Chooser, phases: list[str]) -> None:
    await link.get()
    link.failed(ModelUnreachableError("gone"))
    await link.get()
    assert chooser.asked == 2
    assert chooser.clients[0].closed
    assert phases == ["ready", "unreachable", "ready"]


async def test_a_model_that_only_failed_is_kept(link: ModelLink, chooser: Chooser, phases: list[str]) -> None:
    await link.get()
    link.failed(ModelFailedError("out of memory"))
    await link.get()
    link.succeeded()
    assert chooser.asked == 1
    assert phases == ["ready", "failing", "ready"]


async def test_other_settings_begin_anew(link: ModelLink, chooser: Chooser) -> None:
    chooser.error = ModelUnreachableError("nobody there")
    await fails(link.get)
    chooser.error = None
    link.reconfigure(ModelSettings(name="other"))
    assert (await link.get()).info.name == "other"
    link.reconfigure(ModelSettings(name="other"))
    assert not chooser.clients[0].closed
    await link.aclose()
    assert chooser.clients[0].closed


async def test_closing_while_it_looks(link: ModelLink, chooser: Chooser) -> None:
    chooser.gate.clear()
    waiting = asyncio.create_task(link.get())
    await asyncio.sleep(0)
    await link.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
