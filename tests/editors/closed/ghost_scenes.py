"""Scenes with ghost text of a real model: taken whole, in parts, undone, typed along, sent away. Any editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.editors.closed.hands import Hands, Part
from tests.editors.closed.project import LINES, NEXT_KEY, Project

Seen = dict[str, Any]


def is_whole_call(ghost: str) -> bool:
    """Whether it is what these files surely go on with: a call over several lines, from its bracket to its bracket.

    VS Code draws the first line and the others one after the other, so half of it can be seen.
    """
    return ghost.count("\n") >= 3 and ghost.count("(") == ghost.count(")") > 0 and ghost.endswith(")")


async def drawn_in(hands: Hands, file: Path) -> tuple[str, str]:
    """Open a file of calls and type its next key; the text then, and the ghost text that is drawn."""
    await hands.open(file)
    before = await hands.text() + NEXT_KEY
    await hands.type(NEXT_KEY)
    return before, await drawn(hands)


async def drawn(hands: Hands) -> str:
    """Wait for a whole call as ghost text."""

    async def look() -> str:
        ghost = await hands.ghost()
        return ghost if ghost and is_whole_call(ghost) else ""

    return str(await hands.until(look, "ghost text over several lines"))


async def reads(hands: Hands, wanted: str) -> None:
    """Wait until the document is this text."""

    async def look() -> bool:
        return await hands.text() == wanted

    try:
        await hands.until(look, "the text")
    except AssertionError as error:
        raise AssertionError(f"{error}\nit is:\n{await hands.text()}\nwanted:\n{wanted}") from None


async def nothing_drawn(hands: Hands) -> None:
    """Wait until no ghost text is drawn."""

    async def look() -> bool:
        return await hands.ghost() == ""

    await hands.until(look, "no ghost text")


async def taken_in(hands: Hands, file: Path) -> tuple[str, str]:
    """The same, and take it whole: the document is then what it was and what was drawn."""
    before, ghost = await drawn_in(hands, file)
    await hands.take("all")
    await reads(hands, before + ghost)
    return before, ghost


async def taken_whole_and_undone(hands: Hands, project: Project) -> Seen:
    """One key takes all that is drawn, one step of undo takes it back and nothing else."""
    before, ghost = await taken_in(hands, project.folder / "whole.py")
    await hands.undo()
    await reads(hands, before)
    return {"drawn": ghost}


async def taken_by_word_and_by_line(hands: Hands, project: Project) -> Seen:
    """Each key takes the beginning of what is drawn, and what is left stays drawn."""
    before, ghost = await drawn_in(hands, project.folder / "parts.py")
    taken = [""]
    while taken[-1] != ghost:
        part: Part = "word" if len(taken) <= WORDS else "line"
        await hands.take(part)
        taken.append(str(await hands.until(lambda so_far=taken[-1]: _taken(hands, before, ghost, so_far), f"a {part} taken")))
    return {"drawn": ghost, "taken": taken}


WORDS = 2
"""Taken one by one before the lines are. To the end by lines: before an indented line Tab is a tab in VS Code."""


async def _taken(hands: Hands, before: str, ghost: str, so_far: str) -> str:
    """How much of the ghost text is in the document: more than so far, and the rest of it drawn behind that; else nothing.

    VS Code draws the rest without the white space it begins with, once the line before was taken.
    """
    now, drawn_now = (await hands.text()).removeprefix(before), await hands.ghost()
    grown = ghost.startswith(now) and len(now) > len(so_far)
    return now if grown and drawn_now is not None and drawn_now.lstrip() == ghost[len(now) :].lstrip() else ""


async def typed_along(hands: Hands, project: Project) -> Seen:
    """What is typed as it is drawn leaves the rest, and nothing is doubled when that is taken."""
    before, ghost = await drawn_in(hands, project.folder / "along.py")
    along = ghost[:4]
    await hands.type(along)
    await hands.until(lambda: _is_exactly(hands, ghost[4:]), "the rest of the ghost text")
    await hands.take("all")
    await reads(hands, before + ghost)
    return {"drawn": ghost, "along": along}


async def _is_exactly(hands: Hands, rest: str) -> bool:
    return await hands.ghost() == rest


async def typed_otherwise(hands: Hands, project: Project) -> Seen:
    """What is typed otherwise drops it, and nothing of it gets into the text."""
    before, ghost = await drawn_in(hands, project.folder / "otherwise.py")
    other = "q"
    assert not ghost.startswith(other)
    await hands.type(other)

    async def dropped() -> bool:
        now = await hands.ghost()
        return now is not None and now != ghost and await hands.text() == before + other

    await hands.until(dropped, "the ghost text dropped")
    return {"drawn": ghost}


async def sent_away(hands: Hands, project: Project) -> Seen:
    """It is gone from the screen, and the text is as it was."""
    before, ghost = await drawn_in(hands, project.folder / "dismissed.py")
    await hands.dismiss()
    await nothing_drawn(hands)
    await reads(hands, before)
    return {"drawn": ghost}


async def among_wide_characters(hands: Hands, project: Project) -> Seen:
    """Behind letters of two bytes and emoji it stands where it belongs."""
    _, ghost = await taken_in(hands, project.folder / "wide.py")
    return {"drawn": ghost}


async def in_a_windows_file(hands: Hands, project: Project) -> Seen:
    """What is taken and saved has the line ends of the file."""
    file = project.folder / "endings.py"
    before, ghost = await taken_in(hands, file)
    await hands.save()
    wanted = (before + ghost).replace("\n", "\r\n").encode()

    async def saved() -> bool:
        return file.read_bytes().rstrip(b"\r\n") == wanted

    await hands.until(saved, "the file as it was saved")
    return {"drawn": ghost}


async def in_a_read_only_file(hands: Hands, project: Project) -> Seen:
    """Nothing is drawn, nothing changes; that ghost text works all the same is seen in another file right after."""
    await hands.open(project.folder / "readonly.py")
    before = await hands.text()
    await hands.type_in_vain(NEXT_KEY)
    there, kept = await hands.ghost(), await hands.text() == before
    _, ghost = await drawn_in(hands, project.folder / "hands_off.py")
    return {"there": there, "kept": kept, "elsewhere": ghost}


async def in_a_document_without_a_name(hands: Hands, _: Project) -> Seen:
    """Before it is saved for the first time, in no language."""
    typed = LINES + "pink is"
    await hands.new()
    await hands.type(typed)
    await reads(hands, typed)

    async def look() -> str:
        ghost = await hands.ghost() or ""
        return ghost if ghost.startswith(" ") else ""

    ghost = str(await hands.until(look, "ghost text in a document without a name"))
    await hands.take("all")
    await reads(hands, typed + ghost)
    return {"drawn": ghost}


async def in_a_second_folder(hands: Hands, project: Project) -> Seen:
    """A file of the other folder that is open has it as well."""
    _, ghost = await taken_in(hands, project.other / "second.py")
    return {"drawn": ghost}


GHOST_SCENES = (
    taken_whole_and_undone,
    taken_by_word_and_by_line,
    typed_along,
    sent_away,
    among_wide_characters,
    in_a_windows_file,
    in_a_read_only_file,
    in_a_document_without_a_name,
    in_a_second_folder,
    typed_otherwise,
)
