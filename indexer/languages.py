"""What language a file is written in, and its grammar, loaded when first needed. Knows no chunk and reads no file.

The grammars come from tree-sitter-language-pack 0.13, which carries them all in its wheel. A language without an entry in
`indexer.definitions` is still recognised here, so that its files can be shown and searched by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Tree


@dataclass(frozen=True, slots=True)
class Language:
    """One row: how a language is recognised.

    `grammar` is the language pack's name for it, empty where text is cut into windows of lines instead. `suffixes` and
    `filenames` are lower-case. `interpreters` are what a `#!` line may call. `aliases` are the names that editors use.
    """

    name: str
    grammar: str = ""
    suffixes: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    prose: bool = False


LANGUAGES: tuple[Language, ...] = (
    Language("python", "python", (".py", ".pyi", ".pyw"), ("sconstruct", "sconscript", "wscript"), ("python", "python3")),
    Language("javascript", "javascript", (".js", ".jsx", ".mjs", ".cjs"), (), ("node", "nodejs"), ("javascriptreact",)),
    Language("typescript", "typescript", (".ts", ".mts", ".cts"), (), ("deno", "ts-node", "tsx", "bun")),
    Language("tsx", "tsx", (".tsx",), (), (), ("typescriptreact",)),
    Language("go", "go", (".go",)),
    Language("rust", "rust", (".rs",)),
    Language("java", "java", (".java",)),
    Language("c", "c", (".c",)),
    # A C header parses as C++; a C++ header does not parse as C.
    Language(
        "cpp", "cpp", (".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".inl", ".tpp", ".ino")
    ),
    Language("csharp", "csharp", (".cs", ".csx")),
    Language(
        "ruby",
        "ruby",
        (".rb", ".rake", ".gemspec", ".ru", ".podspec"),
        ("rakefile", "gemfile", "guardfile", "vagrantfile", "podfile", "fastfile", "brewfile"),
        ("ruby", "jruby"),
    ),
    Language("php", "php", (".php", ".phtml", ".php5", ".php7"), (), ("php",)),
    Language("kotlin", "kotlin", (".kt", ".kts")),
    Language("swift", "swift", (".swift",), (), ("swift",)),
    Language("scala", "scala", (".scala", ".sc", ".sbt"), (), ("scala",)),
    Language("lua", "lua", (".lua",), (), ("lua", "luajit")),
    Language("haskell", "haskell", (".hs",), (), ("runhaskell", "runghc")),
    Language("elixir", "elixir", (".ex", ".exs"), (), ("elixir",)),
    Language("zig", "zig", (".zig",)),
    Language(
        "bash",
        "bash",
        (".sh", ".bash", ".zsh", ".ksh", ".bats", ".ebuild"),
        (".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", "pkgbuild"),
        ("sh", "bash", "zsh", "dash", "ksh"),
        ("shellscript", "shell", "sh"),
    ),
    # From here on there is no table of definitions: windows of lines.
    Language("objective-c", "", (".m", ".mm"), (), (), ("objective-cpp",)),
    Language("dart", "", (".dart",)),
    Language("clojure", "", (".clj", ".cljs", ".cljc", ".edn")),
    Language("erlang", "", (".erl", ".hrl")),
    Language("ocaml", "", (".ml", ".mli")),
    Language("fsharp", "", (".fs", ".fsi", ".fsx")),
    Language("julia", "", (".jl",)),
    Language("r", "", (".r",), (), ("rscript",)),
    Language("perl", "", (".pl", ".pm"), (), ("perl",)),
    Language("groovy", "", (".groovy", ".gradle"), ("jenkinsfile",)),
    Language("nim", "", (".nim",)),
    Language("d", "", (".d",)),
    Language("crystal", "", (".cr",)),
    Language("gleam", "", (".gleam",)),
    Language("solidity", "", (".sol",)),
    Language("vim", "", (".vim",), (".vimrc",), (), ("viml",)),
    Language("elisp", "", (".el",)),
    Language("lisp", "", (".lisp", ".lsp", ".cl", ".scm", ".rkt")),
    Language("powershell", "", (".ps1", ".psm1"), (), ("pwsh",)),
    Language("fish", "", (".fish",), (), ("fish",)),
    Language("awk", "", (".awk",), (), ("awk", "gawk")),
    Language("tcl", "", (".tcl",), (), ("tclsh",)),
    Language("fortran", "", (".f", ".f90", ".f95", ".f03")),
    Language("ada", "", (".adb", ".ads")),
    Language("pascal", "", (".pas", ".pp")),
    Language("assembly", "", (".s", ".asm")),
    Language("verilog", "", (".v", ".sv", ".svh")),
    Language("vhdl", "", (".vhd", ".vhdl")),
    Language("cuda", "", (".cu", ".cuh")),
    Language("glsl", "", (".glsl", ".vert", ".frag", ".wgsl", ".hlsl")),
    Language("vue", "", (".vue",)),
    Language("svelte", "", (".svelte",)),
    Language("astro", "", (".astro",)),
    Language("html", "", (".html", ".htm", ".xhtml", ".ejs", ".hbs", ".jinja", ".j2", ".erb", ".haml", ".pug", ".twig")),
    Language("css", "", (".css", ".scss", ".sass", ".less", ".styl")),
    Language("sql", "", (".sql",)),
    Language("graphql", "", (".graphql", ".gql")),
    Language("protobuf", "", (".proto",), (), (), ("proto3", "proto")),
    Language("thrift", "", (".thrift",)),
    Language("terraform", "", (".tf", ".tfvars", ".hcl")),
    Language("nix", "", (".nix",)),
    Language("cmake", "", (".cmake",), ("cmakelists.txt",)),
    Language("make", "", (".mk", ".mak"), ("makefile", "gnumakefile", "justfile"), ("make",), ("makefile",)),
    Language("dockerfile", "", (".dockerfile",), ("dockerfile", "containerfile")),
    Language("bazel", "", (".bzl", ".bazel"), ("build", "workspace", "buck"), (), ("starlark",)),
    Language("xml", "", (".xml", ".xsd", ".xsl", ".xaml", ".csproj", ".fsproj", ".vbproj", ".props", ".targets", ".plist")),
    Language("json", "", (".json", ".jsonc", ".json5")),
    Language("yaml", "", (".yaml", ".yml")),
    Language("toml", "", (".toml",)),
    Language("ini", "", (".ini", ".cfg", ".conf", ".properties", ".editorconfig")),
    Language("markdown", "", (".md", ".markdown", ".mdx", ".qmd"), (), (), (), True),
    Language("restructuredtext", "", (".rst",), (), (), ("rst",), True),
    Language("asciidoc", "", (".adoc", ".asciidoc"), (), (), (), True),
    Language("latex", "", (".tex", ".sty"), (), (), (), True),
    Language("org", "", (".org",), (), (), (), True),
    Language(
        "text",
        "",
        (".txt", ".text"),
        ("readme", "license", "copying", "changes", "authors", "notice"),
        (),
        ("plaintext",),
        True,
    ),
)
"""Every language known by name. The first twenty have a grammar and a table of definitions."""

_BY_NAME: Mapping[str, Language] = {name: row for row in LANGUAGES for name in (row.name, *row.aliases)}
_BY_SUFFIX: Mapping[str, str] = {suffix: row.name for row in LANGUAGES for suffix in row.suffixes}
_BY_FILENAME: Mapping[str, str] = {filename: row.name for row in LANGUAGES for filename in row.filenames}
_BY_INTERPRETER: Mapping[str, str] = {program: row.name for row in LANGUAGES for program in row.interpreters}


def language_of(path: str) -> str | None:
    """The language that a file's name tells, or None: `src/main.rs` -> `rust`, `Makefile` -> `make`."""
    name = path[path.rfind("/") + 1 :].lower()
    if found := _BY_FILENAME.get(name):
        return found
    dot = name.rfind(".")
    return _BY_SUFFIX.get(name[dot:]) if dot >= 0 else None


