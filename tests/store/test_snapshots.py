"""Snapshots are published whole or not at all, by one writer at a time, and can be gone back to."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest
from pydantic import ValidationError
from tertius.store import (
    DiskFull,
    LockHeld,
    Manifest,
    SnapshotDamaged,
    SnapshotGone,
    Snapshots,
    StoreError,
)
from tertius.store import files as store_files

from tests.store.conftest import EX, generation, node, publish, publish_draft


def numbers(snapshots: Snapshots) -> list[int]:
    return [snapshot.number for snapshot in snapshots.list()]


def triples(path: Path) -> set[str]:
    return {str(quad) for quad in ox.Store.read_only(str(path))}


def everything_in(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_an_empty_directory_has_no_snapshot(snapshots: Snapshots) -> None:
    assert snapshots.current() is None
    assert snapshots.list() == ()
    assert snapshots.sweep() == []
    with pytest.raises(SnapshotGone):
        snapshots.get(1)
    with pytest.raises(StoreError, match="no snapshot yet"):
        snapshots.rollback()


def test_publishing_makes_a_snapshot_live(snapshots: Snapshots) -> None:
    with snapshots.draft() as draft:
        assert (draft.number, draft.parent) == (1, None)
        draft.network_path.mkdir()
        (draft.network_path / "ties").write_bytes(b"ties")
        draft.search_path.write_bytes(b"index")
        snapshot = publish_draft(draft, generation(1), counts={"triples": 100}, as_of="2020-05-31")
    assert snapshots.current() == snapshot
    assert snapshot.manifest.counts == {"triples": 100}
    assert str(snapshot.manifest.as_of) == "2020-05-31"
    assert (snapshot.network_path / "ties").read_bytes() == b"ties"
    assert snapshot.search_path.read_bytes() == b"index"
    assert len(ox.Store.read_only(str(snapshot.store_path))) == 100
    assert {path.name for path in snapshot.path.iterdir()} == {
        "manifest.json",
        "network",
        "search.sqlite",
        "store",
    }


def test_a_draft_begins_as_a_copy_and_leaves_its_parent_alone(snapshots: Snapshots) -> None:
    first = publish(snapshots, generation(1))
    before = everything_in(first.path)
    with snapshots.draft() as draft:
        assert draft.parent == first
        assert draft.replace_graph(EX + "a", generation(2)[EX + "a"]) == 50
        draft.store.remove_graph(node("b"))
        second = draft.publish(draft.manifest(base=EX))
    assert everything_in(first.path) == before
    assert second.manifest.parent == 1
    assert triples(second.store_path) == {str(quad) for quad in generation(2)[EX + "a"]}
    assert second.manifest.uuid != first.manifest.uuid


def test_large_graphs_go_in_as_whole_as_small_ones(snapshots: Snapshots) -> None:
    quads = (ox.Quad(node(f"s{i}"), node("p"), ox.Literal(i), node("big")) for i in range(100_500))
    with snapshots.draft() as draft:
        assert draft.replace_graph(EX + "big", quads) == 100_500
        snapshot = draft.publish(draft.manifest(base=EX))
    assert len(ox.Store.read_only(str(snapshot.store_path))) == 100_500


def test_a_quad_of_another_graph_is_refused(snapshots: Snapshots) -> None:
    with snapshots.draft() as draft, pytest.raises(ValueError, match="belongs to"):
        draft.replace_graph(EX + "b", generation(1)[EX + "a"])


def test_leaving_without_publishing_changes_nothing(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    with snapshots.draft() as draft:
        draft.replace_graph(EX + "a", [])
    with pytest.raises(RuntimeError, match="a bad row"), snapshots.draft() as draft:
        raise RuntimeError("a bad row")
    assert snapshots.current_number() == 1
    assert [path.name for path in (snapshots.data_dir / "snapshots").iterdir()] == ["1"]
    with pytest.raises(StoreError, match="finished"):
        draft.store  # noqa: B018 - reading the attribute is what must fail


def test_numbers_are_never_used_again(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    with snapshots.draft() as given_up:
        assert given_up.number == 2
    for number in range(3, 8):
        assert publish(snapshots, generation(number)).number == number
    (snapshots.data_dir / "COUNTER").unlink()
    assert publish(snapshots, generation(8)).number == 8


def test_only_the_newest_are_kept(snapshots: Snapshots) -> None:
    for number in range(1, 6):
        publish(snapshots, generation(number))
    assert numbers(snapshots) == [3, 4, 5]
    with pytest.raises(SnapshotGone) as caught:
        snapshots.get(2)
    assert caught.value.number == 2


def test_rollback_goes_back_and_keeps_what_it_went_to(snapshots: Snapshots) -> None:
    for number in range(1, 4):
        publish(snapshots, generation(number))
    assert snapshots.rollback().number == 2
    assert snapshots.rollback().number == 1
    assert snapshots.current_number() == 1
    with pytest.raises(StoreError, match="oldest"):
        snapshots.rollback()
    assert snapshots.rollback(3).number == 3
    snapshots.rollback(1)
    for number in range(4, 9):
        published = publish(snapshots, generation(number))
        assert (published.number, published.manifest.parent) == (number, 1 if number == 4 else number - 1)
    assert numbers(snapshots) == [1, 2, 3, 6, 7, 8]
    with pytest.raises(SnapshotGone):
        snapshots.rollback(4)
    assert snapshots.current_number() == 8


def test_the_live_snapshot_survives_keeping_only_one(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, keep=1)
    for number in range(1, 4):
        publish(snapshots, generation(number))
    assert numbers(snapshots) == [3]
    with pytest.raises(ValueError, match="keep"):
        Snapshots(tmp_path, keep=0)


def test_a_second_writer_is_turned_away_with_the_first_ones_number(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    with snapshots.draft() as draft:
        for attempt in (snapshots.rollback, snapshots.sweep, lambda: publish(snapshots, {})):
            with pytest.raises(LockHeld, match=str(os.getpid())) as caught:
                attempt()
            assert caught.value.pid == os.getpid()
        caught_in_thread: list[BaseException] = []

        def write() -> None:
            try:
                publish(Snapshots(snapshots.data_dir), {})
            except LockHeld as error:
                caught_in_thread.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert len(caught_in_thread) == 1
        publish_draft(draft, generation(2))
    assert publish(snapshots, generation(3)).number == 3


def test_a_writer_sweeps_what_others_left(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    root = snapshots.data_dir / "snapshots"
    for name in ("7.draft", "5.removed"):
        (root / name / "store").mkdir(parents=True)
    orphan = root / "1" / "store" / "bulk-0123.sst"
    orphan.write_bytes(b"left over")
    (snapshots.data_dir / "CURRENT.new").write_bytes(b"9")
    assert {path.name for path in snapshots.sweep()} == {
        "7.draft",
        "5.removed",
        "bulk-0123.sst",
        "CURRENT.new",
    }
    assert snapshots.sweep() == []
    assert numbers(snapshots) == [1]
    (root / "9.draft").mkdir()
    assert publish(snapshots, generation(2)).number == 2
    assert sorted(path.name for path in root.iterdir()) == ["1", "2"]


def test_a_snapshot_that_never_went_live_is_swept(snapshots: Snapshots) -> None:
    first = publish(snapshots, generation(1))
    publish(snapshots, generation(2))
    (snapshots.data_dir / "CURRENT").write_text("1\n")
    (snapshots.data_dir / "PUBLISHING").write_text("2\n")
    assert [path.name for path in snapshots.sweep()] == ["2"]
    assert snapshots.current() == first
    (snapshots.data_dir / "PUBLISHING").write_text("1\n")
    assert snapshots.sweep() == []
    assert snapshots.current() == first


@pytest.mark.parametrize("step", range(1, 12))
def test_whatever_fails_while_publishing_leaves_old_or_new(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Every way to the disk fails once: opening a file to sync it, renaming, replacing."""
    publish(snapshots, generation(1))
    done = 0

    def failing(original: object) -> object:
        def call(*arguments: object, **keywords: object) -> object:
            nonlocal done
            done += 1
            if done == step:
                raise OSError(errno.EIO, "input/output error")
            return original(*arguments, **keywords)  # type: ignore[operator]

        return call

    try:
        with snapshots.draft() as draft:
            draft.replace_graph(EX + "a", generation(2)[EX + "a"])
            draft.replace_graph(EX + "b", generation(2)[EX + "b"])
            for name in ("rename", "replace", "unlink"):
                monkeypatch.setattr(store_files.os, name, failing(getattr(os, name)))
            monkeypatch.setattr(store_files, "sync_directory", failing(store_files.sync_directory))
            draft.publish(draft.manifest(base=EX))
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    monkeypatch.undo()
    live = snapshots.current()
    assert live is not None
    expected = generation(live.manifest.number)
    assert triples(live.store_path) == {str(quad) for quads in expected.values() for quad in quads}
    assert publish(snapshots, generation(3)).number == 3
    assert all(path.name.isdigit() for path in (snapshots.data_dir / "snapshots").iterdir())


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("IO error: No space left on device: While appending to file: 000012.sst"),
    ],
)
def test_a_full_disk_is_said_to_be_one(snapshots: Snapshots, error: OSError) -> None:
    publish(snapshots, generation(1))

    def load() -> None:
        with snapshots.draft() as draft:
            draft.replace_graph(EX + "a", [])
            try:
                raise error
            except OSError as cause:
                raise StoreError("loading failed") from cause

    with pytest.raises(DiskFull, match="free some space") as caught:
        load()
    assert caught.value.__cause__ is not None
    assert snapshots.current_number() == 1
    assert [path.name for path in (snapshots.data_dir / "snapshots").iterdir()] == ["1"]


