"""The kernel that turns an order into percentiles."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray
from tertius.queries.network.kernel_jit import READ_F8, READ_I8, int64, njit, void
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(void(READ_F8, READ_I8, int64, types.Array(types.float32, 1, "C")))
def share_ranks(values: Floats, order: Offsets, known: int, share: NDArray[np.float32]) -> None:
    """Write the percentile of each value: the share below it, equal ones counted half.

    Args:
        values: Values.
        order: Their places in ascending order.
        known: How many of those, from the first, are numbers.
        share: Written at the places of numbers.
    """
    begin = 0
    while begin < known:
        value = values[order[begin]]
        end = begin + 1
        while end < known and values[order[end]] == value:
            end += 1
        percent = np.float32(100.0 * (begin + (end - begin) / 2) / known)
        for at in range(begin, end):
            share[order[at]] = percent
        begin = end
