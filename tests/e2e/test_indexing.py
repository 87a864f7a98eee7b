"""The index behind the editor: built in the background, current after a save, robust. Seen from the prompt it is for."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from tests.support.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.support.wire import GHOST_TEXT, PATIENCE_S, Wire, environment, running_server, scripted_config, write_config

PROGRESS = {**GHOST_TEXT, "window": {"workDoneProgress": True}}


@pytest.fixture
def model() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        server.reply = lambda prompt: ["1"]
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


def make_repository(home: Path) -> Path:
    root = home / "repository"
    root.mkdir()
    for name in ("alpha", "beta"):
        (root / f"{name}.py").write_text(f'def {name}_distance(a, b):\n    """How far {name} is."""\n    return abs(a - b)\n')
    return root


@asynccontextmanager
async def indexed(tmp_path: Path, model: ScriptedOllama, *folders: Path, **more: Any) -> AsyncIterator[Wire]:
    """A server whose folders are indexed, and whose completion takes all the time it wants to look them up."""
    toml = scripted_config(model.url, context_budget_ms=2000).replace("[index]\nenabled = false\n", "")
    write_config(tmp_path, toml)
    async with running_server(tmp_path, **more) as wire:
        await wire.initialize(PROGRESS, folders=folders)
        await all_ready(wire, len(folders))
        yield wire


async def all_ready(wire: Wire, count: int) -> None:
    await until_folders(wire, lambda folders: len(folders) == count and all(one["phase"] == "ready" for one in folders))


async def until_folders(wire: Wire, condition: Any) -> list[dict[str, Any]]:
    """Ask how the folders are until a condition on that holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            folders = (await wire.command("hearth.status"))["folders"]
            if folders and condition(folders):
                return list(folders)
            await asyncio.sleep(0.05)


async def prompt_for(wire: Wire, model: ScriptedOllama, name: str, root: Path) -> str:
    """The prompt of a completion that uses a name."""
    uri = (root / f"use_{len(model.asked)}.py").as_uri()
    text = f"value = {name}("
    wire.open(uri, text)
    await wire.command("hearth.clearCache")
    await wire.ghost_text(uri, 0, len(text), kind=1)
    return model.asked[-1].prompt


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Wire, ScriptedOllama, Path]]:
    """One indexed repository for the tests that only look, and for the one that saves."""
    home = tmp_path_factory.mktemp("home")
    root = make_repository(home)
    with scripted_ollama() as model:
        model.reply = lambda prompt: ["1"]
        async with indexed(home, model, root) as wire:
            yield wire, model, root


@pytest.mark.asyncio(loop_scope="module")
async def test_a_definition_from_another_file_reaches_the_prompt(shared: tuple[Wire, ScriptedOllama, Path]) -> None:
    wire, model, root = shared
    assert "How far alpha is" in await prompt_for(wire, model, "alpha_distance", root)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_editor_sees_a_bar_that_never_goes_back(shared: tuple[Wire, ScriptedOllama, Path]) -> None:
    wire, _, _ = shared
    await wire.until(lambda: any(one["value"]["kind"] == "end" for one in wire.heard("$/progress")))
    kinds = [one["value"]["kind"] for one in wire.heard("$/progress")]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) <= {"report"}
    percents = [one["value"]["percentage"] for one in wire.heard("$/progress") if "percentage" in one["value"]]
    assert percents == sorted(percents)
    assert wire.statuses()[-1] == "ready"


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_saved_is_found(shared: tuple[Wire, ScriptedOllama, Path]) -> None:
    wire, model, root = shared
    fresh = root / "gamma.py"
    fresh.write_text('def gamma_distance(a, b):\n    """How far gamma is."""\n    return a * b\n')
    wire.notify("textDocument/didSave", {"textDocument": {"uri": fresh.as_uri()}})
    await until_folders(wire, lambda folders: folders[0]["files"] == 3)
    assert "How far gamma is" in await prompt_for(wire, model, "gamma_distance", root)

    fresh.unlink()
    wire.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": fresh.as_uri(), "type": 3}]})
    await until_folders(wire, lambda folders: folders[0]["files"] == 2)
    assert "How far gamma is" not in await prompt_for(wire, model, "gamma_distance", root)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_in_the_editor_is_found_before_it_is_saved(shared: tuple[Wire, ScriptedOllama, Path]) -> None:
    wire, model, root = shared
    uri = (root / "alpha.py").as_uri()
    wire.open(uri, 'def zeta_distance(z):\n    """How far zeta is."""\n    return z\n')
    found = await wire.command("hearth.search", {"query": "zeta distance"})
    assert (found[0]["path"], found[0]["symbol"]) == ("alpha.py", "zeta_distance")
    assert "How far alpha" not in str(found)
    assert "How far zeta is" in await prompt_for(wire, model, "zeta_distance", root)
    wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert "How far alpha" in str(await wire.command("hearth.search", {"query": "alpha distance"}))


