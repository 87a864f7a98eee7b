"""Which hosts count as this machine: the table of tricks that must not."""

from __future__ import annotations

import pytest

from lsp_server.errors import ForbiddenHostError, SettingsError
from lsp_server.model.hosts import check_host, is_this_machine, ollama_url, refuse_forwarded

HERE = ["127.0.0.1", "127.0.0.53", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "localhost"]
ELSEWHERE = [
    "",
    "0.0.0.0",
    "128.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.0.0.1.nip.io",
    "localhost.",
    "LOCALHOST",  # URLs arrive in lower case; what does not came some other way
    "localhost.localdomain",
    "ip6-localhost",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.01",
    "127.0.0.1%00",
    "127.0.0.1 ",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::1%eth0",
    "::2",
    "fe80::1",
    "[::1]",
    "１２７.0.0.1",
]


@pytest.mark.parametrize("host", HERE)
def test_this_machine(host: str) -> None:
    assert is_this_machine(host)
    check_host(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere(host: str) -> None:
    assert not is_this_machine(host)
    with pytest.raises(ForbiddenHostError) as caught:
        check_host(host, ("gpu.lan",))
    assert f"`{host}`" in str(caught.value)
    assert "config.toml" in caught.value.advice


@pytest.mark.parametrize(("host", "allowed"), [
    ("gpu.lan", True), ("GPU.lan", True), ("10.0.0.7", True),
    ("lan", False), ("evil-gpu.lan", False), ("gpu.lan.evil.com", False), ("gpu.lan.", False), ("10.0.0.70", False),
    ("", False),
])  # fmt: skip
def test_allowed_hosts_match_letter_for_letter(host: str, allowed: bool) -> None:
    allow_hosts = ("gpu.lan ", "10.0.0.7", "")
    if allowed:
        check_host(host, allow_hosts)
    else:
        with pytest.raises(ForbiddenHostError):
            check_host(host, allow_hosts)


USUAL = "http://127.0.0.1:11434"


@pytest.mark.parametrize(("environment", "url"), [
    ("", USUAL),
    ("127.0.0.1", USUAL),
    ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("0.0.0.0", USUAL),
    ("0.0.0.0:8000", "http://127.0.0.1:8000"),
    (":8000", "http://127.0.0.1:8000"),
    ("[::]:8000", "http://127.0.0.1:8000"),
    ("::1", "http://[::1]:11434"),
    ("[::1]:8000", "http://[::1]:8000"),
    ("localhost", "http://localhost:11434"),
    ("http://localhost", "http://localhost:80"),
    ("https://127.0.0.1", "https://127.0.0.1:443"),
    ("http://127.0.0.1:8000/ollama/", "http://127.0.0.1:8000/ollama"),
    (' "127.0.0.1:8000" ', "http://127.0.0.1:8000"),
    # Everything that is not this machine, or no address at all, leaves the usual one.
    ("ollama.com", USUAL),
    ("10.0.0.1:11434", USUAL),
    ("http://127.0.0.1@evil.com", USUAL),
    ("http://evil.com#@127.0.0.1", USUAL),
    ("http://evil.com\\@127.0.0.1", "http://127.0.0.1:80"),  # what stands before the @ is dropped, not connected to
    ("127.0.0.1:port", USUAL),
    ("127.0.0.1:99999", USUAL),
    ("unix:///run/ollama.sock", USUAL),
    ("http://[::1", USUAL),
])  # fmt: skip
def test_ollama_host_of_the_environment_counts_where_it_is_this_machine(environment: str, url: str) -> None:
    assert ollama_url("", {"OLLAMA_HOST": environment}) == url


def test_the_users_setting_goes_before_the_environment() -> None:
    assert ollama_url("gpu.lan:1", {"OLLAMA_HOST": ":2"}) == "http://gpu.lan:1"
    assert ollama_url("", {}) == USUAL


@pytest.mark.parametrize("setting", ["127.0.0.1:port", "ftp://127.0.0.1", "http://[::1", "file:///etc/passwd"])
def test_a_setting_that_is_no_address_is_an_error(setting: str) -> None:
    with pytest.raises(SettingsError, match="ollama_host"):
        ollama_url(setting, {})


@pytest.mark.parametrize(("model", "remote"), [
    ("m", "https://ollama.com:443"), ("m", "ollama.com"), ("m", "http://127.0.0.1@evil.com"), ("m", "not an address:x"),
    ("big:cloud", None), ("big:120b-cloud", ""),
])  # fmt: skip
def test_a_model_that_would_be_forwarded_is_refused(model: str, remote: object) -> None:
    with pytest.raises(ForbiddenHostError, match="does not run on this machine"):
        refuse_forwarded(model, remote, ("gpu.lan",))


@pytest.mark.parametrize(("model", "remote"), [
    ("m", None), ("m", ""), ("m", "http://127.0.0.1:9"), ("m", "http://gpu.lan"), ("cloud", None), ("cloud-coder:7b", None),
])  # fmt: skip
def test_a_model_that_stays_here_is_not(model: str, remote: object) -> None:
    refuse_forwarded(model, remote, ("gpu.lan",))
