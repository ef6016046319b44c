"""Kernels over the part of a network around some organisations."""

from __future__ import annotations

from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import B1, F8, I8, READ_F8, READ_I4, READ_I8, int64, njit, void
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


@njit(int64(READ_I8, READ_I4, READ_I4, READ_I4, I8))
def induced_ties(forward: Offsets, high: Ids, rows: Ids, local: Ids, ties: Offsets) -> int:
    """List the ties between rows.

    Args:
        forward: First tie of each row as the lower end.
        high: Higher end of each tie.
        rows: The rows, ascending.
        local: Number of each of them, -1 for others.
        ties: Written: the ties, ascending.

    Returns:
        How many there are.
    """
    count = 0
    for row in rows:
        for tie in range(forward[row], forward[row + 1]):
            if local[high[tie]] >= 0:
                ties[count] = tie
                count += 1
    return count
