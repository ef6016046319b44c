"""Questions about one organisation's ties: partners, bridging partners, ego network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import (
    BridgingPartner,
    EgoNetwork,
    EgoTie,
    Evidence,
    Page,
    Partition,
    Partner,
    Without,
)
from tertius.queries.network.dates import from_days
from tertius.queries.network.kernel_cores import spans
from tertius.queries.network.kernel_paths import exclusive_reach
from tertius.queries.network.kernel_reach import constraint_without, within_two
from tertius.queries.network.positions import brokerage
from tertius.queries.network.ranks import comparable
from tertius.queries.network.tie_network import induced

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

Places = NDArray[np.integer[Any]]


def bridges(
    network: Network, row: int, partition: Partition, offset: int, limit: int
) -> Page[BridgingPartner]:
    """List the bridging partners of a position (-1: none); see `Network.bridges`."""
    if row < 0:
        return Page((), None)
    ties, shared = network.derived.ties, network.derived.holes.shared
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    partner, tie = ties.partner[slots], ties.slot_tie[slots]
    exclusive = np.bincount(_reach(network, row)[0], minlength=partner.size)
    dyadic = _dyadic(network, row, slots)
    keys = network.table.organizations[ties.organization[partner]]
    order = np.lexsort([keys, comparable(dyadic), -exclusive])
    chosen = order[offset : offset + limit]
    evidence = evidence_of(network, tie[chosen])
    other = _other_circle(network, row, partner[chosen], partition)
    rows = tuple(
        BridgingPartner(key, reach, not common, constraint, circle, part, played, rest, proof)
        for key, reach, common, constraint, circle, part, played, rest, proof in zip(
            network.table.organization_keys(ties.organization[partner[chosen]]),
            exclusive[chosen].tolist(),
            shared[tie[chosen]].tolist(),
            dyadic[chosen].tolist(),
            other,
            network.derived.community[partner[chosen]].tolist(),
            brokerage(network, partner[chosen], partition)[0],
            _without(network, row, chosen, exclusive),
            evidence,
            strict=True,
        )
    )
    return Page(rows, offset + limit if offset + limit < partner.size else None)


def partners(network: Network, row: int, offset: int, limit: int) -> Page[Partner]:
    """List the ties of a position (-1: none); see `Network.ties`."""
    if row < 0:
        return Page((), None)
    ties, holes = network.derived.ties, network.derived.holes
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    partner, tie = ties.partner[slots], ties.slot_tie[slots]
    chosen = _heaviest_first(network, slots)[offset : offset + limit]
    at, proof = partner[chosen], tie[chosen]
    own, theirs = partner.size, ties.offsets[at + 1] - ties.offsets[at]
    around = own - 1 + theirs - 1 - holes.shared[proof]
    weight, closure = ties.weight[proof], holes.closure[proof]
    back = ((weight + closure) / holes.strength[at]) ** 2
    around_ties = spans(ties.offsets, ties.partner, network.derived.structure.bridge, ties.slot_tie, row)
    rows = tuple(
        Partner(
            key, common, not common, common / others if others else None, way or None, there, here, evidence
        )
        for key, common, others, way, there, here, evidence in zip(
            network.table.organization_keys(ties.organization[at]),
            holes.shared[proof].tolist(),
            around.tolist(),
            around_ties[chosen].tolist(),
            _dyadic(network, row, slots)[chosen].tolist(),
            back.tolist(),
            evidence_of(network, proof),
            strict=True,
        )
    )
    return Page(rows, offset + limit if offset + limit < partner.size else None)


def reached_through(network: Network, row: int, partner_row: int) -> list[str]:
    """Return the sorted keys that only one partner leads to; see `Network.exclusive_reach`."""
    if row < 0 or partner_row < 0:
        return []
    ties = network.derived.ties
    partner = ties.partner[ties.offsets[row] : ties.offsets[row + 1]]
    place = int(np.searchsorted(partner, partner_row))
    if place == partner.size or partner[place] != partner_row:
        return []
    leads, reached = _reach(network, row)
    return sorted(network.table.organization_keys(ties.organization[reached[leads == place]]))


def ego(network: Network, organization: int, limit: int) -> EgoNetwork:
    """Return the ego network of an organisation id; see `Network.ego`."""
    ties, table = network.derived.ties, network.table
    row = int(ties.position[organization])
    if row < 0:
        alone = network.positions(np.array([organization]))
        return EgoNetwork(alone[0].organization, tuple(alone), (), 0)
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    chosen = ties.partner[slots][_heaviest_first(network, slots)[:limit]]
    nodes = np.concatenate([[row], chosen])
    inside = np.zeros(ties.organization.size, dtype=np.bool_)
    inside[nodes] = True
    tie = induced(ties, np.sort(nodes).astype(np.int32), inside)
    edges = tuple(
        EgoTie(source, target, weight, shared, not common)
        for source, target, weight, shared, common in zip(
            table.organization_keys(ties.organization[ties.low[tie]]),
            table.organization_keys(ties.organization[ties.high[tie]]),
            ties.weight[tie].tolist(),
            ties.evidence_size[tie].tolist(),
            network.derived.holes.shared[tie].tolist(),
            strict=True,
        )
    )
    positions = tuple(network.positions(ties.organization[nodes]))
    return EgoNetwork(positions[0].organization, positions, edges, slots.stop - slots.start - chosen.size)


def _without(network: Network, row: int, leaving: Places, exclusive: NDArray[np.int64]) -> list[Without]:
    """Return what would be left to a position without each of some partners, given by place."""
    ties, holes = network.derived.ties, network.derived.holes
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    constraint = np.empty(leaving.size)
    constraint_without(
        ties.offsets,
        ties.partner,
        ties.slot_weight,
        holes.strength,
        (ties.slot_weight[slots] + holes.closure[ties.slot_tie[slots]],),
        row,
        leaving.astype(np.int32),
        constraint,
    )
    reach = within_two(ties.offsets, ties.partner, row)
    return [
        Without(reach - 1 - lost, None if np.isnan(left) else left)
        for lost, left in zip(exclusive[leaving].tolist(), constraint.tolist(), strict=True)
    ]


def _reach(network: Network, row: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return which partner (by place) alone leads to an organisation at distance two, and that one's row."""
    ties = network.derived.ties
    leads, reached = (np.empty(ties.organization.size, dtype=np.int32) for _ in range(2))
    found = exclusive_reach(ties.offsets, ties.partner, row, leads, reached)
    return leads[:found], reached[:found]


