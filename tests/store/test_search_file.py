"""A snapshot's search index shares its parent's file, and what changed stays in a log of its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from tertius.store import search_file
from tertius.store.search_file import attach, can_share, compact, reading, sharing, writing

Place = Callable[[int], Path]


def words(path: Path) -> list[str]:
    with closing(reading(path)) as database:
        return [word for (word,) in database.execute("SELECT word FROM t ORDER BY word")]


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


@pytest.fixture
def snapshot(tmp_path: Path) -> Place:
    def place(number: int) -> Path:
        folder = tmp_path / str(number)
        folder.mkdir(exist_ok=True)
        return folder / "search.sqlite"

    return place


@pytest.fixture
def first(snapshot: Place) -> Path:
    path = snapshot(1)
    with writing(None, path) as database:
        database.execute("CREATE TABLE t (word TEXT)")
        database.execute("INSERT INTO t VALUES ('one')")
    return path


def add(parent: Path, path: Path, word: str) -> None:
    with sharing(parent, path) as database:
        database.execute("BEGIN")
        database.execute("INSERT INTO t VALUES (?)", (word,))
        database.execute("COMMIT")


def test_every_snapshot_reads_its_own_state_from_one_file(first: Path, snapshot: Place) -> None:
    whole = first.read_bytes()
    add(first, snapshot(2), "two")
    add(snapshot(2), snapshot(3), "three")
    add(first, snapshot(4), "four")
    assert [words(snapshot(number)) for number in (1, 2, 3, 4)] == [
        ["one"],
        ["one", "two"],
        ["one", "three", "two"],
        ["four", "one"],
    ]
    assert {snapshot(number).stat().st_ino for number in (1, 2, 3, 4)} == {first.stat().st_ino}
    assert first.read_bytes() == whole


def test_readers_of_all_snapshots_at_once_see_each_its_own(first: Path, snapshot: Place) -> None:
    add(first, snapshot(2), "two")
    count = "SELECT count(*) FROM t"
    with closing(reading(first)) as one, closing(reading(snapshot(2))) as two:
        assert (one.execute(count).fetchone(), two.execute(count).fetchone()) == ((1,), (2,))
        # Whoever writes the next one meanwhile disturbs neither.
        with sharing(snapshot(2), snapshot(3)) as database:
            database.execute("BEGIN")
            database.execute("INSERT INTO t VALUES ('three')")
            assert two.execute(count).fetchone() == (2,)
            database.execute("COMMIT")
        with closing(reading(snapshot(3))) as three, closing(reading(snapshot(2))) as again:
            found = [reader.execute(count).fetchone()[0] for reader in (one, two, three, again)]
    assert found == [1, 2, 3, 2]
    assert words(snapshot(2)) == ["one", "two"]


def test_readers_leave_the_files_as_they_are_and_cannot_write(first: Path, snapshot: Place) -> None:
    add(first, snapshot(2), "two")
    before = {file: file.read_bytes() for file in snapshot(2).parent.iterdir()}
    for path in (first, snapshot(2)):
        with closing(reading(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                database.execute("DELETE FROM t")
    assert {file: file.read_bytes() for file in snapshot(2).parent.iterdir()} == before
    assert sorted(file.name for file in before) == ["search.sqlite", "search.sqlite-wal"]


def test_an_index_is_attached_with_its_log(first: Path, snapshot: Place) -> None:
    add(first, snapshot(2), "two")
    with closing(sqlite3.connect("file::memory:", uri=True, isolation_level=None)) as database:
        for name, path in (("early", first), ("late", snapshot(2))):
            attach(database, path, name)
        found = [database.execute(f"SELECT count(*) FROM {name}.t").fetchone() for name in ("early", "late")]
    assert found == [(1,), (2,)]
    assert names(snapshot(2)) == ["search.sqlite", "search.sqlite-wal"]


def test_a_long_log_ends_in_a_whole_file(
    first: Path, snapshot: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(first, snapshot(2), "two")
    monkeypatch.setattr(search_file, "MOST_LOGGED", 1)
    assert not can_share(snapshot(2))
    with writing(snapshot(2), snapshot(3)) as database:
        database.execute("INSERT INTO t VALUES ('three')")
    assert names(snapshot(3)) == ["search.sqlite"]
    assert words(snapshot(3)) == ["one", "three", "two"]
    assert words(snapshot(2)) == ["one", "two"]
    assert can_share(snapshot(3))


def test_a_compact_index_says_the_same_in_less_room(first: Path, snapshot: Place) -> None:
    with writing(first, snapshot(2)) as database:
        database.executemany("INSERT INTO t VALUES (?)", [(f"word {at}" * 50,) for at in range(500)])
        database.execute("DELETE FROM t WHERE word <> 'one'")
    before = snapshot(2).stat().st_size
    compact(snapshot(2))
    assert snapshot(2).stat().st_size < before / 10
    assert names(snapshot(2)) == ["search.sqlite"]
    assert words(snapshot(2)) == ["one"]
    assert can_share(snapshot(2))


def test_an_index_of_an_earlier_version_is_not_shared(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (word TEXT)")
    assert not can_share(path)


@pytest.mark.parametrize("way", [sharing, writing])
def test_what_fails_leaves_nothing_and_the_parent_as_it_was(
    first: Path, snapshot: Place, way: Callable[[Path, Path], AbstractContextManager[sqlite3.Connection]]
) -> None:
    whole = first.read_bytes()

    def fail() -> None:
        with way(first, snapshot(2)) as database:
            database.execute("INSERT INTO t VALUES ('two')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(snapshot(2)) == []
    assert first.read_bytes() == whole


def test_a_file_system_without_links_gets_a_copy(
    first: Path, snapshot: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    add(first, snapshot(2), "two")
    assert snapshot(2).stat().st_ino != first.stat().st_ino
    assert (words(first), words(snapshot(2))) == (["one"], ["one", "two"])
