"""A writer killed at any moment leaves the old snapshot live or the new one, and whole."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.store import Snapshots

from tests.store.conftest import EX, publish

# Publishes one generation after another, each saying its number in every part of the snapshot. Given a call
# to die at, it kills itself just before that call of those that change the disk's names or make them durable.
WRITER = """
import os, signal, sqlite3, sys
import pyoxigraph as ox
from tertius.store import Snapshots

EX, SIZE = "http://example.org/", 400
data, last, die_at, kinds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(",")
snapshots = Snapshots(data, keep=2)
calls = 0

def deadly(original):
    def call(*arguments, **keywords):
        global calls
        calls += 1
        if calls == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **keywords)
    return call

def quads(graph, number):
    for i in range(SIZE):
        yield ox.Quad(ox.NamedNode(f"{EX}s{i}"), ox.NamedNode(EX + "generation"), ox.Literal(number), graph)

print("ready", flush=True)
while True:
    with snapshots.draft() as draft:
        number = draft.number
        if die_at and draft.parent is not None and calls == 0:
            for kind in kinds:
                setattr(os, kind, deadly(getattr(os, kind)))
            calls = 1
        for name in ("a", "b"):
            graph = ox.NamedNode(EX + name)
            draft.replace_graph(graph.value, quads(graph, number))
        draft.network_path.mkdir()
        (draft.network_path / "ties").write_text(str(number) * 100_000)
        index = sqlite3.connect(draft.search_path)
        index.execute("CREATE TABLE t (n INTEGER)")
        index.executemany("INSERT INTO t VALUES (?)", [(number,)] * 1000)
        index.commit()
        index.close()
        draft.publish(draft.manifest(base=EX, counts={"generation": number}))
    print("published", flush=True)
    if number >= last:
        break
"""


def start(data: Path, last: int = 10**9, die_at: int = 0, kinds: str = "rename") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(data), str(last), str(die_at), kinds]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check(data: Path) -> int:
    """The live snapshot is whole, of one generation, and the next writer goes on from it."""
    snapshots = Snapshots(data, keep=2)
    live = snapshots.current()
    assert live is not None
    number = live.number
    assert live.manifest.counts["generation"] == number
    store = ox.Store.read_only(str(live.store_path))
    graphs = list(store.named_graphs())
    assert {graph.value for graph in graphs} == {EX + "a", EX + "b"}
    for graph in graphs:
        quads = list(store.quads_for_pattern(None, None, None, graph))
        assert len(quads) == 400
        assert {quad.object for quad in quads} == {ox.Literal(number)}
    assert (live.network_path / "ties").read_text() == str(number) * 100_000
    with closing(sqlite3.connect(live.search_path)) as index:
        assert index.execute("SELECT count(*), min(n), max(n) FROM t").fetchone() == (1000, number, number)
    before = {path.name for path in (data / "snapshots").iterdir()}
    following = publish(snapshots, {})
    assert following.number > max(int(name.partition(".")[0]) for name in before)
    assert following.manifest.parent == number
    left = {path.name for path in data.iterdir()} | {path.name for path in (data / "snapshots").iterdir()}
    assert not {name for name in left if "." in name or name == "PUBLISHING"}
    snapshots.rollback(number)
    return number


def kill_at_random(data: Path, rounds: int, seed: int) -> set[int]:
    """Let a writer publish a little, then kill it somewhere in the middle of what it does next."""
    chance = random.Random(seed)
    seen = set()
    for _ in range(rounds):
        with start(data) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            began = time.monotonic()
            assert writer.stdout.readline() == "published\n"
            time.sleep(chance.uniform(0.0, 1.5 * (time.monotonic() - began)))
            writer.kill()
        assert writer.returncode == -signal.SIGKILL
        seen.add(check(data))
    return seen


def kill_at_every(data: Path, kinds: str) -> int:
    """Kill a writer before each such call in turn, until one gets through; how many were killed."""
    with start(data, last=1) as first:
        first.wait()
    live = check(data)
    killed = 0
    while True:
        with start(data, last=1, die_at=killed + 2, kinds=kinds) as writer:
            writer.wait()
        live_now = check(data)
        assert live_now >= live
        live = live_now
        if writer.returncode == 0:
            return killed
        assert writer.returncode == -signal.SIGKILL
        killed += 1


def test_killed_at_random_moments(tmp_path: Path) -> None:
    assert len(kill_at_random(tmp_path, rounds=4, seed=1)) == 4


def test_killed_before_every_change_of_a_name(tmp_path: Path) -> None:
    # PUBLISHING, the snapshot's directory and CURRENT are renamed into place; clearing away comes after.
    assert kill_at_every(tmp_path, "rename,replace") >= 3


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_many_random_moments(tmp_path: Path, seed: int) -> None:
    assert len(kill_at_random(tmp_path, rounds=25, seed=seed)) == 25


@pytest.mark.long
def test_killed_before_every_call_that_reaches_the_disk(tmp_path: Path) -> None:
    assert kill_at_every(tmp_path, "rename,replace,fsync,unlink,rmdir") >= 20
