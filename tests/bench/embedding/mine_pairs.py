"""Comments and the code below them, out of unpacked packages, as pairs of texts. Trains nothing and downloads nothing.

Works by lines and indentation, in every language alike: a block of comment lines directly above a block of code is a pair;
so are a Python docstring and its function, an Elixir `@doc` and its function. No grammar is needed, only a language's comment
marks. A pair is (name, comment, code): the name defined, the comment's first paragraph, the code without it.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SLASHES = (".js .mjs .cjs .jsx .ts .tsx .go .rs .java .c .h .cc .cpp .hpp .cxx .cs .php .kt .kts .swift .scala .zig").split()
HASHES = ".rb .sh .bash .ex .exs".split()
DASHES = ".lua .hs".split()
SUFFIXES = frozenset([*SLASHES, *HASHES, *DASHES, ".py"])

EXCLUDED = re.compile(
    r"(^|[/_+])(requests|flask|express|axum(-\w+)?|gin|trpc|rack|monolog|fmt|phoenix|gson|dapper|alamofire|lazy(\.nvim)?|bats(-core)?"
    r"|libuv|uv|cats(-\w+)?|exposed(-\w+)?|aeson|zig-clap)([/@]|-[0-9v]|$)",
    re.IGNORECASE,
)
"""The repositories of the retrieval cases, wherever a package carries a copy: what is measured on is not learnt from."""

SKIPPED = re.compile(
    r"(^|/)(tests?|testdata|specs?|__tests__|mocks?|fixtures?|generated|gen|third_?party|_?vendor|node_modules|examples?"
    r"|umd|es5|cjs|locales?|i18n)/"
    r"|\.min\.|\.bundle\.|\.pb\.|_pb2|zz_generated|_generated|\.d\.ts$|\.gen\.|/unicode/tables",
    re.IGNORECASE,
)

MOST_BYTES = 400_000
MOST_LINES = 50  # of code in a pair: about a chunk
LEGAL = re.compile(r"copyright|licen[cs]e|spdx|all rights reserved|warranty|redistribut", re.IGNORECASE)
NOT_PROSE = re.compile(
    r"eslint|noqa|pylint|type: ignore|prettier|@ts-|istanbul|TODO|FIXME|XXX|https?://\S{40}"
    r"|[;{}]\s*$|^\s*(if|for|return|var|let|const)\b.*[({=]|={4}|-{6}|\+\+\+"
)
NAME = re.compile(
    r"\b(?:def|defp|defmacro|func|fun|function|fn|class|struct|interface|trait|type|enum|module|object|record|protocol"
    r"|namespace|data|newtype|instance|union|extension)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)"
    r"|([A-Za-z_]\w*)\s*(?:<[^>()]*>)?\(|([A-Za-z_]\w*)\s*(?:::|[:=])"
)
NOT_NAMES = frozenset(
    "if for while switch return catch else do try match case when self this super and or not in is new".split()
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What is written about a piece of code, and the code. `name` may be empty, `comment` and `code` are not."""

    path: str
    name: str
    comment: str
    code: str


def mine(folder: Path) -> Iterator[Pair]:
    """All pairs of one unpacked package, in the order of its paths."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.suffix not in SUFFIXES or EXCLUDED.search(path) or SKIPPED.search(path) or not file.is_file():
            continue
        if file.stat().st_size > MOST_BYTES:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if max(map(len, text.split("\n", 200)[:200]), default=0) > 500:  # minified
            continue
        yield from pairs_of(path, text)


def pairs_of(path: str, text: str) -> Iterator[Pair]:
    """All pairs of one file."""
    suffix = path[path.rfind(".") :]
    if suffix == ".py":
        yield from python_docstrings(path, text)
        yield from commented_blocks(path, text.split("\n"), "#")
    elif suffix in HASHES:
        if suffix in (".ex", ".exs"):
            yield from elixir_docs(path, text)
        yield from commented_blocks(path, text.split("\n"), "#")
    elif suffix in DASHES:
        yield from commented_blocks(path, text.split("\n"), "--")
    else:
        yield from commented_blocks(path, text.split("\n"), "//")


def python_docstrings(path: str, text: str) -> Iterator[Pair]:
    """Docstrings by Python's own parser; the code is the definition without its docstring."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's strings
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = text.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            doc = node.body[0]
            code = lines[node.lineno - 1 : doc.lineno - 1] + lines[doc.end_lineno or doc.lineno : node.end_lineno]
            pair = checked(path, node.name, (ast.get_docstring(node) or "").split("\n"), code[:MOST_LINES])
            if pair:
                yield pair


ELIXIR_DOC = re.compile(r'@(?:module)?doc\s+(?:~S)?"""\n(.*?)"""\n(.*?)(?=\n\s*@doc|\n\s*@moduledoc|\Z)', re.DOTALL)


