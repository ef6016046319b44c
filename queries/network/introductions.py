"""Who could introduce one organisation to another: paths of at most three steps along strong ties."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.answers import Evidence
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_introductions import best_introductions
from tertius.queries.network.kernel_types import Flags, Floats, Offsets
from tertius.queries.network.neighbourhood import evidence_of
from tertius.queries.network.tie_network import TieNetwork

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

STRONG_MIN: Final = 2
"""Alliances that two organisations share for their tie to be strong, unless asked otherwise."""

_KEPT: Final = 3
"""Values of `strong_min` whose ties are kept laid out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an introduction: somebody presents the organisation to one of its own partners.

    Attributes:
        source: Key of the one who knows.
        target: Key of the one who is known.
        p: Share of the source's tie weight that it gives the target.
        tie: The evidence; its alliances are those that the two share.
    """

    source: str
    target: str
    p: float
    tie: Evidence


@dataclass(frozen=True, slots=True)
class Introduction:
    """A path along strong ties.

    Attributes:
        shared_alliances: The least number of alliances that two neighbours on the path share.
        product: Product of p over the steps, outward.
        steps: Two or three steps.
    """

    shared_alliances: int
    product: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StrongTies:
    """Ties with at least so many shared alliances as a symmetric CSR, most shared first in each row.

    Attributes:
        offsets: First slot of each position, shape (n + 1,).
        partner: Partner's position of each slot.
        shared: Alliances shared, of each slot.
        weight: Weight of each slot.
    """

    offsets: Offsets
    partner: Ids
    shared: Ids
    weight: Floats

    @classmethod
    def of(cls, ties: TieNetwork, least: int) -> StrongTies:
        """Lay out the ties with at least `least` shared alliances; time grows with all ties."""
        count = ties.evidence_size
        slots = np.flatnonzero((count >= least)[ties.slot_tie])
        row = (np.searchsorted(ties.offsets, slots, side="right") - 1).astype(np.int32)
        shared = count[ties.slot_tie[slots]]
        order = np.lexsort([-shared, row])
        slots = slots[order]
        degree = np.bincount(row, minlength=ties.organization.size)
        return cls(
            offsets=np.append(0, np.cumsum(degree)).astype(np.int64),
            partner=ties.partner[slots],
            shared=shared[order],
            weight=ties.slot_weight[slots],
        )


class StrongTiesByLeast:
    """The strong ties of one network, laid out when they are first asked for; safe to share."""

    def __init__(self, ties: TieNetwork) -> None:
        self._ties = ties
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, StrongTies] = OrderedDict()

    def __getitem__(self, least: int) -> StrongTies:
        with self._lock:
            found = self._kept.get(least)
            if found is None:
                found = self._kept[least] = StrongTies.of(self._ties, least)
            self._kept.move_to_end(least)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found


@dataclass(frozen=True, slots=True, eq=False)
class Introducer:
    """Finds introductions for one organisation.

    Attributes:
        network: The network.
        row: The organisation's position, -1 without ties.
        strong: Its strong ties.
        blocked: Positions that introduce nobody.
    """

    network: Network
    row: int
    strong: StrongTies
    blocked: Flags

    def to(self, targets: NDArray[np.integer], most: int) -> list[tuple[Introduction, ...]]:
        """Return the best introductions to each position, best first; none to those who cannot be reached.

        Args:
            targets: Positions that are no partners, -1 for those without ties.
            most: Introductions to find for each.
        """
        if self.row < 0 or most < 1:
            return [() for _ in targets]
        own = slice(int(self.strong.offsets[self.row]), int(self.strong.offsets[self.row + 1]))
        n = self.network.derived.ties.organization.size
        first_shared, first = np.zeros(n, dtype=np.int32), np.zeros(n)
        first_shared[self.strong.partner[own]] = self.strong.shared[own]
        strength = self.network.derived.holes.strength
        first[self.strong.partner[own]] = self.strong.weight[own] / strength[self.row]
        return self._described(
            [self._paths(int(at), most, first_shared, first) if at >= 0 else [] for at in targets]
        )

    def _paths(
        self, target: int, most: int, first_shared: Ids, first: Floats
    ) -> list[tuple[int, float, list[int]]]:
        paths = tuple(np.zeros(most, dtype=np.int32) for _ in range(4))
        product = np.zeros(most)
        found = best_introductions(
            self.strong.offsets,
            (self.strong.partner, self.strong.shared),
            (self.strong.weight, self.network.derived.holes.strength),
            (self.row, target),
            self.blocked,
            first_shared,
            first,
            (paths[0], paths[1], paths[2], paths[3]),
            product,
        )
        least, _, one, other = (column[:found].tolist() for column in paths)
        return [
            (shared, value, [self.row, a, *([b] if b >= 0 else []), target])
            for shared, value, a, b in zip(least, product[:found].tolist(), one, other, strict=True)
        ]

    def _described(self, found: list[list[tuple[int, float, list[int]]]]) -> list[tuple[Introduction, ...]]:
        """Put keys and evidence to paths; a tie that several paths use is read once."""
        pairs = sorted({pair for paths in found for _, _, way in paths for pair in pairwise(way)})
        steps = dict(zip(pairs, self._steps(pairs), strict=True))
        return [
            tuple(
                Introduction(shared, value, tuple(steps[a, b] for a, b in pairwise(way)))
                for shared, value, way in paths
            )
            for paths in found
        ]

    def _steps(self, pairs: list[tuple[int, int]]) -> list[Step]:
        if not pairs:
            return []
        ties, strength = self.network.derived.ties, self.network.derived.holes.strength
        slots = np.array([slot_of(ties, a, b) for a, b in pairs])
        source, target = (np.array([pair[end] for pair in pairs]) for end in (0, 1))
        keys = self.network.table.organization_keys
        return [
            Step(*step)
            for step in zip(
                keys(ties.organization[source]),
                keys(ties.organization[target]),
                (ties.slot_weight[slots] / strength[source]).tolist(),
                evidence_of(self.network, ties.slot_tie[slots]),
                strict=True,
            )
        ]


def slot_of(ties: TieNetwork, row: int, partner: int) -> int:
    """Return the slot of a partner in a row, or -1 where the two are not tied."""
    begin, end = int(ties.offsets[row]), int(ties.offsets[row + 1])
    slot = begin + int(np.searchsorted(ties.partner[begin:end], partner))
    return slot if slot < end and ties.partner[slot] == partner else -1
