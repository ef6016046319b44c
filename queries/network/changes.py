"""What changed between two networks: ties formed and ended, brokers risen and fallen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Order, Page
from tertius.queries.network.columns import Ids
from tertius.queries.network.network import Network, check_page, next_offset
from tertius.queries.network.table import ParticipationTable, find_keys

LEAST: Final = 10.0
"""Percentile points by which a broker's standing must change to be told."""

_Wide = NDArray[np.int64]


class ChangeKind(StrEnum):
    """What a change is."""

    BROKER_RISEN = "broker_risen"
    BROKER_FALLEN = "broker_fallen"
    TIE_FORMED = "tie_formed"
    TIE_ENDED = "tie_ended"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Attributes:
        kind: What it is.
        organization: Key of the broker, or of the end of the tie with the smaller key.
        partner: Key of the other end of a tie.
        weight: Weight of the tie while it was there.
        before: Broker: value of the measure asked for, before.
        after: The same, after.
        standing_before: Broker: share (0..100) of organisations with ties that broker less, before.
        standing_after: The same, after.
    """

    kind: ChangeKind
    organization: str
    partner: str | None = None
    weight: float | None = None
    before: float | None = None
    after: float | None = None
    standing_before: float | None = None
    standing_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Brokers:
    """Organisations with ties at both ends, by id in the later table."""

    ids: Ids
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    standing_before: NDArray[np.float64]
    standing_after: NDArray[np.float64]


class Comparison:
    """Two networks side by side. Organisations are compared after the later one's judgements.

    Args:
        before: The earlier network, of the same snapshot or of another.
        after: The later one.
        order: Measure that a broker's standing is taken from.
        least: Percentile points that count as rising or falling.
    """

    def __init__(
        self, before: Network, after: Network, *, order: Order = Order.CONSTRAINT, least: float = LEAST
    ) -> None:
        self._before, self._after = before, after
        self._order, self._least = order, least

    @cached_property
    def counts(self) -> dict[str, int]:
        """Numbers of changes of each kind, and of organisations that came to have ties or lost them all."""
        now = self._after.derived.ties.organization
        then = np.unique(self._translated[self._before.derived.ties.organization])
        stayed = np.intersect1d(then, now).size
        return {
            **{kind.value: self._found[kind].size for kind in ChangeKind},
            "organizations_entered": now.size - stayed,
            "organizations_left": then.size - stayed,
        }

    def page(self, kinds: tuple[ChangeKind, ...], *, offset: int = 0, limit: int = 100) -> Page[Change]:
        """List changes, kind after kind.

        Brokers by how far they rose or fell, most first; ties by weight, heaviest first; then by key.

        Args:
            kinds: Kinds to list, in this order.
            offset: Rows to skip, 0 or more.
            limit: Rows to return, 1 or more.

        Raises:
            ParameterError: `offset` or `limit` is out of range.
        """
        check_page(offset, limit)
        rows: list[Change] = []
        total = 0
        for kind in kinds:
            found = self._found[kind]
            begin = max(offset - total, 0)
            chosen = found[begin : begin + limit - len(rows)]
            if kind in (ChangeKind.TIE_FORMED, ChangeKind.TIE_ENDED):
                rows += self._ties(kind, chosen)
            else:
                rows += self._moved(kind, chosen)
            total += found.size
        return Page(tuple(rows), next_offset(offset, limit, total))

    @cached_property
    def _translated(self) -> Ids:
        """Later id of each organisation of the earlier table; one unknown there gets a number beyond."""
        then, now = self._before.table, self._after.table
        ids = _in_table(then, now)
        known = ids >= 0
        result = now.organizations.size + np.arange(ids.size, dtype=np.int32)
        result[known] = now.canonical[ids[known]]
        return result

    @cached_property
    def _found(self) -> dict[ChangeKind, NDArray[Any]]:
        then, now = self._pairs(self._before, self._translated), self._pairs(self._after, None)
        move = self._brokers.standing_after - self._brokers.standing_before
        order = np.lexsort([self._key_rank[self._brokers.ids], -np.abs(move)])
        return {
            ChangeKind.BROKER_RISEN: order[move[order] >= self._least],
            ChangeKind.BROKER_FALLEN: order[move[order] <= -self._least],
            ChangeKind.TIE_FORMED: self._heaviest_first(self._after, _lacking(now, then)),
            ChangeKind.TIE_ENDED: self._heaviest_first(self._before, _lacking(then, now)),
        }

    @staticmethod
    def _pairs(network: Network, translated: Ids | None) -> _Wide:
        """Return one number for each tie, the same in both networks; -1 where judgements made one of two."""
        ties = network.derived.ties
        ids = ties.organization if translated is None else translated[ties.organization]
        one, other = ids[ties.low].astype(np.int64), ids[ties.high].astype(np.int64)
        packed = (np.minimum(one, other) << 32) | np.maximum(one, other)
        return np.where(one == other, -1, packed)

    @cached_property
    def _key_rank(self) -> Ids:
        return _key_rank(self._after.table)

    @staticmethod
    def _heaviest_first(network: Network, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        ties, rank = network.derived.ties, _key_rank(network.table)
        ends = [rank[ties.organization[end[chosen]]] for end in (ties.low, ties.high)]
        # Weights that differ by rounding alone are equal.
        weight = np.round(ties.weight[chosen], 12)
        return chosen[np.lexsort([np.maximum(*ends), np.minimum(*ends), -weight])]

    @cached_property
    def _brokers(self) -> _Brokers:
        then, now = self._before.derived.ties, self._after.derived.ties
        size = self._after.table.organizations.size + self._before.table.organizations.size
        row = np.full(size, -1, dtype=np.int32)
        own = self._translated[then.organization]
        standing = _standing(self._before, self._order)
        # Of several records that became one, the strongest broker stands for it.
        strongest_last = np.argsort(standing, kind="stable")
        row[own[strongest_last]] = strongest_last
        both = row[now.organization] >= 0
        rows = np.flatnonzero(both)
        earlier = row[now.organization[rows]]
        return _Brokers(
            ids=now.organization[rows],
            before=_values(self._before, self._order)[earlier],
            after=_values(self._after, self._order)[rows],
            standing_before=standing[earlier],
            standing_after=_standing(self._after, self._order)[rows],
        )

    def _moved(self, kind: ChangeKind, chosen: NDArray[np.intp]) -> list[Change]:
        found = self._brokers
        return [
            Change(
                kind,
                key,
                before=before,
                after=after,
                standing_before=round(standing_before, 2),
                standing_after=round(standing_after, 2),
            )
            for key, before, after, standing_before, standing_after in zip(
                self._after.table.organization_keys(found.ids[chosen]),
                found.before[chosen].tolist(),
                found.after[chosen].tolist(),
                found.standing_before[chosen].tolist(),
                found.standing_after[chosen].tolist(),
                strict=True,
            )
        ]

    def _ties(self, kind: ChangeKind, chosen: NDArray[np.intp]) -> list[Change]:
        network = self._after if kind is ChangeKind.TIE_FORMED else self._before
        ties, table = network.derived.ties, network.table
        return [
            Change(kind, min(one, other), partner=max(one, other), weight=weight)
            for one, other, weight in zip(
                table.organization_keys(ties.organization[ties.low[chosen]]),
                table.organization_keys(ties.organization[ties.high[chosen]]),
                ties.weight[chosen].tolist(),
                strict=True,
            )
        ]


def _key_rank(table: ParticipationTable) -> Ids:
    rank = np.empty(table.organizations.size, dtype=np.int32)
    rank[table.organization_order] = np.arange(rank.size, dtype=np.int32)
    return rank


def _in_table(then: ParticipationTable, now: ParticipationTable) -> Ids:
    """Return the later id of each earlier organisation, -1 where the later table lacks its key."""
    size = then.organizations.size
    if then is now or (
        size <= now.organizations.size and np.array_equal(then.organizations, now.organizations[:size])
    ):
        return np.arange(size, dtype=np.int32)
    return find_keys(now.organizations, now.organization_order, then.organization_keys(np.arange(size)))


def _lacking(pairs: _Wide, others: _Wide) -> NDArray[np.intp]:
    """Return the places of pairs that are not among others."""
    ordered = np.sort(others)
    if not ordered.size:
        return np.flatnonzero(pairs >= 0)
    place = np.minimum(np.searchsorted(ordered, pairs), ordered.size - 1)
    return np.flatnonzero((ordered[place] != pairs) & (pairs >= 0))


def _values(network: Network, order: Order) -> NDArray[np.float64]:
    derived = network.derived
    found: dict[Order, NDArray[Any]] = {
        Order.CONSTRAINT: derived.holes.constraint,
        Order.EFFECTIVE_SIZE: derived.holes.effective_size,
        Order.BETWEENNESS: derived.betweenness,
        Order.DEGREE: np.diff(derived.ties.offsets),
    }
    return found[order].astype(np.float64)


def _standing(network: Network, order: Order) -> NDArray[np.float64]:
    """Return the share of organisations with ties that broker less; low constraint brokers more."""
    share = network.derived.percentiles[order.value].astype(np.float64)
    return 100.0 - share if order is Order.CONSTRAINT else share
