"""Both plugins say of the server's settings what its table says, and a workspace cannot set what it must not."""

from __future__ import annotations

import json

from editors import generate
from lsp_server.settings import entries


def test_the_generated_parts_are_up_to_date() -> None:
    assert generate.outdated() == [], "python editors/generate.py"


def test_what_a_repository_must_not_set_is_out_of_its_reach_in_vscode() -> None:
    manifest = json.loads(generate.MANIFEST.read_text())
    groups = manifest["contributes"]["configuration"]
    offered = {key: value for group in groups for key, value in group["properties"].items()}
    for entry in entries():
        key = f"hearth.{entry.key}"
        if entry.scope == "file":
            assert key not in offered
        else:
            assert offered[key]["scope"] == ("machine" if entry.scope == "user" else "resource")
    assert {offered[key]["scope"] for key in offered if key.startswith("hearth.server.")} == {"machine"}
    restricted = manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert set(restricted) == {key for key, value in offered.items() if value["scope"] == "resource"}


def test_the_extension_and_the_server_register_no_command_twice() -> None:
    from lsp_server.features import commands

    manifest = json.loads(generate.MANIFEST.read_text())
    own = {one["command"] for one in manifest["contributes"]["commands"]}
    assert own.isdisjoint({*commands.COMMANDS, *commands.REQUESTS})
