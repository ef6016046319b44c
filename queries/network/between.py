"""Who brokers between two organisations, circles or communities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from tertius.queries.network.answers import Page, Partition
from tertius.queries.network.columns import Ids
from tertius.queries.network.errors import ParameterError
from tertius.queries.network.kernel_reach import open_pairs_between
from tertius.queries.network.positions import known
from tertius.queries.network.ranks import comparable

if TYPE_CHECKING:
    from tertius.queries.network.network import Network


class Side(StrEnum):
    """On which side a broker itself stands."""

    FROM = "from"
    TO = "to"
    BOTH = "both"


_SIDES = (None, Side.FROM, Side.TO, Side.BOTH)


@dataclass(frozen=True, slots=True)
class Circle:
    """A part of a partition.

    Attributes:
        partition: What divides the organisations.
        value: Notation of the part; a community's number.
    """

    partition: Partition
    value: str


@dataclass(frozen=True, slots=True)
class BrokerBetween:
    """An organisation through which two sides meet.

    Attributes:
        organization: Key.
        from_partners: Its partners on the first side.
        to_partners: Its partners on the second side.
        open_pairs: Pairs of partners, one on each side, that are not tied themselves.
        side: Side on which it stands itself; None for neither.
        constraint: Its constraint in the whole network.
        betweenness: Its betweenness in the whole network; None where it is not known yet.
    """

    organization: str
    from_partners: int
    to_partners: int
    open_pairs: int
    side: Side | None
    constraint: float
    betweenness: float | None


def brokers_between(
    network: Network, one: str | Circle, other: str | Circle, offset: int, limit: int
) -> Page[BrokerBetween]:
    """List brokers between two sides; see `Network.brokers_between`."""
    derived, table = network.derived, network.table
    ties, n = derived.ties, derived.ties.organization.size
    if one == other and isinstance(one, str):
        raise ParameterError("to", "is the same organization as `from`")
    side = np.zeros(n, dtype=np.int32)
    side[_members(network, one, "from")] |= 1
    side[_members(network, other, "to")] |= 2
    first, second, pairs = (np.zeros(n, dtype=np.int64) for _ in range(3))
    open_pairs_between(ties.offsets, ties.partner, side, first, second, pairs)
    found = np.flatnonzero(pairs)
    keys = table.organizations[ties.organization[found]]
    order = found[np.lexsort([keys, comparable(derived.holes.constraint[found]), -pairs[found]])]
    chosen = order[offset : offset + limit]
    rows = tuple(
        BrokerBetween(key, from_partners, to_partners, joined, _SIDES[stands], constraint, known(betweenness))
        for key, from_partners, to_partners, joined, stands, constraint, betweenness in zip(
            table.organization_keys(ties.organization[chosen]),
            first[chosen].tolist(),
            second[chosen].tolist(),
            pairs[chosen].tolist(),
            side[chosen].tolist(),
            derived.holes.constraint[chosen].tolist(),
            derived.betweenness[chosen].tolist(),
            strict=True,
        )
    )
    return Page(rows, offset + limit if offset + limit < order.size else None)


def _members(network: Network, group: str | Circle, parameter: str) -> Ids:
    """Return the positions that belong to a side."""
    if isinstance(group, str):
        row = network.row(group)
        return np.array([row] if row >= 0 else [], dtype=np.int32)
    if group.partition is Partition.COMMUNITY:
        count = network.summary().communities
        if not group.value.isdecimal() or not group.value.isascii() or int(group.value) >= count:
            raise ParameterError(
                parameter, f"{group.value!r} is not the number of one of the {count} communities here"
            )
        code = int(group.value)
    else:
        values = network.table.circle_values[group.partition.value]
        if group.value not in values:
            raise ParameterError(
                parameter, f"no organization has {group.value!r} as its {group.partition.value}"
            )
        code = values.index(group.value)
    return np.flatnonzero(network.parts(group.partition) == code).astype(np.int32)
