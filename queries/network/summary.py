"""The whole network in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tertius.queries.network.answers import Summary
from tertius.queries.network.kernel_paths import components
from tertius.queries.network.measures import Communities, StructuralHoles
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_network import TieNetwork


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the network falls into.

    Attributes:
        components: Number of components; organisations without ties are in none.
        largest: Organisations in the largest one.
    """

    components: int
    largest: int

    @classmethod
    def of(cls, ties: TieNetwork) -> Pieces:
        """Count them, in time linear in the ties."""
        _, sizes = np.unique(components(ties.offsets, ties.partner), return_counts=True)
        return cls(sizes.size, int(sizes.max(initial=0)))


def summarise(
    table: ParticipationTable,
    parameters: NetworkParameters,
    ties: TieNetwork,
    holes: StructuralHoles,
    found: Communities,
    *,
    method: str,
    origin: str,
    pieces: Pieces | None = None,
) -> Summary:
    """Put the whole network in numbers.

    Args:
        table: The base table.
        parameters: With the as-of filled in.
        ties: Ties.
        holes: Burt's measures.
        found: Communities.
        method: How betweenness was computed.
        origin: What the communities were found in.
        pieces: Components, where they are known; counted otherwise.
    """
    nodes = table.nodes()
    nodes[table.canonical_ids(parameters.exclude)] = False
    active, tied = int(ties.active.sum()), ties.organization.size
    degree = np.diff(ties.offsets)
    two_paths = int((degree * (degree - 1) // 2).sum())
    pieces = pieces or Pieces.of(ties)
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
        components=pieces.components,
        largest_component=pieces.largest,
        density=2 * ties.low.size / (active * (active - 1)) if active > 1 else None,
        transitivity=int(holes.triangles.sum()) / two_paths if two_paths else None,
        communities=int(found.number.max(initial=-1)) + 1,
        modularity=found.modularity,
        betweenness=method,
        communities_of=origin,
    )
