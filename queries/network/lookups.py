"""What searches over a whole network look up again and again, made once when it is first needed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Partition
from tertius.queries.network.columns import Ids
from tertius.queries.network.derived import Derived
from tertius.queries.network.holes import Division, divide
from tertius.queries.network.introductions import STRONG_MIN, StrongTiesByLeast
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.shape import Shape, shape
from tertius.queries.network.table import ParticipationTable


class Lookups:
    """Ranks, circles and strong ties of one network; safe to share between threads.

    Args:
        table: The base table.
        derived: The ties.
    """

    def __init__(self, table: ParticipationTable, derived: Derived) -> None:
        self._table, self._derived = table, derived
        self._divisions: dict[Partition, Division] = {}
        self.strong = StrongTiesByLeast(derived.ties)

    def warm(self) -> None:
        """Make what searches for prospects need, so that no request has to."""
        _ = self.row_rank, self.isolates, self.strong[STRONG_MIN]

    @cached_property
    def key_rank(self) -> Ids:
        """Rank of each organisation id's key among all keys."""
        order = self._table.organization_order
        rank = np.empty(order.size, dtype=np.int32)
        rank[order] = np.arange(order.size, dtype=np.int32)
        return rank

    @cached_property
    def row_rank(self) -> Ids:
        """Rank of the key of each position's organisation."""
        return self.key_rank[self._derived.ties.organization]

    @cached_property
    def excluded(self) -> Flags:
        """Whether the parameters leave an organisation id out."""
        mask = np.zeros(self._table.organizations.size, dtype=np.bool_)
        mask[self._table.canonical_ids(self._derived.parameters.exclude)] = True
        return mask

    @cached_property
    def isolates(self) -> Ids:
        """Organisation ids active in the window without ties, in the order of their keys."""
        ties, order = self._derived.ties, self._table.organization_order
        alone: Ids = order[(ties.active & (ties.position < 0))[order]]
        return alone

    def circles(self, partition: Partition, ids: NDArray[np.integer[Any]]) -> Ids:
        """Return the circle codes of organisation ids, -1 where unknown."""
        if partition is not Partition.COMMUNITY:
            codes: Ids = self._table.circles[partition.value][ids]
            return codes
        position = self._derived.ties.position[ids]
        found = np.full(position.size, -1, dtype=np.int32)
        found[position >= 0] = self._derived.community[position[position >= 0]]
        return found

    def division(self, partition: Partition) -> Division:
        """Return the counts of ties between and within the parts of a partition."""
        if partition not in self._divisions:
            ties = self._derived.ties
            part = self.circles(partition, ties.organization)
            self._divisions[partition] = divide(part, ties.low, ties.high)
        return self._divisions[partition]

    @cached_property
    def shape(self) -> Shape:
        """The shape of the whole network."""
        return shape(self._derived)

    def circle_code(self, partition: Partition, notation: str) -> int:
        """Return the code of a circle, -2 where nothing bears that notation."""
        if partition is Partition.COMMUNITY:
            known = notation.isdecimal() and notation.isascii() and len(notation) < 10
            return int(notation) if known else -2
        values = self._table.circle_values[partition.value]
        return values.index(notation) if notation in values else -2

    def circle_notation(self, partition: Partition, code: int) -> str:
        """Return how a circle of this code is written."""
        if partition is Partition.COMMUNITY:
            return str(code)
        return self._table.circle_values[partition.value][code]
