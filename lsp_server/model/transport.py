"""The one way out of this process: HTTP to permitted hosts. Knows no model and no protocol above HTTP.

Invariant 6 lives here. Every client of a model server is built with `open_client` or `client_options`; no other code opens a
socket. A request to a host that is not permitted ends with ForbiddenHostError before its name is looked up. Redirects
are not followed, the proxy variables and the .netrc of the environment are not read, Unix sockets are not offered.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import httpx

from lsp_server.errors import ModelError, ModelFailedError, ModelProtocolError, ModelUnreachableError
from lsp_server.model.hosts import check_host

CONNECT_SECONDS = 2.0
"""A server on this machine accepts at once or is not there."""

QUICK_SECONDS = 10.0
"""For questions that need no model: lists, versions. A busy Ollama answers them in milliseconds."""

PATIENT_SECONDS = 300.0
"""For the next piece of a stream: a large model may have to be read from disk and a long prompt read on a slow processor."""

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=4)
"""No bound on connections: a request that waits in the pool would wait behind a stream that is being abandoned."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """Passes on requests to this machine and to `allow_hosts`; refuses all others."""

    def __init__(self, allow_hosts: Iterable[str] = ()) -> None:
        self._allow_hosts = tuple(allow_hosts)
        self._plain = httpx.AsyncHTTPTransport(verify=_no_authorities(), trust_env=False, limits=_LIMITS)
        self._secure: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check first, then send. `localhost` is never looked up: a hosts file could send it elsewhere."""
        check_host(request.url.host, self._allow_hosts)
        inner = self._plain if request.url.scheme == "http" else self._made_secure()
        if request.url.host != "localhost":
            return await inner.handle_async_request(request)
        try:
            request.url = request.url.copy_with(host="127.0.0.1")
            return await inner.handle_async_request(request)
        except httpx.ConnectError:
            request.url = request.url.copy_with(host="::1")
            return await inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._plain.aclose()
        if self._secure is not None:
            await self._secure.aclose()

    def _made_secure(self) -> httpx.AsyncHTTPTransport:
        # Reading the certificate authorities costs tens of milliseconds, and http://127.0.0.1 needs none.
        if self._secure is None:
            self._secure = httpx.AsyncHTTPTransport(trust_env=False, limits=_LIMITS)
        return self._secure


class GuardedSyncTransport(httpx.BaseTransport):
    """The same rule for code that runs in a worker thread."""

    def __init__(self, allow_hosts: Iterable[str] = ()) -> None:
        self._allow_hosts = tuple(allow_hosts)
        # No connection is kept: an embedder has no moment at which it would be closed.
        self._inner = httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check first, then send."""
        check_host(request.url.host, self._allow_hosts)
        if request.url.host == "localhost":
            request.url = request.url.copy_with(host="127.0.0.1")
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


def client_options(allow_hosts: Iterable[str] = (), read_seconds: float = PATIENT_SECONDS) -> dict[str, Any]:
    """Keyword arguments for httpx.AsyncClient, or for a client that hands them to it."""
    return {
        "transport": GuardedTransport(allow_hosts),
        "trust_env": False,
        "follow_redirects": False,
        "timeout": httpx.Timeout(QUICK_SECONDS, connect=CONNECT_SECONDS, read=read_seconds),
    }


def _spare_a_search() -> None:
    """Say once that sniffio is not there, where it is not: httpcore looks for it through all of `sys.path` several times in
    every request (a millisecond of six that a whole request for ghost text takes). None is how `sys.modules` says it.
    """
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]


def open_client(base_url: str, allow_hosts: Iterable[str] = (), headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A client whose every request passes the rule; ForbiddenHostError at once when even its base may not be reached."""
    check_host(httpx.URL(base_url).host, allow_hosts)
    _spare_a_search()
    return httpx.AsyncClient(base_url=base_url, headers=headers, **client_options(allow_hosts))


def open_sync_client(base_url: str, allow_hosts: Iterable[str] = ()) -> httpx.Client:
    """As `open_client`, for a worker thread."""
    check_host(httpx.URL(base_url).host, allow_hosts)
    return httpx.Client(
        base_url=base_url,
        transport=GuardedSyncTransport(allow_hosts),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(QUICK_SECONDS, connect=CONNECT_SECONDS, read=PATIENT_SECONDS),
    )


@contextmanager
def plain_errors(server: str, url: str, how_to_start: str) -> Iterator[None]:
    """Turn what HTTP clients raise into what the user can act on. `server` is its name, `how_to_start` the advice.

    Anything that a parser raises on an answer (ValueError, TypeError, AttributeError: not JSON, or JSON of another shape)
    means one thing here: the other side does not speak the protocol.
    """
    try:
        yield
    except ModelError:
        raise
    except (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError) as error:
        raise ModelUnreachableError(f"{server} does not answer at {url}.", how_to_start) from error
    except httpx.TimeoutException as error:
        raise ModelUnreachableError(f"{server} at {url} accepted the request and then said nothing.", _RESTART) from error
    except httpx.NetworkError as error:
        raise ModelUnreachableError(f"{server} at {url} broke the connection off.", _RESTART) from error
    except httpx.HTTPError as error:
        raise ModelProtocolError(f"{server} at {url} broke off or speaks another protocol: {error}.", _EITHER) from error
    except (ValueError, TypeError, AttributeError, KeyError, httpx.InvalidURL) as error:
        raise ModelProtocolError(f"{server} at {url} sent something that is not its protocol.", _WHO) from error


def check_status(server: str, url: str, status: int, said: str, missing: Callable[[], ModelError]) -> None:
    """Raise what an HTTP status means; nothing for a 2xx. `said` is the server's own sentence, `missing` tells of a 404."""
    if 200 <= status < 300:
        return
    if status == 404:
        raise missing()
    if 300 <= status < 400:
        raise ModelProtocolError(f"{server} at {url} wants to send Hearth elsewhere, which it does not follow.", _WHO)
    said = " ".join(said.split())[:300]
    if status in (401, 403):
        advice = "Where it wants a key, that goes into config.toml: `[model]` `openai_api_key`."
        raise ModelFailedError(f"{server} at {url} refused the request: {_sentence(said or str(status))}", advice)
    raise ModelFailedError(f"{server} answered with an error: {_sentence(said or f'status {status}')}", "Its log says more.")


def _sentence(said: str) -> str:
    """Another program's words, as ours go on behind them."""
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


_RESTART = "Its log says why; restarting it usually helps."
_EITHER = "Its log says why; if something else listens at that address, correct it in the settings."
_WHO = "Check that the address in the settings is the model server's, and nothing else listens there."


def _no_authorities() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