def test_a_search_index_that_finds_the_disk_full_is_one_too(snapshots: Snapshots) -> None:
    def load() -> None:
        with snapshots.draft() as draft, contextlib.closing(sqlite3.connect(draft.search_path)) as index:
            index.execute("PRAGMA max_page_count = 2")
            index.execute("CREATE TABLE t (x TEXT)")
            index.executemany("INSERT INTO t VALUES (?)", (("x" * 4000,) for _ in range(50)))

    with pytest.raises(DiskFull):
        load()


def test_other_errors_stay_what_they_are(snapshots: Snapshots) -> None:
    with pytest.raises(PermissionError), snapshots.draft():
        raise PermissionError(errno.EACCES, "no")


def test_an_open_search_index_is_not_published(snapshots: Snapshots) -> None:
    with snapshots.draft() as draft:
        draft.search_path.with_name("search.sqlite-shm").touch()
        with pytest.raises(StoreError, match=r"search\.sqlite-shm"):
            draft.publish(draft.manifest(base=EX))
    assert snapshots.current() is None


def test_a_manifest_belongs_to_its_draft(snapshots: Snapshots) -> None:
    first = publish(snapshots, generation(1))
    with pytest.raises(StoreError, match="manifest of 1"), snapshots.draft() as draft:
        draft.publish(first.manifest)
    with pytest.raises(ValidationError, match="counts"), snapshots.draft() as draft:
        draft.manifest(base=EX, counts={"triples": -1})


