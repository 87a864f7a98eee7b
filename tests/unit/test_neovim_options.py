"""The types of `vim.g.hearth` say what the plugin reads, and so does its help. Reads Lua as text and runs none of it."""

from __future__ import annotations

import re
from pathlib import Path

PLUGIN = Path(__file__).parents[2] / "editors" / "neovim"
CONFIG = (PLUGIN / "lua/hearth/config.lua").read_text(encoding="utf-8")
HELP = (PLUGIN / "doc/hearth.txt").read_text(encoding="utf-8")
CODE = {
    path.relative_to(PLUGIN).as_posix(): re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    for path in PLUGIN.rglob("*.lua")
    if path.name != "config.lua"
}


def types_of(name: str) -> dict[str, str]:
    """The fields of a LuaCATS class: name -> type."""
    (block,) = re.findall(rf"^---@class hearth\.{name}\b.*\n((?:---@field .*\n)*)", CONFIG, re.MULTILINE)
    return dict(re.findall(r'^---@field (\w+)\? ((?:"\w+"\|?|\S)+)', block, re.MULTILINE))


OPTIONS, KEYS = types_of("Options"), types_of("Keys")


def table(text: str) -> dict[str, str]:
    """What a Lua table of plain values holds, without the tables in it."""
    return dict(re.findall(r'(\w+) = ("[^"]*"|\w+)', text))


def both_tables(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The options of a table with `keys = {...}` in it, and those keys."""
    around, inside = re.sub(r"--.*", "", text), re.search(r"keys = \{(.*?)\}", text, re.DOTALL)
    assert inside
    return table(re.sub(r"keys = \{.*?\}", "", around, flags=re.DOTALL)), table(inside[1])


DEFAULTS, DEFAULT_KEYS = both_tables(CONFIG[CONFIG.index("local defaults = {") : CONFIG.index("\n}\n")])


def test_each_option_that_is_read_has_a_type_and_the_other_way_round() -> None:
    module = r'require\("hearth\.config"\)'
    read, ways = set[str](), 0
    for text in CODE.values():
        for way, uses in (
            (rf"{module}\.get\(\)\.\w+", rf"{module}\.get\(\)\.(\w+)"),
            (rf"local config = {module}\n", r"\bconfig\.get\(\)\.(\w+)"),
            (rf"local options = {module}\.get\(\)\n", r"\boptions\.(\w+)"),
        ):
            if found := len(re.findall(way, text)):
                ways += found
                read |= set(re.findall(uses, text))
    assert ways == sum(text.count("hearth.config") for text in CODE.values()), "a way of reading options that this does not see"
    assert read == OPTIONS.keys()


def test_each_key_has_a_type_a_default_and_a_function() -> None:
    (mapped,) = re.findall(r"for _, action in ipairs\(\{(.*?)\}\)", CODE["plugin/hearth.lua"])
    assert set(re.findall(r'"(\w+)"', mapped)) == DEFAULT_KEYS.keys() == KEYS.keys()
    for name in KEYS:
        assert f"function M.{name}()" in CODE["lua/hearth/init.lua"]
        assert f"*<Plug>(hearth-{name.replace('_', '-')})*" in HELP


def test_a_default_is_of_its_type_and_a_value_that_is_looked_for_too() -> None:
    plain = {name: kind for name, kind in OPTIONS.items() if name not in ("cmd", "keys")}
    assert DEFAULTS.keys() == plain.keys()
    for name, kind in plain.items():
        looked_for = re.findall(rf'\b{name} [=~]= ("\w+"|\w+)', "\n".join(CODE.values()))
        for value in (DEFAULTS[name], *looked_for):
            assert value in kind.split("|") or (kind == "boolean" and value in ("true", "false")), (name, value)


def test_the_help_shows_the_defaults() -> None:
    shown = HELP[HELP.index("    vim.g.hearth = {\n      cmd") :]
    options, keys = both_tables(shown[: shown.index("\n<")])
    assert options == {**DEFAULTS, "cmd": "nil"}
    assert keys == DEFAULT_KEYS
