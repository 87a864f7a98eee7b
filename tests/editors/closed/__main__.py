"""Everything a user does in one editor with a real model, told as JSON: `python -m tests.editors.closed "Neovim 0.12"`.

Everything is real and everything is started here: Ollama, the server, the editor. tests/editors/test_closed_network.py runs it
where no packet can leave the machine, and says what must have been seen. A scene that fails ends it: its trace is told.
Names of scenes behind the editor's run those alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from tests.editors.closed.fetch_scene import missing_then_fetched
from tests.editors.closed.ghost_scenes import GHOST_SCENES, taken_whole_and_undone
from tests.editors.closed.hands import Hands
from tests.editors.closed.neovim_hands import neovim_hands
from tests.editors.closed.other_scenes import OTHER_SCENES
from tests.editors.closed.project import Project, lay_out, turn_hostile, turn_tame
from tests.editors.closed.vscode_hands import vscode_hands
from tests.support.closed_network import Watch
from tests.support.ollama import start

Scene = Callable[[Hands, Project], Awaitable[dict[str, Any]]]
Told = dict[str, Any]


async def main(editor: str, only: Sequence[str]) -> int:
    """Print what was seen."""
    watch, told = Watch(), Told()
    ollama = start()
    try:
        with tempfile.TemporaryDirectory() as name:
            where = Path(name)
            project = lay_out(where)
            program, _, version = editor.partition(" ")
            if program != "Neovim":
                turn_hostile(project)
                told["untrusted"] = Told()
                untrusted = vscode_hands(where / "untrusted", ollama.url, project, trust=False)
                await _play(untrusted, project, (taken_whole_and_undone,), told["untrusted"])
                told["untrusted"]["was_run"] = project.spied.exists()
                turn_tame(project)
            opened = (
                neovim_hands(version, where, ollama.url) if program == "Neovim" else vscode_hands(where, ollama.url, project)
            )
            scenes: list[Scene] = [*GHOST_SCENES, *OTHER_SCENES, _before_fetching(watch, told), missing_then_fetched]
            await _play(opened, project, [one for one in scenes if not only or one.__name__ in only], told)
            told["tried_by_fetching"] = watch.tried() - told.get("tried", 0)
    except Exception:
        told["failed"] = traceback.format_exc()
    finally:
        ollama.stop()
    print(json.dumps({**told, "interfaces": watch.interfaces, "closed": watch.closed, "counts": watch.counts}))
    return 0


async def _play(opened: AbstractAsyncContextManager[Hands], project: Project, scenes: Sequence[Scene], told: Told) -> None:
    """One editor, its server ready, and one scene after the other in it."""
    async with opened as hands:

        async def ready() -> bool:
            return await hands.status() == "ready"

        await hands.until(ready, "the index is built and the model is there")
        told["percents"] = await hands.percents()
        await hands.warm_up(project.folder / "warm_up.py")
        for scene in scenes:
            began = time.perf_counter()
            told[scene.__name__] = await scene(hands, project)
            print(f"{scene.__name__}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)


def _before_fetching(watch: Watch, told: Told) -> Scene:
    """Notes what was tried so far: to fetch a model is the one thing that reaches beyond this machine, and only when asked."""

    async def counted(_: Hands, __: Project) -> Told:
        told["tried"] = watch.tried()
        return {}

    return counted


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
