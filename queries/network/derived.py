"""A network derived for one set of parameters: computed once, written as arrays, mapped by every reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.adoption import adopt, dense, modularity
from tertius.queries.network.answers import THESE_TIES, Order, Summary
from tertius.queries.network.columns import Ids
from tertius.queries.network.errors import ParameterError
from tertius.queries.network.files import read_json, write_array, write_json
from tertius.queries.network.kernel_types import Floats
from tertius.queries.network.measures import (
    Communities,
    StructuralHoles,
    betweenness,
    communities,
    structural_holes,
)
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.ranks import Ranks, in_order
from tertius.queries.network.revision import Arrays
from tertius.queries.network.roles import Structure, structure
from tertius.queries.network.summary import summarise
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.ties import MOST_PAIRS, derive_ties
from tertius.queries.network.workers import Aside, Workers

PERCENTILES: Final = (
    "degree",
    "strength",
    "constraint",
    "effective_size",
    "efficiency",
    "hierarchy",
    "betweenness",
    "core",
    "participation_coefficient",
)
"""Measures that percentiles are given of."""

MOST_MEASURED: Final = 200_000
"""Organisations with ties up to which a network for other than the default parameters gets communities and
betweenness of its own; they take a minute for a million, and everything else two seconds."""

_COUNTS: Final = ("participations", "alliance_count", "left_out")


@dataclass(frozen=True, slots=True)
class Carried:
    """Communities and betweenness taken over from an earlier snapshot.

    Attributes:
        snapshot: Number of the snapshot for which they were computed.
        ties: Ties that have come, gone or changed their weight since.
    """

    snapshot: int
    ties: int

    def method(self, before: Summary) -> str:
        """Say how betweenness was computed, and for which snapshot."""
        return f"{before.betweenness.partition(',')[0]}, in snapshot {self.snapshot}"

    @property
    def origin(self) -> str:
        """Say what the communities were found in."""
        return f"snapshot {self.snapshot}"


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """Ties and measures of one set of parameters, all by position in the order of degree.

    Attributes:
        parameters: With the as-of filled in.
        ties: Ties.
        holes: Burt's measures.
        betweenness: Unweighted, not normalised.
        community: Leiden community.
        structure: Cores, what holds the network together, and roles over the communities.
        ranks: For each of `PERCENTILES`, where values stand among all.
        orders: For each `Order`, the positions in that order.
        summary: The whole network in numbers.
        carried: Where communities and betweenness come from, if not from these ties.
    """

    parameters: NetworkParameters
    ties: TieNetwork
    holes: StructuralHoles
    betweenness: Floats
    community: Ids
    structure: Structure
    ranks: Mapping[str, Ranks]
    orders: Mapping[str, Ids]
    summary: Summary
    carried: Carried | None = None

    @property
    def measures(self) -> dict[str, NDArray[Any]]:
        """Values by position of all measures that percentiles are given of."""
        values = measured(self.ties, self.holes, self.betweenness, lambda: self.structure)
        return {name: value() for name, value in values.items()}

    def measured_at(self, rows: NDArray[np.integer[Any]]) -> dict[str, NDArray[Any]]:
        """Return what `measures` gives at some positions, in time that grows with those alone."""
        offsets = self.ties.offsets
        values = measured(self.ties, self.holes, self.betweenness, lambda: self.structure)
        return {
            name: offsets[rows + 1] - offsets[rows] if name == "degree" else value()[rows]
            for name, value in values.items()
        }

    def ranked(self, order: Order) -> Ids:
        """Return the positions in an order.

        Raises:
            ParameterError: Betweenness was not computed for this network.
        """
        if order is Order.BETWEENNESS and self.ties.organization.size and np.isnan(self.betweenness).all():
            raise ParameterError(
                "order", f"betweenness was {self.summary.betweenness}: order by constraint or effective_size"
            )
        return self.orders[order.value]

    def write(self, directory: Path) -> None:
        """Write every array into an existing, empty directory; `network.json` last."""
        files = self.arrays()
        names = list(files)

        def write(at: int) -> None:
            write_array(directory, names[at], files[names[at]], growing=True)

        with Workers(None) as workers:
            workers.each(write, range(len(names)))
        self.write_numbers(directory)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by the name of its file."""
        files: dict[str, NDArray[Any]] = {"betweenness": self.betweenness, "community": self.community}
        for part in (self.ties, self.holes, self.structure):
            files |= {name: getattr(part, name) for name in array_names(type(part))}
        for name, ranks in self.ranks.items():
            files |= {f"{field.name}-{name}": getattr(ranks, field.name) for field in fields(Ranks)}
        return files | {f"order-{name}": values for name, values in self.orders.items()}

    def write_numbers(self, directory: Path) -> None:
        """Write what is not an array, which makes the directory complete."""
        summary = {field.name: getattr(self.summary, field.name) for field in fields(Summary)}
        summary["as_of"] = self.summary.as_of.isoformat() if self.summary.as_of else None
        counts = {name: getattr(self.ties, name) for name in _COUNTS}
        write_json(
            directory,
            "network",
            {
                "parameters": self.parameters.as_json(),
                "summary": summary,
                "counts": counts,
                "carried": asdict(self.carried) if self.carried else None,
            },
        )

    @classmethod
    def open(cls, directory: Path) -> Derived:
        """Map what `write` or a `Revision` wrote.

        Raises:
            NetworkFormatError: A file is missing, damaged, or of another format version.
        """
        meta = read_json(directory, "network")
        summary = dict(meta["summary"])
        summary["as_of"] = date.fromisoformat(summary["as_of"]) if summary["as_of"] else None
        array = Arrays(directory)

        def part(kind: type[Any]) -> dict[str, Any]:
            return {name: array(name) for name in array_names(kind)}

        return cls(
            parameters=NetworkParameters.from_json(meta["parameters"]),
            ties=TieNetwork(**part(TieNetwork), **meta["counts"]),
            holes=StructuralHoles(**part(StructuralHoles)),
            betweenness=array("betweenness"),
            community=array("community"),
            structure=Structure(**part(Structure)),
            ranks={
                name: Ranks(**{field.name: array(f"{field.name}-{name}") for field in fields(Ranks)})
                for name in PERCENTILES
            },
            orders={order.value: array(f"order-{order.value}") for order in Order},
            summary=Summary(**summary),
            carried=Carried(**meta["carried"]) if meta.get("carried") else None,
        )


