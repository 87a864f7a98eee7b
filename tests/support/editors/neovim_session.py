"""Neovim with Hearth's plugin as a user has it: one init.lua, a home of its own, the real server. Asserts nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.cache import ROOT
from tests.support.editors.neovims import Neovim
from tests.support.editors.screen import Screen

PLUGIN = ROOT / "editors" / "neovim"

SERVER = (sys.executable, "-P", "-m", "lsp_server", "serve", "--log-level", "info")

_INIT = """\
-- What a user writes, and what a test needs: a group of its own for ghost text, no intro, no swap files.
vim.opt.runtimepath:prepend({plugin})
for _, folder in ipairs({extra}) do vim.opt.runtimepath:append(folder) end
vim.opt.shortmess:append("I")
vim.opt.swapfile = false
vim.opt.laststatus = 2
vim.o.statusline = "%f%m %=%{{%v:lua.require('hearth').statusline()%}}"
vim.api.nvim_set_hl(0, "TestGhost", {{ fg = "#7a8290", italic = true }})
vim.api.nvim_set_hl(0, "HearthGhostText", {{ link = "TestGhost" }})
vim.api.nvim_set_hl(0, "ComplHint", {{ link = "TestGhost" }})
vim.g.hearth = vim.json.decode({options})
vim.lsp.config("hearth", {{ cmd_env = {{ PYTHONPATH = {root} }}, init_options = vim.json.decode({settings}) }})
{lua}
vim.lsp.enable("hearth")
"""


@asynccontextmanager
async def neovim_session(
    neovim: Neovim,
    folder: Path,
    *,
    settings: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    lua: str = "",
    open_file: str = "",
    cwd: Path | None = None,
) -> AsyncIterator[Screen]:
    """A Neovim in `folder / "project"`, its home beside it. Its LSP log is `folder / "home/state/nvim/lsp.log"`.

    `options` are `vim.g.hearth`; None takes one of ours away.
    """
    home, project = folder / "home", cwd or folder / "project"
    given = {key: value for key, value in {"cmd": SERVER, **(options or {})}.items() if value is not None}
    home.mkdir(exist_ok=True)
    project.mkdir(exist_ok=True)
    init = home / "init.lua"
    init.write_text(
        _INIT.format(
            plugin=json.dumps(str(PLUGIN)),
            extra="{" + ", ".join(json.dumps(str(one)) for one in neovim.extra_runtimepath) + "}",
            options=f"[==[{json.dumps(given)}]==]",
            settings=f"[==[{json.dumps(settings)}]==]",
            root=json.dumps(str(ROOT)),
            lua=lua,
        )
    )
    env = {
        "HOME": str(home),
        **{f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("config", "data", "state", "cache")},
        "OLLAMA_HOST": "127.0.0.1:9",  # nobody listens: only what a test names is to be found
    }
    screen = await Screen.open(neovim, init, *([open_file] if open_file else []), env=env, cwd=project)
    try:
        yield screen
    finally:
        await screen.close()


def ghost_text(screen: Screen) -> str:
    """The ghost text that is drawn, its lines joined."""
    return screen.drawn("TestGhost")
