"""Syntax tree -> the names a file uses, and on which lines. Pure; knows no other file, so it never says what a name means.

A query marks the stretches that are text to the language (comments, strings); in what is left every word is a name, but for
the language's own. A pass with a regular expression takes a tenth of the time that visiting each identifier's node does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from string import digits
from typing import TYPE_CHECKING

from indexer.languages import grammar, known
from indexer.records import Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

MAX_LINES = 200
"""Lines of one name in one file that are kept: more are no answer to "where is it used" but a table of data."""

MAX_NAMES = 4000
"""Names of one file that are kept, those that come first: the largest file of the standard library uses 1,600."""

_NAME = re.compile(r"[^\W\d]\w+")
"""Two characters or more: one-letter names are loop counters and type parameters, meaning nothing outside of their lines."""

_SHORTEST = 2
_SPACED = bytes(one if chr(one).isalnum() or chr(one) in "_\n" else ord(" ") for one in range(128)).ljust(256, b" ")
"""Of ASCII, what is in no name and ends no line becomes a space."""

TEXT: Mapping[str, str] = {
    "python": "comment string_content",
    "javascript": "comment html_comment string_fragment escape_sequence regex jsx_text",
    "typescript": "comment html_comment string_fragment escape_sequence regex jsx_text",
    "tsx": "comment html_comment string_fragment escape_sequence regex jsx_text",
    "go": "comment interpreted_string_literal raw_string_literal rune_literal",
    "rust": "line_comment block_comment string_content escape_sequence char_literal",
    "java": "line_comment block_comment string_fragment multiline_string_fragment escape_sequence character_literal",
    "c": "comment string_content escape_sequence system_lib_string char_literal",
    "cpp": "comment string_content escape_sequence system_lib_string char_literal raw_string_content raw_string_delimiter",
    "csharp": """comment string_literal string_content verbatim_string_literal raw_string_literal character_literal
        escape_sequence""",
    "ruby": "comment string_content heredoc_content heredoc_beginning heredoc_end escape_sequence character",
    "php": "comment string string_content escape_sequence nowdoc_string heredoc_start heredoc_end text",
    "kotlin": "line_comment multiline_comment string_content character_literal",
    "swift": "comment multiline_comment line_str_text multi_line_str_text raw_str_part raw_str_end_part str_escaped_char",
    "scala": "comment block_comment string character_literal escape_sequence interpolated_string",
    "lua": "comment string",
    "haskell": "comment string char",
    "elixir": "comment quoted_content escape_sequence char",
    "zig": "line_comment doc_comment container_doc_comment STRINGLITERALSINGLE LINESTRING CHAR_LITERAL",
    "bash": "comment string_content raw_string ansi_c_string heredoc_content heredoc_start heredoc_end regex",
}
"""Language -> the nodes that hold text. Where a grammar tells a string's text from the code inside of it, only its text."""

_HOLES: Mapping[str, str] = {"scala": "interpolation"}
"""Code inside of a node of `TEXT`: Scala's strings have no node for their text alone."""

_C_WORDS = """
    auto bool break case char class const continue default delete do double else enum extern false float for friend goto if
    inline int long namespace new nullptr operator private protected public register return short signed sizeof static
    struct switch template this throw true try typedef typename union unsigned using virtual void volatile while NULL
    define elif endif ifdef ifndef include undef pragma"""
_SCRIPT_WORDS = """
    await break case catch class const continue debugger default delete do else enum export extends false finally for function
    if import in instanceof let new null return super switch this throw true try typeof undefined var void while with yield"""
_JVM_WORDS = """
    abstract assert boolean break byte case catch char class const continue default do double else enum extends false final
    finally float for goto if implements import instanceof int interface long native new null package private protected
    public return short static strictfp super switch synchronized this throw throws transient true try void volatile while
    fun val var when object trait def override sealed lazy implicit given yield is in as by"""