def array_names(kind: type[Any]) -> list[str]:
    """Return the fields of a part of a network that are arrays."""
    return [field.name for field in fields(kind) if field.name not in _COUNTS]


def measured(
    ties: TieNetwork, holes: StructuralHoles, between: Floats, structure: Callable[[], Structure]
) -> dict[str, Callable[[], NDArray[Any]]]:
    """Return what gives the values by position of each of `PERCENTILES`; cores and participation may wait."""
    return {
        "degree": lambda: np.diff(ties.offsets),
        "strength": lambda: holes.strength,
        "constraint": lambda: holes.constraint,
        "effective_size": lambda: holes.effective_size,
        "efficiency": lambda: holes.efficiency,
        "hierarchy": lambda: holes.hierarchy,
        "betweenness": lambda: between,
        "core": lambda: structure().core,
        "participation_coefficient": lambda: structure().participation,
    }


def derive(
    table: ParticipationTable,
    parameters: NetworkParameters,
    *,
    default: Derived | None = None,
    threads: int | None = None,
    most_pairs: int = MOST_PAIRS,
    most_measured: int = MOST_MEASURED,
) -> Derived:
    """Derive ties and compute every measure.

    Args:
        table: The base table.
        parameters: The as-of may be left to the table's default.
        default: The snapshot's default network. Where the network is large, its communities are taken over
            and betweenness is left out.
        threads: At most so many threads; the result is the same for any number.
        most_pairs: Cap on pairs of partners within alliances.
        most_measured: Organisations with ties above which a network is large.

    Raises:
        NetworkTooLargeError: The alliances in the window join more pairs than the cap.
    """
    parameters = parameters.resolved(table.as_of)
    ties = derive_ties(table, parameters, most_pairs=most_pairs, threads=threads)
    holes = structural_holes(ties, threads=threads)
    origin = THESE_TIES
    if default is None or ties.organization.size <= most_measured:
        between = betweenness(ties, threads=threads)
        values, method = between.values, between.method
        found = communities(ties, _key_rank(table, ties))
    else:
        values = np.full(ties.organization.size, np.nan)
        method = f"not computed for more than {most_measured:,} organizations with ties"
        found = _taken_over(default, ties, table.organizations.size)
        origin = f"the default network, as of {default.summary.as_of}"
    with Workers(threads) as workers, Aside(threads) as aside:
        held = aside.begin(lambda: structure(ties, found.number, workers))
        return assemble(
            table,
            parameters,
            ties,
            holes=holes,
            between=values,
            found=found,
            structure=held,
            method=method,
            origin=origin,
            threads=threads,
        )


