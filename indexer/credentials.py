"""Credentials in a text: where they stand, and the text without them. Pure; knows no file and no index.

Three kinds count: tokens whose form gives them away (`ghp_...`, a private key), a password inside a URL, and a random-looking
value on a line that speaks of a secret. A value is random-looking by how often its characters change their class: names and
words do that seldom, tokens at every second character. Hashes, UUIDs, placeholders and long encoded data are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from string import ascii_letters, digits

PLACEHOLDER = "[redacted]"

MIN_LENGTH = 20
"""Characters of a token: the shortest known form (AWS) has 20, and shorter values are words and test data more often than
secrets. Runs of so many are found first, ten times faster than by looking for words or forms."""

MAX_VALUE = 200
"""Longer values are encoded files, not credentials; tokens with a known form may be as long as they like."""

MIN_CHANGES = 0.3
"""Of a value's neighbouring characters, the share that differ in class (small, capital, digit, other). Random base 62 has
0.62, random base 36 has 0.40, hexadecimal 0.47; names of the standard library have 0.11 on average, 0.28 at the 99.9th
percentile of those with a digit."""

MAX_LINE = 2000
"""Characters of a line that are looked at: longer ones are minified or data, and such files are left out."""

_TOKEN_CHARACTERS = frozenset(ascii_letters + digits + "+/=_-")

_KNOWN = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])                     # AWS
    | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{50,}           # GitHub
    | gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}                              # GitLab
    | xox[abeprs]-[A-Za-z0-9-]{16,}                                       # Slack
    | [sr]k_(?:live|test)_[A-Za-z0-9]{16,} | whsec_[A-Za-z0-9+/=]{24,}    # Stripe
    | AIza[A-Za-z0-9_-]{35} | ya29\.[A-Za-z0-9_-]{20,} | GOCSPX-[A-Za-z0-9_-]{20,}   # Google
    | sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20,}                            # model providers
    | hf_[A-Za-z0-9]{30,} | gsk_[A-Za-z0-9]{40,} | r8_[A-Za-z0-9]{30,}
    | npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{50,} | dckr_pat_[A-Za-z0-9_-]{20,}    # registries
    | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,}                          # SendGrid
    | dop_v1_[a-f0-9]{64} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}            # DigitalOcean, Shopify
    | eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}    # a signed JSON web token
    | [0-9]{8,10}:AA[A-Za-z0-9_-]{33}                                     # Telegram
    | AGE-SECRET-KEY-1[A-Z0-9]{50,}
    )""",
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----(?P<body>.{40,}?)-----END (?P=kind)-----", re.DOTALL
)
_IN_URL = re.compile(r"://[^\s/:@\"'<>]*:(?P<value>[^\s/@\"'<>]{8,})@")

_WORDS = re.compile(
    "password passwd passphrase secret token apikey api_key api-key accesskey access_key access-key credential bearer \
authorization private_key private-key privatekey accountkey account_key auth_key authkey client_key".replace(" ", "|")
)

_RUN_OF = bytes.maketrans(bytes(range(256)), bytes(97 if chr(one) in _TOKEN_CHARACTERS else 32 for one in range(256)))
_RUN = b"a" * MIN_LENGTH
_OPENS = re.compile(r"(?:[\"'`]|(?<!:)[:=]\s*|\b(?:bearer|basic|token)\s+)\Z", re.IGNORECASE)
"""What stands before a value, and not before a name in code."""
_NOT_SECRET = re.compile(
    r"sha[-_]?\d|md5|hash|digest|checksum|integrity|fingerprint|uuid|guid|etag|commit|revision|public|thumbprint|import "
)
"""On a line that says so, a random value is meant to be seen."""

