"""Code and prose as words: names split at case, underscores and digits, lower-cased. Pure: opens nothing.

It never learns which words matter: weights and vectors belong to `static_table`, scores to `ranking`.

A *name* is a run of letters, digits and underscores (`parseHTTPHeader`, `max_retries2`); its *parts* are the words a reader
sees in it (`parse http header`, `max retries 2`); its *compound* is the parts written together (`parsehttpheader`), equal
for all spellings of the same name. The rules are few enough that a `tokenizers` pre-tokenizer can repeat them
(`tests/bench/embedding/export_sentence_transformers.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_NAME_LENGTH = 100
"""Longer runs are data (base64, hashes, minified code), not names; their pieces would drown the words around them."""

_NAME = re.compile(r"\w+")
# An acronym ends before the capital that starts the next word; letters outside ASCII count as lower case.
_PART = re.compile(r"[A-Z]+(?=[A-Z][^\W0-9_A-Z])|[A-Z]?[^\W0-9_A-Z]+|[A-Z]+|[0-9]+")
_ASCII_NAMES = "".join(c if c.isalnum() or c == "_" else " " for c in map(chr, range(128)))


def split_names(text: str) -> list[str]:
    """Names of `text` in order, as they are written.

    >>> split_names("self.max_retries2 = parseHTTPHeader(raw)")
    ['self', 'max_retries2', 'parseHTTPHeader', 'raw']
    """
    # Translating ASCII and splitting at spaces is 3.5 times as fast as the expression and finds the same runs.
    return text.translate(_ASCII_NAMES).split() if text.isascii() else _NAME.findall(text)


@lru_cache(maxsize=65_536)  # a repository repeats its names: 98 of 100 come from here; about 12 MB when full
def split_name(name: str) -> tuple[str, ...]:
    """Parts of one name, lower-cased; none if it is longer than `MAX_NAME_LENGTH`.

    >>> split_name("parseHTTPHeader"), split_name("__max_retries2__"), split_name("___")
    (('parse', 'http', 'header'), ('max', 'retries', '2'), ())
    """
    if len(name) > MAX_NAME_LENGTH:
        return ()
    return tuple(part.lower() for part in _PART.findall(name))


def split_words(text: str) -> list[str]:
    """Parts of all names of `text`, in order: what embeddings are made of.

    >>> split_words("def readFile(path_name): # utf8")
    ['def', 'read', 'file', 'path', 'name', 'utf', '8']
    """
    return [part for name in split_names(text) for part in split_name(name)]


def split_words_and_compounds(text: str) -> list[str]:
    """Like `split_words`, and after the parts of a name with several its compound: what full-text search is made of.

    >>> split_words_and_compounds("readFile(path_name)")
    ['read', 'file', 'readfile', 'path', 'name', 'pathname']
    """
    words: list[str] = []
    for name in split_names(text):
        parts = split_name(name)
        words += parts
        if len(parts) > 1:
            words.append("".join(parts))
    return words


_VOWEL = re.compile("[aeiouy]")
_ENDINGS = (
    # (ending, replacement, letters that must stay before it)
    ("sses", "ss", 1),  # classes -> class
    ("ies", "y", 2),  # queries -> query; "dies" is too short
    ("xes", "x", 2),
    ("ches", "ch", 2),
    ("shes", "sh", 2),
    ("ss", "ss", 1),  # class stays
    ("us", "us", 1),  # status stays
    ("is", "is", 1),  # analysis stays
    ("s", "", 3),
)
_UNINFLECTED = frozenset({"embed"})  # ends like a past tense and is none, and code inflects it: embedding, embedded


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """`word` without its plural, -ing, -ed and silent -e, so that `routes`, `routing` and `routed` meet as `rout`.

    Light on purpose: it joins what English inflects, not what it derives (`parser` stays apart from `parse`), because in
    code those are different things. Expects a lower-cased word of `split_words`; anything short or not ASCII comes back
    as it is. The result is a key, not a word to show.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, replacement, kept in _ENDINGS:
        if word.endswith(ending):
            if len(word) - len(ending) >= kept:
                word = word[: len(word) - len(ending)] + replacement
            break
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3 and _VOWEL.search(root) and not word.endswith("eed") and word not in _UNINFLECTED:
            # stopped -> stop, but called -> call, passed -> pass
            doubled = len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeioulsfz"
            word = root[:-1] if doubled else root
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
