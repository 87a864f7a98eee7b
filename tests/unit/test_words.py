"""What a name splits into, as pictures: `·` between parts. Reads no table."""

from __future__ import annotations

import doctest

import pytest

from indexer import words
from indexer.words import MAX_NAME_LENGTH, split_name, split_names, split_words, split_words_and_compounds, stem

PICTURES = [
    # as written, as split
    ("name", "name"),
    ("readFile", "read·file"),
    ("ReadFile", "read·file"),
    ("read_file", "read·file"),
    ("READ_FILE", "read·file"),
    ("__init__", "init"),
    ("_", ""),
    ("HTTPServer", "http·server"),
    ("parseHTTPHeader", "parse·http·header"),
    ("getURL", "get·url"),
    ("aB", "a·b"),
    ("XMLHttpRequest", "xml·http·request"),
    ("utf8", "utf·8"),
    ("sha256sum", "sha·256·sum"),
    ("i18n", "i·18·n"),
    ("Vec2D", "vec·2·d"),
    ("0x1F600", "0·x·1·f·600"),
    ("1_000_000", "1·000·000"),
    ("größe", "größe"),
    ("GrößeÄndern", "größeändern"),  # capitals outside ASCII start no part
    ("ПриветМир", "приветмир"),
    ("naïveBayes", "naïve·bayes"),
    ("変数名", "変数名"),
    ("名前Name", "名前·name"),
    ("URLÄ", "ur·lä"),  # the same rule, where it looks odd
]


@pytest.mark.parametrize(("written", "picture"), PICTURES)
def test_a_name_splits_as_drawn(written: str, picture: str) -> None:
    assert "·".join(split_name(written)) == picture


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("   \n\t", []),
        ("a.b->c::d", ["a", "b", "c", "d"]),
        ("f(x, y=-1)", ["f", "x", "y", "1"]),
        ("don't", ["don", "t"]),
        ("$scope @property #define", ["scope", "property", "define"]),
        ("naïve — café", ["naïve", "café"]),
        ("a😀b", ["a", "b"]),
        ("line\r\nnext\x0cpage\x00nul", ["line", "next", "page", "nul"]),
        ("non\u00a0breaking\u2028separator", ["non", "breaking", "separator"]),
    ],
)
def test_names_of_a_text(text: str, names: list[str]) -> None:
    assert split_names(text) == names


def test_ascii_takes_a_faster_way_to_the_same_names() -> None:
    text = "".join(map(chr, range(128))) * 2 + " readFile(path_name) \\x41 'a\"b`c"
    assert split_names(text) == split_names(text + " é")[:-1]


def test_compounds_are_equal_for_all_spellings_of_a_name() -> None:
    spellings = ["readFile", "ReadFile", "read_file", "READ_FILE", "_readFile"]
    assert {tuple(split_words_and_compounds(name)) for name in spellings} == {("read", "file", "readfile")}


def test_a_name_of_one_part_has_no_compound() -> None:
    assert split_words_and_compounds("name __all__ _") == ["name", "all"]


def test_words_keep_their_order_and_their_number() -> None:
    assert split_words("pathOf(path)") == ["path", "of", "path"]


def test_a_very_long_run_is_data_and_has_no_words() -> None:
    longest = "a" * MAX_NAME_LENGTH
    assert split_words(f"{longest} x") == [longest, "x"]
    assert split_words(f"{longest}a x") == ["x"]
    assert split_words("Ab" * 500_000) == []


MEETING = [
    ("route", "routes", "routed", "routing"),
    ("class", "classes"),
    ("query", "queries", "queried", "querying"),
    ("parse", "parses", "parsed", "parsing"),
    ("stop", "stops", "stopped", "stopping"),
    ("call", "calls", "called", "calling"),
    ("pass", "passes", "passed", "passing"),
    ("box", "boxes", "boxed"),
    ("cache", "caches", "cached", "caching"),
    ("match", "matches", "matched"),
    ("embed", "embeds", "embedded", "embedding"),
    ("status",),
    ("analysis",),
]


@pytest.mark.parametrize("forms", MEETING, ids=lambda forms: forms[0])
def test_inflected_forms_meet(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_different_words_stay_apart() -> None:
    stems = [stem(forms[0]) for forms in MEETING]
    apart = [*stems, *map(stem, ("parser", "string", "bring", "need", "speed", "add", "address", "use", "user", "his", "bus"))]
    assert len(set(apart)) == len(apart)


@pytest.mark.parametrize("word", ["", "a", "is", "utf", "größe", "123456", "変数名"])
def test_short_and_foreign_words_are_their_own_stem(word: str) -> None:
    assert stem(word) == word


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(words).failed == 0
    assert doctest.testmod(words).attempted >= 4