def test_manifests_read_back_as_they_were_written(snapshots: Snapshots) -> None:
    source = {
        "checksum": "sha256:00",
        "licence": "CC-BY-4.0",
        "loaded": "2026-01-02T03:04:05Z",
        "counts": {"rows": 7},
    }
    snapshot = publish(
        snapshots,
        generation(1),
        sources={"demo": source},
        materialised={"ties": {"written": True, "limit": 10}},
    )
    manifest = Snapshots(snapshots.data_dir).get(1).manifest
    assert manifest == snapshot.manifest
    assert manifest.sources["demo"].counts == {"rows": 7}
    with pytest.raises(ValidationError, match="frozen"):
        manifest.base = "other"
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest


def test_damage_is_named(snapshots: Snapshots) -> None:
    snapshot = publish(snapshots, generation(1))
    fresh = Snapshots(snapshots.data_dir)
    manifest = json.loads((snapshot.path / "manifest.json").read_text())
    (snapshot.path / "manifest.json").write_text(json.dumps(manifest | {"number": 2}))
    with pytest.raises(SnapshotDamaged, match="manifest of snapshot 2"):
        fresh.get(1).manifest  # noqa: B018 - reading the attribute is what must fail
    (snapshot.path / "manifest.json").write_text("{")
    with pytest.raises(SnapshotDamaged, match=r"manifest\.json"):
        fresh.rollback(1)
    (snapshots.data_dir / "CURRENT").write_text("9\n")
    with pytest.raises(SnapshotDamaged, match="snapshot 9"):
        fresh.current()
    (snapshots.data_dir / "CURRENT").write_text("?")
    with pytest.raises(SnapshotDamaged, match="CURRENT"):
        fresh.current()


def test_triples_that_are_only_in_the_engines_log_are_copied_too(
    snapshots: Snapshots, tmp_path: Path
) -> None:
    """A store restored by other means may have a log that was never flushed."""
    first = publish(snapshots, {})
    live = ox.Store(str(tmp_path / "live"))
    live.extend(generation(1)[EX + "a"])
    for path in first.store_path.iterdir():
        path.unlink()
    for path in (tmp_path / "live").iterdir():
        if path.name != "LOCK":
            (first.store_path / path.name).write_bytes(path.read_bytes())
    with snapshots.draft() as draft:
        assert len(draft.store) == 50
