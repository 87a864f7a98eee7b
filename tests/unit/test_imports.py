"""What a file imports, drawn as `module: names`, in every language that has imports."""

from __future__ import annotations

import pytest

from indexer.definitions import DEFINITIONS
from indexer.imports import IMPORTS, MAX_IMPORTS, imports, package
from indexer.languages import parse
from indexer.matching import matches


def drawn(text: str, language: str) -> list[str]:
    tree = parse(text, language)
    assert tree is not None
    found = imports(tree, language)
    assert [one.line for one in found] == sorted(one.line for one in found)
    return [f"{one.module}: {' '.join(one.names)}".rstrip(": ") for one in found]


PICTURES = {
    "python": (
        "import os, a.b as c\nfrom . import x\nfrom ..p.q import (y as z, w)\nfrom m import *\ndef f():\n    import late\n",
        ["os", "a.b", ".: x", "..p.q: y w", "m: *", "late"],
    ),
    "javascript": (
        'import d, {a as b} from "./m.js";\nimport * as n from "n";\n'
        'export {q} from "../q";\nconst k = require("./k");\nimport("./z");',
        ["./m.js: default a", "n: *", "../q: q", "./k", "./z"],
    ),
    "typescript": ('import type {A} from "./a";\nimport "./b";\nexport * from "./c";', ["./a: A", "./b", "./c"]),
    "tsx": ('import React from "react";', ["react: default"]),
    "go": ('package p\nimport (\n "fmt"\n m "example.org/a/b"\n)\n', ["fmt", "example.org/a/b"]),
    "rust": (
        "use crate::a::{b, c::{d as e, f::*}};\nmod own;\nmod whole { fn x() {} }\nuse std::io::{self, Read};\nuse super::y;",
        ["crate::a: b", "crate::a::c: d", "crate::a::c::f: *", "self::own", "std::io: * Read", "super: y"],
    ),
    "java": ("package p.q;\nimport a.b.C;\nimport static a.D.e;\nimport a.c.*;", ["a.b.C", "a.D.e", "a.c: *"]),
    "c": ('#include "a/b.h"\n#include <stdio.h>\n', ["a/b.h", "<stdio.h>"]),
    "cpp": ("#include <vector>\n", ["<vector>"]),
    "csharp": ("using System.Text;\nusing A = B.C;\n", ["System.Text", "B.C"]),
    "ruby": ('require "json"\nrequire_relative "../a/b"\nrequire_relative "c"\nputs "x"', ["json", "../a/b", "./c"]),
    "php": ("<?php\nuse C\\D as E;\nuse F\\{G, H};\nrequire 'x.php';", ["C\\D", "F: G H", "./x.php"]),
    "kotlin": ("import c.d.E\nimport f.*\n", ["c.d.E", "f: *"]),
    "swift": ("import Foundation\n", ["Foundation"]),
    "scala": ("import c.d.{E, F => G}\nimport h._\nimport a.b, c.d\n", ["c.d: E F", "h: *", "a: b", "c: d"]),
    "lua": ('local a = require("x.y")\nlocal b = require "z"\n', ["x.y", "z"]),
    "haskell": ("import qualified Data.Map as M\nimport C.D (e, F)\n", ["Data.Map", "C.D: e F"]),
    "elixir": ("defmodule A do\n  alias B.C\n  alias B.{D, E}\n  use H\nend\n", ["B.C", "B: D E", "H"]),
    "zig": ('const a = @import("a/b.zig");\nconst b = @embedFile("c");\n', ["a/b.zig"]),
    "bash": ("source ./a.sh\n. b.sh\necho x\n", ["./a.sh", "./b.sh"]),
}


@pytest.mark.parametrize("language", sorted(DEFINITIONS))
def test_imports(language: str) -> None:
    text, expected = PICTURES[language]
    assert drawn(text, language) == expected


def test_every_language_with_definitions_has_imports() -> None:
    assert IMPORTS.keys() == DEFINITIONS.keys()


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("java", "package a.b;\nclass C {}", "a.b"),
        ("kotlin", "package a.b\n", "a.b"),
        ("scala", "package a\npackage b\n", "a.b"),
        ("php", "<?php\nnamespace A\\B;\n", "A\\B"),
        ("csharp", "namespace A.B { class C {} }", "A.B"),
        ("csharp", "namespace A.B;\nclass C {}", "A.B"),
        ("python", "x = 1\n", ""),
    ],
)
def test_packages(language: str, text: str, name: str) -> None:
    tree = parse(text, language)
    assert tree is not None
    assert package(matches(tree, language)[1], language, "file", text) == name


def test_a_go_module_is_named_by_its_file() -> None:
    assert package([], None, "tools/go.mod", "// x\nmodule example.org/a // y\n\ngo 1.22\n") == "example.org/a"
    assert package([], None, "go.mod", "go 1.22\n") == ""


def test_a_table_of_imports_is_bounded_and_broken_code_is_read() -> None:
    assert len(drawn("import a\n" * (MAX_IMPORTS + 5), "python")) == MAX_IMPORTS
    assert drawn("use a::{b, c::{d", "rust") in ([], ["a: b", "a::c: d"], ["a"])
