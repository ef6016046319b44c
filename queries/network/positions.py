"""What each organisation's position is, put together from the arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Partition, Position, Roles, Standing
from tertius.queries.network.roles import brokerage_of

if TYPE_CHECKING:
    from tertius.queries.network.network import Network


def positions(network: Network, ids: NDArray[np.integer[Any]], partition: Partition) -> list[Position]:
    """Return the positions of organisation ids; see `Network.positions`."""
    at = network.derived.ties.position[ids]
    keys = network.table.organization_keys(ids)
    tied = np.flatnonzero(at >= 0)
    rows = at[tied]
    result = [Position(key, network.standing(int(i)), 0) for key, i in zip(keys, ids, strict=True)]
    holes, offsets, structure = network.derived.holes, network.derived.ties.offsets, network.derived.structure
    columns = (
        offsets[rows + 1] - offsets[rows],
        holes.strength[rows],
        holes.constraint[rows],
        holes.effective_size[rows],
        holes.efficiency[rows],
        holes.hierarchy[rows],
        holes.clustering[rows],
        holes.triangles[rows],
        holes.local_bridges[rows],
        network.derived.betweenness[rows],
        network.derived.community[rows],
        structure.core[rows],
        structure.articulation[rows],
    )
    measured = network.derived.measured_at(rows)
    names = tuple(measured)
    shares = np.stack([network.derived.ranks[name].share(measured[name]) for name in names], axis=1)
    roles, participation = brokerage(network, rows, partition)
    for place, values, share, played, spread in zip(
        tied.tolist(),
        zip(*(c.tolist() for c in columns), strict=True),
        shares.tolist(),
        roles,
        participation,
        strict=True,
    ):
        if partition is not Partition.COMMUNITY:
            share[names.index("participation_coefficient")] = math.nan
        between = {"roles": played, "participation_coefficient": known(spread)}
        result[place] = _tied(keys[place], values, dict(zip(names, share, strict=True)), between)
    return result


def brokerage(
    network: Network, rows: NDArray[np.integer[Any]], partition: Partition
) -> tuple[list[Roles], list[float]]:
    """Return roles and participation coefficients (NaN where undefined) of positions."""
    structure = network.derived.structure
    if partition is Partition.COMMUNITY:
        numbers = structure.roles.reshape(-1, 5)[rows].tolist()
        return [Roles(*five) for five in numbers], structure.participation[rows].tolist()
    part = network.parts(partition)
    found = [brokerage_of(network.derived.ties, part, int(row)) for row in rows]
    return [Roles(*five) for five, _ in found], [spread for _, spread in found]


def known(value: float) -> float | None:
    """Return a value, or None for what is not a number."""
    return None if math.isnan(value) else value


def _tied(key: str, values: tuple[Any, ...], shares: dict[str, float], brokerage: dict[str, Any]) -> Position:
    degree, strength, constraint, size, efficiency, hierarchy, clustering, *rest = values
    triangles, bridges, between, community, core, articulation = rest
    return Position(
        organization=key,
        standing=Standing.TIED,
        degree=degree,
        strength=strength,
        constraint=constraint,
        effective_size=size,
        efficiency=efficiency,
        hierarchy=hierarchy,
        clustering=known(clustering),
        triangles=triangles,
        local_bridges=bridges,
        betweenness=known(between),
        community=community,
        core=core,
        articulation=articulation,
        percentiles={name: round(share, 2) for name, share in shares.items() if not math.isnan(share)},
        **brokerage,
    )