def elixir_docs(path: str, text: str) -> Iterator[Pair]:
    """`@doc` and what stands between it and the next one."""
    for match in ELIXIR_DOC.finditer(text):
        code = match[2].split("\n")[:MOST_LINES]
        pair = checked(path, defined_name("\n".join(code[:6])), [line.strip() for line in match[1].split("\n")], code)
        if pair:
            yield pair


def commented_blocks(path: str, lines: list[str], mark: str) -> Iterator[Pair]:
    """Comment lines (and `/* */`, `--[[ ]]`, `{- -}` blocks) directly above code, and that code to the end of its block."""
    at = 0
    while at < len(lines):
        end = comment_end(lines, at, mark)
        if end == at:
            at += 1
            continue
        start = end
        while start < len(lines) and lines[start].lstrip().startswith(("@", "#[", "[", "template")) and mark != "#":
            start += 1  # attributes, annotations
        stop = block_end(lines, start)
        if stop > start:
            pair = checked(path, defined_name("\n".join(lines[start : start + 3])), lines[at:end], lines[end:stop])
            if pair:
                yield pair
        at = end


OPENERS = {"//": ("/*", "*/"), "--": ("--[[", "]]"), "#": ("=begin", "=end")}


def comment_end(lines: list[str], at: int, mark: str) -> int:
    """The line after the comment that starts on line `at`; `at` itself if none does."""
    opener, closer = OPENERS[mark]
    first = lines[at].lstrip()
    for open_mark, close_mark in ((opener, closer), ("{-", "-}")) if mark == "--" else ((opener, closer),):
        if first.startswith(open_mark):
            end = at
            while end < len(lines) and close_mark not in lines[end]:
                end += 1
            return end + 1 if end < len(lines) else at
    end = at
    while end < len(lines) and lines[end].lstrip().startswith(mark) and not lines[end].startswith("#!"):
        end += 1
    return end


def block_end(lines: list[str], start: int) -> int:
    """The line after the block of code that starts on line `start`: as long as lines are indented deeper, or close it."""
    if start >= len(lines) or not lines[start].strip():
        return start
    indent = depth(lines[start])
    first_word = lines[start].split()[0]
    end = start + 1
    while end < min(len(lines), start + MOST_LINES):
        line = lines[end]
        if line.strip() and depth(line) <= indent:
            word = line.lstrip()
            if depth(line) < indent or not (word[0] in ")]}{" or word.startswith(("end", "where", first_word + " "))):
                break
            if word[0] == "}" and not word.rstrip().endswith("{"):
                return end + 1
        end += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end


def depth(line: str) -> int:
    """Columns of white space before the text, a tab counting four."""
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def defined_name(head: str) -> str:
    """What the first lines of a block define, as far as a pattern can tell; empty if nothing."""
    for match in NAME.finditer(head):
        name = match[1] or match[2] or match[3]
        if name not in NOT_NAMES:
            return name
    return ""


TAG = re.compile(r"<[^<>\n]{1,80}>|\{@\w+\s+([^}]*)\}")
MARKS = re.compile(r"^\s*(?:/\*+!?|\*+/?|//+!?|#+|--+\s?[|^]?|\{-\s?\|?|=begin|--\[=*\[)?\s?|(?:\*+/|-\}|\]\])\s*$")


def first_paragraph(lines: list[str]) -> str:
    """The comment's words without its marks, up to an empty line, a tag (`@param`, `:param`, `Args:`) or 300 characters."""
    kept: list[str] = []
    for line in lines:
        bare = TAG.sub(r"\1", MARKS.sub("", line)).strip()
        if not bare or bare.startswith(
            ("@param", "@return", "@throws", ":param", ":return", ">>>", "```", "Args:", "Parameters", "Returns", "\\param")
        ):
            if kept:
                break
            continue
        kept.append(re.sub(r"^[@\\](brief|summary|desc\w*|class|method|function|name)\s+", "", bare))
    return " ".join(kept)[:300]


def checked(path: str, name: str, comment: list[str], code: list[str]) -> Pair | None:
    """The pair, if its comment is prose about code and its code is more than a line or two."""
    prose = first_paragraph(comment)
    words = re.findall(r"[A-Za-z]{2,}", prose)
    body = "\n".join(code)
    if not 3 <= len(words) <= 80 or sum(map(len, words)) < 0.6 * len(prose.replace(" ", "")):
        return None
    if LEGAL.search(prose) or NOT_PROSE.search(prose) or len(body) < 60 or len(set(re.findall(r"[A-Za-z]{2,}", body))) < 8:
        return None
    return Pair(path, name, prose, body)
