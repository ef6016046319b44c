"""Structural holes of every organisation, against igraph and networkx, in one run.

    python -m benchmarks.constraint PATH/TO/h2020.csv.gz [--without-networkx]

Reads the 144,726 participations of Horizon 2020, derives the network (all time, Newman's weights) and
times, in processor seconds of one thread: our kernel for constraint, dyadic constraint, effective
size, efficiency, hierarchy, clustering and local bridges of all organisations; igraph's and networkx'
constraint alone. Building each library's graph is left out on all sides; ours lies in the snapshot in
the order that the kernel wants, and how long deriving it took is printed beside. Differences between
the values are printed too: a fast wrong answer is no answer.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import numpy as np
from tertius.ontology.identity import key
from tertius.queries.network import (
    ColumnsBuilder,
    NetworkParameters,
    ParticipationColumns,
    build,
    warm,
)
from tertius.queries.network.measures import betweenness, communities, structural_holes
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.ties import derive_ties

REPEATS = 7


def read(path: Path) -> ParticipationColumns:
    """Read the participations as CORDIS gives them, organisations by their participant code."""

    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text and text != "NA" else None

    builder = ColumnsBuilder()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            organization, project = key("pic", row["pic"]), key("project", row["rcn"])
            builder.organization(organization, country=row["country"], type=row["type"])
            builder.alliance(project, start=day(row["start_date"]), end=day(row["end_date"]))
            builder.participation(organization, project, role=row["role"])
    return builder.finish()


def timed(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return a result and the median of processor seconds."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        result = work()
        seconds.append(time.process_time() - begin)
    return result, statistics.median(seconds)


def difference(mine: np.ndarray[Any, Any], theirs: list[float]) -> float:
    """Return the largest difference; both sides must lack values for the same organisations."""
    return float(np.max(np.abs(mine - np.array(theirs))))


def compare(ties: TieNetwork, *, with_networkx: bool) -> None:
    """Print the ratios."""
    holes, ours = timed(lambda: structural_holes(ties), REPEATS)
    edges = list(zip(ties.low.tolist(), ties.high.tolist(), strict=True))
    graph = igraph.Graph(n=ties.organization.size, edges=edges)
    weights = ties.weight.tolist()
    print(f"{'all measures, ours':28} {ours:10.3f} s")
    values, theirs = timed(lambda: graph.constraint(weights=weights), 1)
    print(
        f"{'constraint alone, igraph':28} {theirs:10.3f} s  {theirs / ours:8.1f} times ours"
        f"  largest difference {difference(holes.constraint, values):.1e}"
    )
    if not with_networkx:
        return
    peer = nx.Graph()
    peer.add_weighted_edges_from((a, b, w) for (a, b), w in zip(edges, weights, strict=True))
    found, theirs = timed(lambda: nx.constraint(peer, weight="weight"), 1)
    ordered = [found[at] for at in range(ties.organization.size)]
    print(
        f"{'constraint alone, networkx':28} {theirs:10.3f} s  {theirs / ours:8.1f} times ours"
        f"  largest difference {difference(holes.constraint, ordered):.1e}"
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("participations", type=Path, help="h2020.csv.gz, one row per participation")
    parser.add_argument("--without-networkx", action="store_true", help="networkx takes about a minute")
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"kernels ready after {warm():.2f} s (compiled or read from the cache)")
    columns = read(arguments.participations)
    with tempfile.TemporaryDirectory() as directory:
        begin = time.perf_counter()
        table = build(Path(directory), None, {"horizon-2020": columns}).network.table
        print(f"base table and default network built and measured in {time.perf_counter() - begin:.2f} s")
        parameters = NetworkParameters(window=None)
        ties, seconds = timed(lambda: derive_ties(table, parameters), 3)
        print(
            f"{columns.rows:,} participations -> {ties.low.size:,} ties of {ties.organization.size:,} "
            f"organizations in {seconds:.2f} s"
        )
        compare(ties, with_networkx=not arguments.without_networkx)
        found, seconds = timed(lambda: communities(ties, ties.organization), 1)
        print(f"{'communities':28} {seconds:10.3f} s  modularity {found.modularity:.4f}")
        between, seconds = timed(lambda: betweenness(ties, threads=1), 1)
        print(f"{'betweenness':28} {seconds:10.3f} s  {between.method}")


if __name__ == "__main__":
    main()
