"""A load that is killed: the old or the new snapshot is live, and whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import graph
from tertius.queries.network import Network
from tertius.store import Snapshots

# Says when the load begins, so that the kill falls into the load and not into the start of Python.
SCRIPT = """
import sys
from pathlib import Path
from tertius.loaders import LoadJob, load
print("begins", flush=True)
load(LoadJob(Path(sys.argv[1]), "victim", (Path(sys.argv[2]),)))
"""

SIZES = (400, 600)


def write_table(path: Path, rows: int) -> Path:
    lines = "".join(f"a{n // 4},p{n * 7 % 900},2019-01-01,2021-01-01\n" for n in range(rows))
    path.write_text("alliance,partner,start,end\n" + lines)
    return path


def whole(data: Path) -> int:
    """Check that everything in the live snapshot belongs together; return its participations."""
    snapshot = Snapshots(data).current()
    manifest = snapshot.manifest
    entry = manifest.sources["victim"]
    store = ox.Store.read_only(str(snapshot.store_path))
    counted = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(graph("victim"))))
    assert counted == entry.counts["statements"]
    measured = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(graph("measures"))))
    assert measured == manifest.materialised["measures"]["statements"]
    network = Network.open(snapshot.network_path)
    assert network.summary().ties == manifest.counts["ties"]
    assert sum(network.table.sources.values()) == entry.counts["participations"]
    assert snapshot.search_path.is_file()
    return entry.counts["participations"]


def kill_rounds(tmp_path: Path, rounds: int) -> None:
    data = tmp_path / "data"
    tables = [write_table(tmp_path / f"{size}.csv", size) for size in SIZES]
    begin = time.perf_counter()
    load(LoadJob(data, "victim", (tables[0],)))
    takes = time.perf_counter() - begin
    chance = random.Random(20191201)
    for number in range(rounds):
        before = whole(data)
        table = tables[(number + 1) % 2]
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(data), str(table)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(chance.uniform(0, takes))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert whole(data) in {before, int(table.stem)}
    report = load(LoadJob(data, "victim", (write_table(tmp_path / "200.csv", 200),)))
    assert report.published
    assert whole(data) == 200
    numbers = {path.name for path in (data / "snapshots").iterdir()}
    assert numbers == {str(snapshot.number) for snapshot in Snapshots(data).list()}


def test_killed_at_random_moments_three_times(tmp_path):
    kill_rounds(tmp_path, 3)


@pytest.mark.long
def test_killed_at_random_moments_ten_times(tmp_path):
    kill_rounds(tmp_path, 10)
