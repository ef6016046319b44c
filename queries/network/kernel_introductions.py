"""Kernels that walk strong ties: who can be introduced, and along which paths.

A path's score is the least number of alliances that two who follow each other on it share (its
bottleneck), then the product of p outward.
"""

from __future__ import annotations

import numpy as np
from numba import types
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


@njit(repeated(int64, 2)(READ_I8, repeated(READ_I4, 2), int64, READ_B1, READ_B1, repeated(I4, 3), I4))
def bottlenecks(
    begin: Offsets,
    slots: tuple[Ids, Ids],
    ego: int,
    blocked: Flags,
    partners: Flags,
    work: tuple[Ids, Ids, Ids],
    rows: Ids,
) -> tuple[int, int]:
    """Find everybody within three strong steps who is no partner, with the widest bottleneck of a path.

    Args:
        begin: First slot of each row of the strong ties.
        slots: Partner and shared alliances of each slot, most shared first.
        ego: Row to start from.
        blocked: Rows that neither introduce nor are introduced.
        partners: The ego and its partners, strong or not.
        work: Zeros. Written: the widest bottleneck of two steps, of two or three, and the rows met at two.
        rows: Written: rows reached, the widest bottleneck first.

    Returns:
        Number of rows reached, and of rows met at two steps.
    """
    partner, shared = slots
    two, best, met = work
    top = 0
    middles = 0
    for a_slot in range(begin[ego], begin[ego + 1]):
        a = partner[a_slot]
        top = max(top, shared[a_slot])
        if blocked[a]:
            continue
        for slot in range(begin[a], begin[a + 1]):
            b = partner[slot]
            if b == ego or blocked[b]:
                continue
            if two[b] == 0:
                met[middles] = b
                middles += 1
            two[b] = max(two[b], min(shared[a_slot], shared[slot]))
    reached = 0
    found = np.empty(rows.size, dtype=np.int32)
    for at in range(middles):
        b = met[at]
        if not partners[b]:
            if best[b] == 0:
                found[reached] = b
                reached += 1
            best[b] = max(best[b], two[b])
        for slot in range(begin[b], begin[b + 1]):
            j = partner[slot]
            if partners[j] or blocked[j]:
                continue
            if best[j] == 0:
                found[reached] = j
                reached += 1
            best[j] = max(best[j], min(two[b], shared[slot]))
    fill = np.zeros(top + 2, dtype=np.int64)
    for at in range(reached):
        fill[top - best[found[at]] + 1] += 1
    for level in range(top + 1):
        fill[level + 1] += fill[level]
    for at in range(reached):
        level = top - best[found[at]]
        rows[fill[level]] = found[at]
        fill[level] += 1
    return reached, middles


@njit(
    void(
        READ_I8,
        repeated(READ_I4, 2),
        repeated(READ_F8, 2),
        int64,
        READ_B1,
        repeated(READ_I4, 3),
        READ_I4,
        F8,
        F8,
    )
)
def products(
    begin: Offsets,
    slots: tuple[Ids, Ids],
    weights: tuple[Floats, Floats],
    ego: int,
    blocked: Flags,
    work: tuple[Ids, Ids, Ids],
    rows: Ids,
    product: Floats,
    score: Floats,
) -> None:
    """Find the best product of p outward among the paths with each row's widest bottleneck.

    Level by level of the bottleneck, from the widest: along ties with at least that many shared
    alliances, which are the first slots of each row.

    Args:
        begin: First slot of each row of the strong ties.
        slots: Partner and shared alliances of each slot, most shared first.
        weights: Weight of each slot, and s of each row.
        ego: Row to start from.
        blocked: Rows that do not introduce.
        work: As `bottlenecks` left it, the rows met cut to their number.
        rows: As `bottlenecks` wrote them.
        product: Zeros, for each row; work space.
        score: Written: the best product, for each of `rows`.
    """
    partner, shared = slots
    weight, strength = weights
    _, best, met = work
    at = 0
    while at < rows.size:
        least = best[rows[at]]
        for a_slot in range(begin[ego], begin[ego + 1]):
            if shared[a_slot] < least:
                break
            a = partner[a_slot]
            if blocked[a]:
                continue
            first = weight[a_slot] / strength[ego]
            for slot in range(begin[a], begin[a + 1]):
                if shared[slot] < least:
                    break
                b = partner[slot]
                if b != ego and not blocked[b]:
                    product[b] = max(product[b], first * (weight[slot] / strength[a]))
        while at < rows.size and best[rows[at]] == least:
            j = rows[at]
            value = product[j]
            for slot in range(begin[j], begin[j + 1]):
                if shared[slot] < least:
                    break
                b = partner[slot]
                value = max(value, product[b] * (weight[slot] / strength[b]))
            score[at] = value
            at += 1
        for place in range(met.size):
            product[met[place]] = 0.0


