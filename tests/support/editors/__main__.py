"""`python -m tests.support.editors`: make the editors that the tests drive ready, or say by name which cannot be had here."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.support.editors.extension import packed_extension
from tests.support.editors.machine import EditorUnavailable
from tests.support.editors.neovims import VERSIONS, neovim
from tests.support.editors.vscode import vscode

_STEPS: dict[str, Callable[[], object]] = {
    "VS Code": vscode,
    "Hearth for VS Code": packed_extension,
    **{f"Neovim {version}": partial(neovim, version) for version in VERSIONS},
}


def main() -> int:
    """0 when every editor is ready, 1 otherwise."""
    with ThreadPoolExecutor() as pool:
        failed = [name for name, why in pool.map(_attempt, _STEPS, _STEPS.values()) if why]
    return 1 if failed else 0


def _attempt(name: str, step: Callable[[], object]) -> tuple[str, str]:
    began = time.perf_counter()
    try:
        step()
    except EditorUnavailable as error:
        print(f"{name}: not here: {error}", file=sys.stderr, flush=True)
        return name, str(error)
    print(f"{name}: ready ({time.perf_counter() - began:.0f} s)", flush=True)
    return name, ""


if __name__ == "__main__":
    sys.exit(main())
