"""Kernels over paths: twins, shortest-path betweenness, components, reach."""

from __future__ import annotations

import numpy as np
from numba import types
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import F8, I4, I8, READ_I4, READ_I8, READ_U8, U8, int64, njit, void
from tertius.queries.network.kernel_types import Floats, Hashes, Offsets


@njit(U8(READ_I8, READ_I4, READ_U8))
def neighbourhood_hashes(offsets: Offsets, partner: Ids, noise: Hashes) -> Hashes:
    """Hash each row's closed neighbourhood (the row and its partners), order-free."""
    result = noise.copy()
    for row in range(offsets.size - 1):
        for slot in range(offsets[row], offsets[row + 1]):
            result[row] += noise[partner[slot]]
    return result


@njit(types.boolean(READ_I8, READ_I4, int64, int64))
def _are_twins(offsets: Offsets, partner: Ids, a: int, b: int) -> bool:
    i, i_end, j, j_end = offsets[a], offsets[a + 1], offsets[b], offsets[b + 1]
    if i_end - i != j_end - j:
        return False
    met = False
    while True:
        while i < i_end and partner[i] == b:
            met = True
            i += 1
        while j < j_end and partner[j] == a:
            j += 1
        if i == i_end or j == j_end:
            return met and i == i_end and j == j_end
        if partner[i] != partner[j]:
            return False
        i += 1
        j += 1


@njit(I4(READ_I8, READ_I4, READ_I4, READ_U8))
def twin_representatives(offsets: Offsets, partner: Ids, order: Ids, hashes: Hashes) -> Ids:
    """Find true twins: rows with the same closed neighbourhood.

    Args:
        offsets: First slot of each row.
        partner: Partners, ascending within each row.
        order: Rows in the order of their hashes, then of their number.
        hashes: From `neighbourhood_hashes`; equal hashes are verified, not trusted.

    Returns:
        For each row, the first row that is its twin (itself where it has none before it).
    """
    result = np.arange(order.size).astype(np.int32)
    begin = 0
    while begin < order.size:
        end = begin + 1
        while end < order.size and hashes[order[end]] == hashes[order[begin]]:
            end += 1
        for i in range(begin + 1, end):
            row = order[i]
            for j in range(begin, i):
                other = order[j]
                if result[other] == other and _are_twins(offsets, partner, row, other):
                    result[row] = other
                    break
        begin = end
    return result


@njit(void(READ_I8, READ_I4, READ_I8, READ_I4, READ_I8, F8))
def accumulate_betweenness(
    offsets: Offsets,
    partner: Ids,
    size: Offsets,
    sources: Ids,
    times: Offsets,
    total: Floats,
) -> None:
    """Add the dependencies of sources on every row: Brandes (2001), on classes of twins.

    Twins are at distance one from each other and lie on no shortest path between one of them and
    anybody else, so a class acts as one vertex through which `size` equal paths lead.

    Args:
        offsets: First slot of each class's row in the quotient graph.
        partner: Neighbouring classes.
        size: Members of each class.
        sources: Classes to start from.
        times: Members of each source class that are sources.
        total: Added to: dependency of the sources on one member of each class, ordered pairs.
    """
    n = offsets.size - 1
    distance = np.full(n, -1, dtype=np.int32)
    paths = np.zeros(n, dtype=np.float64)
    dependency = np.zeros(n, dtype=np.float64)
    queue = np.empty(n, dtype=np.int32)
    for at in range(sources.size):
        source = sources[at]
        distance[source] = 0
        paths[source] = 1.0
        queue[0] = source
        head, tail = 0, 1
        while head < tail:
            v = queue[head]
            head += 1
            ways = paths[v] if v == source else paths[v] * size[v]
            beyond = distance[v] + 1
            for slot in range(offsets[v], offsets[v + 1]):
                w = partner[slot]
                if distance[w] < 0:
                    distance[w] = beyond
                    queue[tail] = w
                    tail += 1
                if distance[w] == beyond:
                    paths[w] += ways
        for place in range(tail - 1, 0, -1):
            w = queue[place]
            pull = (1.0 + dependency[w]) / paths[w] * size[w]
            nearer = distance[w] - 1
            for slot in range(offsets[w], offsets[w + 1]):
                v = partner[slot]
                if distance[v] == nearer:
                    dependency[v] += paths[v] * pull
            total[w] += dependency[w] * times[at]
        for place in range(tail):
            v = queue[place]
            distance[v] = -1
            paths[v] = 0.0
            dependency[v] = 0.0


@njit(int64(READ_I8, READ_I4, int64, I4, I4))
def exclusive_reach(offsets: Offsets, partner: Ids, ego: int, leads: Ids, reached: Ids) -> int:
    """Find the organisations at distance two from `ego` to which exactly one partner leads.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        ego: Row to start from.
        leads: Written: place, among the ego's partners, of the one that leads there.
        reached: Written: the rows reached, in the order met.

    Returns:
        Number of rows written.
    """
    through = np.zeros(offsets.size - 1, dtype=np.int32)
    near = np.int32(-2)
    through[ego] = near
    for slot in range(offsets[ego], offsets[ego + 1]):
        through[partner[slot]] = near
    met = np.empty(reached.size, dtype=np.int32)
    count = 0
    for place in range(offsets[ego + 1] - offsets[ego]):
        middle = partner[offsets[ego] + place]
        for slot in range(offsets[middle], offsets[middle + 1]):
            far = partner[slot]
            seen = through[far]
            if seen == 0:
                through[far] = place + 1
                met[count] = far
                count += 1
            elif seen > 0:
                through[far] = -1
    kept = 0
    for at in range(count):
        if through[met[at]] > 0:
            reached[kept] = met[at]
            leads[kept] = through[met[at]] - 1
            kept += 1
    return kept


@njit(void(READ_I8, READ_I4, READ_I4, I8, I8, I8))
def circle_ties(
    offsets: Offsets, partner: Ids, circle: Ids, members: Offsets, internal: Offsets, external: Offsets
) -> None:
    """Count, for each circle, ties within it (each once) and ties that leave it.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        circle: Circle of each row, 0 or more.
        members: Written: rows with a partner in another circle, counted per circle.
        internal: Written.
        external: Written.
    """
    for row in range(offsets.size - 1):
        own = circle[row]
        leaves = 0
        for slot in range(offsets[row], offsets[row + 1]):
            if circle[partner[slot]] != own:
                leaves += 1
            elif partner[slot] > row:
                internal[own] += 1
        external[own] += leaves
        if leaves:
            members[own] += 1