@pytest.mark.slow
async def test_a_file_that_comes_to_be_ignored_leaves_the_index(
    tmp_path: Path, model: ScriptedOllama, repository: Path
) -> None:
    async with indexed(tmp_path, model, repository) as wire:
        ignore = repository / ".gitignore"
        ignore.write_text("alpha.py\nbeta.py\n")
        wire.notify("textDocument/didSave", {"textDocument": {"uri": ignore.as_uri()}})
        # The ignore file itself is left.
        await until_folders(wire, lambda folders: folders[0]["files"] == 1 and folders[0]["phase"] == "ready")
        assert "How far alpha is" not in await prompt_for(wire, model, "alpha_distance", repository)


@pytest.mark.slow
async def test_a_checkout_of_many_files_is_one_build(tmp_path: Path, model: ScriptedOllama, repository: Path) -> None:
    async with indexed(tmp_path, model, repository) as wire:
        paths = [repository / f"module_{number}.py" for number in range(100)]
        for number, path in enumerate(paths):
            path.write_text(f"def function_{number}():\n    return {number}\n")
        wire.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 1} for path in paths]})
        await until_folders(wire, lambda folders: folders[0]["files"] == 102 and folders[0]["phase"] == "ready")
        ends = [one for one in wire.heard("$/progress") if one["value"]["kind"] == "end"]
        assert len(ends) == 2


@pytest.mark.slow
async def test_an_editor_that_never_answers_about_its_bar_is_not_waited_for(
    tmp_path: Path, model: ScriptedOllama, repository: Path
) -> None:
    write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false\n", ""))
    async with running_server(tmp_path) as wire:
        wire.silent = {"window/workDoneProgress/create", "workspace/configuration", "client/registerCapability"}
        await wire.initialize({**PROGRESS, "workspace": {"configuration": True}}, folders=[repository])
        await all_ready(wire, 1)
        assert wire.heard("$/progress") == []


@pytest.mark.slow
async def test_indexing_can_be_cancelled_and_taken_up_again(tmp_path: Path, model: ScriptedOllama) -> None:
    root = tmp_path / "large"
    root.mkdir()
    for number in range(3000):
        body = "\n".join(f"def function_{number}_{line}(a):\n    return a + {line}\n" for line in range(12))
        (root / f"module_{number}.py").write_text(body)
    write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false\n", ""))
    async with running_server(tmp_path) as wire:
        await wire.initialize(PROGRESS, folders=[root])
        await wire.until(lambda: any(one["value"]["kind"] == "begin" for one in wire.heard("$/progress")))
        wire.notify("window/workDoneProgress/cancel", {"token": wire.heard("$/progress")[0]["token"]})
        await until_folders(wire, lambda folders: folders[0]["phase"] == "stopped")
        assert "hearth.reindex" in (await wire.command("hearth.status"))["folders"][0]["action"]
        assert await wire.command("hearth.reindex") == {"folders": [str(root)]}
        await until_folders(wire, lambda folders: folders[0]["phase"] == "ready" and folders[0]["files"] == 3000)


@pytest.mark.slow
async def test_a_server_that_is_killed_leaves_no_child(tmp_path: Path, model: ScriptedOllama) -> None:
    root = tmp_path / "large"
    root.mkdir()
    for number in range(2000):
        (root / f"module_{number}.py").write_text("\n".join(f"def f_{number}_{line}(): ..." for line in range(40)))
    write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false\n", ""))
    async with running_server(tmp_path) as wire:
        await wire.initialize(PROGRESS, folders=[root])
        await until_folders(wire, lambda folders: folders[0]["phase"] == "indexing")
        children = psutil.Process(wire.process.pid).children(recursive=True)
        assert children
        wire.process.kill()
        await wire.ended()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, PATIENCE_S)
        assert alive == []


