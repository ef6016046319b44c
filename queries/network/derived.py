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
from tertius.queries.network.files import map_array, read_json, write_array, write_json
from tertius.queries.network.kernel_paths import components
from tertius.queries.network.kernel_types import Floats
from tertius.queries.network.measures import (
    Communities,
    StructuralHoles,
    betweenness,
    communities,
    comparable,
    percentiles,
    structural_holes,
)
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.roles import Structure, structure
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.ties import MOST_PAIRS, TieNetwork, derive_ties
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
        percentiles: For each of `PERCENTILES`, 0..100; NaN where there is no value.
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
    percentiles: Mapping[str, NDArray[np.float32]]
    orders: Mapping[str, Ids]
    summary: Summary
    carried: Carried | None = None

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
        files: dict[str, NDArray[Any]] = {"betweenness": self.betweenness, "community": self.community}
        for part in (self.ties, self.holes, self.structure):
            files |= _arrays(part)
        files |= {f"percentile-{name}": values for name, values in self.percentiles.items()}
        files |= {f"order-{name}": values for name, values in self.orders.items()}
        names = list(files)
        with Workers(None) as workers:
            workers.each(lambda at: write_array(directory, names[at], files[names[at]]), range(len(names)))
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
        """Map what `write` wrote.

        Raises:
            NetworkFormatError: A file is missing, damaged, or of another format version.
        """
        meta = read_json(directory, "network")
        summary = dict(meta["summary"])
        summary["as_of"] = date.fromisoformat(summary["as_of"]) if summary["as_of"] else None
        names = [field.name for field in fields(TieNetwork) if field.name not in _COUNTS]
        arrays: dict[str, Any] = {name: map_array(directory, name) for name in names}
        return cls(
            parameters=NetworkParameters.from_json(meta["parameters"]),
            ties=TieNetwork(**arrays, **meta["counts"]),
            holes=StructuralHoles(
                **{field.name: map_array(directory, field.name) for field in fields(StructuralHoles)}
            ),
            betweenness=map_array(directory, "betweenness"),
            community=map_array(directory, "community"),
            structure=Structure(
                **{field.name: map_array(directory, field.name) for field in fields(Structure)}
            ),
            percentiles={name: map_array(directory, f"percentile-{name}") for name in PERCENTILES},
            orders={order.value: map_array(directory, f"order-{order.value}") for order in Order},
            summary=Summary(**summary),
            carried=Carried(**meta["carried"]) if meta.get("carried") else None,
        )


def _arrays(part: TieNetwork | StructuralHoles | Structure) -> dict[str, NDArray[Any]]:
    return {field.name: getattr(part, field.name) for field in fields(part) if field.name not in _COUNTS}


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
    """Add percentiles, orders and the summary to measures.

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
    values: dict[str, Callable[[], NDArray[Any]]] = {
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
    by_key = np.argsort(_key_rank(table, ties))
    shares: dict[str, NDArray[np.float32]] = {}
    orders: dict[str, Ids] = {}
    summary: list[Summary] = []

    def share(name: str) -> None:
        shares[name] = percentiles(values[name]())

    def order(which: Order) -> None:
        ranked = comparable(values[which.value]())[by_key]
        if which is not Order.CONSTRAINT:
            ranked = -ranked
        orders[which.value] = by_key[np.argsort(ranked, kind="stable")].astype(np.int32)

    def sum_up() -> None:
        summary.append(_summary(table, parameters, ties, holes, found, method=method, origin=origin))

    work: list[Callable[[], None]] = [
        sum_up,
        *(partial(order, which) for which in Order),
        *(partial(share, name) for name in PERCENTILES),
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
        percentiles={name: shares[name] for name in PERCENTILES},
        orders={which.value: orders[which.value] for which in Order},
        summary=summary[0],
        carried=carried,
    )


def _summary(
    table: ParticipationTable,
    parameters: NetworkParameters,
    ties: TieNetwork,
    holes: StructuralHoles,
    found: Communities,
    *,
    method: str,
    origin: str,
) -> Summary:
    nodes = table.nodes()
    nodes[table.canonical_ids(parameters.exclude)] = False
    active, tied = int(ties.active.sum()), ties.organization.size
    degree = np.diff(ties.offsets)
    two_paths = int((degree * (degree - 1) // 2).sum())
    label = components(ties.offsets, ties.partner)
    _, sizes = np.unique(label, return_counts=True)
    return Summary(
        as_of=parameters.as_of,
        window=parameters.window,
        weight=parameters.weight.value,
        organizations=int(nodes.sum()),
        active=active,
        tied=tied,
        isolates=active - tied,
        participations=ties.participations,
        alliances=ties.alliance_count,
        alliances_left_out=ties.left_out,
        ties=ties.low.size,
        local_bridges=int((holes.shared == 0).sum()),
        components=sizes.size,
        largest_component=int(sizes.max(initial=0)),
        density=2 * ties.low.size / (active * (active - 1)) if active > 1 else None,
        transitivity=int(holes.triangles.sum()) / two_paths if two_paths else None,
        communities=int(found.number.max(initial=-1)) + 1,
        modularity=found.modularity,
        betweenness=method,
        communities_of=origin,
    )