RESERVED: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "python": """False None True and as assert async await break class continue def del elif else except finally for from
            global if import in is lambda nonlocal not or pass raise return self try while with yield""",
        "javascript": _SCRIPT_WORDS,
        "typescript": _SCRIPT_WORDS + " string number boolean any never unknown readonly interface",
        "tsx": _SCRIPT_WORDS + " string number boolean any never unknown readonly interface",
        "go": """break case chan const continue default defer else fallthrough for func go goto if import interface map nil
            package range return select struct switch type var true false string int bool error byte""",
        "rust": """as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod
            move mut pub ref return self Self static struct super trait true type unsafe use where while
            u8 u16 u32 u64 i8 i16 i32 i64 usize isize bool str""",
        "java": _JVM_WORDS,
        "kotlin": _JVM_WORDS,
        "scala": _JVM_WORDS,
        "c": _C_WORDS,
        "cpp": _C_WORDS,
        "csharp": """abstract as base bool break byte case catch char class const continue decimal default delegate do double
            else enum event explicit extern false finally fixed float for foreach goto if implicit in int interface internal is
            lock long namespace new null object operator out override params private protected public readonly ref return
            sbyte sealed short sizeof static string struct switch this throw true try typeof uint ulong using var virtual
            void while""",
        "ruby": """alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo
            rescue retry return self super then true undef unless until when while yield require""",
        "php": """abstract and array as break case catch class const continue declare default do echo else elseif empty extends
            false final finally fn for foreach function global if implements instanceof interface isset namespace new null
            php print private protected public return static string switch this throw trait true try use var void while""",
        "swift": """as break case catch class continue default defer do else enum extension fallthrough false fileprivate for
            func guard if import in init internal is let nil private protocol public repeat return self Self static struct
            super switch throw throws true try var where while""",
        "lua": """and break do else elseif end false for function goto if in local nil not or repeat return then true until
            while""",
        "haskell": """case class data deriving do else if import in infix infixl infixr instance let module newtype of then
            type where""",
        "elixir": """after and case catch cond def defmodule defp do else end false fn for if in nil not or rescue true unless
            when with""",
        "zig": """and break catch comptime const continue defer else enum error export extern false fn for if inline null or
            orelse pub return struct switch test true try undefined union unreachable usingnamespace var void while u8 usize""",
        "bash": "case do done elif else esac export fi for function if in local readonly return then until while echo",
    }.items()
}
"""Words that are never names in a language. Incomplete on purpose: words that may be names somewhere (`get`, `type`) stay."""


def references(tree: Tree, language: str, symbols: Iterable[Symbol]) -> dict[str, list[int]]:
    """Name -> the lines (1-based, ascending) on which a file uses it, in the order of first use.

    The place where a definition of the file itself gives the name is no use of it. Empty for a language without a grammar.
    """
    row = known(language)
    if row is None or row.name not in TEXT:
        return {}
    places = _places(_without_text(tree, row.name))
    for word in RESERVED[row.name]:
        places.pop(word, None)
    found = {name: list(dict.fromkeys(lines))[:MAX_LINES] for name, lines in islice(places.items(), MAX_NAMES)}
    for symbol in symbols:
        if symbol.name_line in (lines := found.get(symbol.name, [])):
            lines.remove(symbol.name_line)
    return {name: lines for name, lines in found.items() if lines}


def _places(source: bytes) -> dict[str, list[int]]:
    """Name -> the line of each place where it stands, in the order of the first."""
    if not source.isascii():
        return _collected(map(_NAME.findall, source.decode("utf-8", "replace").split("\n")))
    # Splitting at spaces takes half the time of the expression. It finds numbers too, and `1e5` for `e5`.
    places: dict[str, list[int]] = {}
    for name, lines in _collected(map(str.split, source.translate(_SPACED).decode("ascii").split("\n"))).items():
        if len(name) < _SHORTEST or (name[0] in digits and len(name := name.lstrip(digits)) < _SHORTEST):
            continue
        places[name] = sorted(places[name] + lines) if name in places else lines
    return places


def _collected(lines: Iterable[list[str]]) -> dict[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, names in enumerate(lines, 1):
        for name in names:
            places[name].append(number)
    return dict(places)


def _without_text(tree: Tree, language: str) -> bytes:
    """The source with nothing but its line feeds where it holds text."""
    from tree_sitter import QueryCursor

    source = tree.root_node.text or b""
    captures = QueryCursor(_query(language)).captures(tree.root_node)
    kept: list[bytes] = []
    at = 0
    for start, end in _stretches(captures.get("text", []), captures.get("hole", [])):
        if start >= at:
            kept += (source[at:start], b" ", b"\n" * source.count(b"\n", start, end))
            at = end
    kept.append(source[at:])
    return b"".join(kept)


def _stretches(text: Iterable[Node], holes: Iterable[Node]) -> list[tuple[int, int]]:
    """Where text stands, in order, without the code in it."""
    stretches = sorted(node.byte_range for node in text)
    for node in holes:
        start, end = node.byte_range
        around = next((one for one in stretches if one[0] <= start and end <= one[1]), None)
        if around is not None:
            stretches.remove(around)
            stretches += [(around[0], start), (end, around[1])]
            stretches.sort()
    return stretches


@cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    row = known(language)
    assert row is not None
    marks = [f"({kind}) @text" for kind in TEXT[language].split()]
    if language in _HOLES:
        marks.append(f"({_HOLES[language]}) @hole")
    return Query(grammar(row.grammar), " ".join(marks))
