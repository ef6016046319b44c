"""Kernels over the part of a network around some organisations, and over the ties of pairs."""

from __future__ import annotations

from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import (
    B1,
    F8,
    I4,
    I8,
    READ_B1,
    READ_F8,
    READ_I4,
    READ_I8,
    int64,
    njit,
    repeated,
    void,
)
from tertius.queries.network.kernel_types import Flags, Floats, Offsets


@njit(void(READ_I8, READ_I4, READ_I4, B1))
def mark_closed(offsets: Offsets, partner: Ids, rows: Ids, inside: Flags) -> None:
    """Mark some rows and all their partners."""
    for row in rows:
        inside[row] = True
        for slot in range(offsets[row], offsets[row + 1]):
            inside[partner[slot]] = True


@njit(void(READ_I8, READ_F8, READ_I4, F8))
def row_largest(offsets: Offsets, slot_weight: Floats, rows: Ids, largest: Floats) -> None:
    """Write the largest weight of each of some rows."""
    for at in range(rows.size):
        top = 0.0
        for slot in range(offsets[rows[at]], offsets[rows[at] + 1]):
            top = max(top, slot_weight[slot])
        largest[at] = top


@njit(int64(READ_I8, repeated(READ_I4, 2), READ_I4, READ_B1, I8))
def induced_ties(offsets: Offsets, slots: tuple[Ids, Ids], rows: Ids, inside: Flags, ties: Offsets) -> int:
    """List the ties between rows by their lower, then their higher end.

    Args:
        offsets: First slot of each row.
        slots: Partner and tie of each slot.
        rows: The rows, ascending.
        inside: Whether each row is one of them.
        ties: Written where there is room: the ties.

    Returns:
        How many there are.
    """
    partner, slot_tie = slots
    count = 0
    for row in rows:
        for slot in range(offsets[row], offsets[row + 1]):
            if partner[slot] > row and inside[partner[slot]]:
                if count < ties.size:
                    ties[count] = slot_tie[slot]
                count += 1
    return count


@njit(void(READ_I4, READ_I8, repeated(READ_I4, 2), repeated(READ_I4, 2), I4))
def find_ties(
    position: Ids, offsets: Offsets, slots: tuple[Ids, Ids], ends: tuple[Ids, Ids], found: Ids
) -> None:
    """Find the ties of pairs of organisations, each by bisection among the partners of the one with fewer.

    Args:
        position: Row of each organisation id, -1 without ties.
        offsets: First slot of each row.
        slots: Partner, ascending within a row, and tie of each slot.
        ends: Organisation ids, which may be beyond those that `position` knows.
        found: Written: the tie of each pair, -1 for none.
    """
    one, other = ends
    partner, slot_tie = slots
    for at in range(one.size):
        found[at] = -1
        if max(one[at], other[at]) >= position.size:
            continue
        row, sought = position[one[at]], position[other[at]]
        if min(row, sought) < 0:
            continue
        if offsets[row + 1] - offsets[row] > offsets[sought + 1] - offsets[sought]:
            row, sought = sought, row
        begin, end = offsets[row], offsets[row + 1]
        while begin < end:
            middle = (begin + end) // 2
            if partner[middle] < sought:
                begin = middle + 1
            else:
                end = middle
        if begin < offsets[row + 1] and partner[begin] == sought:
            found[at] = slot_tie[begin]
