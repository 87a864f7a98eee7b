"""Credentials in texts, real in form and made up here: `◆` stands for a value that has to go, `◇` for one that has to stay.

The values are drawn from a seed, so that no file of this repository looks like a leak to anybody's scanner.
"""

from __future__ import annotations

import base64
import random
import re
import string
import sysconfig
import uuid
from hashlib import sha1, sha256
from pathlib import Path

import pytest

from indexer.credentials import PLACEHOLDER, find, looks_random, redacted

CHANCE = random.Random(4)
BASE62 = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits


def drawn(alphabet: str, length: int) -> str:
    """A random value with at least three digits and three letters."""
    while True:
        value = "".join(CHANCE.choice(alphabet) for _ in range(length))
        if sum(map(str.isdigit, value)) >= 3 and sum(map(str.isalpha, value)) >= 3:
            return value


def digits(length: int) -> str:
    return "".join(CHANCE.choice("123456789") for _ in range(length))


def encoded(length: int) -> str:
    return base64.b64encode(bytes(CHANCE.randrange(256) for _ in range(length))).decode()


KNOWN = {
    "aws": "AKIA" + drawn(UPPER, 16),
    "github": "ghp_" + drawn(BASE62, 36),
    "github fine": "github_pat_" + drawn(BASE62, 22) + "_" + drawn(BASE62, 59),
    "gitlab": "glpat-" + drawn(BASE62, 20),
    "slack": f"xoxb-{digits(12)}-{drawn(BASE62, 24)}",
    "stripe": "sk_live_" + drawn(BASE62, 24),
    "google": "AIza" + drawn(BASE62, 35),
    "openai": "sk-proj-" + drawn(BASE62, 48),
    "anthropic": "sk-ant-api03-" + drawn(BASE62, 80),
    "hugging face": "hf_" + drawn(BASE62, 34),
    "npm": "npm_" + drawn(BASE62, 36),
    "pypi": "pypi-" + drawn(BASE62, 90),
    "sendgrid": "SG." + drawn(BASE62, 22) + "." + drawn(BASE62, 43),
    "jwt": f"eyJ{drawn(BASE62, 30)}.eyJ{drawn(BASE62, 60)}.{drawn(BASE62, 43)}",
    "telegram": digits(9) + ":AA" + drawn(BASE62, 33),
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(
    "line", ["x = '◆'", "◆", "curl -H 'X: ◆' https://x", "# old one: ◆, do not use", 'f("a", "◆")', "K=◆;"]
)
def test_a_known_form_goes_wherever_it_stands(name: str, line: str) -> None:
    text = f"before\n{line.replace('◆', KNOWN[name])}\nafter\n"
    without, count = redacted(text)
    assert count == 1
    assert without == f"before\n{line.replace('◆', PLACEHOLDER)}\nafter\n"


NAMED = [
    'password = "◆"',
    'API_KEY: "◆"',
    "export SECRET_TOKEN=◆",
    "client_secret: ◆",
    "  'aws_secret_access_key': '◆',",
    'headers = {"Authorization": "Bearer ◆"}',
    'login(user, token="◆")',
    "const apiKey = `◆`;",
    "https://x.example.net/?access_token=◆",
    "<add key='AccessKey' value=\"◆\"/>",
]


@pytest.mark.parametrize("line", NAMED)
@pytest.mark.parametrize(
    "value",
    [drawn(BASE62, 32), drawn(LOWER, 40), encoded(30), drawn("0123456789abcdef", 40), drawn(BASE62, 20)],
    ids=["base62", "base36", "base64", "hexadecimal", "short"],
)
def test_a_random_value_goes_where_a_secret_is_spoken_of(line: str, value: str) -> None:
    without, count = redacted(line.replace("◆", value))
    assert count == 1
    assert value.strip("=") not in without
    assert without.startswith(line.split("◆")[0])


@pytest.mark.parametrize("url", ["postgres://user:◆@db.internal/x", "https://:◆@host/", "amqp://a:◆@b:5672"])
def test_a_password_in_a_url_goes(url: str) -> None:
    assert redacted(f'connect("{url.replace("◆", "hunter42Zq")}")') == (f'connect("{url.replace("◆", PLACEHOLDER)}")', 1)


def test_a_private_key_goes_and_lines_stay_where_they_are() -> None:
    body = "\n".join(encoded(48) for _ in range(6))
    text = f"a = '''\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n'''\nb = 1\n"
    without, count = redacted(text)
    assert count == 1
    assert not any(line in without for line in body.split("\n"))
    assert without.count("\n") == text.count("\n")
    assert without.endswith("-----END RSA PRIVATE KEY-----\n'''\nb = 1\n")


DIGEST, UUID4 = sha256(b"x").hexdigest(), str(uuid.UUID(int=CHANCE.getrandbits(128)))
HARMLESS = [
    f'"integrity": "sha512-{encoded(64)}",',
    f"    --hash=sha256:{DIGEST}",
    f'checksum = "{DIGEST}"',
    f"commit {sha1(b'y').hexdigest()}",
    f'id = "{UUID4}"',
    f'token_id = "{UUID4}"  # a UUID names something, it opens nothing',
    f'PNG = b"{encoded(300)}"',
    f'fixture = "{encoded(40)}"',
    "def get_access_token_from_authorization_header_2(request): ...",
    "self.assertEqual(TokenExpiredError2xx.code, secretStorageKeyName1)",
    'password = "correct horse battery staple"',
    'password = os.environ["DATABASE_PASSWORD_2024_PRODUCTION"]',
    'API_KEY = "your-api-key-goes-here-1234567890"',
    'token = "xxxxxxxxxxxxxxxxxxxxxxxxxxxx1234"',
    'aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"',
    "postgres://postgres:postgres@localhost/test",
    "https://user:${PASSWORD_1}@host/",
    "redis://:<password1>@host",
    'secret = "abc123"',
    "class Ed25519PrivateKeyTokenFactory(X448PrivateKey): pass",
    '"token": "AWS::Route53GlobalResolver::AccessToken2",',
    "token = jwt.encode(payload, algorithm='HS256', headers=None)",
    "ssh-ed25519 AAAA" + encoded(40) + " public key of somebody",
    'secret_name = "projects/123456789/secrets/database-password/versions/1"',
    "the sk-toolbar-container-element-wrapper token",
    'token = "2024-11-25T20:41:27.123456+00:00"',
]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_one_stays(line: str) -> None:
    assert redacted(f"a\n{line}\nb\n") == (f"a\n{line}\nb\n", 0)


def test_names_are_not_random_and_random_values_are() -> None:
    texts = (path.read_text("utf-8", "replace") for path in Path(sysconfig.get_path("stdlib")).glob("*.py"))
    names = {name for text in texts for name in re.findall(r"[A-Za-z_]\w+", text)}
    wrong = [name for name in names if looks_random(name) and not re.fullmatch("[0-9a-f]+", name)]  # hashes are random
    assert len(wrong) * 10_000 <= len(names), wrong
    values = [drawn(BASE62, 32) for _ in range(500)] + [drawn(LOWER, 40) for _ in range(500)]
    assert sum(map(looks_random, values)) > 0.9 * len(values)


def test_the_standard_library_holds_none_but_where_it_tests_with_some() -> None:
    """Real code of many hands: a false alarm would make a file worse to search."""
    found = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text("utf-8", "replace")
        found += [(path.name, text[start:end]) for start, end in find(text)]
    assert found == []


def test_offsets_are_characters_and_any_text_is_survived() -> None:
    value = KNOWN["github"]
    text = f"# naïve 💥 größe\nx = '{value}'\n"
    ((start, end),) = find(text)
    assert text[start:end] == value
    for other in ("", "\0", "\n" * 100, "a" * 100_000, "://" * 5000, "token " * 5000, '"' * 9999, "😀" * 3000, "=" * 5000):
        assert redacted(other) == (other, 0)
