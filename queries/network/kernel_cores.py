"""Kernels over the whole network's frame: cores, cut points, bridges, and ways around a tie."""

from __future__ import annotations

import numpy as np
from numba import types
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import (
    B1,
    I4,
    READ_B1,
    READ_I4,
    READ_I8,
    int64,
    njit,
    repeated,
    void,
)
from tertius.queries.network.kernel_types import Flags, Offsets


@njit(I4(READ_I8, READ_I4))
def core_numbers(offsets: Offsets, partner: Ids) -> Ids:
    """Return the largest k for which each row is in the k-core (Batagelj & Zaversnik 2003).

    Args:
        offsets: First slot of each row.
        partner: Partners.
    """
    n = offsets.size - 1
    core = np.empty(n, dtype=np.int32)
    most = np.int32(0)
    for row in range(n):
        core[row] = offsets[row + 1] - offsets[row]
        most = max(most, core[row])
    # Rows stand in the order of what is left of their degree; a row that loses one changes places with
    # the first of its degree.
    first = np.zeros(most + 2, dtype=np.int32)
    for row in range(n):
        first[core[row] + 1] += 1
    for degree in range(most + 1):
        first[degree + 1] += first[degree]
    order, place = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    fill = first.copy()
    for row in range(n):
        place[row] = fill[core[row]]
        order[place[row]] = row
        fill[core[row]] += 1
    for at in range(n):
        row = order[at]
        for slot in range(offsets[row], offsets[row + 1]):
            other = partner[slot]
            if core[other] <= core[row]:
                continue
            degree = core[other]
            head = max(first[degree], at + 1)
            ahead = order[head]
            order[place[other]], order[head] = ahead, other
            place[ahead], place[other] = place[other], head
            first[degree] = head + 1
            core[other] = degree - 1
    return core


@njit(int64(READ_I8, repeated(READ_I4, 2), I4, int64, int64, int64, I4))
def raise_cores(
    offsets: Offsets, slots: tuple[Ids, Ids], core: Ids, one: int, other: int, tie: int, raised: Ids
) -> int:
    """Bring core numbers up to date with one tie more.

    Only rows of the smaller of the two ends' cores can rise, by one, and only those that such rows with
    enough partners connect to that end (Sariyuce et al. 2013, theorem 1). Time grows with those rows' ties.

    Args:
        offsets: First slot of each row.
        slots: Partner and tie of each slot; ties with larger numbers than the new one do not count yet.
        core: Cores before; brought up to date.
        one: One end of the new tie.
        other: Its other end.
        tie: The new tie.
        raised: Written: the rows that rose; room for all rows.

    Returns:
        How many rows rose.
    """
    partner, slot_tie = slots
    if core[other] < core[one]:
        one = other
    k = core[one]
    # 1 more than what speaks for a row's rising; 0 for rows not met, -1 for those that cannot rise.
    support = np.zeros(core.size, dtype=np.int32)
    head, tail = 0, 1
    raised[0] = one
    support[one] = 1
    while head < tail:
        row = raised[head]
        head += 1
        count = np.int32(0)
        for slot in range(offsets[row], offsets[row + 1]):
            if slot_tie[slot] <= tie and core[partner[slot]] >= k:
                count += 1
        if count <= k:
            support[row] = -1
            continue
        support[row] = count + 1
        for slot in range(offsets[row], offsets[row + 1]):
            near = partner[slot]
            if slot_tie[slot] <= tie and core[near] == k and support[near] == 0:
                support[near] = 1
                raised[tail] = near
                tail += 1
    falling = np.empty(tail, dtype=np.int32)
    left = 0
    for at in range(tail):
        if support[raised[at]] < 0:
            falling[left] = raised[at]
            left += 1
    head = 0
    while head < left:
        row = falling[head]
        head += 1
        for slot in range(offsets[row], offsets[row + 1]):
            near = partner[slot]
            if slot_tie[slot] <= tie and core[near] == k and support[near] > 0:
                support[near] -= 1
                if support[near] <= k + 1:
                    support[near] = -1
                    falling[left] = near
                    left += 1
    rose = 0
    for at in range(tail):
        row = raised[at]
        if support[row] > 0:
            core[row] = k + 1
            raised[rose] = row
            rose += 1
    return rose


@njit(void(READ_I4, READ_I4, repeated(I4, 3)))
def _hang(order: Ids, above: Ids, blocks: tuple[Ids, Ids, Ids]) -> None:
    """Name blocks after the rows with a top of their own, and hang all others in the block of the row above.

    Args:
        order: Rows in the order in which they were met.
        above: Row from which each was met, -1 for none.
        blocks: Block of each row, written; its top, written where it is -1; its component, written.
    """
    block, top, component = blocks
    for row in order:
        component[row] = row if above[row] < 0 else component[above[row]]
        if top[row] >= 0:
            block[row] = row
        elif above[row] < 0:
            block[row] = -1
        else:
            block[row], top[row] = block[above[row]], top[above[row]]


