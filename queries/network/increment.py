"""A network brought up to date: what a change touched is computed again, everything else is taken over.

The result is laid out exactly as a derivation of the whole would lay it out. Ties come from the same code,
run over the alliances that changed and those that share a tie with them. Burt's measures and the roles are
taken again for every organisation whose ties changed and for all partners of those: a change of a tie's
weight changes the strengths of its two ends, through them T of ties among their partners, and nothing
further away. Cores, cut points, components, orders and percentiles are taken again for everybody, in
time that is linear or nearly so. Communities and betweenness have no such update and are carried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.activity import active
from tertius.queries.network.adoption import adopt, modularity
from tertius.queries.network.changed import changed_alliances, rows_of, rows_with
from tertius.queries.network.columns import Ids
from tertius.queries.network.derived import Carried, Derived, assemble
from tertius.queries.network.kernel_local import measures_at, strengths_at, surroundings, take_closed_of
from tertius.queries.network.kernel_roles import two_paths
from tertius.queries.network.kernel_ties import gather_lists
from tertius.queries.network.kernel_types import Flags, Floats
from tertius.queries.network.measures import (
    EXACT_BETWEENNESS,
    Communities,
    StructuralHoles,
    structural_holes,
)
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.roles import Structure, brokerage, frame
from tertius.queries.network.splice import splice, tie_of
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.ties import Paired, TieNetwork, Ties, pair_up
from tertius.queries.network.workers import Aside, Workers

MOST_CARRIED: Final = 0.05
"""Share of the ties that may have changed since communities and betweenness were computed."""

_MOST_ALLIANCES: Final = 0.02
"""Share of the alliances up to which a change is small."""

_WALK: Final = 24
"""Slots per tie that measuring the touched rows may visit before measuring all rows is quicker."""

Values = TypeVar("Values", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Parent:
    """What a network is brought up to date from.

    Attributes:
        table: The parent snapshot's base table.
        derived: Its default network.
        number: The parent snapshot's number.
    """

    table: ParticipationTable
    derived: Derived
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class _Relaid:
    """The new ties and where each of its rows and ties was before (-1: nowhere)."""

    ties: TieNetwork
    row_before: NDArray[np.int64]
    tie_before: NDArray[np.int64]
    touched: Ids
    changed_ties: int


def increment(
    parent: Parent,
    table: ParticipationTable,
    parameters: NetworkParameters,
    *,
    threads: int | None = None,
    at_least: int = EXACT_BETWEENNESS,
) -> Derived | None:
    """Bring a network up to date, if what changed is small and the whole is large.

    Args:
        parent: What to begin from.
        table: The new base table, which keeps the ids of the parent's.
        parameters: Of the network wanted; the parent's may differ in the as-of only.
        threads: At most so many threads; the result is the same for any number.
        at_least: Organisations with ties above which communities and betweenness are carried; smaller
            networks are derived whole.

    Returns:
        The network, or None where it should be derived whole.
    """
    old, before = parent.derived, parent.derived.parameters
    after = parameters.resolved(table.as_of)
    same = replace(before, as_of=None) == replace(after, as_of=None)
    if not same or before.exclude or old.ties.organization.size <= at_least:
        return None
    dirty = changed_alliances(parent.table, table, before, after)
    if dirty is None or int(dirty.sum()) > max(64, _MOST_ALLIANCES * dirty.size):
        return None
    relaid = _relay(parent, table, before, after, dirty, threads=threads)
    if relaid is None:
        return None
    carried = old.carried or Carried(parent.number, 0)
    carried = Carried(carried.snapshot, carried.ties + relaid.changed_ties)
    if carried.ties > max(64, MOST_CARRIED * relaid.ties.low.size):
        return None
    method = old.summary.betweenness.partition(",")[0]
    with Workers(threads) as workers, Aside(threads) as aside:
        held = aside.begin(lambda: frame(relaid.ties, workers))
        holes, rows = _holes(old.holes, relaid, threads)
        number = adopt(relaid.ties, take(old.community, relaid.row_before, -1))
        found = Communities(number, modularity(relaid.ties, number))
        roles, participation = _roles(old.structure, relaid, number, rows)
        values = take(old.betweenness, relaid.row_before, np.nan)
        # Nobody's shortest path leads through an organisation all of whose partners are tied to each other.
        degree = np.diff(relaid.ties.offsets)
        values[np.isnan(values) & ((degree == 1) | (holes.clustering == 1.0))] = 0.0
        return assemble(
            table,
            after,
            relaid.ties,
            holes=holes,
            between=values,
            found=found,
            structure=lambda: held().with_roles(roles, participation),
            method=f"{method}, in snapshot {carried.snapshot}",
            origin=f"snapshot {carried.snapshot}",
            carried=carried,
            threads=threads,
        )


def take(values: NDArray[Values], before: NDArray[np.int64], missing: Any) -> NDArray[Values]:
    """Return each place's value where it was before, and another where it was nowhere."""
    result = values[before]
    result[before < 0] = missing
    return result