def language_of_script(first_line: str) -> str | None:
    """The language that a `#!` line calls, or None: `#!/usr/bin/env -S python3 -u` -> `python`."""
    if not first_line.startswith("#!"):
        return None
    for part in first_line[2:].split():
        program = part.rsplit("/", 1)[-1].lower()
        if program == "env" or program.startswith("-"):
            continue
        return _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(program.rstrip("0123456789."))
    return None


def known(name: str) -> Language | None:
    """The row of a language by its own name or an editor's name for it (`typescriptreact`), or None."""
    return _BY_NAME.get(name)


def parse(text: str | bytes, language: str) -> Tree | None:
    """The syntax tree of a text (str or UTF-8), or None for a language without a grammar.

    A tree-sitter tree always exists, whatever the text: `tree.root_node.has_error` says whether it fitted. Takes the
    language's own name or an editor's. About 200,000 lines a second; holds the interpreter lock while it runs.
    """
    row = known(language)
    if row is None or not row.grammar:
        return None
    from tree_sitter import Parser

    return Parser(grammar(row.grammar)).parse(text.encode("utf-8", "replace") if isinstance(text, str) else text)


@cache
def grammar(name: str) -> Grammar:
    """A grammar by the language pack's name for it: a shared library of the wheel, 1 to 5 ms the first time."""
    from tree_sitter_language_pack import get_language

    return get_language(cast("Any", name))  # it types the names as literals; a test loads every one of the table
