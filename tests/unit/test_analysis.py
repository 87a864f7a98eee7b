"""One file's rows: words, names, keys, and what is sent between processes."""

from __future__ import annotations

import pickle

from indexer.analysis import CHUNK_COLUMNS, SYMBOL_COLUMNS, Rows, analyse, digest, searchable

SOURCE = b"import os\n\nLIMIT = 3\n\n\ndef readFiles(base_path):\n    return os.listdir(base_path)\n"


def rows_of(data: bytes, path: str = "src/disk.py", language: str | None = "python") -> Rows:
    rows = Rows()
    analyse(path, language, data, rows)
    return rows


def test_facts_and_rows_agree() -> None:
    rows = Rows()
    facts = analyse("src/disk.py", "python", SOURCE, rows)
    assert (facts.path, facts.lines, facts.chunks, facts.symbols, facts.reason) == ("src/disk.py", 7, 1, 2, "")
    assert facts.digest == digest(SOURCE)
    assert {name: len(column) for name, column in rows.chunks.items()} == dict.fromkeys(CHUNK_COLUMNS, 1)
    assert {name: len(column) for name, column in rows.symbols.items()} == dict.fromkeys(SYMBOL_COLUMNS, 1)
    assert (rows.symbols["names"], rows.symbols["modules"]) == ([["LIMIT", "readFiles"]], [["os"]])
    assert rows.symbols["used"] == [["os", "base_path", "listdir"]]
    assert rows.symbols["used_lines"] == [[[1, 7], [6, 7], [7]]]
    assert rows.chunks["defines"] == ["LIMIT readFiles"]


def test_words_are_stems_of_parts_and_of_whole_names_and_of_the_path() -> None:
    words = str(rows_of(SOURCE).chunks["words"][0]).split()
    assert {"src", "disk", "read", "fil", "path", "listdir"} <= set(words)
    assert searchable("readFiles") in " ".join(words)
    assert searchable("reading files") == searchable("read file") == "read fil"


def test_a_definition_is_named_in_the_chunk_where_it_starts() -> None:
    text = "".join(f"def f_{n}():\n" + "    call()\n" * 20 + "\n" for n in range(4))
    assert rows_of(text.encode()).chunks["defines"] == [f"f_{n}" for n in range(4)]


def test_the_key_follows_what_is_said_and_not_where() -> None:
    one, moved, other = rows_of(SOURCE), rows_of(SOURCE, "src/other.py"), rows_of(SOURCE.replace(b"3", b"4"))
    assert one.chunks["key"] == moved.chunks["key"] != other.chunks["key"]
    assert one.embedded == moved.embedded
    assert one.placed() == [f"src/disk.py {one.embedded[0]}"]
    assert one.chunks["words"] != moved.chunks["words"]


def test_content_that_is_left_out_brings_no_rows() -> None:
    rows = Rows()
    facts = analyse("a.py", "python", b"\0\1", rows)
    assert (facts.reason, facts.chunks, rows.embedded) == ("binary", 0, [])


def test_a_script_without_a_suffix_is_known_by_its_first_line() -> None:
    assert rows_of(b"#!/usr/bin/env python3\ndef main(): pass\n", "tool", None).chunks["language"] == ["python"]
    assert rows_of(b"just text\n", "notes", None).chunks["kind"] == ["text"]


def test_rows_survive_a_pipe_and_extend() -> None:
    one = pickle.loads(pickle.dumps(rows_of(SOURCE)))
    one.extend(rows_of(SOURCE, "b.py"))
    assert one.chunks["path"] == ["src/disk.py", "b.py"]
    assert len(one.embedded) == 2
