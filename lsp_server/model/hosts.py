"""Which hosts may be connected to. Pure: parses addresses, never looks a name up, opens nothing.

This machine is 127.0.0.0/8, ::1 and the word `localhost`. Everything else is refused unless the user's own config.toml names
it in `model.allow_hosts`. What merely resolves to this machine (a DNS name, `127.1`, a decimal number, an IPv4 address
mapped into IPv6) is refused too: whoever controls the name could point it elsewhere between the check and the connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address
from urllib.parse import urlsplit

from lsp_server.errors import ForbiddenHostError, SettingsError

OLLAMA_PORT = 11434
CLOUD = "ollama.com"
_CLOUD_NAME = re.compile(r"[:-]cloud$")
_LOOPBACK_4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_6 = IPv6Address("::1")
_ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  what a server listens on; a client reads it as this machine
_PORTS = {"http": 80, "https": 443}


def is_this_machine(host: str) -> bool:
    """Whether a host, as a URL spells it without brackets, can only be this machine."""
    if host == "localhost":
        return True
    try:
        return IPv4Address(host) in _LOOPBACK_4
    except AddressValueError:
        pass
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return False
    return address == _LOOPBACK_6 and address.scope_id is None


def check_host(host: str, allow_hosts: Iterable[str] = ()) -> None:
    """Raise ForbiddenHostError unless `host` is this machine or one of `allow_hosts`, letter for letter, case apart."""
    if is_this_machine(host) or (host and host.lower() in {one.strip().lower() for one in allow_hosts}):
        return
    raise ForbiddenHostError(
        f"Hearth does not connect to `{host}`: it is not this machine.",
        f'If you trust it with your code, add it to config.toml: `[model]` `allow_hosts = ["{host}"]`.',
    )


def refuse_forwarded(model: str, remote_host: object, allow_hosts: Iterable[str] = ()) -> None:
    """Raise ForbiddenHostError for a model that Ollama does not run itself but forwards to a host nobody allowed.

    `remote_host` is what `/api/show` or `/api/tags` tells of the model, empty for one that runs here. Newer versions answer
    for the models of their cloud although none was pulled, so a name with their mark is refused before it is asked about.
    """
    allowed = tuple(allow_hosts)
    host = _completed(str(remote_host or "")) if remote_host else None
    elsewhere = host[1] if host else str(remote_host or "") or (CLOUD if _CLOUD_NAME.search(model) else "")
    if not elsewhere:
        return
    try:
        check_host(elsewhere, allowed)
    except ForbiddenHostError as error:
        raise ForbiddenHostError(
            f"`{model}` does not run on this machine: Ollama would send your code to {elsewhere}.",
            "Choose a model that `ollama list` shows with a size.",
        ) from error


def ollama_url(setting: str, environment: Mapping[str, str]) -> str:
    """Ollama's address: the user's setting, else OLLAMA_HOST where that is this machine, else the usual port here.

    An OLLAMA_HOST elsewhere is ignored rather than refused: other programs may need it, and Hearth was not asked to.
    Raises SettingsError when the setting is no address.
    """
    if setting.strip():
        if (address := _completed(setting)) is None:
            raise SettingsError(f"`model.ollama_host` is not an address: `{setting}`.", "Write it as `http://127.0.0.1:11434`.")
        return address[0]
    given = _completed(environment.get("OLLAMA_HOST", ""))
    return given[0] if given and is_this_machine(given[1]) else f"http://127.0.0.1:{OLLAMA_PORT}"


def _completed(address: str) -> tuple[str, str] | None:
    """A full URL of what Ollama takes as an address, and its host: `:8000`, `0.0.0.0`, `[::1]:8000`, `http://localhost`."""
    text = address.strip().strip("\"'")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    if rest.count(":") > 1 and "[" not in rest and "/" not in rest:
        rest = f"[{rest}]"  # a bare IPv6 address
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if scheme not in _PORTS:
        return None
    if host in _ANY:
        host = "127.0.0.1"
    if port is None:
        port = _PORTS[scheme] if found else OLLAMA_PORT
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path.rstrip('/')}", host
