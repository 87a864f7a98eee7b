"""Import LanceDB without what it brings along and this package has no use for. Knows no table.

`import lancedb` loads `lance_namespace_urllib3_client`, several hundred generated pydantic classes for a REST service: more
than half of the import's time, and 19 MB (docs/decisions/0006-lancedb-without-its-rest-client.md). Hearth stores in a local
folder and opens no socket, so those names stand for empty classes here. A seventh of the rest went into `@override`, which
takes a module's bytecode apart to find the names of a class's bases: here it leaves the method as it is.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

INDEX_CACHE_BYTES = 64 * 1024 * 1024
METADATA_CACHE_BYTES = 16 * 1024 * 1024
"""The word index of 130,000 chunks takes 22 MB. By default LanceDB may keep 7 GB, old versions among it."""

REST_CLIENT = "lance_namespace_urllib3_client"

_IMPORTING = threading.Lock()
"""A module that another thread is loading is there already, but not whole."""


def import_lancedb() -> Any:
    """The module `lancedb`; the first call loads it. Falls back to loading all of it where a version needs the rest."""
    with _IMPORTING:
        if "lancedb" in sys.modules:
            return sys.modules["lancedb"]
        finder = _Placeholders()
        sys.meta_path.insert(0, finder)
        try:
            with _trusting_overrides():
                return importlib.import_module("lancedb")
        except (ImportError, TypeError, AttributeError):
            _forget("lancedb", "lance_namespace", REST_CLIENT)
            sys.meta_path.remove(finder)
            return importlib.import_module("lancedb")
        finally:
            if finder in sys.meta_path:
                sys.meta_path.remove(finder)


@contextmanager
def _trusting_overrides() -> Iterator[None]:
    """A module `overrides` that checks nothing, while LanceDB's classes are made; nobody else ever sees it."""
    if "overrides" in sys.modules:
        yield
        return
    trusting = ModuleType("overrides")
    names = {"override": _as_it_is, "overrides": _as_it_is, "EnforceOverrides": type("EnforceOverrides", (), {})}
    trusting.__dict__.update(names)
    sys.modules["overrides"] = trusting
    try:
        yield
    finally:
        if sys.modules.get("overrides") is trusting:
            del sys.modules["overrides"]


def _as_it_is(method: Any) -> Any:
    return method


def import_early() -> None:
    """Begin loading `lancedb` beside other work, for who needs it soon: half of its third of a second is waiting for files."""
    if "lancedb" not in sys.modules:
        threading.Thread(target=_import_quietly, name="import-lancedb").start()


def _import_quietly() -> None:
    with suppress(ImportError):  # said to whoever asks for it
        import_lancedb()


def connect(folder: str) -> Any:
    """A database in a folder, with bounds for what it keeps in memory."""
    lancedb = import_lancedb()
    session = lancedb.Session(index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES)
    return lancedb.connect(folder, session=session)


def return_memory() -> None:
    """Give the system back what the allocator holds on to after LanceDB's threads have put tables together.

    Eight tidyings left 75 MB so; two thousand saves without a pause had come to a gigabyte. Arrow has an allocator of its own,
    which keeps what a large answer took: 30 MB for the rows of 3,000 chunks. The C library's part does nothing but on glibc.
    """
    import pyarrow

    pyarrow.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return


class _Placeholder(ModuleType):
    """A module in which every public name is an empty class, made when it is first asked for."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("_"):
            raise AttributeError(name)
        made = type(name, (), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class _Placeholders(MetaPathFinder, Loader):
    """Finds the REST client and everything inside of it as placeholders."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002  the protocol's signature
        """The specification of a module of the REST client, None for any other."""
        if name.partition(".")[0] == REST_CLIENT:
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module."""
        return _Placeholder(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def _forget(*packages: str) -> None:
    """Take packages and what is inside of them out of the loaded modules, but for compiled code: it can be loaded once only."""
    for name, module in list(sys.modules.items()):
        compiled = (getattr(module, "__file__", None) or "").endswith((".so", ".pyd"))
        if name.partition(".")[0] in packages and not compiled:
            del sys.modules[name]
