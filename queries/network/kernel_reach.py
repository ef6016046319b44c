"""Kernels for what lies around one organisation, and what would be left of it without a partner."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import F8, I8, READ_F8, READ_I4, READ_I8, int64, njit, repeated, void
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(int64(READ_I8, READ_I4, int64))
def within_two(offsets: Offsets, partner: Ids, ego: int) -> int:
    """Count the organisations one or two steps away from a row."""
    met = np.zeros(offsets.size - 1, dtype=np.bool_)
    met[ego] = True
    count = 0
    for slot in range(offsets[ego], offsets[ego + 1]):
        met[partner[slot]] = True
        count += 1
    for slot in range(offsets[ego], offsets[ego + 1]):
        middle = partner[slot]
        for further in range(offsets[middle], offsets[middle + 1]):
            far = partner[further]
            if not met[far]:
                met[far] = True
                count += 1
    return count


@njit(void(READ_I8, READ_I4, READ_F8, READ_F8, repeated(READ_F8, 1), int64, READ_I4, F8))
def constraint_without(
    offsets: Offsets,
    partner: Ids,
    slot_weight: Floats,
    strength: Floats,
    own: tuple[Floats],
    ego: int,
    leaving: Ids,
    result: Floats,
) -> None:
    """Compute a row's constraint as it would be if one of its partners left the network.

    Only the ties among the partners matter. With x_k = w_ik + T_ik, a partner j that leaves takes its own
    w_ij w_jk / s_j from every x_k, and makes every other partner q that it is tied to spread over less:
    s_q becomes s_q - w_qj. Time grows with the squared number of ties that shared partners have here.

    Args:
        offsets: First slot of each row.
        partner: Partners, ascending within each row.
        slot_weight: w of each slot.
        strength: s of each row.
        own: w_ij + T_ij of each of the row's slots.
        ego: The row.
        leaving: Places, among the row's partners, of those who leave, one at a time.
        result: Written: constraint without each of them; NaN where no partner is left.
    """
    begin, degree = offsets[ego], offsets[ego + 1] - offsets[ego]
    place = np.full(offsets.size - 1, -1, dtype=np.int32)
    for at in range(degree):
        place[partner[begin + at]] = at
    # Ties among the partners, row by row.
    first = np.zeros(degree + 1, dtype=np.int64)
    for at in range(degree):
        row = partner[begin + at]
        inside = 0
        for slot in range(offsets[row], offsets[row + 1]):
            inside += place[partner[slot]] >= 0
        first[at + 1] = first[at] + inside
    near, near_weight = np.empty(first[degree], dtype=np.int32), np.empty(first[degree])
    for at in range(degree):
        row = partner[begin + at]
        fill = first[at]
        for slot in range(offsets[row], offsets[row + 1]):
            other = place[partner[slot]]
            if other >= 0:
                near[fill] = other
                near_weight[fill] = slot_weight[slot]
                fill += 1
    x = np.empty(degree)
    for number in range(leaving.size):
        j = leaving[number]
        if degree == 1:
            result[number] = np.nan
            continue
        x[:] = own[0]
        w_ij, s_j = slot_weight[begin + j], strength[partner[begin + j]]
        for jk in range(first[j], first[j + 1]):
            x[near[jk]] -= w_ij * near_weight[jk] / s_j
        for jq in range(first[j], first[j + 1]):
            q = near[jq]
            s_q, w_iq = strength[partner[begin + q]], slot_weight[begin + q]
            more = w_iq / (s_q - near_weight[jq]) - w_iq / s_q
            for qk in range(first[q], first[q + 1]):
                x[near[qk]] += more * near_weight[qk]
        left = strength[ego] - w_ij
        total = 0.0
        for k in range(degree):
            if k != j:
                share = x[k] / left
                total += share * share
        result[number] = total


@njit(void(READ_I8, READ_I4, READ_I4, I8, I8, I8))
def open_pairs_between(
    offsets: Offsets, partner: Ids, side: Ids, first: Offsets, second: Offsets, pairs: Offsets
) -> None:
    """Count, for every row, the pairs that it joins between two groups and that have no tie of their own.

    A pair is unordered, one end in each group; where the groups overlap, it counts once.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        side: Groups of each row: 1 the first, 2 the second, 3 both, 0 neither.
        first: Written: partners in the first group.
        second: Written: partners in the second group.
        pairs: Written: open pairs.
    """
    n = offsets.size - 1
    near = np.zeros(n, dtype=np.bool_)
    for row in range(n):
        ones, others, both = np.int64(0), np.int64(0), np.int64(0)
        for slot in range(offsets[row], offsets[row + 1]):
            group = side[partner[slot]]
            ones += group & 1
            others += group >> 1
            both += group == 3
        first[row], second[row], pairs[row] = ones, others, 0
        if not ones or not others:
            continue
        # Closed pairs twice, those of two members of both groups from either end.
        closed = np.int64(0)
        start = 1 if ones <= others else 2
        for slot in range(offsets[row], offsets[row + 1]):
            near[partner[slot]] = True
        for slot in range(offsets[row], offsets[row + 1]):
            one = partner[slot]
            if not side[one] & start:
                continue
            for further in range(offsets[one], offsets[one + 1]):
                other = partner[further]
                if near[other] and side[other] & (3 - start):
                    closed += 1 if side[one] == 3 and side[other] == 3 else 2
        for slot in range(offsets[row], offsets[row + 1]):
            near[partner[slot]] = False
        pairs[row] = ones * others - both - both * (both - 1) // 2 - closed // 2