def _dyadic(network: Network, row: int, slots: slice) -> NDArray[np.float64]:
    """Return c_ij of a position for each of its partners."""
    ties, holes = network.derived.ties, network.derived.holes
    closed = ties.slot_weight[slots] + holes.closure[ties.slot_tie[slots]]
    share: NDArray[np.float64] = closed / holes.strength[row]
    return share**2


def _heaviest_first(network: Network, slots: slice) -> NDArray[np.intp]:
    ties = network.derived.ties
    keys = network.table.organizations[ties.organization[ties.partner[slots]]]
    return np.lexsort([keys, -comparable(ties.slot_weight[slots])])


def _other_circle(network: Network, row: int, partner: Places, partition: Partition) -> list[bool | None]:
    if partition is Partition.COMMUNITY:
        own, theirs = network.derived.community[row], network.derived.community[partner]
    else:
        codes = network.table.circles[partition.value]
        organization = network.derived.ties.organization
        own, theirs = codes[organization[row]], codes[organization[partner]]
    return [None if own < 0 or code < 0 else code != int(own) for code in theirs.tolist()]


def evidence_of(network: Network, tie: Places) -> list[Evidence]:
    """Return what each of some ties rests on, in the same order."""
    ties = network.derived.ties
    alliances = [ties.alliances_of(int(one)) for one in tie] or [ties.alliances[:0]]
    keys = iter(network.table.alliance_keys(np.concatenate(alliances)))
    return [
        Evidence(
            weight,
            tuple(sorted(next(keys) for _ in range(count))),
            from_days(first),
            from_days(last),
            assumed,
        )
        for weight, count, first, last, assumed in zip(
            ties.weight[tie].tolist(),
            ties.evidence_size[tie].tolist(),
            ties.first[tie].tolist(),
            ties.last[tie].tolist(),
            ties.assumed[tie].tolist(),
            strict=True,
        )
    ]
