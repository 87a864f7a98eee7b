"""The smallest editor there is: open one real file in the real server, ask for ghost text, print it in place. Writes no file.

usage: demo.py [REPO] [--svg FILE]

It is what `make demo` runs, and a complete example of a client: start the server, say hello, open a document, type, ask.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from rich.console import Console
from rich.markup import escape

console = Console(highlight=False, soft_wrap=True)

SERVER = [sys.executable, "-m", "lsp_server"]
PATIENCE_S = 120.0
"""The embedded model is loaded from disk, the index is opened, and a slow machine reads 30 tokens a second."""

_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""What rich puts into a drawing: who opened it would fetch fonts from a host far away. Any monospaced font will do."""

TRIES = 6
"""Places asked at before the demo gives up: a tiny model has nothing to say at some of them, and Hearth then says nothing."""


@dataclass(frozen=True)
class Place:
    """A `return` in the middle of a function: its line from `return ` on is taken away, and the model is asked for it."""

    path: Path
    line: int
    column: int
    before: str
    removed: str
    after: str


def main() -> int:
    """Index, connect, ask, print."""
    parser = argparse.ArgumentParser(description="Show ghost text in a real repository.")
    parser.add_argument("repo", nargs="?", type=Path, default=Path())
    parser.add_argument("--svg", type=Path, help="draw what was printed into a file as well")
    args = parser.parse_args()
    if args.svg:
        console.record, console.width = True, 118
    code = _run(args.repo.resolve())
    if args.svg and code == 0:
        args.svg.write_text(_FONTS.sub("", console.export_svg(title="make demo")), encoding="utf-8")
    return code


def _run(root: Path) -> int:
    if not root.is_dir():
        console.print(f"[red]{escape(str(root))} is not a folder.[/] Say which repository: make demo REPO=path")
        return 2
    console.rule("[bold]1. A model[/]", align="left")
    if not _model_ready():
        return 1
    console.rule(f"[bold]2. An index of {escape(root.name)}[/]", align="left")
    if not _indexed(root):
        return 1
    console.rule("[bold]3. An editor connects and asks for ghost text[/]", align="left")
    return asyncio.run(_ask(root))


def _indexed(root: Path) -> bool:
    """Index the repository; what the command says is said again here. Its progress bar is drawn on stderr meanwhile."""
    done = subprocess.run([*SERVER, "index", str(root)], stdout=subprocess.PIPE, text=True, check=False)
    console.print(escape(done.stdout.rstrip().replace(str(root), root.name)))
    return done.returncode == 0


def _model_ready() -> bool:
    """Whether Hearth has a model to ask; the small embedded one is fetched where there is none."""
    choice = _chosen()
    if not choice.get("chosen"):
        console.print(
            "There is no model on this machine yet: fetching SmolLM2, 98 MB, Apache-2.0. It is tiny, and writes like it."
        )
        if subprocess.run([*SERVER, "models", "pull", "smollm2"], check=False).returncode:
            return False
        choice = _chosen()
    console.print(escape(str(choice.get("why", ""))))
    return bool(choice.get("chosen"))


def _chosen() -> dict[str, Any]:
    said = subprocess.run([*SERVER, "models", "list", "--json"], capture_output=True, text=True, check=False)
    if said.returncode:
        console.print(escape(said.stderr))
        return {}
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


async def _ask(root: Path) -> int:
    client = LanguageClient("hearth-demo", "1")
    news = asyncio.Event()
    seen: list[str] = []

    @client.feature("hearth/status")
    def _(status: Any) -> None:
        message = status["message"] if isinstance(status, dict) else status.message
        if message not in seen:
            seen.append(message)
            console.print(f"  [dim]status:[/] {escape(message)}")
        news.set()

    started = monotonic()
    await client.start_io(*SERVER, "serve", "--log-level", "error")
    try:
        await client.initialize_async(_hello(root))
        console.print(f"  [dim]initialize answered after[/] {1000 * (monotonic() - started):,.0f} ms")
        client.initialized(types.InitializedParams())
        try:
            await asyncio.wait_for(_settled(client, news), PATIENCE_S)
        except TimeoutError:
            console.print("[red]The server did not become ready.[/] `lsp_server doctor` says what is missing.")
            return 1
        for number, place in zip(range(TRIES), _places(root), strict=False):
            if await _show(client, root, place, number):
                return 0
        console.print("Nothing to suggest at any of the places tried. A larger model has more to say: `lsp_server doctor`.")
        return 0
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()


def _hello(root: Path) -> types.InitializeParams:
    inline = types.InlineCompletionClientCapabilities()
    return types.InitializeParams(
        capabilities=types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf16]),
            text_document=types.TextDocumentClientCapabilities(inline_completion=inline),
        ),
        workspace_folders=[types.WorkspaceFolder(uri=root.as_uri(), name=root.name)],
    )