def _relay(
    parent: Parent,
    table: ParticipationTable,
    before: NetworkParameters,
    after: NetworkParameters,
    dirty: Flags,
    *,
    threads: int | None,
) -> _Relaid | None:
    """Lay out the new ties; None if they reach into too many alliances."""
    old = parent.derived.ties
    gone = pair_up(parent.table, before, rows_of(parent.table, dirty[: parent.table.alliances.size]))
    come = pair_up(table, after, rows_of(table, dirty))
    # Ties that any changed alliance speaks for, then or now.
    hit = np.flatnonzero(dirty[old.alliances])
    affected = np.zeros(old.low.size, dtype=np.bool_)
    affected[np.searchsorted(old.evidence, hit, side="right") - 1] = True
    again = tie_of(old, come.ties.low, come.ties.high)
    affected[again[again >= 0]] = True
    replaced = np.flatnonzero(affected)
    # All alliances that speak for those ties, so that dates and weights are summed as ever.
    speaking = dirty.copy()
    for tie in replaced.tolist():
        speaking[old.alliances[old.evidence[tie] : old.evidence[tie + 1]]] = True
    if int(speaking.sum()) > max(64, 2 * _MOST_ALLIANCES * speaking.size):
        return None
    fresh = pair_up(table, after, rows_of(table, speaking)).ties
    place = tie_of(old, fresh.low, fresh.high)
    wanted = np.flatnonzero(_among(fresh, come.ties) | ((place >= 0) & affected[place]))
    place = place[wanted]
    come_ties = _only(fresh, wanted)
    spliced = splice(old, affected, come_ties, table.organizations, threads=threads)
    network = TieNetwork(
        **spliced.columns,
        active=_active(parent, table, after, gone, come),
        participations=old.participations - gone.participations + come.participations,
        alliance_count=old.alliance_count - gone.alliance_count + come.alliance_count,
        left_out=old.left_out - gone.left_out + come.left_out,
    )
    if network.organization.size == 0:
        return None
    tie_before = spliced.tie_before.astype(np.int64)
    came = tie_before < 0
    tie_before[came] = place[-1 - tie_before[came]]
    moved = np.flatnonzero((place < 0) | (old.weight[place] != fresh.weight[wanted]))
    ended = np.setdiff1d(replaced, place, assume_unique=True)
    touched = np.concatenate(
        [
            fresh.low[wanted][moved],
            fresh.high[wanted][moved],
            old.organization[old.low[ended]],
            old.organization[old.high[ended]],
        ]
    )
    rows = np.unique(network.position[touched])
    return _Relaid(
        network,
        spliced.row_before,
        tie_before,
        rows[rows >= 0].astype(np.int32),
        moved.size + ended.size,
    )


def _among(ties: Ties, others: Ties) -> Flags:
    """Tell which ties join a pair that others join."""
    keys = [found.low.astype(np.int64) << 32 | found.high for found in (ties, others)]
    return np.isin(keys[0], keys[1])


