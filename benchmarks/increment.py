"""What one alliance more, and one less, costs on a network of any size.

    python -m benchmarks.increment --organizations 1000000

Builds the base table and the default network of a generated network, adds an alliance of two organisations
that are there, and takes it out again, as a load does it: with everything taken over that did not change.
Beside it the whole derivation, and whether the two agree. With `--data`, a folder with a live snapshot
(of `benchmarks.million` for instance), loads of such an alliance are measured instead, phase by phase.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
from tertius.loaders import LoadJob, LoadReport, load
from tertius.queries.network import (
    UNCHANGED,
    BuiltNetwork,
    ColumnsBuilder,
    Network,
    ParticipationColumns,
    build,
)
from tertius.queries.network.tie_network import tie_of

from benchmarks.generated import ALLIANCES, participations

_KEY = "benchmarkoneaaaa"


def one_alliance(network: Network, first: int, second: int) -> ParticipationColumns:
    """Return a source of one alliance, of two organisations given by their ids."""
    builder = ColumnsBuilder()
    builder.alliance(_KEY, start=date(2019, 6, 1), end=date(2020, 6, 1))
    for key in network.table.organization_keys(np.array([first, second])):
        builder.organization(key)
        builder.participation(key, _KEY)
    return builder.finish()


def timed(work: Callable[[], BuiltNetwork]) -> tuple[BuiltNetwork, float, float]:
    """Do some work and return what it made, its wall time and its processor time in seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - wall, time.process_time() - processor


def difference(one: Network, other: Network) -> float:
    """Return the largest difference between structural-hole measures; infinite if the ties differ."""
    mine, theirs = one.derived.ties, other.derived.ties
    row = theirs.position[mine.organization]
    tie = tie_of(theirs, mine.organization[mine.low], mine.organization[mine.high])
    sizes = [(ties.organization.size, ties.low.size) for ties in (mine, theirs)]
    if sizes[0] != sizes[1] or row.min() < 0 or tie.min() < 0:
        return float("inf")
    for name in ("weight", "first", "last", "assumed", "evidence_size"):
        if not np.array_equal(getattr(mine, name), getattr(theirs, name)[tie]):
            return float("inf")
    found = 0.0
    for field in fields(one.derived.holes):
        ours, whole = (getattr(network.derived.holes, field.name) for network in (one, other))
        whole = whole[tie if field.name in {"closure", "shared"} else row]
        found = max(found, float(np.nanmax(np.abs(ours - whole), initial=0.0)))
    return found


def networks(organizations: int, folder: Path) -> None:
    """Measure the network alone: base table, ties, measures, files."""
    base, wall, processor = timed(lambda: build(folder / "1", None, {"base": participations(organizations)}))
    print(f"{base.counts['organizations']:,} organisations, {base.counts['ties']:,} ties")
    print("| | wall s | processor s |\n|---|---|---|")
    print(f"| whole derivation, columns included | {wall:.2f} | {processor:.2f} |", flush=True)
    one = one_alliance(base.network, 7, organizations // 2)
    more, wall, processor = timed(
        lambda: build(folder / "2", folder / "1", {"base": UNCHANGED, "one": one}, parent_number=1)
    )
    print(f"| one alliance more | {wall:.2f} | {processor:.2f} |", flush=True)
    less, wall, processor = timed(
        lambda: build(folder / "3", folder / "2", {"base": UNCHANGED}, parent_number=2)
    )
    print(f"| one alliance less | {wall:.2f} | {processor:.2f} |", flush=True)
    whole = build(folder / "4", folder / "1", {"base": UNCHANGED, "one": one})
    print(f"carried: {more.network.derived.carried}, {less.network.derived.carried}")
    print(f"largest difference to whole derivations: {difference(more.network, whole.network):.1e}")


def loads(data: Path, folder: Path) -> None:
    """Measure whole loads of one alliance into a data folder, and its removal."""
    table = folder / "one.csv"
    rows = "".join(f"increment,increment-{end},NL,2019-06-01,2020-06-01\n" for end in "ab")
    table.write_text("alliance,partner,country,start,end\n" + rows, encoding="utf-8")
    jobs = {
        "one alliance more": LoadJob(data=data, source="increment", files=(table,)),
        "one alliance less": LoadJob(data=data, source="increment", remove=True),
    }
    for turn in (1, 2):
        for name, job in jobs.items():
            processor = time.process_time()
            report: LoadReport = load(job)
            processor = time.process_time() - processor
            phases = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in report.seconds.items())
            print(f"{name}, turn {turn}: {phases}; processor {processor:.2f}", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--organizations", type=int, default=100_000, help=f"size; shape {ALLIANCES}")
    parser.add_argument("--data", type=Path, help="folder with a live snapshot to load into")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            networks(options.organizations, Path(folder))
        else:
            loads(options.data, Path(folder))


if __name__ == "__main__":
    main()