async def _settled(client: LanguageClient, news: asyncio.Event) -> None:
    """Wait until the model was found and the index is open, looking again each time the server says that something changed."""
    while True:
        news.clear()
        params = types.ExecuteCommandParams(command="hearth.status")
        said: Any = await client.workspace_execute_command_async(params)
        model, folders = said["model"]["phase"], [folder["phase"] for folder in said["folders"]]
        if model == "ready" and not {"waiting", "indexing"}.intersection(folders):
            return
        await news.wait()


async def _show(client: LanguageClient, root: Path, place: Place, number: int) -> bool:
    """Ask at one place and draw the answer; False where there is none."""
    uri = place.path.as_uri()
    language = {".py": "python", ".ts": "typescript", ".js": "javascript", ".rs": "rust"}.get(
        place.path.suffix, place.path.suffix[1:]
    )
    text = place.before + place.after
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=uri, language_id=language, version=number, text=text))
    )
    units = len(place.before[place.before.rfind("\n") + 1 :].encode("utf-16-le")) // 2
    asked = monotonic()
    answer = await asyncio.wait_for(
        client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
                text_document=types.TextDocumentIdentifier(uri),
                position=types.Position(place.line, units),
            )
        ),
        PATIENCE_S,
    )
    took = 1000 * (monotonic() - asked)
    items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
    if not items:
        return False
    ghost = str(items[0].insert_text)
    above = "\n".join(place.before.split("\n")[-8:])
    below = "\n".join(place.after.split("\n")[:4])
    console.print(f"\n  [bold]{escape(str(place.path.relative_to(root)))}[/]:{place.line + 1}   [dim]ghost text is green[/]\n")
    for line in f"{escape(above)}[bold green]{escape(ghost)}[/]{escape(below)}".split("\n"):
        console.print(f"  │ {line}", soft_wrap=False, no_wrap=True, overflow="ellipsis")
    console.print(f"\n  [dim]what stood there:[/] {escape(place.removed.strip())}")
    await _explain(client, took)
    return True


async def _explain(client: LanguageClient, took: float) -> None:
    """Where the suggestion came from, in the server's own words."""
    params = types.ExecuteCommandParams(command="hearth.inspect")
    said = await client.workspace_execute_command_async(params)
    about: dict[str, Any] = said if isinstance(said, dict) else {}
    console.print(f"  [dim]model:[/] {escape(str(about.get('model')))} on {escape(str(about.get('backend')))}")
    for one in about.get("context", []):
        console.print(f"  [dim]context:[/] {escape(one['path'])}:{one['start_line']}-{one['end_line']}")
    if not about.get("context"):
        console.print("  [dim]context:[/] none: the prompt already held what the index knows")
    stages = ", ".join(f"{stage.replace('_', ' ')} {ms:,.0f}" for stage, ms in about.get("timings", {}).items())
    console.print(f"  [dim]time:[/] {took:,.0f} ms at the editor")
    console.print(f"  [dim]in the server, ms:[/] {escape(stages)}")
    reused = about.get("reused_tokens")
    cached = "" if reused is None else f", {reused} of them were in the runner's cache"
    console.print(f"  [dim]prompt:[/] {about.get('prompt_tokens')} tokens{cached}")


_RETURN = re.compile(r"^([ \t]+return )(\S.*\(.{2,50})$")
_SUFFIXES = {".py", ".ts", ".js", ".go", ".rs", ".java", ".rb", ".c", ".cpp", ".kt", ".swift", ".php"}
_LEAST_LINES, _MOST_LINES = 40, 400


def _places(root: Path) -> Iterator[Place]:
    """A place in each of the repository's files of middling size: where most of the code is first, tests last."""
    files = [path for path in _files(root) if path.suffix in _SUFFIXES]
    folders = Counter(path.relative_to(root).parts[0] for path in files)

    def order(path: Path) -> tuple[bool, int, str]:
        inside = path.relative_to(root)
        return "test" in str(inside), -folders[inside.parts[0]], str(inside)

    for path in sorted(files, key=order):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        lines = text.split("\n")
        if not _LEAST_LINES <= len(lines) <= _MOST_LINES:
            continue
        for number, line in enumerate(lines):
            found = _RETURN.match(line)
            if found and number > _LEAST_LINES // 2:
                before = "\n".join([*lines[:number], found[1]])
                after = "\n".join(["", *lines[number + 1 :]])
                yield Place(path, number, len(found[1]), before, found[2], after)
                break


def _files(root: Path) -> Iterator[Path]:
    """What git tracks, or every file where there is no git."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        yield from (root / name.decode(errors="replace") for name in listed.stdout.split(b"\0") if name)
    else:
        yield from (path for path in root.rglob("*") if path.is_file() and not any(part.startswith(".") for part in path.parts))


if __name__ == "__main__":
    sys.exit(main())