def _only(ties: Ties, chosen: NDArray[np.int64]) -> Ties:
    """Return some of the ties."""
    length = np.diff(ties.evidence)[chosen]
    evidence = np.empty(chosen.size + 1, dtype=np.int64)
    alliances = np.empty(int(length.sum()), dtype=np.int32)
    gather_lists(chosen.astype(np.int32), ties.evidence, ties.alliances, evidence, alliances)
    return Ties(
        low=ties.low[chosen],
        high=ties.high[chosen],
        first=ties.first[chosen],
        last=ties.last[chosen],
        assumed=ties.assumed[chosen],
        weight=ties.weight[chosen],
        evidence=evidence,
        alliances=alliances,
    )


def _active(
    parent: Parent, table: ParticipationTable, after: NetworkParameters, gone: Paired, come: Paired
) -> Flags:
    """Tell who is active: as before, but for the partners of changed alliances."""
    result = np.zeros(table.organizations.size, dtype=np.bool_)
    result[: parent.derived.ties.active.size] = parent.derived.ties.active
    left = np.zeros(table.organizations.size, dtype=np.bool_)
    left[: gone.active.size] = gone.active
    left &= ~come.active
    if left.any():
        rest = active(table, after, rows_with(table, left))
        result[left] = False
        result[rest.organization] = True
    result |= come.active
    return result


def _holes(old: StructuralHoles, relaid: _Relaid, threads: int | None) -> tuple[StructuralHoles, Ids]:
    """Bring Burt's measures up to date; also return the rows that were measured again."""
    ties = relaid.ties
    reached = np.zeros(ties.organization.size, dtype=np.bool_)
    visits = surroundings(ties.offsets, ties.partner, relaid.touched, reached)
    rows = np.flatnonzero(reached).astype(np.int32)
    if visits > _WALK * ties.low.size:
        return structural_holes(ties, threads=threads), rows
    by_row = {
        name: take(getattr(old, name), relaid.row_before, 0)
        for name in (
            "strength",
            "constraint",
            "effective_size",
            "efficiency",
            "hierarchy",
            "triangles",
            "clustering",
            "local_bridges",
        )
    }
    closure, shared = take(old.closure, relaid.tie_before, 0.0), take(old.shared, relaid.tie_before, 0)
    strengths_at(ties.offsets, ties.slot_weight, relaid.touched, by_row["strength"])
    measures_at(
        ties.offsets,
        (ties.partner, ties.slot_tie),
        ties.slot_weight,
        by_row["strength"],
        rows,
        closure,
        shared,
        (by_row["constraint"], by_row["effective_size"], by_row["hierarchy"]),
        by_row["triangles"],
        by_row["local_bridges"],
    )
    degree: Floats = np.diff(ties.offsets)[rows].astype(np.float64)
    pairs = degree * (degree - 1) / 2
    by_row["efficiency"][rows] = by_row["effective_size"][rows] / degree
    by_row["clustering"][rows] = np.divide(
        by_row["triangles"][rows], pairs, out=np.full(rows.size, np.nan), where=pairs > 0
    )
    return StructuralHoles(**by_row, closure=closure, shared=shared), rows


def _roles(old: Structure, relaid: _Relaid, number: Ids, rows: Ids) -> tuple[NDArray[np.int64], Floats]:
    """Bring roles and participation over the communities up to date."""
    ties = relaid.ties
    if rows.size > ties.organization.size // 4:
        found = brokerage(ties, number)
        return found.roles, found.participation
    roles = take(old.roles.reshape(-1, 5), relaid.row_before, 0).ravel()
    participation = take(old.participation, relaid.row_before, np.nan)
    counts = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int32)
    for row in rows.tolist():
        two_paths(
            ties.offsets,
            ties.partner,
            number,
            row,
            row + 1,
            counts,
            roles[5 * row : 5 * row + 5],
            participation[row : row + 1],
        )
    take_closed_of(ties.offsets, ties.partner, number, rows, roles)
    return roles, participation
