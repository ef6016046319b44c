"""All structural-hole measures against other programs' constraint, from 10,000 to 1,000,000 organisations.

    python -m venv PEERS && PEERS/bin/pip install --require-hashes -r benchmarks/peers/network.lock
    python -m benchmarks.scale --peers PEERS/bin/python --h2020 PATH/TO/h2020.csv.gz      everything
    python -m benchmarks.scale --organizations 10000 --without-consortia                  a quick look

Networks come from `benchmarks.generated` (alliances of 10,000, 100,000 and 1,000,000 organisations, and
30,000 in consortia) and, if named, from all Horizon 2020 participations. Every candidate runs in a process
of its own on the same ties, graph building left out on all sides, and says its processor seconds, wall
seconds, how far its memory rose above what the finished graph takes, and the most that its process held.
Peers are in `benchmarks/peers/network.py`; without `--peers` those that this environment has are run. A
peer that does not finish in time, or needs more memory than it may take, is said to. Ratios are between
processor seconds of one thread; those of peers on two threads are between wall seconds, and like our own
two threads they need two idle cores: the load is printed. Differences are between constraints.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tertius.queries.network import NetworkParameters, ParticipationColumns, warm
from tertius.queries.network.base import write_base
from tertius.queries.network.measures import communities, structural_holes
from tertius.queries.network.roles import structure
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.ties import derive_ties
from tertius.queries.network.workers import Workers

from benchmarks.constraint import read
from benchmarks.generated import ALLIANCES, CONSORTIA, participations
from benchmarks.peers.network import CANDIDATES as PEERS
from benchmarks.peers.network import measured

CONSORTIUM_ORGANIZATIONS = 30_000
PEER_SCRIPT = Path(__file__).parent / "peers" / "network.py"
RUNS = [
    ("igraph", 1), ("graphblas-symmetric", 1), ("graphblas", 1), ("graphblas-symmetric", 2),
    ("duckdb", 2), ("polars", 2), ("spark", 2), ("networkx", 1),
]  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How to run candidates."""

    python: str
    peers: list[str]
    repeats: int
    seconds: float
    gigabytes: float


def ours(ties: TieNetwork, repeats: int, threads: int) -> tuple[Any, dict[str, float]]:
    """Constraint, dyadic constraint, effective size, efficiency, hierarchy, clustering, local bridges."""
    warm()
    found, said = measured(lambda: structural_holes(ties, threads=threads), repeats)
    return found.constraint, said


def further(ties: TieNetwork, repeats: int, threads: int) -> tuple[Any, dict[str, float]]:
    """Cores, cut points and bridges, roles and participation over communities; communities left out."""
    warm()
    part = communities(ties, ties.organization).number

    def work() -> Any:
        with Workers(threads) as workers:
            return structure(ties, part, workers)

    _, said = measured(work, repeats)
    return np.zeros(0), said


CANDIDATES = {"ours": ours, "further": further}


def child(name: str, folder: Path, repeats: int, threads: int) -> None:
    """Run one of ours and leave its constraint behind."""
    with (folder / "ties.pickle").open("rb") as file:
        ties = pickle.load(file)
    values, said = CANDIDATES[name](ties, repeats, threads)
    np.save(folder / f"{name}-{threads}.npy", values)
    print(json.dumps(said))


def run(name: str, folder: Path, threads: int, options: Options) -> dict[str, float] | str:
    """Run one candidate in a process of its own; return its figures, or why there are none."""
    if name in CANDIDATES:
        command = [sys.executable, "-m", "benchmarks.scale", "--candidate", name, "--folder", str(folder)]
        command += ["--repeats", str(options.repeats)]
    else:
        command = [options.python, str(PEER_SCRIPT), name, str(folder)]
        command += ["--gigabytes", str(options.gigabytes)]
    command += ["--threads", str(threads)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=options.seconds)
    except subprocess.TimeoutExpired:
        return f"not done after {options.seconds:.0f} s"
    if done.returncode == 0:
        said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return said
    if "ModuleNotFoundError" in done.stderr:
        return "not installed"
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr or "OutOfMemory" in done.stderr:
        return f"more than {options.gigabytes:g} GB"
    return f"failed: {(done.stderr.strip() or str(done.returncode)).splitlines()[-1][:100]}"


