"""What a load calls: the base table and the default network of a new snapshot."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tertius.queries.network.base import Source, write_base
from tertius.queries.network.derived import Derived, derive
from tertius.queries.network.increment import Parent, increment
from tertius.queries.network.measures import EXACT_BETWEENNESS
from tertius.queries.network.network import Network
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BuiltNetwork:
    """What `build` made.

    Attributes:
        network: The default network, open.
        as_of: Default as-of; None where no date is known.
        counts: Numbers for a manifest or a report.
    """

    network: Network
    as_of: date | None
    counts: Mapping[str, int]


def build(
    network_dir: Path,
    parent: Path | None,
    sources: Mapping[str, Source],
    *,
    same: Mapping[str, str] = _NOTHING,
    parameters: NetworkParameters | None = None,
    threads: int | None = None,
    parent_number: int | None = None,
    at_least: int = EXACT_BETWEENNESS,
) -> BuiltNetwork:
    """Write a snapshot's base table and its default network; publishing makes the files durable.

    Ids of organisations and alliances are kept from the parent and never used again for another key.
    The same input gives the same files. Where the parent's number is given, its network is large and little
    has changed, its default network is brought up to date instead of being derived whole; the files
    are the same but for the last digits of measures and for communities and betweenness, which are carried
    and say so.

    Args:
        network_dir: Directory to fill; made if missing, otherwise empty.
        parent: The parent snapshot's network directory, or None for the first snapshot.
        sources: Columns, or `UNCHANGED`, of every source; a source not named is gone.
        same: Judgements, closed: key of a record -> key of the record that stands for it.
        parameters: Of the default network.
        threads: At most so many threads; None for one per processor.
        parent_number: The parent snapshot's number; None to derive the whole network.
        at_least: Organisations with ties above which an update is tried.

    Raises:
        ColumnsError: Columns or judgements contradict themselves; the message names row or key.
        NetworkTooLargeError: Alliances are so large that their ties cannot be held.
        NetworkFormatError: The parent cannot be read.
    """
    network_dir.mkdir(parents=True, exist_ok=True)
    table = write_base(network_dir, parent, sources, same)
    wanted = parameters or NetworkParameters()
    before = _before(parent, parent_number)
    target = network_dir / "default"
    target.mkdir()
    if before is None or not increment(before, table, wanted, target, threads=threads, at_least=at_least):
        derive(table, wanted, threads=threads).write(target)
    network = Network.open(network_dir)
    summary = network.summary()
    counts = {
        "organizations": summary.organizations,
        "alliances": int(sum(table.source_alliances.values())),
        "participations": int(sum(table.sources.values())),
        "ties": summary.ties,
        "tied_organizations": summary.tied,
        "local_bridges": summary.local_bridges,
        "communities": summary.communities,
    }
    return BuiltNetwork(network, table.as_of, counts)


def _before(parent: Path | None, number: int | None) -> Parent | None:
    """Open the parent's default network, if there is one that can be brought up to date."""
    if parent is None or number is None or not (parent / "default" / "network.json").is_file():
        return None
    default = parent / "default"
    return Parent(ParticipationTable.open(parent), Derived.open(default), number, default)


def warm() -> float:
    """Compile the kernels, or read them from numba's cache, so that no request has to.

    Importing this package's `build` or `network` module does it as well; call this where you want to
    know how long it takes.

    Returns:
        Seconds taken.
    """
    begin = time.perf_counter()
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("kernel"):
            importlib.import_module(f"tertius.queries.network.{module.name}")
    return time.perf_counter() - begin
