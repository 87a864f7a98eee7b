"""Real Neovims when something is missing or takes its time: the server, a model, a model that is fetched, an index."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.editors.conftest import neovim_or_not_run
from tests.editors.test_neovim_commands import ANSWERS, said
from tests.editors.texts import TOTAL, long_enough_to_see, upto
from tests.support.cache import ROOT
from tests.support.editors.neovim_session import ghost_text, neovim_session
from tests.support.editors.neovims import VERSIONS, Neovim
from tests.support.editors.programs import program
from tests.support.scripted_ollama import MODEL, ScriptedOllama

pytestmark = pytest.mark.editors


@pytest.fixture(params=VERSIONS)
def neovim(request: pytest.FixtureRequest) -> Neovim:
    return neovim_or_not_run(request.param)


def settings(model: ScriptedOllama) -> dict[str, Any]:
    return {"model": {"backend": "ollama", "name": MODEL, "ollama_host": model.url}}


def begun(project: Path) -> None:
    """A project with a file whose last line is still to be written."""
    (project / ".git").mkdir(parents=True)
    (project / "shop.py").write_text(upto(TOTAL, '"""\n') + "    ")


async def test_a_missing_model_is_fetched_with_progress_and_then_there_is_ghost_text(
    neovim: Neovim, own_reciter: ScriptedOllama, tmp_path: Path
) -> None:
    begun(tmp_path / "project")
    own_reciter.models.clear()
    own_reciter.pull_gate.clear()
    async with neovim_session(neovim, tmp_path, settings=settings(own_reciter), lua=ANSWERS, open_file="shop.py") as screen:
        await said(screen, ":Hearth pull")
        await screen.until(lambda: "hearth: no model" in screen.text(), "the trouble in the statusline")
        await screen.command("Hearth pull")
        await screen.until(lambda: f"hearth: fetching {MODEL}, 40%" in screen.text(), "how far it is")
        assert MODEL in (await screen.lua("return vim.g.offered"))[0], "the one that is missing comes first"
        await screen.command("Hearth cancel")
        await screen.until(lambda: "fetching" not in screen.text(), "no progress any more")
        await screen.eventually(lambda: _gave_up(own_reciter), "Ollama was told")

        own_reciter.pull_gate.set()
        await screen.command(f"Hearth pull {MODEL}")
        await said(screen, f"{MODEL} is here")
        await screen.until(lambda: screen.rows()[-2].endswith(" hearth"), "all is well")
        await screen.type("G$aret")
        await screen.until(lambda: ghost_text(screen) == "urn sum(prices)", "ghost text")


async def _gave_up(model: ScriptedOllama) -> bool:
    return model.pulls_given_up == 1


async def test_the_server_is_found_on_path_run_by_uvx_where_allowed_and_never_taken_from_the_project(
    neovim: Neovim, own_reciter: ScriptedOllama, tmp_path: Path
) -> None:
    project, told = tmp_path / "project", tmp_path / "was-run"
    begun(project)
    program(project / "lsp_server", f'echo run >> "{told}"')
    program(tmp_path / "tools/uvx", f'echo "$@" >> "{tmp_path}/uvx-got"; shift 3; exec "{sys.executable}" -m lsp_server "$@"')
    path = f".::{tmp_path}/tools:/usr/bin:/bin"
    lua = f'vim.env.PATH = "{path}"; vim.env.PYTHONPATH = "{ROOT}"\n{ANSWERS}'
    session = neovim_session(
        neovim, tmp_path, settings=settings(own_reciter), options={"cmd": None}, lua=lua, open_file="shop.py"
    )
    async with session as screen:
        await said(screen, "uv tool install hearth-lsp")
        await screen.lua("vim.g.hearth = { uvx = true }")
        await screen.command("Hearth restart")
        await screen.until(lambda: screen.rows()[-2].endswith(" hearth"), "the server that uvx started")
        assert (tmp_path / "uvx-got").read_text().split("\n")[0] == "--from hearth-lsp lsp_server serve"

        program(tmp_path / "tools/lsp_server", f'exec "{sys.executable}" -m lsp_server "$@"')
        found = await screen.lua("return require('hearth.server').command()")
        assert found == [str(tmp_path / "tools/lsp_server"), "serve"]
        await screen.type("G$aret")
        await screen.until(lambda: ghost_text(screen) == "urn sum(prices)", "ghost text")
    assert not told.exists()


async def test_indexing_is_told_in_percent(neovim: Neovim, own_reciter: ScriptedOllama, tmp_path: Path) -> None:
    begun(tmp_path / "project")
    long_enough_to_see(tmp_path / "project")
    lua = """vim.g.percents = {}
        vim.api.nvim_create_autocmd("User", { pattern = "HearthStatus", callback = function(event)
          if event.data.state ~= "indexing" then return end
          local line = require("hearth").statusline():gsub("%%%%", "%%")
          vim.g.percents = vim.list_extend(vim.g.percents, { line })
        end })"""
    async with neovim_session(neovim, tmp_path, settings=settings(own_reciter), lua=lua, open_file="shop.py") as screen:
        await screen.until(lambda: screen.rows()[-2].endswith(" hearth"), "the index is built")
        seen = await screen.lua("return vim.g.percents")
    assert len(set(seen)) > 2
    assert all(one.startswith("hearth ") and one.endswith("%") for one in seen)
