"""What is done while nobody saves: in a process of its own, only when worth while, and out of the way at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import upkeep
from indexer.build import Updater
from indexer.embedding import make_embedder
from indexer.errors import EmbedderError
from indexer.manifest import index_location, load_manifest, writing
from indexer.records import Progress
from indexer.settings import IndexSettings
from lsp_server.indexing import idle
from lsp_server.indexing.access import Job, build
from lsp_server.indexing.idle import Idle
from lsp_server.indexing.service import IndexingService
from lsp_server.settings import Settings
from tests.support.trees import plant


def never(progress: Progress) -> None:
    raise AssertionError(progress)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A folder whose index has had more saves than tidying waits for."""
    monkeypatch.setattr(upkeep, "MAX_GROWTH", 1000.0)
    root = plant(tmp_path / "root", {"a.py": "x = 1\n", "b.py": "y = 2\n" * 400})
    job = Job.of(root, tmp_path / "indexes", Settings())
    embedder = make_embedder("static")
    build(job, embedder, lambda _: None, lambda: False)
    updater = Updater(root, location(job), IndexSettings(), embedder)
    for edition in range(upkeep.WORTH_TIDYING):
        plant(root, {"a.py": f"x = {edition}\n"})
        updater.update(["a.py"])
    return job


def location(job: Job) -> Path:
    return index_location(Path(job.root), Path(job.indexes))


def writes(job: Job) -> int:
    manifest = load_manifest(location(job))
    assert manifest is not None
    return manifest.writes


async def test_it_waits_for_a_pause_then_tidies(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "IDLE_S", 0.01)
    due = asyncio.Event()
    one = Idle(job, due.set)
    one.saved()
    await due.wait()
    assert one.is_due
    assert writes(job) > 0
    assert await one.run(never) == 0
    assert (one.is_due, writes(job)) == (False, 0)
    one.close()


async def test_it_finds_what_nobody_told_of_and_goes_on_looking(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LOOK_S", 0.01)
    monkeypatch.setattr(upkeep, "REST", 0)
    due = asyncio.Event()
    one = Idle(job, due.set)
    one.looked()
    for number in range(2):
        await due.wait()
        due.clear()
        plant(Path(job.root), {f"late_{number}.py": "z = 3\n"})
        assert await one.run(never) == 1
    one.close()


async def test_much_that_is_new_is_shown(job: Job) -> None:
    plant(Path(job.root), {f"many/{number}.py": f"x = {number}\n" for number in range(idle.SHOWN_FROM)})
    shown: list[Progress] = []
    one = Idle(job, lambda: None)
    assert await one.run(shown.append) == idle.SHOWN_FROM
    one.close()
    assert shown[-1].done == shown[-1].total >= idle.SHOWN_FROM


async def test_where_nothing_changed_no_embedder_is_started(job: Job) -> None:
    one = Idle(job, lambda: None)
    assert await one.run(never) == 0  # tidies
    await one.run(never)  # files that changed just before they were looked at are read again
    dear = Idle(replace(job, embedder="sentence-transformers:/nowhere"), lambda: None)
    assert await dear.run(never) == 0
    plant(Path(job.root), {"new.py": "z = 3\n"})
    with pytest.raises(EmbedderError):
        await dear.run(never)
    one.close()
    dear.close()


async def test_a_writer_next_door_is_left_alone(job: Job) -> None:
    before = writes(job)
    one = Idle(job, lambda: None)
    with writing(location(job)):
        assert await one.run(never) is None
    one.close()
    assert writes(job) == before


async def test_who_wants_to_write_ends_it_and_nothing_is_lost(job: Job) -> None:
    before = writes(job)
    one = Idle(job, lambda: None)
    running = asyncio.create_task(one.run(never))
    while one._running is None and not running.done():  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0)
    one.interrupt()
    await running
    assert writes(job) in (0, before), "whole, before or after"
    one.close()
    with writing(location(job)):  # the child is gone: the lock is free
        pass


async def test_the_server_finds_what_its_editor_did_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LOOK_S", 0.2)
    root = plant(tmp_path / "root", {"a.py": "x = 1\n"})
    changed = asyncio.Event()
    service = IndexingService(tmp_path / "indexes")
    service.start(Settings(), [root], changed.set)

    async def until(files: int) -> None:
        while not (service.states() and (service.states()[0].phase, service.states()[0].files) == ("ready", files)):
            await changed.wait()
            changed.clear()

    try:
        await asyncio.wait_for(until(1), 120)
        plant(root, {"b.py": "def untold(): ...\n"})
        await asyncio.wait_for(until(2), 120)
        repository = service.repository(str(root))
        assert repository is not None
        assert [hit.path for hit in await repository.definitions(["untold"], k=1)] == ["b.py"]
    finally:
        await service.aclose()
