"""Where an index lies, what makes a commit, and who may write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from indexer.errors import IndexDamagedError, IndexLockedError, IndexUnwritableError
from indexer.footprint import TABLES, footprint, verify
from indexer.manifest import (
    MANIFEST,
    SCHEMA,
    Entry,
    Manifest,
    commit,
    index_location,
    load_inventory,
    load_manifest,
    writing,
)
from indexer.versions import REWRITTEN

INVENTORY = {"a.py": Entry(1, 2, "ff", "", 3, 4, 5), "b\udce9.py": Entry(1, 2, "ff", "binary")}


def manifest(**changes: object) -> Manifest:
    values = {"embedder": "static", "dimensions": 8, "root": "/r", "birth": "b", "inventory": "", "tables": {"chunks": 3}}
    return Manifest(SCHEMA, **(values | changes))  # type: ignore[arg-type]


def test_locations_differ_by_path_and_can_be_read_by_a_person(tmp_path: Path) -> None:
    one, other = index_location(Path("/a/my project!"), tmp_path), index_location(Path("/b/my project!"), tmp_path)
    assert one != other
    assert one.parent == tmp_path
    assert one.name.startswith("my-project-")
    assert index_location(Path("/"), tmp_path).name.startswith("root-")


def test_a_location_is_the_same_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert index_location(tmp_path / "link", tmp_path) == index_location(tmp_path / "real", tmp_path)


def test_a_commit_is_read_back(tmp_path: Path) -> None:
    first = commit(tmp_path, manifest(), None, INVENTORY)
    assert load_manifest(tmp_path) == first
    assert load_inventory(tmp_path, first) == INVENTORY


def test_a_commit_leaves_one_inventory_and_none_is_written_for_tidying(tmp_path: Path) -> None:
    first = commit(tmp_path, manifest(), None, INVENTORY)
    second = commit(tmp_path, manifest(files=2), first, {})
    third = commit(tmp_path, manifest(files=3), second, None)
    assert second.inventory != first.inventory
    assert third.inventory == second.inventory
    assert [path.name for path in tmp_path.glob("inventory-*")] == [third.inventory]
    assert load_inventory(tmp_path, third) == {}


def test_no_manifest_or_one_of_another_schema_is_no_index(tmp_path: Path) -> None:
    assert load_manifest(tmp_path) is None
    assert load_manifest(tmp_path / "nowhere") is None
    (tmp_path / MANIFEST).write_text(json.dumps({"schema": SCHEMA + 1}))
    assert load_manifest(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", f'{{"schema": {SCHEMA}}}', f'{{"schema": {SCHEMA}, "strange": 1}}'])
def test_a_broken_manifest_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(IndexDamagedError) as caught:
        load_manifest(tmp_path)
    assert "lsp_server index" in caught.value.advice


def test_a_lost_inventory_is_damage(tmp_path: Path) -> None:
    first = commit(tmp_path, manifest(), None, INVENTORY)
    (tmp_path / first.inventory).write_text("[]")
    with pytest.raises(IndexDamagedError):
        load_inventory(tmp_path, first)


@pytest.mark.parametrize(
    "harm",
    [
        Path.unlink,
        lambda path: path.write_bytes(b"ab"),
        lambda path: path.write_bytes(b"abcd"),
        lambda path: path.write_bytes(b"abd"),
    ],
)
def test_a_file_of_the_tables_that_is_gone_or_has_another_size_or_content_is_damage(tmp_path: Path, harm) -> None:
    table = tmp_path / TABLES / "chunks.lance" / "data"
    table.mkdir(parents=True)
    (table / "1.lance").write_bytes(b"abc")
    (table / REWRITTEN).write_bytes(b"9")
    pieces = footprint(tmp_path, {"chunks": 3})
    whole = commit(tmp_path, manifest(footprint=pieces), None, {})
    assert load_manifest(tmp_path) == whole
    (table / "2.lance").write_bytes(b"of a later, unfinished commit")
    (table / REWRITTEN).write_bytes(b"of that, too")
    verify(tmp_path, pieces)
    harm(table / "1.lance")
    with pytest.raises(IndexDamagedError, match=r"chunks\.lance/data/1\.lance"):
        verify(tmp_path, pieces)


def test_one_writer(tmp_path: Path) -> None:
    first, second = writing(tmp_path / "new" / "index"), writing(tmp_path / "new" / "index")
    with first, pytest.raises(IndexLockedError, match=str(os.getpid())) as caught, second:
        raise AssertionError
    assert caught.value.advice
    with writing(tmp_path / "new" / "index"):
        pass


@pytest.mark.parametrize("place", ["file/index", "/proc/index"])
def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(IndexUnwritableError) as caught, writing(tmp_path / place):
        raise AssertionError
    assert "XDG_CACHE_HOME" in caught.value.advice
