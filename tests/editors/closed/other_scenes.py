"""Scenes beside ghost text: explained, rewritten, cancelled, killed, with a real model. Any editor."""

from __future__ import annotations

import os
import signal

from tests.editors.closed.ghost_scenes import Seen, drawn, drawn_in, reads
from tests.editors.closed.hands import Hands
from tests.editors.closed.project import LONG, REWRITES, Project
from tests.support.processes import running_below

ENOUGH_WORDS = 3
"""Of an explanation that is still being written: fewer could be a heading that was there at once."""


async def explained(hands: Hands, project: Project) -> Seen:
    """An explanation can be read while it is written. A model may be done before the editor has drawn anything: ask again."""

    async def ask() -> tuple[str, str] | None:
        await hands.open(project.folder / "total.py")
        partial, whole = await hands.explain(3)
        return (partial, whole) if len(partial.split()) >= ENOUGH_WORDS else None

    partial, whole = await hands.until(ask, "an explanation that is still being written")
    return {"partial": partial, "whole": whole}


async def rewritten_and_undone(hands: Hands, project: Project) -> Seen:
    """The preview shows what is then applied, and one step of undo takes all of it back. What is refused changes nothing."""
    refused = []
    for name, instruction in REWRITES:
        await hands.open(project.folder / name)
        was = await hands.text()
        shown = await hands.rewrite(3, instruction)
        if shown is None:
            await hands.open(project.folder / name)
            await reads(hands, was)
            refused.append(instruction)
            continue
        await hands.apply()
        await hands.until(lambda shown=shown: _reads_so(hands, shown[1]), "what the preview showed")
        await hands.undo()
        await reads(hands, was)
        return {"before": shown[0], "after": shown[1], "was": was, "refused": refused}
    raise AssertionError(f"no rewrite passed the gate: {refused}")


async def _reads_so(hands: Hands, text: str) -> bool:
    """Editors differ in whether they show a line behind the last line's end."""
    return (await hands.text()).rstrip("\n") == text.rstrip("\n")


async def cancelled(hands: Hands, project: Project) -> Seen:
    """What is cancelled leaves the document alone, on the screen and when it is saved, and the model is free again."""
    file = project.folder / "long.py"
    await hands.open(file)
    await hands.begin_rewrite(1, "Give every step a name that says what it is.")
    await hands.cancel()

    async def as_it_was() -> bool:
        shown = await hands.text()  # VS Code draws what there is room for
        return bool(shown) and LONG.startswith(shown)

    await hands.until(as_it_was, "the beginning of the document as it was")
    await hands.save()
    _, ghost = await drawn_in(hands, project.folder / "after_cancel.py")
    return {"drawn": ghost, "kept": file.read_text() == LONG}


async def killed(hands: Hands, project: Project) -> Seen:
    """A server that is killed comes back by itself, and ghost text with it."""
    victims = _servers()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)

    async def another() -> bool:
        now = _servers()
        return bool(now) and not {*now} & {*victims} and await hands.status() == "ready"

    await hands.until(another, "another server, ready")
    # An editor may show for a moment what the server said that is dead, and a key that is typed then asks nobody.
    await hands.warm_up(project.folder / "after_kill.py")
    return {"killed": len(victims), "drawn": await drawn(hands)}


def _servers() -> list[int]:
    """The server that the editor has started, and any that it started anew; their workers are not among them."""
    return [one.pid for one in running_below("lsp_server", "serve")]


OTHER_SCENES = (explained, rewritten_and_undone, cancelled, killed)
