"""Whom an organisation could ally with next, and what a tie with each would do to its position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Partition
from tertius.queries.network.columns import Ids
from tertius.queries.network.errors import ParameterError
from tertius.queries.network.introductions import STRONG_MIN, Introducer, Introduction, slot_of
from tertius.queries.network.kernel_introductions import bottlenecks, products
from tertius.queries.network.kernel_prospects import farthest_reach, judge, surroundings
from tertius.queries.network.kernel_types import Flags, Floats
from tertius.queries.network.ranks import comparable

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

_MOST: Final = 2**31 - 1
"""More than anybody's reach."""


class Mode(StrEnum):
    """What a new partner is sought for.

    `exploitation`: those in the organisation's own circle whom strong ties lead to (propositions 1 and
    2). `exploration`: those outside it, whether or not a tie leads there (proposition 3).
    """

    EXPLOITATION = "exploitation"
    EXPLORATION = "exploration"


PROPOSITIONS: Final[Mapping[Mode, tuple[int, ...]]] = {Mode.EXPLOITATION: (1, 2), Mode.EXPLORATION: (3,)}
"""The propositions that each mode follows."""

Place = tuple[int, float, int, int]
"""Where a list goes on. Exploitation: least shared alliances, product of p, 0, rank of the key.
Exploration: 0 for those at distance three or more and 1 for those at two, constraint, reach, rank."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is sought.

    Attributes:
        mode: What for.
        partition: What divides the organisations into circles.
        circles: Circles that a prospect must belong to: partition -> notation (a community's number).
        among: Whether each organisation id (after judgements) may be a prospect; None for everybody.
        competitors: Keys of those who are neither prospects nor introduce anybody.
        strong_min: Shared alliances that make a tie strong, 1 or more.
        introductions: Introductions to find for each prospect, 0 or more.
    """

    mode: Mode = Mode.EXPLORATION
    partition: Partition = Partition.COMMUNITY
    circles: Mapping[Partition, str] = field(default_factory=dict)
    among: Flags | None = None
    competitors: frozenset[str] = frozenset()
    strong_min: int = STRONG_MIN
    introductions: int = 3


@dataclass(frozen=True, slots=True)
class Prospect:
    """An organisation that is no partner yet.

    Attributes:
        organization: Key.
        constraint_before: Constraint as it is; None without ties.
        constraint_after: Constraint after a tie of the stated weight.
        new_reach: Organisations newly within two steps, the prospect included.
        other_circle: Whether it belongs to another part of the partition; None where either is unknown.
        introductions: The best introductions, best first.
    """

    organization: str
    constraint_before: float | None
    constraint_after: float
    new_reach: int
    other_circle: bool | None
    introductions: tuple[Introduction, ...]


@dataclass(frozen=True, slots=True)
class Prospects:
    """Part of the list of prospects.

    Attributes:
        rows: Prospects, best first.
        last: Where the list goes on, None at the end.
        weight: Weight of the tie that is tried: the organisation's median tie, 1 without ties.
        left_out: Active organisations left out because the partition does not know their circle.
    """

    rows: tuple[Prospect, ...]
    last: Place | None
    weight: float
    left_out: int


def prospects(network: Network, key: str, wanted: Wanted, *, after: Place | None, limit: int) -> Prospects:
    """List prospects; see `Network.prospects`."""
    organization = int(network.table.canonical[network.table.organization_id(key)])
    if network.lookups.excluded[organization]:
        return Prospects((), None, 1.0, 0)
    search = _Search(network, organization, wanted)
    if wanted.mode is Mode.EXPLOITATION:
        found = search.exploit(after, limit + 1)
    else:
        found = search.explore(after, limit + 1)
    more = found.ids.size > limit
    found = found.cut(limit)
    rows = search.described(found)
    return Prospects(rows, found.place(-1) if more else None, search.weight, search.left_out)


def introductions(
    network: Network, key: str, to: str, *, strong_min: int, most: int, competitors: frozenset[str]
) -> tuple[Introduction, ...] | None:
    """Find introductions to one organisation; see `Network.introductions`."""
    table, ties = network.table, network.derived.ties
    own, other = (int(table.canonical[table.organization_id(one)]) for one in (key, to))
    if own == other:
        raise ParameterError("to", f"{to} is the organization itself")
    row, target = int(ties.position[own]), int(ties.position[other])
    if row >= 0 and target >= 0 and slot_of(ties, row, target) >= 0:
        return None
    blocked = np.zeros(ties.organization.size, dtype=np.bool_)
    rows = ties.position[table.canonical_ids(competitors)]
    blocked[rows[rows >= 0]] = True
    introducer = Introducer(network, row, network.lookups.strong[strong_min], blocked)
    return introducer.to(np.array([target]), most)[0]


