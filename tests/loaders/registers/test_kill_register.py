"""A register's load that is killed while the engine reads: nothing changes, and the next one works."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import graph
from tertius.store import Snapshots

SCRIPT = """
import sys
from pathlib import Path
from tertius.loaders import LoadJob, load
print("begins", flush=True)
load(LoadJob(Path(sys.argv[1]), "houses", (Path(sys.argv[2]),), mapping="companies-house"))
"""


def write_companies(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        file.write("CompanyName,CompanyNumber,RegAddress.PostTown,CompanyStatus,IncorporationDate\n")
        for n in range(rows):
            file.write(f"COMPANY {n} OF MANY LIMITED,{n + 1_000_000:08},LEEDS,Active,01/02/2003\n")
    return path


def companies(data: Path) -> int:
    """Check that graph and manifest of the live snapshot agree; return its companies."""
    snapshot = Snapshots(data).current()
    entry = snapshot.manifest.sources["houses"]
    store = ox.Store.read_only(str(snapshot.store_path))
    held = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(graph("houses"))))
    assert held == entry.counts["statements"]
    return entry.counts["organizations"]


@pytest.mark.long
def test_killed_while_writing_nothing_changes_and_the_next_load_works(tmp_path):
    data = tmp_path / "data"
    small = write_companies(tmp_path / "small.csv", 50)
    large = write_companies(tmp_path / "large.csv", 12_000)
    load(LoadJob(data, "houses", (small,), mapping="companies-house"))
    killed = 0
    for wait in (0.2, 0.8, 1.6):
        command = [sys.executable, "-c", SCRIPT, str(data), str(large)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "begins\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
        assert companies(data) in {50, 12_000}
    assert killed
    load(LoadJob(data, "houses", (small,), mapping="companies-house"))
    report = load(LoadJob(data, "houses", (large,), mapping="companies-house"))
    assert report.published
    assert companies(data) == 12_000
    numbers = {path.name for path in (data / "snapshots").iterdir()}
    assert numbers == {str(snapshot.number) for snapshot in Snapshots(data).list()}