@njit(void(READ_I8, repeated(READ_I4, 2), B1, B1, repeated(I4, 3)))
def cut(
    offsets: Offsets,
    slots: tuple[Ids, Ids],
    articulation: Flags,
    bridge: Flags,
    blocks: tuple[Ids, Ids, Ids],
) -> None:
    """Find rows and ties without which their component falls apart (Hopcroft & Tarjan 1973), and blocks.

    A block is a part that no single row's loss takes apart. Each row but one of a component hangs in one
    block and may be the top of others: every tie lies in the block that one of its ends hangs in.

    Args:
        offsets: First slot of each row.
        slots: Partner, none twice in a row, and tie of each slot.
        articulation: Written, false before: rows.
        bridge: Written, false before: ties.
        blocks: Written: number of the block that each row hangs in, that block's top, -1 for none; number
            of each row's component.
    """
    partner, slot_tie = slots
    _, top, _ = blocks
    n = offsets.size - 1
    top[:] = -1
    order = np.empty(n, dtype=np.int32)
    met = np.zeros(n, dtype=np.int32)
    lowest = np.empty(n, dtype=np.int32)
    above = np.empty(n, dtype=np.int32)
    slot_of = offsets[:-1].copy()
    clock = 0
    for root in range(n):
        if met[root]:
            continue
        branches = 0
        order[clock] = root
        clock += 1
        met[root] = lowest[root] = clock
        above[root] = -1
        row = np.int32(root)
        while True:
            if slot_of[row] < offsets[row + 1]:
                slot = slot_of[row]
                slot_of[row] = slot + 1
                other = partner[slot]
                if not met[other]:
                    order[clock] = other
                    clock += 1
                    met[other] = lowest[other] = clock
                    above[other] = row
                    row = other
                elif other != above[row]:
                    lowest[row] = min(lowest[row], met[other])
                continue
            up = above[row]
            if up < 0:
                break
            lowest[up] = min(lowest[up], lowest[row])
            if lowest[row] > met[up]:
                # The slot that led down is the last one taken.
                bridge[slot_tie[slot_of[up] - 1]] = True
            if up == root:
                branches += 1
            elif lowest[row] >= met[up]:
                articulation[up] = True
            if lowest[row] >= met[up]:
                top[row] = up
            row = up
        articulation[root] = branches > 1
    _hang(order, above, blocks)


@njit(types.Array(types.int32, 1, "C")(READ_I8, READ_I4, READ_B1, READ_I4, int64))
def spans(offsets: Offsets, partner: Ids, bridge: Flags, slot_tie: Ids, ego: int) -> Ids:
    """Measure the shortest way around each of a row's ties.

    Walks outwards once from all partners. Each row keeps the first two partners from which it was
    reached; of two, one at least is not the partner whose tie is to be walked around.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        bridge: Ties without a way around.
        slot_tie: Tie of each slot.
        ego: The row.

    Returns:
        For each of its slots the steps from end to end without the tie, 2 or more; 0 where there is no way.
    """
    begin, end = offsets[ego], offsets[ego + 1]
    result = np.zeros(end - begin, dtype=np.int32)
    wanted = 0
    for slot in range(begin, end):
        wanted += not bridge[slot_tie[slot]]
    if not wanted:
        return result
    n = offsets.size - 1
    first, second = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    here, by = np.empty(2 * n, dtype=np.int32), np.empty(2 * n, dtype=np.int32)
    tail = 0
    for slot in range(begin, end):
        label = np.int32(slot - begin + 1)
        first[partner[slot]] = label
        here[tail], by[tail] = partner[slot], label
        tail += 1
    partners = np.int32(tail)
    own = np.zeros(n, dtype=np.bool_)
    for slot in range(begin, end):
        own[partner[slot]] = True
    head, steps, level = 0, 1, tail
    while head < tail and wanted:
        if head == level:
            steps += 1
            level = tail
        row, label = here[head], by[head]
        head += 1
        for slot in range(offsets[row], offsets[row + 1]):
            other = partner[slot]
            if other == ego or first[other] == label or second[other] != 0:
                continue
            if first[other] == 0:
                first[other] = label
            else:
                second[other] = label
                if own[other]:
                    # A partner's first label is its own place; this is the first way from another.
                    result[first[other] - 1] = steps + 1
                    wanted -= 1
            here[tail], by[tail] = other, label
            tail += 1
    return result[:partners]
