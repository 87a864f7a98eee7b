"""Names that Python code uses and nothing defines: what small models make up. Pure; the compiler's table of names says so."""

from __future__ import annotations

import builtins
import symtable
import warnings
from collections.abc import Iterator

_KNOWN = frozenset(dir(builtins)) | frozenset(
    {"__file__", "__name__", "__path__", "__builtins__", "__class__", "__annotations__"}
)


def made_up(before: str, after: str) -> str:
    """The first name that `after` uses, defines nowhere, and `before` did not use; empty where all are known.

    Empty, too, where nobody can tell: a star import, names made at run time, a text that does not compile.
    """
    names, old = _unknown(after), _unknown(before)
    return min(names - old, default="") if names is not None and old is not None else ""


def _unknown(text: str) -> frozenset[str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = symtable.symtable(text, "document", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    if "import *" in text or "globals()" in text:
        return None
    tables = list(_below(module))
    bound = {one.get_name() for one in module.get_symbols() if one.is_assigned() or one.is_imported()}
    bound |= {one.get_name() for table in tables for one in table.get_symbols() if one.is_declared_global()}
    used = {one.get_name() for table in tables for one in table.get_symbols() if one.is_referenced() and one.is_global()}
    return frozenset(used - bound - _KNOWN)


def _below(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for one in table.get_children():
        yield from _below(one)