def compare(label: str, columns: ParticipationColumns, options: Options) -> tuple[Any, ...] | None:
    """Print the comparison on one network; return its row of the table of growth."""
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        table = write_base(folder / "base", None, {"benchmark": columns}, {})
        before = time.process_time()
        ties = derive_ties(table, NetworkParameters(window=None))
        seconds = time.process_time() - before
        with (folder / "ties.pickle").open("wb") as file:
            pickle.dump(ties, file)
        for name in ("low", "high", "weight"):
            np.save(folder / f"{name}.npy", getattr(ties, name))
        n, m = ties.organization.size, ties.low.size
        largest = int(np.diff(ties.offsets).max())
        print(
            f"\n### {label}\n\n{columns.rows:,} participations, {m:,} ties of {n:,} organizations, most "
            f"partners {largest:,}; ties derived in {seconds:.2f} s; load {os.getloadavg()[0]:.1f}\n"
        )
        print(
            "| | threads | processor s | wall s | times ours | memory more, MB | process, MB | difference |"
        )
        print("|---|---|---|---|---|---|---|---|")
        del ties, table
        one = run("ours", folder, 1, options)
        two = run("ours", folder, 2, options)
        if isinstance(one, str) or isinstance(two, str):
            print(f"ours: {one if isinstance(one, str) else two}")
            return None
        row("**ours, all structural-hole measures**", 1, one, "1", "")
        values = np.load(folder / "ours-1.npy")
        same = np.array_equal(values, np.load(folder / "ours-2.npy"))
        faster = f"{one['fastest'] / two['fastest']:.2f} times as fast"
        row("**ours, the same**", 2, two, faster, "the same bits" if same else "DIFFERENT VALUES")
        more = run("further", folder, 1, options)
        row("ours, cores, cut points, roles over communities", 1, more, "", "")
        for name, threads in RUNS:
            if name in options.peers:
                said = run(name, folder, threads, options)
                difference = ratio = ""
                if not isinstance(said, str):
                    theirs = np.load(folder / f"{name}-{threads}.npy")
                    difference = f"{np.max(np.abs(values - theirs)):.0e}"
                    measure, mine = ("cpu", one) if threads == 1 else ("wall", two)
                    ratio = f"{said[measure] / mine[measure]:.1f}{'' if threads == 1 else ' (wall)'}"
                row(f"{name}, constraint alone", threads, said, ratio, difference)
        return label, n, m, one, two


def row(label: str, threads: int, said: dict[str, float] | str, ratio: str, difference: str) -> None:
    """Print one candidate's row."""
    if isinstance(said, str):
        print(f"| {label} | {threads} | {said} | | | | | |", flush=True)
        return
    print(
        f"| {label} | {threads} | {said['cpu']:.3f} | {said['wall']:.3f} | {ratio} "
        f"| {said['memory'] / 1e6:.0f} | {said['peak'] / 1e6:.0f} | {difference} |",
        flush=True,
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--organizations", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--without-consortia", action="store_true")
    parser.add_argument("--h2020", type=Path, help="h2020.csv.gz, one row per participation")
    parser.add_argument("--peers", dest="python", default=sys.executable, help="Python that has the peers")
    parser.add_argument("--only", nargs="*", choices=PEERS, default=list(PEERS), help="peers to run")
    parser.add_argument("--repeats", type=int, default=5, help="of ours; peers run once")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each candidate")
    parser.add_argument("--gigabytes", type=float, default=14, help="most memory for each peer")
    parser.add_argument("--candidate", choices=CANDIDATES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.candidate:
        child(given.candidate, given.folder, given.repeats, given.threads)
        return
    options = Options(given.python, given.only, given.repeats, given.timeout, given.gigabytes)
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {platform.python_version()}")
    grown = [
        compare(f"{count:,} organizations", participations(count, ALLIANCES), options)
        for count in given.organizations
    ]
    if not given.without_consortia:
        count = CONSORTIUM_ORGANIZATIONS
        grown.append(
            compare(f"{count:,} organizations in consortia", participations(count, CONSORTIA), options)
        )
    if given.h2020:
        grown.append(compare("Horizon 2020", read(given.h2020), options))
    print("\n### Growth\n\n| | organizations tied | ties | processor s | microseconds a tie | two threads |")
    print("|---|---|---|---|---|---|")
    for label, n, m, one, two in filter(None, grown):
        speed = one["fastest"] / two["fastest"]
        print(f"| {label} | {n:,} | {m:,} | {one['cpu']:.3f} | {1e6 * one['cpu'] / m:.2f} | {speed:.2f} |")


if __name__ == "__main__":
    main()
