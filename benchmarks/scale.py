"""All structural-hole measures against igraph's constraint alone, from 10,000 to 1,000,000 organisations.

    python -m benchmarks.scale                        10,000, 100,000 and 1,000,000; and the consortia
    python -m benchmarks.scale --organizations 100000 --repeats 3

Networks come from `benchmarks.generated`. Every candidate runs in a process of its own on the same ties,
graph building left out, and says its processor seconds, wall seconds and how far its memory rose above
what the finished graph takes. Two threads are compared with one by wall seconds: that needs two idle
cores, and the load is printed. The largest difference to igraph is printed as well.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tertius.queries.network import NetworkParameters, warm
from tertius.queries.network.base import write_base
from tertius.queries.network.measures import communities, structural_holes
from tertius.queries.network.roles import brokerage, frame
from tertius.queries.network.ties import TieNetwork, derive_ties
from tertius.queries.network.workers import Workers

from benchmarks.generated import ALLIANCES, CONSORTIA, Shape, participations

CONSORTIUM_ORGANIZATIONS = 30_000


def peak() -> int:
    """Return the most memory held since the last reset, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reset_peak() -> int:
    """Forget the peak so far; return what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def measured(work: Callable[[], Any], repeats: int) -> tuple[Any, dict[str, float]]:
    """Run a candidate; return its last result, the median times, and the rise of memory."""
    held = reset_peak()
    cpu, wall = [], []
    result = None
    for _ in range(repeats):
        result = None
        before = time.process_time(), time.perf_counter()
        result = work()
        cpu.append(time.process_time() - before[0])
        wall.append(time.perf_counter() - before[1])
    return result, {
        "cpu": statistics.median(cpu),
        "wall": statistics.median(wall),
        "fastest": min(wall),
        "memory": peak() - held,
    }


def ours(ties: TieNetwork, repeats: int, threads: int) -> tuple[Any, dict[str, float]]:
    """Constraint, dyadic constraint, effective size, efficiency, hierarchy, clustering, local bridges."""
    warm()
    found, said = measured(lambda: structural_holes(ties, threads=threads), repeats)
    return found.constraint, said


def igraph_constraint(ties: TieNetwork, repeats: int, threads: int) -> tuple[Any, dict[str, float]]:
    """Constraint alone, by igraph."""
    import igraph

    edges = np.stack([ties.low, ties.high], axis=1)
    graph = igraph.Graph(n=ties.organization.size, edges=edges)
    weights = ties.weight.tolist()
    found, said = measured(lambda: graph.constraint(weights=weights), min(repeats, threads))
    return np.array(found), said


def further(ties: TieNetwork, repeats: int, threads: int) -> tuple[Any, dict[str, float]]:
    """Cores, cut points and bridges, roles and participation over communities; communities left out."""
    warm()
    part = communities(ties, ties.organization).number

    def work() -> Any:
        with Workers(threads) as workers:
            return frame(ties, workers), brokerage(ties, part)

    _, said = measured(work, repeats)
    return np.zeros(0), said


CANDIDATES = {"ours": ours, "igraph": igraph_constraint, "further": further}


def child(name: str, folder: Path, repeats: int, threads: int) -> None:
    """Run one candidate and leave its constraint behind."""
    with (folder / "ties.pickle").open("rb") as file:
        ties = pickle.load(file)
    values, said = CANDIDATES[name](ties, repeats, threads)
    np.save(folder / f"{name}-{threads}.npy", values)
    print(json.dumps(said))


def run(name: str, folder: Path, repeats: int, threads: int = 1) -> dict[str, float]:
    """Run one candidate in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", "--candidate", name, "--folder", str(folder)]
    command += ["--repeats", str(repeats), "--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def compare(organizations: int, shape: Shape, repeats: int) -> None:
    """Print the comparison on one network."""
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        columns = participations(organizations, shape)
        table = write_base(folder / "base", None, {"generated": columns}, {})
        before = time.process_time()
        ties = derive_ties(table, NetworkParameters(window=None))
        seconds = time.process_time() - before
        with (folder / "ties.pickle").open("wb") as file:
            pickle.dump(ties, file)
        n, m = ties.organization.size, ties.low.size
        largest = int(np.diff(ties.offsets).max())
        print(
            f"\n{organizations:,} organizations, {columns.rows:,} participations -> {m:,} ties of {n:,}, "
            f"most partners {largest:,}; derived in {seconds:.2f} s; load {os.getloadavg()[0]:.1f}"
        )
        del ties, columns, table
        one, two = run("ours", folder, repeats), run("ours", folder, repeats, 2)
        peer, more = run("igraph", folder, 1), run("further", folder, 1)
        values, theirs = np.load(folder / "ours-1.npy"), np.load(folder / "igraph-1.npy")
        same = np.array_equal(values, np.load(folder / "ours-2.npy"))
        line("all structural-hole measures, one thread", one)
        line("the same, two threads", two)
        line("constraint alone, igraph", peer)
        line("cores, cut points, roles over communities", more)
        print(
            f"  igraph takes {peer['cpu'] / one['cpu']:.1f} times our processor seconds; largest difference "
            f"{np.max(np.abs(values - theirs)):.1e}; two threads {one['fastest'] / two['fastest']:.2f} times "
            f"as fast (fastest of {repeats}), {'the same bits' if same else 'DIFFERENT VALUES'}",
            flush=True,
        )


def line(label: str, said: dict[str, float]) -> None:
    """Print one candidate's figures."""
    print(
        f"  {label:44} {said['cpu']:8.3f} s processor {said['wall']:8.3f} s wall "
        f"{said['memory'] / 1e6:8.0f} MB more"
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--organizations", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--without-consortia", action="store_true")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--candidate", choices=CANDIDATES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.candidate:
        child(arguments.candidate, arguments.folder, arguments.repeats, arguments.threads)
        return
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for organizations in arguments.organizations:
        compare(organizations, ALLIANCES, arguments.repeats)
    if not arguments.without_consortia:
        compare(CONSORTIUM_ORGANIZATIONS, CONSORTIA, arguments.repeats)


if __name__ == "__main__":
    main()
