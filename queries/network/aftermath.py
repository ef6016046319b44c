"""Burt's measures after some ties changed, recomputed only where they can differ; exact.

A changed tie alters w, s and the largest weight of its two ends. Constraint and effective size of an
organisation use nothing beyond its partners' weights, so that only the ends and their partners (before
or after) can change, and whatever changes for them runs through a triangle with an end in it. All such
triangles lie among the ends and their partners: they are enumerated there, before and after, and the
difference is added to the sums of the whole network.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Position, Standing
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel import close_triangles
from tertius.queries.network.kernel_induced import mark_closed, row_largest
from tertius.queries.network.kernel_types import Flags, Floats, Offsets
from tertius.queries.network.measures import StructuralHoles
from tertius.queries.network.ranks import comparable
from tertius.queries.network.tie_network import TieNetwork, induced

Weights = Mapping[tuple[int, int], float]
"""New weights of pairs of organisation ids; 0 ends a tie."""

_SMALLEST: Final = 1e-12
"""Differences of constraint up to this are rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Ties among the organisations looked at, with the sums over shared partners among them.

    Attributes:
        low: Number of the lower end of each tie, the ties ordered by (low, high).
        high: Number of the higher end.
        weight: w of each tie.
        strength: s of each organisation in the whole network, 1 without ties.
        largest: Largest weight of each organisation in the whole network, 1 without ties.
        closure: Sum of w w / s over shared partners, for each tie.
        product: Sum of w w over them.
        shared: Their number.
    """

    low: Ids
    high: Ids
    weight: Floats
    strength: Floats
    largest: Floats
    closure: Floats
    product: Floats
    shared: Ids

    @classmethod
    def of(cls, low: Ids, high: Ids, weight: Floats, strength: Floats, largest: Floats) -> _Part:
        """Enumerate the triangles among the ties."""
        sums, shared = np.zeros(2 * low.size), np.zeros(low.size, dtype=np.int32)
        forward = np.append(0, np.cumsum(np.bincount(low, minlength=strength.size))).astype(np.int64)
        close_triangles(forward, high, weight, strength, (0, strength.size), sums, shared)
        return cls(low, high, weight, strength, largest, sums[0::2].copy(), sums[1::2].copy(), shared)

    def total(self, of_low: NDArray[Any], of_high: NDArray[Any] | None = None) -> Floats:
        """Sum, for each organisation, what its ties have for its end (the same for both, or not)."""
        size = self.strength.size
        upper = np.bincount(self.high, of_low if of_high is None else of_high, size)
        return (np.bincount(self.low, of_low, size) + upper).astype(np.float64)

    def redundancy(self, partner: Flags) -> Floats:
        """Sum, for each organisation, what makes its partners redundant, over some of the partners."""
        return self.total(
            partner[self.high] * self.product / self.largest[self.high],
            partner[self.low] * self.product / self.largest[self.low],
        )


class Aftermath:
    """The network around some changed ties, before and after.

    Args:
        ties: The ties as they are.
        holes: Their measures.
        changed: New weights of changed ties; at least one.

    Attributes:
        ids: Organisation ids of those who may be affected.
        degree: Partners after the change, of each of them.
        constraint: Constraint after the change; NaN without ties.
        effective_size: Effective size after the change; NaN without ties.
    """

    def __init__(self, ties: TieNetwork, holes: StructuralHoles, changed: Weights) -> None:
        self._ties, self._holes = ties, holes
        ends = np.unique(np.array(list(changed), dtype=np.int32))
        self.ids = self._around(ends)
        self._end = np.isin(self.ids, ends)
        self._row: Ids = ties.position[self.ids]
        self._tied = self._row >= 0
        self._before, self._tie = self._as_it_is()
        self._after, self._origin = self._changed(changed)
        self._measure()

    def _around(self, ends: Ids) -> Ids:
        """Return the ends and their partners: those with ties by position, then the others."""
        ties = self._ties
        rows = ties.position[ends]
        inside = np.zeros(ties.organization.size, dtype=np.bool_)
        mark_closed(ties.offsets, ties.partner, np.sort(rows[rows >= 0]), inside)
        return np.concatenate([ties.organization[np.flatnonzero(inside)], ends[rows < 0]])

    def _as_it_is(self) -> tuple[_Part, Offsets]:
        """Return the part before the change, and the whole network's tie for each of its ties."""
        ties, holes = self._ties, self._holes
        rows = np.ascontiguousarray(self._row[self._tied])
        # Those with ties come first, so that the number of a position is its place among them.
        local = np.full(ties.organization.size, -1, dtype=np.int32)
        local[rows] = np.arange(rows.size, dtype=np.int32)
        found = induced(ties, rows, local >= 0)
        strength, largest = np.ones(self.ids.size), np.ones(self.ids.size)
        strength[: rows.size] = holes.strength[rows]
        row_largest(ties.offsets, ties.slot_weight, rows, largest)
        low, high = local[ties.low[found]], local[ties.high[found]]
        return _Part.of(low, high, ties.weight[found], strength, largest), found

    def _changed(self, changed: Weights) -> tuple[_Part, Offsets]:
        """Return the part after the change, and where each of its ties stood before (-1 for new ones)."""
        before, size = self._before, self.ids.size
        number = {int(one): at for at, one in enumerate(self.ids)}
        pairs = np.array([sorted((number[a], number[b])) for a, b in changed], dtype=np.int64)
        value = np.array(list(changed.values()))
        keys, wanted = before.low.astype(np.int64) * size + before.high, pairs[:, 0] * size + pairs[:, 1]
        place = np.searchsorted(keys, wanted)
        known = np.append(keys, -1)[place] == wanted
        weight = before.weight.copy()
        weight[place[known]] = value[known]
        kept = np.flatnonzero(weight > 0)
        new = np.flatnonzero(~known & (value > 0))
        low = np.concatenate([before.low[kept], pairs[new, 0].astype(np.int32)])
        high = np.concatenate([before.high[kept], pairs[new, 1].astype(np.int32)])
        weight = np.concatenate([weight[kept], value[new]])
        origin = np.concatenate([kept, np.full(new.size, -1)])
        order = np.lexsort([high, low])
        low, high, weight, origin = low[order], high[order], weight[order], origin[order]
        # All ties of the ends are here, so that their sums are the whole network's.
        total = np.bincount(low, weight, size) + np.bincount(high, weight, size)
        top = np.zeros(size)
        np.maximum.at(top, low, weight)
        np.maximum.at(top, high, weight)
        alone = total == 0
        strength = np.where(self._end, np.where(alone, 1.0, total), before.strength)
        largest = np.where(self._end, np.where(alone, 1.0, top), before.largest)
        return _Part.of(low, high, weight, strength, largest), origin

    def _measure(self) -> None:
        """Add what changed to the whole network's measures."""
        before, after, end = self._before, self._after, self._end
        holes, tied = self._holes, self._tied
        rows = self._row[tied]
        known = self._origin >= 0
        old = self._origin[known]
        self.degree = self._was(np.diff(self._ties.offsets)[rows])
        redundancy = (self.degree[tied] - holes.effective_size[rows]) * holes.strength[rows]
        self.degree += after.total(np.ones(after.low.size)) - before.total(np.ones(before.low.size))
        self.closure = after.closure.copy()
        self.closure[known] += holes.closure[self._tie[old]] - before.closure[old]
        share = (after.weight + self.closure) ** 2
        gained = np.zeros(after.low.size)
        gained[known] = share[known] - (before.weight[old] + holes.closure[self._tie[old]]) ** 2
        moved = self._was(holes.constraint[rows]) + after.total(gained) / after.strength**2
        self.constraint = np.where(end, after.total(share) / after.strength**2, moved)
        everybody = np.ones(end.size, dtype=np.bool_)
        redundancy = np.where(
            end,
            after.redundancy(everybody),
            self._was(redundancy) + after.redundancy(end) - before.redundancy(end),
        )
        self.effective_size = self.degree - redundancy / after.strength
        for values in (self.constraint, self.effective_size):
            values[self.degree == 0] = np.nan
        self.triangles = (
            self._was(holes.triangles[rows]) + (after.total(after.shared) - before.total(before.shared)) / 2
        )
        shared = after.shared.copy()
        shared[known] += holes.shared[self._tie[old]] - before.shared[old]
        self.local_bridges = (
            self._was(holes.local_bridges[rows])
            + after.total(shared == 0)
            - before.total(holes.shared[self._tie] == 0)
        )

    def _was(self, values: NDArray[Any]) -> Floats:
        """Spread values of those who had ties over everybody, 0 for the others."""
        found = np.zeros(self.ids.size)
        found[self._tied] = values
        return found

    def affected(self, key_rank: Ids) -> NDArray[np.intp]:
        """Return the places of those whose constraint changes, the most first.

        Whoever gains its first tie or loses its last comes first; of equals the first key.

        Args:
            key_rank: Rank of each organisation id's key.
        """
        was = np.full(self.ids.size, np.nan)
        was[self._tied] = self._holes.constraint[self._row[self._tied]]
        change = np.abs(self.constraint - was)
        change[np.isnan(self.constraint) != np.isnan(was)] = np.inf
        change[np.isnan(change)] = 0.0
        order = np.lexsort([key_rank[self.ids], -comparable(change)])
        return order[: int((change > _SMALLEST).sum())]

    def position(self, at: int, was: Position) -> Position:
        """Return the position, after the change, of one of the organisations looked at.

        Measures that look farther (betweenness, community, core, roles, percentiles) are None.
        """
        degree = round(float(self.degree[at]))
        if degree == 0:
            standing = Standing.ISOLATE if was.standing is Standing.TIED else was.standing
            return Position(was.organization, standing, 0)
        triangles, size = round(float(self.triangles[at])), float(self.effective_size[at])
        return Position(
            organization=was.organization,
            standing=Standing.TIED,
            degree=degree,
            strength=float(self._after.strength[at]),
            constraint=float(self.constraint[at]),
            effective_size=size,
            efficiency=size / degree,
            hierarchy=self._hierarchy(at),
            clustering=triangles / (degree * (degree - 1) / 2) if degree > 1 else None,
            triangles=triangles,
            local_bridges=round(float(self.local_bridges[at])),
        )

    def _hierarchy(self, at: int) -> float:
        """Return the concentration of constraint: Burt (1992), pp. 70-71, from all dyadic constraints."""
        after = self._after
        low, high = np.flatnonzero(after.low == at), np.flatnonzero(after.high == at)
        here = np.concatenate([low, high])
        dyadic = (after.weight[here] + self.closure[here]) ** 2
        if not self._end[at]:
            ties, holes = self._ties, self._holes
            row = int(self._row[at])
            slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
            tie = ties.slot_tie[slots]
            beside = ~np.isin(tie, self._tie[self._origin[here]])
            others = (ties.slot_weight[slots] + holes.closure[tie])[beside] ** 2
            dyadic = np.concatenate([dyadic, others])
        if dyadic.size == 1:
            return 1.0
        ratio = dyadic * dyadic.size / dyadic.sum()
        concentrated = float((ratio * np.log(ratio)).sum()) / (dyadic.size * math.log(dyadic.size))
        return concentrated if concentrated > 0 else 0.0
