"""Holes between the parts of a partition: where fewer ties run than the parts' ties would make expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Page, Partition
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_holes import between_parts
from tertius.queries.network.kernel_types import Floats, Offsets
from tertius.queries.network.ranks import comparable

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

LEAST_EXPECTED: Final = 1.0
"""Pairs of parts of which fewer ties are expected are not listed: no tie there is no surprise."""

NAMED: Final = 5
"""How many organisations of each kind are named for a pair."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a partition.

    Attributes:
        notation: How it is written: a country, a sector, a type, or a community's number.
        size: Its organisations with ties.
        tie_ends: Ends of ties that lie in it, ties with an organisation of unknown part not counted.
    """

    notation: str
    size: int
    tie_ends: int


@dataclass(frozen=True, slots=True)
class Bridger:
    """An organisation of one part that leads, or could lead, into the other.

    Attributes:
        organization: Key.
        part: Notation of its own part.
        ways: Its ties into the other part; for one that could, its partners that have such ties.
    """

    organization: str
    part: str
    ways: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A pair of parts, or one part with itself.

    Attributes:
        first: A part.
        second: Another, or the same.
        observed: Ties between the two, or within the one.
        expected: K_r K_s / 2m, or K_r^2 / 4m within.
        bridging: Organisations of either part with a tie into the other; 0 within a part.
        bridges: Those of them with most such ties, of equals with the lowest constraint.
        possible: Organisations of either part at distance two from the other; 0 within a part.
        could_bridge: Those of them with most partners who lead there.
    """

    first: Part
    second: Part
    observed: int
    expected: float
    bridging: int
    bridges: tuple[Bridger, ...]
    possible: int
    could_bridge: tuple[Bridger, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Counts of a partition, pairs ordered by how many ties they lack.

    Attributes:
        members: Positions, part after part; the unknown ones first.
        begin: First place of each part in `members`, and the end.
        tie_ends: K of each part.
        first: Smaller code of each pair.
        second: Larger or equal code.
        observed: Ties of each pair.
        expected: Expected ties of each pair.
        left_out: Organisations with ties whose part is unknown.
    """

    members: Ids
    begin: Offsets
    tie_ends: Offsets
    first: Ids
    second: Ids
    observed: Offsets
    expected: Floats
    left_out: int


def divide(part: Ids, low: Ids, high: Ids) -> Division:
    """Count ties between and within parts, each tie as one whatever its weight.

    Args:
        part: Part of each position, -1 where unknown.
        low: Lower end of each tie.
        high: Higher end.
    """
    count = int(part.max(initial=-1)) + 1
    one, other = part[low], part[high]
    known = (one >= 0) & (other >= 0)
    one, other = np.minimum(one, other)[known], np.maximum(one, other)[known]
    ends = np.bincount(one, minlength=count) + np.bincount(other, minlength=count)
    m = one.size
    pairs, ties = np.unique(one.astype(np.int64) * count + other, return_counts=True)
    first, second = _expected_pairs(ends, m)
    expected = ends[first] * ends[second] / np.where(first == second, 4.0 * m, 2.0 * m)
    kept = expected >= LEAST_EXPECTED
    first, second, expected = first[kept], second[kept], expected[kept]
    key = np.minimum(first, second) * count + np.maximum(first, second)
    place = np.searchsorted(pairs, key)
    found = np.append(pairs, -1)[place] == key
    observed = np.where(found, np.append(ties, 0)[place], 0)
    order = np.lexsort([key, -comparable(expected - observed)])
    size = np.bincount(part[part >= 0], minlength=count)
    left_out = int((part < 0).sum())
    return Division(
        members=np.argsort(part, kind="stable").astype(np.int32),
        begin=np.append(left_out, left_out + np.cumsum(size)).astype(np.int64),
        tie_ends=ends,
        first=(key[order] // count).astype(np.int32) if count else key.astype(np.int32),
        second=(key[order] % count).astype(np.int32) if count else key.astype(np.int32),
        observed=observed[order],
        expected=expected[order],
        left_out=left_out,
    )


def _expected_pairs(ends: Offsets, m: int) -> tuple[Offsets, Offsets]:
    """Return the pairs of parts (a part with itself among them) with K_r K_s >= 2m times the least."""
    by_ends = np.argsort(-ends, kind="stable")
    sorted_ends = ends[by_ends]
    first, second = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for at, size in enumerate(sorted_ends.tolist()):
        if size * size < 2 * m * LEAST_EXPECTED or not size:
            break
        last = int(np.searchsorted(-sorted_ends, -2 * m * LEAST_EXPECTED / size, side="right"))
        second.append(by_ends[at:last])
        first.append(np.full(max(last - at, 0), by_ends[at]))
    return np.concatenate(first), np.concatenate(second)


def holes(network: Network, partition: Partition, offset: int, limit: int) -> Page[Hole]:
    """List pairs of parts, those that lack most ties first; see `Network.holes`."""
    division = network.lookups.division(partition)
    into = np.zeros(network.derived.ties.organization.size, dtype=np.int32)
    rows = tuple(
        _hole(network, partition, division, at, into)
        for at in range(offset, min(offset + limit, division.first.size))
    )
    return Page(rows, offset + limit if offset + limit < division.first.size else None)


def _hole(network: Network, partition: Partition, division: Division, at: int, into: Ids) -> Hole:
    one, other = int(division.first[at]), int(division.second[at])
    bridging, possible = _Named(network), _Named(network)
    parts = []
    for own, far in ((one, other), (other, one)):
        members, others = (division.members[division.begin[r] : division.begin[r + 1]] for r in (own, far))
        notation = network.lookups.circle_notation(partition, own)
        parts.append(Part(notation, members.size, int(division.tie_ends[own])))
        if one != other:
            ties = network.derived.ties
            room = tuple(np.empty(members.size, dtype=np.int32) for _ in range(4))
            bridges, could = between_parts(
                ties.offsets, ties.partner, members, others, into, (room[0], room[1], room[2], room[3])
            )
            bridging.take(notation, room[0][:bridges], room[1][:bridges])
            possible.take(notation, room[2][:could], room[3][:could])
    return Hole(
        first=parts[0],
        second=parts[1],
        observed=int(division.observed[at]),
        expected=float(division.expected[at]),
        bridging=bridging.count,
        bridges=bridging.best(),
        possible=possible.count,
        could_bridge=possible.best(),
    )


class _Named:
    """Collects organisations of both parts and names the first few."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._kept: list[tuple[int, float, int, str, int]] = []
        self.count = 0

    def take(self, part: str, rows: Ids, ways: Ids) -> None:
        """Add the organisations of one part."""
        self.count += rows.size
        constraint = comparable(self._network.derived.holes.constraint[rows])
        rank = self._network.lookups.row_rank[rows]
        chosen: NDArray[np.intp] = np.lexsort([rank, constraint, -ways])[:NAMED]
        self._kept += [
            (-int(ways[at]), float(constraint[at]), int(rank[at]), part, int(rows[at])) for at in chosen
        ]

    def best(self) -> tuple[Bridger, ...]:
        """Return those with most ways across, then the lowest constraint, then the first key."""
        chosen = sorted(self._kept)[:NAMED]
        ids = self._network.derived.ties.organization[np.array([row for *_, row in chosen], dtype=np.int64)]
        keys = self._network.table.organization_keys(ids)
        return tuple(
            Bridger(key, part, -ways) for key, (ways, _, _, part, _) in zip(keys, chosen, strict=True)
        )
