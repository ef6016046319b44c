"""Questions about a network, answered from memory-mapped arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network import between, neighbourhood, prospects, what_if
from tertius.queries.network.answers import (
    BridgingPartner,
    Community,
    EgoNetwork,
    Order,
    Page,
    Partition,
    Partner,
    Position,
    Standing,
    Summary,
)
from tertius.queries.network.between import BrokerBetween, Circle
from tertius.queries.network.columns import Ids
from tertius.queries.network.derived import Derived
from tertius.queries.network.errors import ParameterError
from tertius.queries.network.introductions import STRONG_MIN, Introduction
from tertius.queries.network.kernel_paths import circle_ties
from tertius.queries.network.kernel_reach import within_two
from tertius.queries.network.lookups import Lookups
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.positions import positions
from tertius.queries.network.table import ParticipationTable

BATCH = 4096
"""Rows that iterators fetch at a time."""


@dataclass(frozen=True, eq=False)
class Network:
    """The base table and one derived network; safe to share between threads.

    Attributes:
        table: Participations, keys and circles.
        derived: Ties and measures.
        default: Whether this is the snapshot's default network.
    """

    table: ParticipationTable
    derived: Derived
    default: bool = field(default=True)

    @classmethod
    def open(cls, path: Path, derived: Path | None = None) -> Network:
        """Open a snapshot's network directory, mapping its arrays (under a millisecond per file).

        Args:
            path: The directory that `build` filled.
            derived: Directory of a network for other parameters; None for the default one.

        Raises:
            NetworkFormatError: A file is missing, damaged, or of another format version.
        """
        return cls(
            ParticipationTable.open(path), Derived.open(derived or path / "default"), default=derived is None
        )

    @property
    def parameters(self) -> NetworkParameters:
        """The parameters, as-of filled in."""
        return self.derived.parameters

    @property
    def as_of(self) -> date | None:
        """The day the network is seen from; None for a table without dates."""
        return self.derived.parameters.as_of

    def serves(self, parameters: NetworkParameters) -> bool:
        """Tell whether this is the network for the given parameters."""
        return parameters.resolved(self.table.as_of) == self.parameters

    def position(self, key: str, partition: Partition = Partition.COMMUNITY) -> Position:
        """Return an organisation's position; a record judged the same as another has the other's.

        Args:
            key: The organisation.
            partition: What roles and the participation coefficient refer to.

        Raises:
            UnknownOrganizationError: No organisation has this key.
        """
        return self.positions(self.table.canonical[[self.table.organization_id(key)]], partition)[0]

    def brokers(
        self,
        order: Order = Order.CONSTRAINT,
        partition: Partition = Partition.COMMUNITY,
        *,
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Position]:
        """List all organisations, strongest brokers first, those without ties last.

        The default order is ascending constraint: Burt's summary index, which falls with the number
        of contacts and with their disconnection. In networks of large consortia it favours members of
        many or large ones; `effective_size` counts contacts that are not redundant, and `betweenness`
        looks beyond the partners' partners.

        Args:
            order: What to order by; equal values (to twelve decimals) follow by key.
            partition: What roles and the participation coefficient refer to.
            offset: Rows to skip, 0 or more.
            limit: Rows to return, 1 or more.

        Raises:
            ParameterError: `offset` or `limit` is out of range, or betweenness was not computed.
        """
        check_page(offset, limit)
        ties = self.derived.ties
        ranked = self.derived.ranked(order)
        chosen = ties.organization[ranked[offset : offset + limit]]
        if chosen.size < limit:
            begin = max(offset - ranked.size, 0)
            chosen = np.concatenate([chosen, self._untied[begin : begin + limit - chosen.size]])
        total = ranked.size + self._untied.size
        return Page(tuple(self.positions(chosen, partition)), next_offset(offset, limit, total))

    def iter_positions(self, order: Order = Order.CONSTRAINT) -> Iterator[Position]:
        """Yield every organisation's position in the order of `brokers`."""
        offset: int | None = 0
        while offset is not None:
            page = self.brokers(order, offset=offset, limit=BATCH)
            yield from page.rows
            offset = page.next

    def positions(
        self, ids: NDArray[np.integer], partition: Partition = Partition.COMMUNITY
    ) -> list[Position]:
        """Return the positions of organisation ids, in the same order."""
        return positions(self, ids, partition)

    def parts(self, partition: Partition) -> Ids:
        """Return the part that each position belongs to, -1 where unknown."""
        if partition is Partition.COMMUNITY:
            return self.derived.community
        if partition not in self._parts:
            codes = self.table.circles[partition.value]
            self._parts[partition] = np.ascontiguousarray(codes[self.derived.ties.organization])
        return self._parts[partition]

    @cached_property
    def _parts(self) -> dict[Partition, Ids]:
        return {}

    def bridges(
        self, key: str, partition: Partition = Partition.COMMUNITY, *, offset: int = 0, limit: int = 100
    ) -> Page[BridgingPartner]:
        """List an organisation's partners by what they alone lead to.

        Ordered by exclusive reach, most first; then by dyadic constraint, lowest first; then by key.

        Args:
            key: The organisation.
            partition: What `other_circle` compares.
            offset: Rows to skip, 0 or more.
            limit: Rows to return, 1 or more.

        Raises:
            UnknownOrganizationError: No organisation has this key.
            ParameterError: `offset` or `limit` is out of range.
        """
        check_page(offset, limit)
        return neighbourhood.bridges(self, self.row(key), partition, offset, limit)

    def ties(self, key: str, *, offset: int = 0, limit: int = 100) -> Page[Partner]:
        """List an organisation's ties, heaviest first, then by key.

        Raises:
            UnknownOrganizationError: No organisation has this key.
            ParameterError: `offset` or `limit` is out of range.
        """
        check_page(offset, limit)
        return neighbourhood.partners(self, self.row(key), offset, limit)

    def exclusive_reach(self, key: str, partner: str) -> list[str]:
        """Return the keys, sorted, of those at distance two to whom only this partner leads.

        Raises:
            UnknownOrganizationError: No organisation has one of the keys.
        """
        return neighbourhood.reached_through(self, self.row(key), self.row(partner))

    def ego(self, key: str, *, limit: int = 100) -> EgoNetwork:
        """Return an organisation, its partners (the `limit` heaviest ties) and all ties among them.

        Raises:
            UnknownOrganizationError: No organisation has this key.
            ParameterError: `limit` is out of range.
        """
        check_page(0, limit)
        organization = int(self.table.canonical[self.table.organization_id(key)])
        return neighbourhood.ego(self, organization, limit)

    def prospects(
        self, key: str, wanted: prospects.Wanted, *, after: prospects.Place | None = None, limit: int = 20
    ) -> prospects.Prospects:
        """List whom an organisation could ally with next, every active organisation considered.

        Exploration: by constraint after the tie, lowest first; then by new reach, most first; then by
        key. Exploitation: by the best introduction; then by key.

        Args:
            key: The organisation.
            wanted: Who is sought.
            after: Where the list goes on: `last` of the page before.
            limit: Rows to return, 1 or more.

        Raises:
            UnknownOrganizationError: No organisation has this key.
            ParameterError: `limit` is out of range.
        """
        check_page(0, limit)
        return prospects.prospects(self, key, wanted, after=after, limit=limit)

    def introductions(
        self,
        key: str,
        to: str,
        *,
        strong_min: int = STRONG_MIN,
        most: int = 10,
        competitors: frozenset[str] = frozenset(),
    ) -> tuple[Introduction, ...] | None:
        """Return the best introductions of one organisation to another, best first.

        Args:
            key: The organisation that seeks an introduction.
            to: The one that it wants to be introduced to.
            strong_min: Shared alliances that make a tie strong.
            most: Introductions to return.
            competitors: Keys of those who introduce nobody.

        Returns:
            None where the two are tied, and need nobody to introduce them.

        Raises:
            UnknownOrganizationError: No organisation has one of the keys.
            ParameterError: Both are the same organisation.
        """
        return prospects.introductions(
            self, key, to, strong_min=strong_min, most=most, competitors=competitors
        )

    def reach(self, key: str) -> int:
        """Return the number of organisations one or two steps away from one; 0 without ties.

        Raises:
            UnknownOrganizationError: No organisation has this key.
        """
        row, ties = self.row(key), self.derived.ties
        return within_two(ties.offsets, ties.partner, row) if row >= 0 else 0

    def what_if(
        self, key: str, *, add: Sequence[what_if.Added] = (), end: Sequence[what_if.Ended] = ()
    ) -> what_if.Outcome:
        """Compute positions after ties and alliances end and, then, others are added; exact.

        Args:
            key: The organisation.
            add: What is added.
            end: What ends.

        Raises:
            UnknownOrganizationError: No organisation has this key.
            ParameterError: Something to add or end is not possible in this network.
        """
        return what_if.what_if(self, key, add, end)

    def brokers_between(
        self, one: str | Circle, other: str | Circle, *, offset: int = 0, limit: int = 100
    ) -> Page[BrokerBetween]:
        """List who joins two organisations, circles or communities that are not tied themselves.

        Ordered by the open pairs that they join, most first; then by constraint, lowest first; then by key.

        Args:
            one: Key of an organisation, or a part of a partition.
            other: The other side; a part may be the same, an organisation may not.
            offset: Rows to skip, 0 or more.
            limit: Rows to return, 1 or more.

        Raises:
            UnknownOrganizationError: No organisation has one of the keys.
            ParameterError: A side is nothing that this network knows, or `offset` or `limit` is out of range.
        """
        check_page(offset, limit)
        return between.brokers_between(self, one, other, offset, limit)

    def communities(self, *, offset: int = 0, limit: int = 100) -> Page[Community]:
        """List the communities, largest first.

        Raises:
            ParameterError: `offset` or `limit` is out of range.
        """
        check_page(offset, limit)
        rows = self._communities[offset : offset + limit]
        return Page(rows, next_offset(offset, limit, len(self._communities)))

    def summary(self) -> Summary:
        """Return the whole network in numbers."""
        return self.derived.summary

    @cached_property
    def lookups(self) -> Lookups:
        """What searches over the whole network look up."""
        return Lookups(self.table, self.derived)

    def row(self, key: str) -> int:
        """Return an organisation's position in the order of degree; -1 without ties.

        Raises:
            UnknownOrganizationError: No organisation has this key.
        """
        organization = self.table.canonical[self.table.organization_id(key)]
        return int(self.derived.ties.position[organization])

    def standing(self, organization: int) -> Standing:
        """Tell why an organisation id has values or none."""
        if self._excluded[organization]:
            return Standing.EXCLUDED
        return Standing.ISOLATE if self.derived.ties.active[organization] else Standing.INACTIVE

    @cached_property
    def _excluded(self) -> NDArray[np.bool_]:
        mask = np.zeros(self.table.organizations.size, dtype=np.bool_)
        mask[self.table.canonical_ids(self.parameters.exclude)] = True
        return mask

    @cached_property
    def _untied(self) -> Ids:
        """Organisations without ties, in the order of their keys, the excluded ones left out."""
        mask = self.table.nodes() & (self.derived.ties.position < 0) & ~self._excluded
        order = self.table.organization_order
        return order[mask[order]]

    @cached_property
    def _communities(self) -> tuple[Community, ...]:
        ties, number = self.derived.ties, self.derived.community
        count = self.derived.summary.communities
        bridging, internal, external = (np.zeros(count, dtype=np.int64) for _ in range(3))
        circle_ties(ties.offsets, ties.partner, number, bridging, internal, external)
        ranked = self.derived.orders[Order.CONSTRAINT.value]
        grouped = ranked[np.argsort(number[ranked], kind="stable")]
        size = np.bincount(number, minlength=count)
        begin = np.cumsum(size) - size
        return tuple(
            Community(
                community=at,
                size=int(size[at]),
                internal_ties=int(internal[at]),
                external_ties=int(external[at]),
                brokers=tuple(
                    self.table.organization_keys(
                        ties.organization[grouped[begin[at] : begin[at] + min(size[at], 5)]]
                    )
                ),
                bridging=int(bridging[at]),
            )
            for at in range(count)
        )


def check_page(offset: int, limit: int) -> None:
    """Refuse a page that cannot be.

    Raises:
        ParameterError: `offset` is negative or `limit` below 1.
    """
    if offset < 0:
        raise ParameterError("cursor", f"offset {offset} is negative")
    if limit < 1:
        raise ParameterError("limit", f"{limit} is below 1")


def next_offset(offset: int, limit: int, total: int) -> int | None:
    """Return where the next page begins, or None if this was the last."""
    return offset + limit if offset + limit < total else None