@dataclass(frozen=True, slots=True)
class _Found:
    """Prospects in order: organisation ids and the values that order them."""

    ids: Ids
    first: NDArray[np.int64]
    value: Floats
    reach: NDArray[np.int64]
    rank: NDArray[np.int64]

    def cut(self, limit: int) -> _Found:
        return self.at(np.arange(min(limit, self.ids.size)))

    def at(self, chosen: NDArray[np.intp]) -> _Found:
        return _Found(
            self.ids[chosen], self.first[chosen], self.value[chosen], self.reach[chosen], self.rank[chosen]
        )

    def place(self, at: int) -> Place:
        return int(self.first[at]), float(self.value[at]), int(self.reach[at]), int(self.rank[at])


def _joined(one: _Found, other: _Found) -> _Found:
    names = ("ids", "first", "value", "reach", "rank")
    return _Found(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))


class _Search:
    """One organisation's search: its surroundings, who may be listed, and the two orders."""

    def __init__(self, network: Network, organization: int, wanted: Wanted) -> None:
        self.network, self.organization, self.wanted = network, organization, wanted
        ties, holes = network.derived.ties, network.derived.holes
        n = ties.organization.size
        self.row = int(ties.position[organization])
        self.mark = np.zeros(n, dtype=np.int32)
        self.two = np.empty(n, dtype=np.int32)
        if self.row < 0:
            self.weight, self.own_weight, self.own_share = 1.0, np.zeros(0), np.zeros(0)
            self.two, strength = self.two[:0], 0.0
        else:
            slots = slice(int(ties.offsets[self.row]), int(ties.offsets[self.row + 1]))
            self.own_weight = np.ascontiguousarray(ties.slot_weight[slots])
            self.own_share = self.own_weight + holes.closure[ties.slot_tie[slots]]
            self.weight, strength = float(np.median(self.own_weight)), float(holes.strength[self.row])
            self.two = self.two[: surroundings(ties.offsets, ties.partner, self.row, self.mark, self.two)]
        self.totals = (float((self.own_share**2).sum()), strength, self.weight)
        self.far_constraint = (self.totals[0] + self.weight**2) / (strength + self.weight) ** 2
        competitors = ties.position[network.table.canonical_ids(wanted.competitors)]
        self.blocked = np.zeros(n, dtype=np.bool_)
        self.blocked[competitors[competitors >= 0]] = True
        self.left_out = 0
        self._restrict()

    def _restrict(self) -> None:
        """Settle which positions, and which active organisations without ties, may be listed."""
        network, wanted = self.network, self.wanted
        isolates = network.lookups.isolates
        rows, alone = ~self.blocked, np.ones(isolates.size, dtype=np.bool_)
        alone[np.isin(isolates, network.table.canonical_ids(wanted.competitors))] = False
        alone[isolates == self.organization] = False
        for partition, notation in wanted.circles.items():
            code = network.lookups.circle_code(partition, notation)
            rows &= network.parts(partition) == code
            alone &= network.lookups.circles(partition, isolates) == code
        if wanted.among is not None:
            rows &= wanted.among[network.derived.ties.organization]
            alone &= wanted.among[isolates]
        if self.own_circle >= 0:
            rows = self._by_circle(rows, network.parts(wanted.partition))
            alone = self._by_circle(alone, network.lookups.circles(wanted.partition, isolates))
        self.allowed, self.alone = rows, isolates[alone]

    def _by_circle(self, kept: Flags, codes: Ids) -> Flags:
        """Keep those in the circle or those outside, and count those of whom nobody knows it."""
        own = self.own_circle
        self.left_out += int((kept & (codes < 0)).sum())
        inside: Flags = codes == own
        return kept & (inside if self.wanted.mode is Mode.EXPLOITATION else ~inside & (codes >= 0))

    @cached_property
    def own_circle(self) -> int:
        """Code of the organisation's circle, -1 where unknown."""
        return int(self.network.lookups.circles(self.wanted.partition, np.array([self.organization]))[0])

    def explore(self, after: Place | None, most: int) -> _Found:
        """List those outside the circle: by constraint, then reach, then key.

        Everybody at distance three or more shares the lowest constraint, so that they come first.
        """
        after = after or (0, 0.0, _MOST, 0)
        found = self._far(after, most) if after[0] == 0 else self._nobody()
        if found.ids.size < most and self.two.size:
            found = _joined(found, self._at_two(after, most - found.ids.size))
        return found

    def _far(self, after: Place, most: int) -> _Found:
        ties, lookups = self.network.derived.ties, self.network.lookups
        rows, reach = np.empty(most, dtype=np.int32), np.zeros(most, dtype=np.int32)
        at = (min(after[2], _MOST), min(after[3], _MOST))
        count = farthest_reach(
            ties.offsets,
            ties.partner,
            self.mark,
            self.allowed,
            self.network.lookups.row_rank,
            at,
            rows,
            reach,
        )
        alone = self.alone
        if at[0] <= 1:
            alone = alone[lookups.key_rank[alone] > at[1]] if at[0] == 1 else alone[:0]
        ids = np.concatenate([ties.organization[rows[:count]], alone[:most]])
        gained = np.concatenate([reach[:count], np.ones(alone[:most].size, dtype=np.int32)])
        found = self._ranked(ids, 0, np.full(ids.size, self.far_constraint), gained)
        return found.at(np.lexsort([found.rank, -found.reach])[:most])

    def _at_two(self, after: Place, most: int) -> _Found:
        rows = self.two[self.allowed[self.two]]
        constraint, reach = self._judged(rows)
        ids = self.network.derived.ties.organization[rows]
        found = self._ranked(ids, 1, comparable(constraint), reach)
        if after[0] == 1:
            _, value, gained, rank = after
            later = (found.value > value) | (
                (found.value == value)
                & ((found.reach < gained) | ((found.reach == gained) & (found.rank > rank)))
            )
            found = found.at(np.flatnonzero(later))
        return found.at(np.lexsort([found.rank, -found.reach, found.value])[:most])

    def exploit(self, after: Place | None, most: int) -> _Found:
        """List those whom strong ties lead to: by their best introduction, then by key."""
        ties, holes = self.network.derived.ties, self.network.derived.holes
        n = ties.organization.size
        if self.row < 0:
            return self._nobody()
        strong = self.network.lookups.strong[self.wanted.strong_min]
        slots, weights = (strong.partner, strong.shared), (strong.weight, holes.strength)
        work = tuple(np.zeros(n, dtype=np.int32) for _ in range(3))
        rows = np.empty(n, dtype=np.int32)
        partners = (self.mark >= 1) | (self.mark == -2)
        reached, met = bottlenecks(
            strong.offsets, slots, self.row, self.blocked, partners, (work[0], work[1], work[2]), rows
        )
        rows = rows[:reached]
        rows = rows[self.allowed[rows]]
        score = np.zeros(rows.size)
        products(
            strong.offsets,
            slots,
            weights,
            self.row,
            self.blocked,
            (work[0], work[1], work[2][:met]),
            rows,
            np.zeros(n),
            score,
        )
        found = self._ranked(ties.organization[rows], 0, score, np.zeros(rows.size, dtype=np.int32))
        found = _Found(found.ids, work[1][rows].astype(np.int64), found.value, found.reach, found.rank)
        if after is not None:
            shared, value, _, rank = after
            later = (found.first < shared) | (
                (found.first == shared)
                & ((found.value < value) | ((found.value == value) & (found.rank > rank)))
            )
            found = found.at(np.flatnonzero(later))
        return found.at(np.lexsort([found.rank, -found.value, -found.first])[:most])

    def described(self, found: _Found) -> tuple[Prospect, ...]:
        """Put keys, values and introductions to prospects."""
        network, ties = self.network, self.network.derived.ties
        at = ties.position[found.ids]
        constraint, reach = np.full(at.size, self.far_constraint), np.ones(at.size, dtype=np.int32)
        tied = np.flatnonzero(at >= 0)
        constraint[tied], reach[tied] = self._judged(at[tied])
        before = float(network.derived.holes.constraint[self.row]) if self.row >= 0 else None
        own, codes = self.own_circle, network.lookups.circles(self.wanted.partition, found.ids)
        introducer = Introducer(
            network, self.row, network.lookups.strong[self.wanted.strong_min], self.blocked
        )
        return tuple(
            Prospect(key, before, value, gained, None if min(own, code) < 0 else code != own, ways)
            for key, value, gained, code, ways in zip(
                network.table.organization_keys(found.ids),
                constraint.tolist(),
                reach.tolist(),
                codes.tolist(),
                introducer.to(at, self.wanted.introductions),
                strict=True,
            )
        )

    def _judged(self, rows: Ids) -> tuple[Floats, Ids]:
        ties, holes = self.network.derived.ties, self.network.derived.holes
        constraint, reach = np.empty(rows.size), np.empty(rows.size, dtype=np.int32)
        judge(
            ties.offsets,
            ties.partner,
            ties.slot_weight,
            holes.strength,
            self.mark,
            self.own_weight,
            self.own_share,
            self.totals,
            np.ascontiguousarray(rows),
            constraint,
            reach,
        )
        return constraint, reach

    def _ranked(self, ids: Ids, first: int, value: Floats, reach: Ids) -> _Found:
        return _Found(
            ids,
            np.full(ids.size, first, dtype=np.int64),
            value,
            reach.astype(np.int64),
            self.network.lookups.key_rank[ids].astype(np.int64),
        )

    def _nobody(self) -> _Found:
        none = np.empty(0, dtype=np.int32)
        return self._ranked(none, 0, np.empty(0), none)
