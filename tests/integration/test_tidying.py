"""Tidying while nobody saves: in a process of its own, only when worth while, and out of the way at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from indexer import upkeep
from indexer.build import Updater
from indexer.embedding import make_embedder
from indexer.manifest import index_location, load_manifest, writing
from indexer.settings import IndexSettings
from lsp_server.indexing import tidying
from lsp_server.indexing.access import Job, build
from lsp_server.indexing.tidying import Tidying
from lsp_server.settings import Settings
from tests.support.trees import plant


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
    monkeypatch.setattr(tidying, "IDLE_S", 0.01)
    due = asyncio.Event()
    one = Tidying(job, due.set)
    one.saved()
    await due.wait()
    assert one.is_due
    assert writes(job) > 0
    await one.run()
    assert not one.is_due
    assert writes(job) == 0
    await one.run()  # nothing to do: no process is started, nothing is raised


async def test_a_writer_next_door_is_left_alone(job: Job) -> None:
    before = writes(job)
    with writing(location(job)):
        await Tidying(job, lambda: None).run()
    assert writes(job) == before


async def test_who_wants_to_write_ends_it_and_nothing_is_lost(job: Job) -> None:
    before = writes(job)
    one = Tidying(job, lambda: None)
    running = asyncio.create_task(one.run())
    while one._running is None and not running.done():  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0)
    one.interrupt()
    await running
    assert writes(job) in (0, before), "whole, before or after"
    one.close()
    with writing(location(job)):  # the child is gone: the lock is free
        pass
