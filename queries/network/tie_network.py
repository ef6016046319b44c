"""Ties laid out for walking along them, and how a tie is found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids
from tertius.queries.network.dates import Days
from tertius.queries.network.kernel_induced import find_ties, induced_ties
from tertius.queries.network.kernel_types import Flags, Floats, Offsets


@dataclass(frozen=True, slots=True, eq=False)
class TieNetwork:
    """Ties of one set of parameters: a symmetric CSR by position, and the ties it is made of.

    As they are derived, positions ascend by degree, then by the organisation's key, and ties by (low,
    high). A network that was brought up to date keeps both as they were: who and what is new comes last.

    Attributes:
        organization: Organisation id of each position, shape (n,).
        position: Position of each organisation id, -1 without ties, shape (organisations,).
        active: Whether an organisation id is active in the window and not excluded.
        offsets: First slot of each position, shape (n + 1,).
        partner: Partner's position of each slot, ascending within a row, shape (2m,).
        slot_weight: Weight of each slot.
        slot_tie: Tie of each slot.
        low: Smaller position of each tie, shape (m,).
        high: Larger position of each tie.
        weight: Weight of each tie, above 0.
        first: First day of a counted overlap (days; `ALWAYS` where no start is known).
        last: Last day of a counted overlap (days; `FOREVER` where no end can be told).
        assumed: Whether that last day follows from an assumed end.
        evidence: First place of each tie's alliances in `alliances`.
        evidence_size: How many alliances each tie has, 1 or more.
        alliances: Alliance ids; each tie's stand together.
        participations: Participations active in the window, without excluded organisations.
        alliance_count: Alliances with such a participation, without those left out.
        left_out: Alliances above `max_partners`.
    """

    organization: Ids
    position: Ids
    active: Flags
    offsets: Offsets
    partner: Ids
    slot_weight: Floats
    slot_tie: Ids
    low: Ids
    high: Ids
    weight: Floats
    first: Days
    last: Days
    assumed: Flags
    evidence: Offsets
    evidence_size: Ids
    alliances: Ids
    participations: int
    alliance_count: int
    left_out: int

    def forward(self) -> Offsets:
        """Return the first tie of each position as `low`, shape (n + 1,); ties must ascend by (low, high)."""
        count = np.bincount(self.low, minlength=self.organization.size)
        return np.append(0, np.cumsum(count)).astype(np.int64)

    def alliances_of(self, tie: int) -> Ids:
        """Return the alliances that a tie rests on."""
        begin = self.evidence[tie]
        return self.alliances[begin : begin + self.evidence_size[tie]]


def induced(ties: TieNetwork, rows: Ids, inside: Flags) -> NDArray[np.int64]:
    """Return the ties between some rows by their lower, then their higher end.

    Args:
        ties: The network.
        rows: The rows, ascending.
        inside: Whether each row of the network is one of them.
    """
    found = np.empty(4 * rows.size, dtype=np.int64)
    slots = ties.partner, ties.slot_tie
    count = induced_ties(ties.offsets, slots, rows, inside, found)
    if count > found.size:
        found = np.empty(count, dtype=np.int64)
        induced_ties(ties.offsets, slots, rows, inside, found)
    return found[:count]


def tie_of(ties: TieNetwork, one: Ids, other: Ids) -> Ids:
    """Return the tie of each pair of organisation ids, -1 for none; ids may be beyond the network's.

    Costs the logarithm of the fewer partners of the two for each pair.
    """
    found = np.empty(one.size, dtype=np.int32)
    find_ties(ties.position, ties.offsets, (ties.partner, ties.slot_tie), (one, other), found)
    return found
