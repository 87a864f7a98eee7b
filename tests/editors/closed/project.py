"""The project that is opened: real code to index, and files begun where a small model surely goes on. Starts nothing.

What a model writes cannot be foretold. But after three calls that differ in a name alone even one of 135 million parameters
writes the fourth, at temperature 0, over several lines; so ghost text of a known shape is had without knowing its words.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.cache import ROOT
from tests.support.editors.programs import program

_SHADES = ("red", "green", "blue")


def _calls(mix: str = "paint", mark: str = "") -> str:
    made = "".join(f'{name} = {mix}(\n    name="{mark}{name}",\n    light=10,\n    dark=10,\n)\n' for name in _SHADES)
    return f"from paints import {mix}\n\n{made}pin"


NEXT_KEY = "k"
"""Typed at the end of a file of calls: the name of the fourth is complete, and its call is still to come."""

WIDE = _calls("mále", "🙂 ")
"""Letters of two bytes, and characters that are two units of UTF-16."""

LINES = "".join(f"{name} is a colour\n" for name in _SHADES)
"""For a document that has no name, and so no language."""

TOTAL = """\
def total(prices):
    result = 0
    for price in prices:
        result = result + price
    return result
"""

IS_EVEN = """\
def is_even(number):
    if number % 2 == 0:
        return True
    else:
        return False
"""

REWRITES = (
    ("total.py", "Use the built-in sum."),
    ("even.py", "Make it shorter."),
    ("total.py", "Use += in the loop."),
)
"""What SmolLM2 135M answers with code that passes the gate, each tried by hand; the first that does so here is applied."""

_STEPS = "".join(f"        step{line} = n * {line} + len(str(n))\n" for line in range(12))
LONG = "class Long:\n" + "\n".join(f"    def part{number}(self, n):\n{_STEPS}        return n\n" for number in range(16))
"""More than a small model is given at once, so its methods go to it one by one, a dozen of them: a rewriting that is still
under way when somebody presses Cancel, however little the model says to each."""

WHOLE = "Explain this"
"""Heads an explanation when it is complete, and only then."""

_LIBRARY = ("asyncio", "email", "http", "logging", "multiprocessing", "xml")
"""Packages of Python's own that are opened as well: with them indexing takes seconds, and its progress can be seen."""

BEGUN = (
    "warm_up",
    "whole",
    "parts",
    "along",
    "otherwise",
    "dismissed",
    "hands_off",
    "after_cancel",
    "after_kill",
    "half_written",
    "after_fetch",
)
"""One file of calls for each scene that types into one, so that none finds what another left there."""


@dataclass(frozen=True)
class Project:
    """Two folders, as a user has them open. `spied` is written by a program of the project when anybody runs it."""

    folder: Path
    other: Path
    spied: Path

    @property
    def workspace(self) -> Path:
        """Both folders as VS Code opens them at once."""
        return self.folder.parent / "two.code-workspace"


def lay_out(where: Path) -> Project:
    """This repository's own code and some of Python's, the files above."""
    project = Project(where / "project", where / "other", where / "was-run")
    for folder in (project.folder, project.other):
        (folder / ".git").mkdir(parents=True)
    library = Path(json.__file__).parents[1]
    for part in (ROOT / "indexer", ROOT / "lsp_server", *(library / name for name in _LIBRARY)):
        shutil.copytree(part, project.folder / part.name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    texts = {f"{name}.py": _calls() for name in BEGUN}
    texts |= {"wide.py": WIDE, "endings.py": _calls().replace("\n", "\r\n"), "readonly.py": _calls()}
    texts |= {"total.py": TOTAL, "even.py": IS_EVEN, "long.py": LONG}
    for name, text in texts.items():
        (project.folder / name).write_bytes(text.encode())
    (project.other / "second.py").write_text(_calls())
    project.workspace.write_text(json.dumps({"folders": [{"path": "project"}, {"path": "other"}]}))
    return project


def turn_hostile(project: Project) -> None:
    """What a repository may bring along: settings that name a program of its own, another host, and switch ghost text off."""
    spy = program(project.folder / "spy", f'echo run >> "{project.spied}"')
    settings = {
        "hearth.server.path": str(spy),
        "hearth.model.ollama_host": "http://127.0.0.1:1",
        "hearth.completion.enabled": False,
    }
    (project.folder / ".vscode").mkdir()
    (project.folder / ".vscode/settings.json").write_text(json.dumps(settings))


def turn_tame(project: Project) -> None:
    """Takes the settings away again."""
    shutil.rmtree(project.folder / ".vscode")
