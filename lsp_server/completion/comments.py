"""How each language writes a comment line: how repository context is shown to models without repository tokens. A table."""

from __future__ import annotations

from collections.abc import Mapping

LINE_COMMENTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("bash", "coffeescript", "cmake", "crystal", "dockerfile", "elixir", "gdscript", "julia", "make", "makefile", "nim",
         "nix", "perl", "powershell", "python", "r", "ruby", "shellscript", "sh", "starlark", "tcl", "toml", "yaml", "zsh"),
        "#",
    ),
    **dict.fromkeys(("ada", "elm", "haskell", "lua", "sql", "vhdl"), "--"),
    **dict.fromkeys(("clojure", "commonlisp", "elisp", "ini", "lisp", "racket", "scheme"), ";;"),
    **dict.fromkeys(("erlang", "latex", "matlab", "octave", "prolog", "tex"), "%"),
    **dict.fromkeys(("fortran",), "!"),
    **dict.fromkeys(("vb", "vim"), "'"),
}  # fmt: skip
"""Languages whose comment is not `//`; ids as editors send them."""


def line_comment(language: str) -> str:
    """What starts a comment line in a language; `//` where the table is silent, which most languages of the C family read."""
    return LINE_COMMENTS.get(language.lower(), "//")
