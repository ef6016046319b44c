"""Kernels over the whole network's frame: cores, cut points, bridges, and ways around a tie."""

from __future__ import annotations

import numpy as np
from numba import types
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import B1, I4, READ_B1, READ_I4, READ_I8, int64, njit, void
from tertius.queries.network.kernel_types import Flags, Offsets


@njit(I4(READ_I8, READ_I4))
def core_numbers(offsets: Offsets, partner: Ids) -> Ids:
    """Return the largest k for which each row is in the k-core (Batagelj & Zaversnik 2003).

    Args:
        offsets: First slot of each row; rows in ascending order of degree.
        partner: Partners.
    """
    n = offsets.size - 1
    core = np.empty(n, dtype=np.int32)
    for row in range(n):
        core[row] = offsets[row + 1] - offsets[row]
    most = core[n - 1] if n else 0
    # Rows stand in the order of what is left of their degree; a row that loses one changes places with
    # the first of its degree.
    first = np.zeros(most + 2, dtype=np.int32)
    for row in range(n):
        first[core[row] + 1] += 1
    for degree in range(most + 1):
        first[degree + 1] += first[degree]
    order = np.arange(n).astype(np.int32)
    place = order.copy()
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


@njit(void(READ_I8, READ_I4, READ_I4, B1, B1))
def cut(offsets: Offsets, partner: Ids, slot_tie: Ids, articulation: Flags, bridge: Flags) -> None:
    """Find rows and ties without which their component falls apart (Hopcroft & Tarjan 1973).

    Args:
        offsets: First slot of each row.
        partner: Partners; no two slots of a row have the same one.
        slot_tie: Tie of each slot.
        articulation: Written, false before: rows.
        bridge: Written, false before: ties.
    """
    n = offsets.size - 1
    met = np.zeros(n, dtype=np.int32)
    lowest = np.empty(n, dtype=np.int32)
    above = np.empty(n, dtype=np.int32)
    slot_of = offsets[:-1].copy()
    clock = 0
    for root in range(n):
        if met[root]:
            continue
        branches = 0
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
            row = up
        articulation[root] = branches > 1


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
