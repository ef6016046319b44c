"""Kernels that bring organisations without a community into one, and weigh communities."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import F8, I4, READ_F8, READ_I4, READ_I8, int64, njit, void
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(void(READ_I8, READ_I4, READ_F8, READ_I4, READ_I4, I4))
def heaviest(
    offsets: Offsets, partner: Ids, slot_weight: Floats, number: Ids, rows: Ids, joined: Ids
) -> None:
    """Find the community to which most of each row's weight leads.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        slot_weight: Weight of each slot.
        number: Community of each row, -1 for none.
        rows: Rows to look at.
        joined: Written: the community of each, of equal ones the first; -1 where no tie leads into any.
    """
    most = np.int32(-1)
    for value in number:
        most = max(most, value)
    weight = np.zeros(most + 1)
    for at in range(rows.size):
        begin, end = offsets[rows[at]], offsets[rows[at] + 1]
        for slot in range(begin, end):
            if number[partner[slot]] >= 0:
                weight[number[partner[slot]]] += slot_weight[slot]
        best = np.int32(-1)
        for slot in range(begin, end):
            one = number[partner[slot]]
            if one >= 0 and (
                best < 0 or weight[one] > weight[best] or (weight[one] == weight[best] and one < best)
            ):
                best = one
        joined[at] = best
        for slot in range(begin, end):
            if number[partner[slot]] >= 0:
                weight[number[partner[slot]]] = 0.0


@njit(void(READ_I8, READ_I4, READ_I4, int64, I4))
def spread(offsets: Offsets, partner: Ids, rows: Ids, following: int, number: Ids) -> None:
    """Give rows that no way leads into a community from a new one, with all whom they reach.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        rows: Such rows.
        following: Number of the first new community.
        number: Community of each row, -1 for none; written.
    """
    reached = np.empty(rows.size, dtype=np.int32)
    for row in rows:
        if number[row] >= 0:
            continue
        number[row] = following
        reached[0] = row
        count = 1
        while count > 0:
            count -= 1
            at = reached[count]
            for slot in range(offsets[at], offsets[at + 1]):
                other = partner[slot]
                if number[other] < 0:
                    number[other] = following
                    reached[count] = other
                    count += 1
        following += 1


@njit(void(READ_I4, READ_I4, READ_F8, READ_I4, F8, F8))
def weigh(low: Ids, high: Ids, weight: Floats, number: Ids, inside: Floats, reach: Floats) -> None:
    """Sum the weight of the ties inside each community, and of the ends of ties in it.

    Args:
        low: Lower end of each tie.
        high: Higher end.
        weight: Weight.
        number: Community of each row.
        inside: Zeros; written for each community.
        reach: Zeros; written for each community.
    """
    for tie in range(low.size):
        one, other = number[low[tie]], number[high[tie]]
        reach[one] += weight[tie]
        reach[other] += weight[tie]
        if one == other:
            inside[one] += weight[tie]
