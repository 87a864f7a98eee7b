"""The extension as a user installs it: checked, bundled and packed as a .vsix. Knows no browser."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.support.cache import ROOT, cache_folder, one_at_a_time
from tests.support.editors.machine import made_once, program, run
from tests.support.editors.vscode import NPM

SOURCE = ROOT / "editors" / "vscode"

_INPUTS = ("src/*.ts", "media/*", "*.json", "*.mjs", "*.md", "icon.png", ".vscodeignore")


def packed_extension() -> Path:
    """The .vsix of the sources as they are, packed once for each state of them. Raises EditorUnavailable."""
    install_dependencies()
    digest = hashlib.sha256()
    for pattern in _INPUTS:
        for file in sorted(SOURCE.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())

    def pack(folder: Path) -> None:
        run(["npm", "run", "--silent", "check"], cwd=SOURCE)
        run(["npm", "run", "--silent", "package", "--", "--out", folder / "hearth.vsix"], cwd=SOURCE)

    return made_once(f"extension-{digest.hexdigest()[:16]}", pack) / "hearth.vsix"


def install_dependencies() -> None:
    """What the extension is built with, installed once for each list of it."""
    program("npm")
    wanted = json.loads((SOURCE / "package.json").read_text())["devDependencies"]
    stamp = SOURCE / "node_modules" / ".hearth-installed"
    with one_at_a_time("editors-extension"):
        if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
            cache_folder("editors")
            run([*NPM, "install", "--ignore-scripts"], cwd=SOURCE)
            stamp.write_text(json.dumps(wanted))
