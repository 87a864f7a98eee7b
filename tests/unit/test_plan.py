"""What needs reading: a table of file states against what the index remembers."""

from __future__ import annotations

import pytest

from indexer.manifest import Entry
from indexer.plan import plan
from indexer.records import SourceFile
from indexer.workers import Job

DIGEST = "00ff"


@pytest.mark.parametrize(
    ("size", "modified_ns", "entry", "read"),
    [
        (10, 5, None, True),  # new
        (10, 5, Entry(10, 5, DIGEST), False),  # the same
        (11, 5, Entry(10, 5, DIGEST), True),  # another size
        (10, 6, Entry(10, 5, DIGEST), True),  # another time
        (10, 4, Entry(10, 5, DIGEST), True),  # an earlier time: restored from somewhere
        (10, 5, Entry(10, 0, DIGEST), True),  # its time could not be trusted
        (10, 0, Entry(10, 0, DIGEST), True),
        (10, 5, Entry(10, 5, DIGEST, "binary"), False),  # left out for its content, and that has not changed
    ],
)
def test_a_file_is_read_when_it_may_have_changed(size: int, modified_ns: int, entry: Entry | None, read: bool) -> None:
    todo = plan([SourceFile("a.py", "python", size, modified_ns)], {"a.py": entry} if entry else {})
    known = bytes.fromhex(DIGEST) if entry else b""
    assert todo.read == ((Job("a.py", "python", size, known),) if read else ())
    assert todo.gone == ()


def test_what_is_not_there_any_more_is_gone() -> None:
    todo = plan([SourceFile("b.py", "python", 1, 1)], {"a.py": Entry(1, 1, DIGEST), "b.py": Entry(1, 1, DIGEST)})
    assert todo.read == ()
    assert todo.gone == ("a.py",)