def _taken_over(default: Derived, ties: TieNetwork, organizations: int) -> Communities:
    """Return another network's communities; those who have none there join where their ties lead."""
    number = np.full(organizations, -1, dtype=np.int32)
    number[default.ties.organization] = default.community
    joined = dense(adopt(ties, number[ties.organization]))
    return Communities(joined, modularity(ties, joined))


def _key_rank(table: ParticipationTable, ties: TieNetwork) -> Ids:
    rank = np.empty(table.organizations.size, dtype=np.int32)
    rank[table.organization_order] = np.arange(rank.size, dtype=np.int32)
    return rank[ties.organization]


def assemble(
    table: ParticipationTable,
    parameters: NetworkParameters,
    ties: TieNetwork,
    *,
    holes: StructuralHoles,
    between: Floats,
    found: Communities,
    structure: Callable[[], Structure],
    method: str,
    origin: str = THESE_TIES,
    carried: Carried | None = None,
    threads: int | None = None,
) -> Derived:
    """Add ranks, orders and the summary to measures.

    Args:
        table: The base table.
        parameters: With the as-of filled in.
        ties: Ties.
        holes: Burt's measures.
        between: Betweenness.
        found: Communities.
        structure: Waits for cores, cut points and roles, which nothing else here waits for.
        method: How betweenness was computed, for the summary.
        origin: What the communities were found in, for the summary.
        carried: Since when communities and betweenness date; None where they are of this network.
        threads: At most so many threads.
    """
    by_key = np.argsort(_key_rank(table, ties))
    ranks: dict[str, Ranks] = {}
    orders: dict[str, Ids] = {}
    summary: list[Summary] = []

    values = measured(ties, holes, between, structure)

    def rank(name: str) -> None:
        ranks[name] = Ranks.of(values[name]())

    def order(which: Order) -> None:
        orders[which.value] = in_order(ordering(which, values[which.value]()), by_key)

    def sum_up() -> None:
        summary.append(
            summarise(
                table,
                parameters,
                ties,
                holes,
                component=structure().component,
                found=found,
                method=method,
                origin=origin,
            )
        )

    work: list[Callable[[], None]] = [
        *(partial(order, which) for which in Order),
        *(partial(rank, name) for name in PERCENTILES),
        sum_up,
    ]
    with Workers(threads) as workers:
        workers.each(lambda at: work[at](), range(len(work)))
    return Derived(
        parameters=parameters,
        ties=ties,
        holes=holes,
        betweenness=between,
        community=found.number,
        structure=structure(),
        ranks={name: ranks[name] for name in PERCENTILES},
        orders={which.value: orders[which.value] for which in Order},
        summary=summary[0],
        carried=carried,
    )


def ordering(order: Order, values: NDArray[Any]) -> NDArray[Any]:
    """Return what an order ascends by, so that those who broker most come first."""
    return values if order is Order.CONSTRAINT else -values
