"""Kernels over two parts of a network, and over distances in the whole of it."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import I4, I8, READ_I4, READ_I8, int64, njit, repeated, void
from tertius.queries.network.kernel_types import Offsets


@njit(repeated(int64, 2)(READ_I8, READ_I4, READ_I4, READ_I4, I4, repeated(I4, 4)))
def between_parts(
    offsets: Offsets, partner: Ids, ours: Ids, theirs: Ids, into: Ids, found: tuple[Ids, Ids, Ids, Ids]
) -> tuple[int, int]:
    """Find the rows of one part that lead into another, and those at distance two from it.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        ours: Rows of the one part.
        theirs: Rows of the other.
        into: Zeros; zeros again afterwards.
        found: Written: rows with ties into the other part and how many; rows without such ties but with
            partners who have them, and how many such partners.

    Returns:
        How many of the first and of the second kind there are.
    """
    bridging, ties, possible, partners = found
    for row in theirs:
        for slot in range(offsets[row], offsets[row + 1]):
            into[partner[slot]] += 1
    bridges, could = 0, 0
    for row in ours:
        if into[row] > 0:
            bridging[bridges] = row
            ties[bridges] = into[row]
            bridges += 1
            continue
        lead = 0
        for slot in range(offsets[row], offsets[row + 1]):
            lead += into[partner[slot]] > 0
        if lead > 0:
            possible[could] = row
            partners[could] = lead
            could += 1
    for row in theirs:
        for slot in range(offsets[row], offsets[row + 1]):
            into[partner[slot]] = 0
    return bridges, could


@njit(void(READ_I8, READ_I4, READ_I4, I8))
def distances(offsets: Offsets, partner: Ids, sources: Ids, total: Offsets) -> None:
    """Add up the distances from some rows to everybody whom they reach.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        sources: Rows to start from.
        total: Added to: the sum of distances, and the number of pairs.
    """
    n = offsets.size - 1
    distance = np.full(n, -1, dtype=np.int32)
    queue = np.empty(n, dtype=np.int32)
    for source in sources:
        distance[source] = 0
        queue[0] = source
        head, tail = 0, 1
        while head < tail:
            row = queue[head]
            head += 1
            for slot in range(offsets[row], offsets[row + 1]):
                other = partner[slot]
                if distance[other] < 0:
                    distance[other] = distance[row] + 1
                    queue[tail] = other
                    tail += 1
                    total[0] += distance[other]
                    total[1] += 1
        for place in range(tail):
            distance[queue[place]] = -1
