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
from tertius.queries.network.derived import derive
from tertius.queries.network.network import Network
from tertius.queries.network.parameters import NetworkParameters

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
) -> BuiltNetwork:
    """Write a snapshot's base table and its default network; publishing makes the files durable.

    Ids of organisations and alliances are kept from the parent and never used again for another key.
    The same input gives the same files.

    Args:
        network_dir: Directory to fill; made if missing, otherwise empty.
        parent: The parent snapshot's network directory, or None for the first snapshot.
        sources: Columns, or `UNCHANGED`, of every source; a source not named is gone.
        same: Judgements, closed: key of a record -> key of the record that stands for it.
        parameters: Of the default network.
        threads: At most so many threads; None for one per processor.

    Raises:
        ColumnsError: Columns or judgements contradict themselves; the message names row or key.
        NetworkTooLargeError: Alliances are so large that their ties cannot be held.
        NetworkFormatError: The parent cannot be read.
    """
    network_dir.mkdir(parents=True, exist_ok=True)
    table = write_base(network_dir, parent, sources, same)
    derived = derive(table, parameters or NetworkParameters(), threads=threads)
    target = network_dir / "default"
    target.mkdir()
    derived.write(target)
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