_PLACEHOLDERS = re.compile(
    r"example|sample|change.?me|your|dummy|placeholder|redacted|insert|fake|xxxx|\*\*\*|\.\.\.|1234567|abcdef|qwerty|foobar"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEXADECIMAL = re.compile(r"(?:0x)?[0-9a-f]+|(?:0x)?[0-9A-F]+")
_WORD = re.compile(r"[A-Za-z0-9+/]+")
_DIGIT = re.compile(r"[0-9]")

MIN_HEXADECIMAL = 32
"""Digits: 128 bits. A shorter one is a commit's short name, a colour, an address in memory."""

LONGEST_PREFIX = 16
"""Characters of a known form that are no token characters, or stand before its longest run: `12345678:`, `SG.`, `ya29.`."""


def find(text: str) -> list[tuple[int, int]]:
    """Where credentials stand: ascending stretches of offsets that do not overlap."""
    found = [match.span("body") for match in _PRIVATE_KEY.finditer(text)] if "PRIVATE KEY" in text else []
    if "://" in text:
        found += [match.span("value") for match in _IN_URL.finditer(text) if _is_password(match["value"])]
    for start, end in _runs(text):
        if _DIGIT.search(text, start, end):
            found += _in_line(text, start, end)
    return _merged(found)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of token characters that are long enough. `find` leaps over shorter ones, an expression would not."""
    marks = text.encode("latin-1", "replace").translate(_RUN_OF) + b" "  # a byte a character: the offsets of the text
    start = marks.find(_RUN)
    while start >= 0:
        end = marks.index(b" ", start)
        yield start, end
        start = marks.find(_RUN, end)


def _in_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The credentials of which a run of token characters is a part."""
    line = max(text.rfind("\n", 0, start) + 1, start - MAX_LINE)
    after = text.find("\n", end)
    after = min(len(text) if after < 0 else after, end + MAX_LINE)
    known = [match.span() for match in _KNOWN.finditer(text, max(line, start - LONGEST_PREFIX), after)]
    found = [one for one in known if not _PLACEHOLDERS.search(text[slice(*one)].lower())]
    if found:
        return found
    said = text[line:after].lower()
    if not _WORDS.search(said) or _NOT_SECRET.search(said):
        return []
    start += len(text[start:end]) - len(text[start:end].lstrip("=-"))
    if (at := text.rfind("=", start, end - MIN_LENGTH)) >= 0:  # NAME=value in a shell or a URL
        start = at + 1
    return [(start, end)] if _OPENS.search(text, line, start) and looks_random(text[start:end]) else []


def redacted(text: str) -> tuple[str, int]:
    """A text with a placeholder for each credential, and how many there were. Its lines stay where they are."""
    found = find(text)
    if not found:
        return text, 0
    parts, at = [], 0
    for start, end in found:
        parts += [text[at:start], PLACEHOLDER, "\n" * text.count("\n", start, end)]
        at = end
    return "".join([*parts, text[at:]]), len(found)


def looks_random(value: str) -> bool:
    """Whether nobody would have made up a value: long enough, of letters and digits, and without words."""
    value = value.strip("=-")
    if not MIN_LENGTH <= len(value) <= MAX_VALUE or _UUID.search(value.lower()) or _PLACEHOLDERS.search(value.lower()):
        return False
    if len(_DIGIT.findall(value)) < 2 or value.isdigit() or len(set(value)) < MIN_LENGTH // 2:
        return False
    if _HEXADECIMAL.fullmatch(value):
        return len(value) >= MIN_HEXADECIMAL
    longest = max(_WORD.findall(value), key=len)
    changes = sum(_kind(one) != _kind(other) for one, other in pairwise(longest))
    return len(longest) >= MIN_LENGTH // 2 and changes >= MIN_CHANGES * (len(longest) - 1)


def _is_password(value: str) -> bool:
    """Whether the password of a URL is one, and no variable or word."""
    if value.startswith(("$", "{", "%", "<", "[")) or "${" in value or _PLACEHOLDERS.search(value.lower()):
        return False
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(set(value)) >= 6


def _kind(character: str) -> int:
    return character.isdigit() * 1 + character.isupper() * 2


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
