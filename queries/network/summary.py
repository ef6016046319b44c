"""The whole network in numbers."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.answers import Summary
from tertius.queries.network.columns import Ids
from tertius.queries.network.measures import Communities, StructuralHoles
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_network import TieNetwork


def summarise(
    table: ParticipationTable,
    parameters: NetworkParameters,
    ties: TieNetwork,
    holes: StructuralHoles,
    *,
    component: Ids,
    found: Communities,
    method: str,
    origin: str,
) -> Summary:
    """Put the whole network in numbers.

    Args:
        table: The base table.
        parameters: With the as-of filled in.
        ties: Ties.
        holes: Burt's measures.
        component: Number of each position's component.
        found: Communities.
        method: How betweenness was computed.
        origin: What the communities were found in.
    """
    nodes = table.nodes()
    nodes[table.canonical_ids(parameters.exclude)] = False
    active, tied = int(ties.active.sum()), ties.organization.size
    degree = np.diff(ties.offsets)
    two_paths = int((degree * (degree - 1) // 2).sum())
    sizes = np.bincount(component)
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
        components=int((sizes > 0).sum()),
        largest_component=int(sizes.max(initial=0)),
        density=2 * ties.low.size / (active * (active - 1)) if active > 1 else None,
        transitivity=int(holes.triangles.sum()) / two_paths if two_paths else None,
        communities=int(found.number.max(initial=-1)) + 1,
        modularity=found.modularity,
        betweenness=method,
        communities_of=origin,
    )
