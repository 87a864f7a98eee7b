"""Clients of several kinds that ask the real server for code actions, and do with the answers what such an editor does."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.editing import Editor
from tests.support.pictures import picture
from tests.support.wire import Wire

URIS = (f"file:///nowhere/file_{number}.py" for number in count())

EDITS = {"documentChanges": True, "changeAnnotationSupport": {}, "resourceOperations": ["create", "rename", "delete"]}
VSCODE: dict[str, Any] = {
    "textDocument": {
        "inlineCompletion": {},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}}},
    },
    "workspace": {"workspaceEdit": EDITS, "applyEdit": True},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "experimental": {"hearth": {"status": True}},
}
PLUGIN = {**VSCODE, "experimental": {"hearth": {"status": True, "markdown": True, "input": True}}}
PLAIN: dict[str, Any] = {"textDocument": {"inlineCompletion": {}}, "experimental": {"hearth": {"status": True}}}
KINDS = {"vscode": VSCODE, "plugin": PLUGIN, "plain": PLAIN}


class Bench:
    """One client of a kind with a server of its own, and an editor that does what it is told."""

    def __init__(self, wire: Wire, kind: str, encoding: str, home: Path) -> None:
        self.wire, self.kind, self.encoding, self.home = wire, kind, encoding, home

    def open(self, drawn: str, *, uri: str | None = None, language: str = "python") -> tuple[Editor, dict[str, Any]]:
        """A document with a cursor, and the arguments of a command about that place."""
        at, uri = picture(drawn, self.encoding), uri or next(URIS)
        editor = Editor(self.wire, uri, at.text, self.encoding, language)
        place = {"line": at.line, "character": at.character}
        return editor, {"uri": uri, "range": {"start": place, "end": place}}

    async def menu(self, about: dict[str, Any], **context: Any) -> list[dict[str, Any]]:
        params = {"textDocument": {"uri": about["uri"]}, "range": about["range"], "context": {"diagnostics": [], **context}}
        return list(await self.wire.request("textDocument/codeAction", params) or [])

    def ask(self, action: str, about: dict[str, Any], **more: Any) -> Any:
        argument = {"id": action, **about, **more}
        return self.wire.ask("workspace/executeCommand", {"command": "hearth.action", "arguments": [argument]})

    async def act(self, action: str, about: dict[str, Any], **more: Any) -> Any:
        answer = await self.wire.answer(self.ask(action, about, **more))
        assert "error" not in answer, answer
        return answer["result"]

    async def edit(self) -> dict[str, Any]:
        """The edit that the server wants applied."""
        await self.wire.until(lambda: bool(self.wire.heard("workspace/applyEdit")))
        (params,) = self.wire.heard("workspace/applyEdit")
        return dict(params["edit"])


def private_page(uri: str, home: Path) -> str:
    """What a page holds, which must lie in the user's own folders and be theirs alone to read."""
    page = Path(unquote(urlsplit(uri).path))
    assert page.is_relative_to(home)
    assert page.stat().st_mode & 0o077 == 0
    return page.read_text(encoding="utf-8")