@njit(types.boolean(READ_I4, READ_I4, READ_I4, READ_I4, READ_F8, int64, repeated(int64, 4), float64))
def _precedes(
    least: Ids,
    steps: Ids,
    one: Ids,
    other: Ids,
    product: Floats,
    at: int,
    path: tuple[int, int, int, int],
    value: float,
) -> bool:
    """Tell whether a path comes before the one in a place of the list."""
    through, length, a, b = path
    if least[at] != through:
        return bool(through > least[at])
    if product[at] != value:
        return bool(value > product[at])
    if steps[at] != length:
        return bool(length < steps[at])
    return bool(a < one[at] or (a == one[at] and b < other[at]))


@njit(
    int64(
        READ_I8,
        repeated(READ_I4, 2),
        repeated(READ_F8, 2),
        repeated(int64, 2),
        READ_B1,
        READ_I4,
        READ_F8,
        repeated(I4, 4),
        F8,
    )
)
def best_introductions(
    begin: Offsets,
    slots: tuple[Ids, Ids],
    weights: tuple[Floats, Floats],
    ends: tuple[int, int],
    blocked: Flags,
    first_shared: Ids,
    first: Floats,
    paths: tuple[Ids, Ids, Ids, Ids],
    product: Floats,
) -> int:
    """Find the best paths of two or three strong steps between two rows that are not tied.

    Ordered by the least number of shared alliances, then by the product of p outward, then fewer steps
    first, then by the rows on the way.

    Args:
        begin: First slot of each row of the strong ties.
        slots: Partner and shared alliances of each slot, most shared first.
        weights: Weight of each slot, and s of each row.
        ends: The ego and the row to be introduced to.
        blocked: Rows that do not introduce.
        first_shared: Alliances that each row shares with the ego, 0 where the tie is not strong.
        first: p of the ego for each row.
        paths: Written: least shared alliances, steps, and the one or two rows on the way (-1 for none);
            their size is the most paths to find.
        product: Written.

    Returns:
        Number of paths found.
    """
    partner, shared = slots
    weight, strength = weights
    ego, target = ends
    least, steps, one, other = paths
    most = product.size
    count = 0
    for last_slot in range(begin[target], begin[target + 1]):
        b = partner[last_slot]
        if count == most and shared[last_slot] < least[most - 1]:
            break
        if blocked[b] or b == ego:
            continue
        last = weight[last_slot] / strength[b]
        # The slot before the row's own stands for the path of two steps, through b alone.
        for slot in range(begin[b] - 1, begin[b + 1]):
            direct = slot < begin[b]
            a = b if direct else partner[slot]
            through = min(first_shared[a], shared[last_slot])
            if not direct:
                if count == most and shared[slot] < least[most - 1]:
                    break
                through = min(through, shared[slot])
            if through == 0 or blocked[a]:
                continue
            value = first[a] * last if direct else first[a] * (weight[slot] / strength[a]) * last
            path = (through, 2, a, -1) if direct else (through, 3, a, b)
            place = count
            while place > 0 and _precedes(least, steps, one, other, product, place - 1, path, value):
                place -= 1
            if place == most:
                continue
            for at in range(min(count, most - 1), place, -1):
                least[at], steps[at] = least[at - 1], steps[at - 1]
                one[at], other[at] = one[at - 1], other[at - 1]
                product[at] = product[at - 1]
            least[place], steps[place], one[place], other[place] = path
            product[place] = value
            count = min(count + 1, most)
    return count
