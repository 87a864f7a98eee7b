"""Names that an answer makes up: drawn as the document before and after."""

from __future__ import annotations

import pytest

from lsp_server.actions.undefined import made_up

BEFORE = "import os\n\nLIMIT = 3\n\n\ndef f(a):\n    return known(a)\n"

AFTER = [
    ("    return known(a) + LIMIT + len(a) + os.sep\n", ""),
    ("    return known(a) + count\n", "count"),
    ("    total = [one for one in a if (last := one)]\n    return f'{total} {last}'\n", ""),
    ("    return [one for one in a] + one\n", "one"),
    ("    try:\n        return g()\n    except KeyError as error:\n        raise a from error\n", "g"),
    ("    def helper(b):\n        return f(b)\n    return helper(a)\n", ""),
    ("    global made\n    made = a\n    return made\n", ""),
    ("    from x import y as z\n    return z\n", ""),
    ("    return __file__ + __name__\n", ""),
    ("    return globals()['x'] + count\n", ""),
    ("    return count +\n", ""),
    ("    class A:\n        x: int = 1\n        y = x\n    return A.count\n", ""),
    ("    return lambda b, *c, d=count: b + c\n", "count"),
]


@pytest.mark.parametrize(("body", "name"), AFTER)
def test_what_is_made_up(body: str, name: str) -> None:
    after = BEFORE.replace("    return known(a)\n", body)
    assert made_up(BEFORE, after) == name
    assert made_up(after, after) == ""
    assert made_up("from x import *\n" + BEFORE, "from x import *\n" + after) == ""
