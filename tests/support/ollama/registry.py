"""A registry that Ollama pulls a model from, on loopback: what `ollama pull` reaches elsewhere, served from the tests' cache.

It speaks the part of the OCI distribution protocol that Ollama uses (manifests, blobs, ranges of blobs), over TLS, since Ollama
takes nothing else unless told so. Knows no test.
"""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.ollama.instance import models_folder

_MANIFEST = Path("manifests/registry.ollama.ai/library")
_PIECE = 1 << 16
_LONG, _BEGINNING = 10_000_000, 0.4
"""Bytes of a blob that comes in two parts, and how much of it comes first."""


@dataclass(frozen=True)
class Registry:
    """`authority` is the certificate to trust. Of a long blob only the beginning comes until `gate` is set."""

    port: int
    authority: Path
    gate: threading.Event

    def name(self, model: str) -> str:
        """What Ollama is to be asked for, to get one of the tests' models from here."""
        return f"localhost:{self.port}/library/{model}"


@contextmanager
def registry(folder: Path) -> Iterator[Registry]:
    """Serve the tests' models; the certificate is written into `folder`, and Ollama is to trust it (SSL_CERT_FILE)."""
    certificate, key = folder / "registry.crt", folder / "registry.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made = ["openssl", "req", *kind, *subject, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made_here = Registry(server.server_address[1], certificate, threading.Event())
    server.registry = made_here  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made_here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        file = self._file()
        if file is None or not file.exists():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if with_body and "blobs" in self.path and self.headers["Host"].startswith("localhost"):
            # Ollama's own registry keeps blobs at another host, and Ollama takes them from nowhere else.
            self.send_response(307)
            self.send_header("Location", f"https://127.0.0.1:{self._registry().port}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = file.stat().st_size
        start, end = self._range(size)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Length", str(end - start))
        if "Range" in self.headers:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if with_body:
            with file.open("rb") as source, contextlib.suppress(OSError):  # it goes away when its pull is cancelled
                source.seek(start)
                while start < end and (piece := source.read(min(_PIECE, end - start))):
                    if start > size * _BEGINNING and size > _LONG:
                        self._registry().gate.wait()
                    self.wfile.write(piece)
                    start += len(piece)

    def _file(self) -> Path | None:
        """`/v2/library/NAME/manifests/TAG` or `/v2/library/NAME/blobs/sha256:DIGEST`."""
        parts = self.path.strip("/").split("/")
        if len(parts) != 5:
            return None
        _, _, name, kind, which = parts
        return models_folder() / (_MANIFEST / name / which if kind == "manifests" else Path("blobs", which.replace(":", "-")))

    def _registry(self) -> Registry:
        return self.server.registry  # type: ignore[attr-defined,no-any-return]

    def _range(self, size: int) -> tuple[int, int]:
        asked = self.headers.get("Range", "")
        if not asked:
            return 0, size
        first, _, last = asked.removeprefix("bytes=").partition("-")
        return int(first), min(int(last) + 1 if last else size, size)

    def log_message(self, *_: object) -> None:
        """Nothing: what went wrong is in Ollama's own log."""
