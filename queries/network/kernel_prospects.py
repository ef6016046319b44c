"""Kernels that judge possible partners: constraint after a tie, and who comes within reach.

Marks around the organisation that asks (the ego) are positions: `NEAR` and above for a partner (its
place among the partners), `TWO` at distance two, `EGO` for itself, `FAR` for everybody else.
"""

from __future__ import annotations

from typing import Final

from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import (
    F8,
    I4,
    READ_B1,
    READ_F8,
    READ_I4,
    READ_I8,
    float64,
    int64,
    njit,
    repeated,
    void,
)
from tertius.queries.network.kernel_types import Flags, Floats, Offsets

FAR: Final = 0
TWO: Final = -1
EGO: Final = -2
NEAR: Final = 1


@njit(int64(READ_I8, READ_I4, int64, I4, I4))
def surroundings(offsets: Offsets, partner: Ids, ego: int, mark: Ids, found: Ids) -> int:
    """Mark the ego, its partners and those at distance two.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        ego: Row to start from.
        mark: Written; `FAR` (0) everywhere before.
        found: Written: the rows at distance two.

    Returns:
        Number of rows at distance two.
    """
    mark[ego] = EGO
    for slot in range(offsets[ego], offsets[ego + 1]):
        mark[partner[slot]] = NEAR + slot - offsets[ego]
    count = 0
    for slot in range(offsets[ego], offsets[ego + 1]):
        middle = partner[slot]
        for further in range(offsets[middle], offsets[middle + 1]):
            row = partner[further]
            if mark[row] == FAR:
                mark[row] = TWO
                found[count] = row
                count += 1
    return count


@njit(
    void(
        READ_I8,
        READ_I4,
        READ_F8,
        READ_F8,
        READ_I4,
        READ_F8,
        READ_F8,
        repeated(float64, 3),
        READ_I4,
        F8,
        I4,
    )
)
def judge(
    offsets: Offsets,
    partner: Ids,
    slot_weight: Floats,
    strength: Floats,
    mark: Ids,
    own_weight: Floats,
    own_share: Floats,
    totals: tuple[float, float, float],
    rows: Ids,
    constraint: Floats,
    reach: Ids,
) -> None:
    """Compute, for each row that is no partner, constraint and reach after a tie with it.

    With a new tie of weight w0, C_i' = (sum_q (x_q + y_q)^2 + (w0 + T_ij)^2) / (s_i + w0)^2, where
    x_q = w_iq + T_iq, y_q = w0 w_jq / (s_j + w0) for shared partners q, T_ij = sum_q w_iq w_jq / s_q.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        slot_weight: Weights.
        strength: s of each row.
        mark: From `surroundings`.
        own_weight: w_iq of the ego's partners, by place.
        own_share: x_q of the ego's partners, by place.
        totals: sum of x_q^2, s_i, w0.
        rows: Rows to judge.
        constraint: Written: C_i' for each of them.
        reach: Written: organisations newly within two steps.
    """
    squares, own_strength, weight = totals
    whole = (own_strength + weight) * (own_strength + weight)
    for at in range(rows.size):
        row = rows[at]
        changed, closure = 0.0, 0.0
        gained = 1 if mark[row] == FAR else 0
        scale = weight / (strength[row] + weight)
        for slot in range(offsets[row], offsets[row + 1]):
            q = partner[slot]
            near = mark[q]
            if near == FAR:
                gained += 1
            elif near >= NEAR:
                y = scale * slot_weight[slot]
                changed += y * (2.0 * own_share[near - NEAR] + y)
                closure += own_weight[near - NEAR] * slot_weight[slot] / strength[q]
        constraint[at] = (squares + changed + (weight + closure) * (weight + closure)) / whole
        reach[at] = gained


@njit(int64(READ_I8, READ_I4, READ_I4, READ_B1, READ_I4, repeated(int64, 2), I4, I4))
def farthest_reach(
    offsets: Offsets,
    partner: Ids,
    mark: Ids,
    allowed: Flags,
    rank: Ids,
    after: tuple[int, int],
    rows: Ids,
    reach: Ids,
) -> int:
    """Find the rows at distance three or more that add most to the reach; exact.

    Rows ascend by degree and nobody adds more than its degree and itself, so that the search begins at
    the end and stops as soon as no row left can enter the list.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        mark: From `surroundings`.
        allowed: Rows that may be listed.
        rank: Settles equal reach, ascending.
        after: Reach and rank of the row that the list goes on after.
        rows: Written: the best rows, best first; its size is the most to find.
        reach: Written: what each adds.

    Returns:
        Number of rows found.
    """
    count = 0
    most = rows.size
    last_reach, last_rank = after
    for row in range(mark.size - 1, -1, -1):
        degree = offsets[row + 1] - offsets[row]
        if count == most and degree + 1 < reach[most - 1]:
            break
        if mark[row] != FAR or not allowed[row]:
            continue
        gained = 1
        for slot in range(offsets[row], offsets[row + 1]):
            if mark[partner[slot]] == FAR:
                gained += 1
        if gained > last_reach or (gained == last_reach and rank[row] <= last_rank):
            continue
        if count == most and (
            gained < reach[most - 1] or (gained == reach[most - 1] and rank[row] > rank[rows[most - 1]])
        ):
            continue
        place = count if count < most else most - 1
        while place > 0 and (
            reach[place - 1] < gained or (reach[place - 1] == gained and rank[rows[place - 1]] > rank[row])
        ):
            rows[place] = rows[place - 1]
            reach[place] = reach[place - 1]
            place -= 1
        rows[place] = row
        reach[place] = gained
        count = min(count + 1, most)
    return count