@pytest.mark.slow
async def test_a_damaged_index_is_built_again(tmp_path: Path, model: ScriptedOllama, repository: Path) -> None:
    async with indexed(tmp_path, model, repository):
        pass
    tables = next((tmp_path / "cache" / "hearth" / "indexes").iterdir()) / "tables"
    for file in [path for path in tables.rglob("*.lance") if path.is_file()]:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    async with indexed(tmp_path, model, repository) as wire:
        assert "How far alpha is" in await prompt_for(wire, model, "alpha_distance", repository)


@pytest.mark.slow
async def test_while_another_process_writes_this_one_reads_and_takes_over(
    tmp_path: Path, model: ScriptedOllama, repository: Path
) -> None:
    async with indexed(tmp_path, model, repository):
        pass
    lock = next((tmp_path / "cache" / "hearth" / "indexes").iterdir()) / "lock"
    hold = f"import fcntl; f = open({str(lock)!r}, 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    write_config(tmp_path, scripted_config(model.url, context_budget_ms=2000).replace("[index]\nenabled = false\n", ""))
    try:
        async with running_server(tmp_path) as wire:
            await wire.initialize(PROGRESS, folders=[repository])
            (folder,) = await until_folders(wire, lambda folders: folders[0]["phase"] == "read_only")
            assert "Another process" in folder["message"]
            assert "How far alpha is" in await prompt_for(wire, model, "alpha_distance", repository)
            holder.kill()
            await all_ready(wire, 1)
    finally:
        if holder.returncode is None:
            holder.kill()
        await holder.wait()


@pytest.mark.slow
async def test_folders_come_and_go(tmp_path: Path, model: ScriptedOllama, repository: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "delta.py").write_text('def delta_distance(a):\n    """How far delta is."""\n')
    async with indexed(tmp_path, model, repository) as wire:
        folder = {"uri": other.as_uri(), "name": "other"}
        wire.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
        await all_ready(wire, 2)
        assert "How far delta is" in await prompt_for(wire, model, "delta_distance", other)
        assert "How far delta is" not in await prompt_for(wire, model, "delta_distance", repository)
        wire.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
        (left,) = await until_folders(wire, lambda folders: len(folders) == 1)
        assert left["root"] == str(repository)


async def test_a_folder_that_was_moved_away_keeps_its_index(tmp_path: Path, model: ScriptedOllama, repository: Path) -> None:
    """A disk that is not mounted, a repository renamed beside the editor: no file of it was deleted."""
    async with indexed(tmp_path, model, repository) as wire:
        shutil.move(repository, tmp_path / "elsewhere")
        await wire.command("hearth.reindex")
        (folder,) = await until_folders(wire, lambda folders: folders[0]["phase"] == "failed")
        assert "cannot be read" in folder["message"]
        assert "new place" in folder["action"]
        assert await wire.command("hearth.search", {"query": "alpha_distance", "k": 1})
        shutil.move(tmp_path / "elsewhere", repository)
        await wire.command("hearth.reindex")
        (folder,) = await until_folders(wire, lambda folders: folders[0]["phase"] == "ready")
        assert folder["files"] == 2


async def test_a_home_folder_is_not_indexed(tmp_path: Path, model: ScriptedOllama) -> None:
    write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false\n", ""))
    async with running_server(tmp_path) as wire:
        await wire.initialize(PROGRESS, folders=[tmp_path])
        await wire.status("ready")
        (folder,) = (await wire.command("hearth.status"))["folders"]
        assert folder["phase"] == "off"
        assert "home" in folder["message"]
        status = await wire.status("ready")
        assert folder["message"] in status["message"]
        assert status["action"] == "Open a project's folder."


@pytest.mark.slow
async def test_an_index_that_cannot_be_written_is_said_and_ghost_text_goes_on(
    tmp_path: Path, model: ScriptedOllama, repository: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    write_config(tmp_path, scripted_config(model.url).replace("[index]\nenabled = false\n", ""))
    async with running_server(tmp_path) as wire:
        await wire.initialize(PROGRESS, folders=[repository])
        (folder,) = await until_folders(wire, lambda folders: folders[0]["phase"] == "failed")
        assert folder["action"]
        uri = (repository / "use.py").as_uri()
        wire.open(uri, "x = ")
        assert await wire.ghost_text(uri, 0, 4) == "1"


async def test_the_worker_alone_says_what_is_wrong_and_ends_with_its_input(tmp_path: Path) -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "lsp_server.indexing.worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    )
    said, _ = await worker.communicate(b"")
    assert (worker.returncode, said) == (1, b"")
