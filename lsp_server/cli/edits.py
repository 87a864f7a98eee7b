"""An action's edits in a terminal: as a diff, as JSON, and written to a file that is still what it was. Asks no model."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from pathlib import Path

from lsp_server.actions import anchors, gate, patch
from lsp_server.actions.records import FileEdit, Outcome
from lsp_server.cli import console
from lsp_server.errors import UsageError


def diff_of(edit: FileEdit) -> str:
    """A unified diff that `git apply` takes."""
    old = "/dev/null" if edit.creates else f"a/{edit.path}"
    lines = difflib.unified_diff(_lines(edit.before), _lines(edit.after), old, f"b/{edit.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """As git sees them: a form feed or a line separator ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def print_diff(edit: FileEdit) -> None:
    """A diff in colours."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff_of(edit).replace("\r\n", "\n").removesuffix("\n").split("\n"):
        console.out.print(line, markup=False, style=colours.get(line[:1]))


def write(place: Path, edit: FileEdit, language: str) -> None:
    """Write an edit to disk at once or not at all; UsageError where the file is not what the edit was made for any more."""
    if edit.creates:
        if place.exists():
            raise UsageError(f"{edit.path} exists by now; nothing was written.")
        place.parent.mkdir(parents=True, exist_ok=True)
    else:
        try:
            now = place.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{edit.path} cannot be read any more; nothing was written.") from error
        moved = anchors.moved(edit, now)
        if moved is None or (now != edit.before and not gate.still_sound(moved, language)):
            raise UsageError(f"{edit.path} was changed while the model wrote; nothing was written.", "Run the action again.")
        edit = moved
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(edit.after.encode("utf-8"))
        Path(name).chmod(place.stat().st_mode & 0o7777 if place.exists() else 0o644)
        Path(name).replace(place)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise UsageError(f"{edit.path} cannot be written: {error.strerror}.") from error


def as_json(outcome: Outcome, *, applied: bool) -> dict[str, object]:
    """The documented shape."""
    return {
        "action": outcome.action,
        "title": outcome.title,
        "applied": applied,
        "edits": [_edit_as_json(patch.narrowed(edit)) for edit in outcome.edits],
        "markdown": outcome.markdown,
        "refused": {"code": outcome.refusal.code, "reason": outcome.refusal.sentence} if outcome.refusal else None,
        "left_out": list(outcome.left_out),
        "sources": [
            {"path": one.path, "start_line": one.start_line, "end_line": one.end_line, "symbol": one.symbol}
            for one in outcome.sources
        ],
        "model": outcome.model,
        "backend": outcome.backend,
        "attempts": outcome.attempts,
        "timings": dict(outcome.timings),
        "prompt_tokens": outcome.usage.prompt_tokens,
        "generated_tokens": outcome.usage.generated_tokens,
    }


def _edit_as_json(edit: FileEdit) -> dict[str, object]:
    replacements = [
        {
            "start_line": edit.before.count("\n", 0, one.span.start) + 1,
            "end_line": edit.before.count("\n", 0, one.span.end) + 1,
            "text": one.text,
        }
        for one in edit.replacements
    ]
    return {"path": edit.path, "creates": edit.creates, "replacements": replacements, "diff": diff_of(edit)}
