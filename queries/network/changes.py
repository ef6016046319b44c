"""What changed between two networks: ties formed and ended, brokers risen and fallen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
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

    def only(self, chosen: NDArray[np.intp]) -> _Brokers:
        """Return some of them, in the order given."""
        return _Brokers(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a comparison found, without the two networks: enough for any page of it.

    Attributes:
        counts: Numbers of changes of each kind, and of organisations that came to have ties or lost them all.
        ties: Ties formed, by place in the later network, and ended, by place in the earlier; in order.
        brokers: Brokers risen and fallen, in order.
    """

    counts: Mapping[str, int]
    ties: Mapping[ChangeKind, Ids]
    brokers: Mapping[ChangeKind, _Brokers]

    @property
    def bytes(self) -> int:
        """Memory that its arrays take."""
        arrays = [*self.ties.values()]
        for found in self.brokers.values():
            arrays += [getattr(found, field.name) for field in fields(found)]
        return sum(array.nbytes for array in arrays)


class Comparison:
    """Two networks side by side. Organisations are compared after the later one's judgements.

    Args:
        before: The earlier network, of the same snapshot or of another.
        after: The later one.
        order: Measure that a broker's standing is taken from.
        least: Percentile points that count as rising or falling.
        known: What the same comparison found before; nothing is compared then.
    """

    def __init__(
        self,
        before: Network,
        after: Network,
        *,
        order: Order = Order.CONSTRAINT,
        least: float = LEAST,
        known: Difference | None = None,
    ) -> None:
        self._before, self._after = before, after
        self._order, self._least = order, least
        self._known = known

    @cached_property
    def difference(self) -> Difference:
        """What was found."""
        if self._known is not None:
            return self._known
        then, now = self._pairs(self._before, self._translated), self._pairs(self._after, None)
        brokers = self._brokers
        move = brokers.standing_after - brokers.standing_before
        order = np.lexsort([_key_rank(self._after.table)[brokers.ids], -np.abs(move)])
        ties = {
            ChangeKind.TIE_FORMED: self._heaviest_first(self._after, _lacking(now, then)),
            ChangeKind.TIE_ENDED: self._heaviest_first(self._before, _lacking(then, now)),
        }
        moved = {
            ChangeKind.BROKER_RISEN: brokers.only(order[move[order] >= self._least]),
            ChangeKind.BROKER_FALLEN: brokers.only(order[move[order] <= -self._least]),
        }
        tied_now = self._after.derived.ties.organization
        tied_then = np.unique(self._translated[self._before.derived.ties.organization])
        stayed = np.intersect1d(tied_then, tied_now).size
        counts = {
            **{kind.value: found.ids.size for kind, found in moved.items()},
            **{kind.value: found.size for kind, found in ties.items()},
            "organizations_entered": tied_now.size - stayed,
            "organizations_left": tied_then.size - stayed,
        }
        return Difference(counts, ties, moved)

    @property
    def counts(self) -> Mapping[str, int]:
        """Numbers of changes of each kind, and of organisations that came to have ties or lost them all."""
        return self.difference.counts

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
        found = self.difference
        rows: list[Change] = []
        total = 0
        for kind in kinds:
            begin = max(offset - total, 0)
            chosen = slice(begin, begin + limit - len(rows))
            rows += self._ties(kind, chosen) if kind in found.ties else self._moved(kind, chosen)
            total += found.counts[kind.value]
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

    @staticmethod
    def _pairs(network: Network, translated: Ids | None) -> _Wide:
        """Return one number for each tie, the same in both networks; -1 where judgements made one of two."""
        ties = network.derived.ties
        ids = ties.organization if translated is None else translated[ties.organization]
        one, other = ids[ties.low].astype(np.int64), ids[ties.high].astype(np.int64)
        packed = (np.minimum(one, other) << 32) | np.maximum(one, other)
        return np.where(one == other, -1, packed)

    @staticmethod
    def _heaviest_first(network: Network, chosen: NDArray[np.intp]) -> Ids:
        ties, rank = network.derived.ties, _key_rank(network.table)
        ends = [rank[ties.organization[end[chosen]]] for end in (ties.low, ties.high)]
        # Weights that differ by rounding alone are equal.
        weight = np.round(ties.weight[chosen], 12)
        return chosen[np.lexsort([np.maximum(*ends), np.minimum(*ends), -weight])].astype(np.int32)

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

    def _moved(self, kind: ChangeKind, chosen: slice) -> list[Change]:
        found = self.difference.brokers[kind]
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

    def _ties(self, kind: ChangeKind, wanted: slice) -> list[Change]:
        network = self._after if kind is ChangeKind.TIE_FORMED else self._before
        ties, table = network.derived.ties, network.table
        chosen = self.difference.ties[kind][wanted]
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
    network.derived.ranked(order)  # raises where there is no such order
    share = network.derived.ranks[order.value].share(_values(network, order)).astype(np.float64)
    return 100.0 - share if order is Order.CONSTRAINT else share
