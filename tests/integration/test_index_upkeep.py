"""An index through many saves: nothing piles up, readers follow by what went, and tidying changes nothing but pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer import upkeep
from indexer.build import Updater, build, update
from indexer.embedding import Embedder
from indexer.footprint import TABLES, Piece, verify
from indexer.manifest import MAX_CHANGES, Entry, Manifest, Removal, load_inventory, load_manifest
from indexer.search import IndexReader
from indexer.settings import IndexSettings
from indexer.upkeep import needs_tidying
from indexer.versions import KEPT_VERSIONS, count_versions, version_of
from tests.support.trees import plant, rows_of

ANY = IndexSettings()


def module(number: int, edition: int = 0) -> str:
    return "".join(f"def part_{number}_{part}_{edition}():\n" + "    work()\n" * 20 for part in range(3))


@pytest.fixture
def place(tmp_path: Path, static: Embedder) -> tuple[Path, Path]:
    root = plant(tmp_path / "root", {f"m{number}.py": module(number) for number in range(6)})
    build(root, tmp_path / "index", ANY, static)
    return root, tmp_path / "index"


def manifest_of(location: Path) -> Manifest:
    found = load_manifest(location)
    assert found is not None
    return found


def places(reader: IndexReader) -> set[tuple[str, int, str]]:
    return {(hit.path, hit.start_line, hit.text) for hit in reader.search("work part", k=50)}


def test_a_reader_follows_saves_deletions_and_tidying(
    place: tuple[Path, Path], tmp_path: Path, static: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, location = place
    monkeypatch.setattr(upkeep, "WORTH_TIDYING", 3)
    monkeypatch.setattr(upkeep, "MAX_GROWTH", 1000.0)
    reader, updater = IndexReader.open(location, static), Updater(root, location, ANY, static)
    reader.search("part")
    for edition in range(1, 12):
        plant(root, {f"m{edition % 6}.py": module(edition % 6, edition)})
        if edition == 4:
            (root / "m5.py").unlink()
        if edition == 7:
            assert updater.tidy() is True
        updater.update([f"m{edition % 6}.py", "m5.py"])
        if edition % 2:  # else it misses a commit, and follows two at once
            hits = reader.search(f"part_{edition % 6}_0_{edition}", k=3)
            assert (hits[0].path, hits[0].symbol) == (f"m{edition % 6}.py", f"part_{edition % 6}_0_{edition}")
            assert places(reader) == places(IndexReader.open(location, static))
    build(root, tmp_path / "clean", ANY, static)
    assert rows_of(location) == rows_of(tmp_path / "clean")


@pytest.mark.slow
def test_versions_and_bytes_stay_bounded_and_readers_see_every_save(place: tuple[Path, Path], static: Embedder) -> None:
    root, location = place
    reader, updater = IndexReader.open(location, static), Updater(root, location, ANY, static)
    bound = 0
    for edition in range(60):
        plant(root, {"m1.py": module(1, edition)})
        updater.update(["m1.py"])
        assert reader.definitions([f"part_1_2_{edition}"], k=1)
        assert count_versions(location / TABLES) <= 2 * KEPT_VERSIONS
        state = manifest_of(location)
        bound = max(bound, sum(one.size for one in (state.footprint or {}).values()))
    assert bound < 2 * state.tidied_bytes + 200_000
    verify(location, state.footprint or {})


def test_tidying_takes_what_forgotten_versions_left(
    place: tuple[Path, Path], static: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, location = place
    monkeypatch.setattr(upkeep, "MAX_GROWTH", 1000.0)
    updater = Updater(root, location, ANY, static)
    for edition in range(30):
        plant(root, {"m1.py": module(1, edition)})
        updater.update(["m1.py"])
    data = location / TABLES / "chunks.lance" / "data"
    assert len(list(data.iterdir())) > 25
    assert updater.tidy() is True
    assert len(list(data.iterdir())) == 1
    assert not list((location / TABLES / "chunks.lance" / "_deletions").glob("*"))
    assert updater.tidy() is False, "there is nothing left to tidy"
    updater.update(["m1.py"])


def test_the_list_of_files_is_written_again_only_after_many_changes(place: tuple[Path, Path], static: Embedder) -> None:
    root, location = place
    updater = Updater(root, location, ANY, static)
    before = manifest_of(location)
    plant(root, {"new.py": "x = 1\n"})
    (root / "m0.py").unlink()
    updater.update(["new.py", "m0.py"])
    after = manifest_of(location)
    assert after.inventory == before.inventory
    assert after.changes["m0.py"] is None
    assert isinstance(after.changes["new.py"], Entry)
    assert load_inventory(location, after).keys() == {"new.py", *(f"m{number}.py" for number in range(1, 6))}
    plant(root, {f"many/{number}.py": f"x = {number}\n" for number in range(MAX_CHANGES + 1)})
    updater.update([f"many/{number}.py" for number in range(MAX_CHANGES + 1)])
    assert manifest_of(location).inventory != before.inventory
    assert manifest_of(location).changes == {}
    assert len(load_inventory(location, manifest_of(location))) == MAX_CHANGES + 7


def test_an_updater_notices_that_somebody_else_wrote(place: tuple[Path, Path], tmp_path: Path, static: Embedder) -> None:
    root, location = place
    updater = Updater(root, location, ANY, static)
    plant(root, {"m1.py": module(1, 1)})
    updater.update(["m1.py"])
    plant(root, {"m2.py": module(2, 2), "other.py": "def other(): pass\n"})
    update(root, location, ANY, static, ["m2.py", "other.py"])
    plant(root, {"m3.py": module(3, 3)})
    updater.update(["m3.py"])
    assert manifest_of(location).files == 7
    build(root, tmp_path / "clean", ANY, static)
    assert rows_of(location) == rows_of(tmp_path / "clean")


def test_rows_that_a_killed_writer_left_are_dropped_by_one_that_lives(
    place: tuple[Path, Path], tmp_path: Path, static: Embedder
) -> None:
    import lancedb

    root, location = place
    updater = Updater(root, location, ANY, static)
    plant(root, {"m1.py": module(1, 1)})
    updater.update(["m1.py"])
    lancedb.connect(str(location / TABLES)).open_table("chunks").delete("path = 'm2.py'")  # and no commit
    plant(root, {"m3.py": module(3, 3)})
    updater.update(["m3.py"])
    build(root, tmp_path / "clean", ANY, static)
    assert rows_of(location) == rows_of(tmp_path / "clean")


def test_what_went_is_known_only_as_far_as_it_was_remembered() -> None:
    state = Manifest(0, "e", 1, "/", "birth", "", {}, commits=9, tidied=3, removals=(Removal(5, 0, 2), Removal(8, 7, 1)))
    held = Manifest(0, "e", 1, "/", "birth", "", {}, commits=5)
    assert state.removed_since(held) == (Removal(8, 7, 1),)
    assert state.removed_since(Manifest(0, "e", 1, "/", "birth", "", {}, commits=2)) is None
    assert state.removed_since(Manifest(0, "e", 1, "/", "another", "", {}, commits=5)) is None


@pytest.mark.parametrize(
    ("values", "idle", "busy"),
    [
        ({}, False, False),
        ({"full_text": False, "chunks": upkeep.WORDS_IN_MEMORY + 1, "unindexed": upkeep.WORDS_IN_MEMORY + 1}, True, True),
        ({"full_text": False, "chunks": 1500, "unindexed": 1500}, False, False),
        ({"writes": upkeep.WORTH_TIDYING}, True, False),
        ({"writes": upkeep.MAX_WRITES}, True, True),
        ({"unindexed": upkeep.MAX_UNINDEXED // 4 + 1}, True, False),
        ({"unindexed": upkeep.MAX_UNINDEXED + 1}, True, True),
        ({"footprint": {"a": Piece(90, 0), "b": Piece(60, 0)}}, True, True),
        ({"footprint": {"a": Piece(90, 0), "b": Piece(40, 0)}}, False, False),
    ],
)
def test_when_tidying_is_worth_its_time(values: dict[str, object], idle: bool, busy: bool) -> None:
    whole = {"full_text": True, "tidied_bytes": 100, "footprint": {"a": Piece(100, 0)}} | values
    state = Manifest(0, "e", 1, "/", "birth", "", {}, **whole)  # type: ignore[arg-type]
    assert (needs_tidying(state, idle=True), needs_tidying(state, idle=False)) == (idle, busy)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("3.manifest", 3),
        ("18446744073709551612.manifest", 3),
        ("7-0b1c2d3e-aaaa-bbbb-cccc-0123456789ab.txn", 7),
        ("latest_version_hint.json", None),
        ("data.lance", None),
    ],
)
def test_versions_by_their_names(name: str, version: int | None) -> None:
    assert version_of(name) == version
