"""A disk that fills up during a load, and two loads at once: the snapshot that was live stays, and whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tertius.loaders import LoadJob, load
from tertius.store import LockHeld, Snapshots

from tests.loaders.test_kill import whole, write_table

ROOT = Path(__file__).parents[2]
# A disk of its own needs no root where the system lets a user have name spaces.
OWN_DISK = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
MOUNT = 'mount -t tmpfs -o size=64m tmpfs "$1"'

# Fills the disk up to what is left in turn, or where none can be had limits the size of any file, and loads.
SCRIPT = """
import os, resource, sys
from pathlib import Path
from tests.loaders.test_kill import whole, write_table
from tertius.loaders import LoadJob, load
from tertius.store import DiskFull, Snapshots

folder, means, steps = Path(sys.argv[1]), sys.argv[2], [int(step) for step in sys.argv[3].split(",")]
data = folder / "data"
tables = [write_table(folder / f"{rows}.csv", rows) for rows in (300, 500)]
load(LoadJob(data, "victim", (tables[0],)))
for kilobytes in steps:
    before = whole(data)
    ballast = folder / "ballast"
    if means == "disk":
        free = os.statvfs(folder)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - kilobytes * 1024)
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, resource.RLIM_INFINITY))
    try:
        load(LoadJob(data, "victim", (tables[before == 300],)))
        outcome = "loaded"
    except DiskFull:
        outcome = "full"
    finally:
        ballast.unlink(missing_ok=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert whole(data) == (before if outcome == "full" else 800 - before), (kilobytes, outcome)
    assert not Snapshots(data).left_overs(), kilobytes
    print(outcome, flush=True)
before = whole(data)
assert load(LoadJob(data, "victim", (tables[before == 300],))).published
assert whole(data) == 800 - before
"""

# Loads when it is told to, and says which snapshot it published, or that another was loading.
WRITER = """
import sys
from pathlib import Path
from tertius.loaders import LoadJob, load
from tertius.store import LockHeld

print("ready", flush=True)
sys.stdin.readline()
try:
    print(load(LoadJob(Path(sys.argv[1]), "victim", (Path(sys.argv[2]),))).snapshot)
except LockHeld:
    print("held")
"""


def on_small_disk(folder: Path, means: str, steps: list[int]) -> list[str]:
    """Run the loads; `loaded` or `full` for each of the kilobytes that were left."""
    words = [sys.executable, "-c", SCRIPT, str(folder), means, ",".join(map(str, steps))]
    if means == "disk":
        words = [*OWN_DISK, f'{MOUNT} && shift && exec "$@"', "sh", str(folder), *words]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def own_disk(folder: Path) -> bool:
    """Whether this system gives a test a small disk of its own."""
    try:
        tried = subprocess.run([*OWN_DISK, MOUNT, "sh", str(folder)], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def test_a_limit_on_file_sizes_is_met_in_the_middle_of_a_load(tmp_path: Path) -> None:
    outcomes = on_small_disk(tmp_path, "limit", [24, 100_000])
    assert outcomes == ["full", "loaded"]


@pytest.mark.long
def test_a_small_disk_fills_up_at_every_stage_of_a_load(tmp_path: Path) -> None:
    # The smaller means is no lesser promise: the same is asked of it.
    means = "disk" if own_disk(tmp_path) else "limit"
    print(f"means: {means}")
    outcomes = on_small_disk(tmp_path, means, [8, 200, 900, 40_000])
    assert outcomes[0] == "full"
    assert outcomes[-1] == "loaded"
    assert outcomes.count("full") >= 2


def test_of_two_loads_at_once_one_is_turned_away_and_loses_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load(LoadJob(data, "victim", (write_table(tmp_path / "200.csv", 200),)))
    before = whole(data)
    with Snapshots(data).draft():
        with pytest.raises(LockHeld, match="one writer"):
            load(LoadJob(data, "victim", (write_table(tmp_path / "300.csv", 300),)))
        assert whole(data) == before
    assert load(LoadJob(data, "victim", (tmp_path / "300.csv",))).published
    assert whole(data) == 300


def test_of_two_processes_that_load_at_once_each_publishes_or_is_turned_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tables = {rows: write_table(tmp_path / f"{rows}.csv", rows) for rows in (200, 3000, 4000)}
    load(LoadJob(data, "victim", (tables[200],)))
    command = [sys.executable, "-c", WRITER, str(data)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = {rows: subprocess.Popen([*command, str(tables[rows])], **pipes) for rows in (3000, 4000)}  # type: ignore[call-overload]
    # Neither begins before both are there.
    for writer in writers.values():
        assert writer.stdout.readline() == "ready\n"
    for writer in writers.values():
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = {rows: writer.communicate(timeout=120)[0].strip() for rows, writer in writers.items()}
    published = [rows for rows, word in said.items() if word.isdigit()]
    assert published
    assert {said[rows] for rows in said.keys() - set(published)} <= {"held"}
    last = max(published, key=lambda rows: int(said[rows]))
    assert whole(data) == last
    assert Snapshots(data).current_number() == int(said[last]) == 1 + len(published)
    assert load(LoadJob(data, "victim", (tables[200],))).published
    assert whole(data) == 200
