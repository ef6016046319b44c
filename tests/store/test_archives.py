"""A backup brings a snapshot back whole, wherever it is restored; what is no backup brings nothing."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.store import BackupDamaged, Snapshots, StoreError, backup, check_backup, restore
from tertius.store.archives import LISTING
from tertius.store.search_file import reading, sharing, writing

from tests.store.conftest import EX, generation, publish_draft
from tests.store.test_snapshots import everything_in, triples


def publish(snapshots: Snapshots, number: int) -> None:
    with snapshots.draft() as draft:
        draft.network_path.mkdir()
        (draft.network_path / "ties").write_bytes(bytes([number]) * 3000)
        draft.search_path.write_bytes(b"index")
        publish_draft(draft, generation(number))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    snapshots = Snapshots(tmp_path / "first")
    publish(snapshots, 1)
    publish(snapshots, 2)
    live = snapshots.current()
    assert live is not None
    return backup(live, tmp_path)


def test_it_comes_back_whole_in_an_empty_place(tmp_path: Path, archive: Path) -> None:
    assert archive.name.startswith("tertius-2-")
    before = Snapshots(tmp_path / "first").get(2)
    restored = restore(archive, Snapshots(tmp_path / "second"))
    assert everything_in(restored.path) == everything_in(before.path)
    assert restored.manifest == before.manifest
    assert Snapshots(tmp_path / "second").current() == restored
    publish(Snapshots(tmp_path / "second"), 3)
    assert Snapshots(tmp_path / "second").current_number() == 3


def test_an_index_that_shares_its_file_comes_back_with_its_own_changes(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "first")
    with snapshots.draft() as draft:
        draft.network_path.mkdir()
        with writing(None, draft.search_path) as database:
            database.execute("CREATE TABLE t (word TEXT)")
        first = publish_draft(draft, generation(1))
    with snapshots.draft() as draft:
        draft.network_path.mkdir()
        with sharing(first.search_path, draft.search_path) as database:
            database.execute("INSERT INTO t VALUES ('two')")
        second = publish_draft(draft, generation(2))
    restored = restore(backup(second, tmp_path), Snapshots(tmp_path / "second"))
    with closing(reading(restored.search_path)) as database:
        assert database.execute("SELECT word FROM t").fetchall() == [("two",)]


def test_it_joins_others_and_none_is_lost(tmp_path: Path, archive: Path) -> None:
    other = Snapshots(tmp_path / "other", keep=1)
    for number in (7, 8, 9):
        publish(other, number)
    there = everything_in(other.get(3).path)
    restored = restore(archive, other)
    assert restored.number == 4
    assert restored.manifest.uuid != Snapshots(tmp_path / "first").get(2).manifest.uuid
    assert triples(restored.store_path) == triples(Snapshots(tmp_path / "first").get(2).store_path)
    assert everything_in(other.get(3).path) == there
    assert other.rollback(3).number == 3
    assert not other.left_overs()


def test_where_it_is_already_it_only_becomes_live(tmp_path: Path, archive: Path) -> None:
    first = Snapshots(tmp_path / "first")
    first.rollback(1)
    assert restore(archive, first).number == 2
    assert [one.number for one in first.list()] == [1, 2]
    # What was damaged meanwhile is not taken for it.
    (first.get(2).network_path / "ties").write_bytes(b"x")
    assert restore(archive, first).number == 3
    assert (first.get(3).network_path / "ties").read_bytes() == bytes([2]) * 3000


def test_nothing_is_written_over(tmp_path: Path, archive: Path) -> None:
    live = Snapshots(tmp_path / "first").get(2)
    was = archive.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        backup(live, archive)
    assert archive.read_bytes() == was
    assert not list(tmp_path.glob("*.new"))


Members = list[tuple[tarfile.TarInfo, bytes]]


def rewritten(archive: Path, change: Callable[[Members], None]) -> None:
    with tarfile.open(archive) as old:
        members: Members = [
            (one, content.read() if (content := old.extractfile(one)) else b"") for one in old
        ]
    change(members)
    with tarfile.open(archive, "w") as new:
        for member, content in members:
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


def listed(members: Members, change: Callable[[dict[str, object]], None]) -> None:
    listing = json.loads(members[0][1])
    change(listing["files"])
    members[0] = (members[0][0], json.dumps(listing).encode())


def climbing(name: str) -> Callable[[Members], None]:
    """A file that would land elsewhere, listed as if it belonged."""

    def change(members: Members) -> None:
        members[-1][0].name = name
        listed(members, lambda files: files.update({name: files.pop(max(files))}))

    return change


def linked(members: Members) -> None:
    """A link out of the snapshot in the place of a file."""
    member = members[1][0]
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members[1] = (member, b"")


DAMAGE: dict[str, Callable[[Members], None]] = {
    "one byte": lambda members: members.__setitem__(1, (members[1][0], b"\0" + members[1][1][1:] + b"")),
    "a file less": lambda members: members.pop() and None,
    "a file more": lambda members: members.append((tarfile.TarInfo("store/more"), b"x")),
    "a file twice": lambda members: members.append(members[-1]),
    "no listing": lambda members: members.pop(0) and None,
    "a listing that is none": lambda members: members.__setitem__(0, (members[0][0], b"[]")),
    "no manifest": lambda members: listed(members, lambda files: files.pop("manifest.json")),
    "a link": linked,
    "above": climbing("../escaped"),
    "deep above": climbing("store/../../../escaped"),
    "absolute": climbing("/tmp/escaped"),
    "another place": climbing("CURRENT"),
    "a dot": climbing("store/./escaped"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_archive_brings_nothing(tmp_path: Path, archive: Path, damage: str) -> None:
    rewritten(archive, DAMAGE[damage])
    refused(tmp_path, archive)


@pytest.mark.parametrize("kept", [0, 100, 700, 5000, -30_000, -11_000])
def test_a_cut_archive_brings_nothing(tmp_path: Path, archive: Path, kept: int) -> None:
    archive.write_bytes(archive.read_bytes()[:kept])
    refused(tmp_path, archive)


def test_anything_else_brings_nothing(tmp_path: Path, archive: Path) -> None:
    archive.write_bytes(b"alliance,partner\n" * 1000)
    refused(tmp_path, archive)


def refused(tmp_path: Path, archive: Path) -> None:
    other = Snapshots(tmp_path / "other")
    publish(other, 5)
    outside = {path.name for path in tmp_path.iterdir()}
    before = everything_in(tmp_path / "other")
    with pytest.raises(BackupDamaged, match=archive.name):
        check_backup(archive)
    with pytest.raises(BackupDamaged):
        restore(archive, other)
    assert everything_in(tmp_path / "other") == before
    assert {path.name for path in tmp_path.iterdir()} == outside


def test_the_listing_comes_first(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        assert opened.getnames()[0] == LISTING
    assert check_backup(archive).manifest.number == 2


def test_a_restored_store_answers(tmp_path: Path, archive: Path) -> None:
    restored = restore(archive, Snapshots(tmp_path / "second"))
    store = ox.Store.read_only(str(restored.store_path))
    assert store.query(f"ASK {{ GRAPH ?g {{ ?s <{EX}generation> 2 }} }}")
