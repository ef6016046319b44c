"""Kernels that turn participations into ties. Linear in participations and pairs.

Loops are written for the compiler; shapes and meanings are given by the callers in `ties`.
"""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.dates import Days
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


@njit(int64(I8, I4, I4, I4, B1))
def merge_periods(group: Offsets, organization: Ids, start: Days, end: Days, assumed: Flags) -> int:
    """Unite, in place, overlapping or adjoining periods of one organisation in one alliance.

    Args:
        group: First row of each alliance, and the number of rows at the end; moved to the united rows.
        organization: Sorted within each alliance, then by start.
        start: First active day.
        end: Last active day, not before `start`.
        assumed: Whether `end` is assumed; of equal ends a stated one counts.

    Returns:
        Number of united rows, which come first in the arrays.
    """
    kept = 0
    begin = group[0]
    for g in range(group.size - 1):
        finish = group[g + 1]
        first = kept
        for row in range(begin, finish):
            last = kept - 1
            if (
                kept > first
                and organization[last] == organization[row]
                and np.int64(start[row]) <= np.int64(end[last]) + 1
            ):
                if end[row] > end[last]:
                    end[last] = end[row]
                    assumed[last] = assumed[row]
                elif end[row] == end[last]:
                    assumed[last] = assumed[last] and assumed[row]
            else:
                organization[kept] = organization[row]
                start[kept] = start[row]
                end[kept] = end[row]
                assumed[kept] = assumed[row]
                kept += 1
        begin = finish
        group[g + 1] = kept
    return kept


@njit(void(READ_I8, READ_I4, READ_B1, I4, I4))
def count_partners(group: Offsets, organization: Ids, excluded: Flags, before: Ids, after: Ids) -> None:
    """Count each alliance's distinct organisations, before and after exclusions."""
    for g in range(group.size - 1):
        previous = np.int32(-1)
        for row in range(group[g], group[g + 1]):
            if organization[row] != previous:
                previous = organization[row]
                before[g] += 1
                if not excluded[previous]:
                    after[g] += 1


@njit(
    int64(
        repeated(READ_I4, 3),
        READ_B1,
        READ_I8,
        READ_B1,
        READ_B1,
        repeated(int64, 2),
        repeated(I4, 3),
    )
)
def emit_pairs(
    rows: tuple[Ids, Days, Days],
    assumed: Flags,
    group: Offsets,
    use: Flags,
    excluded: Flags,
    window: tuple[int, int],
    pairs: tuple[Ids, Ids, Ids],
) -> int:
    """List the pairs of organisations whose active periods overlap inside the window.

    Args:
        rows: Organisation, start and end of united rows.
        assumed: Whether `end` is assumed.
        group: First row of each alliance.
        use: Alliances to use.
        excluded: Organisations to leave out.
        window: First and last day of the window.
        pairs: Written: smaller id; larger id; and, four numbers for each pair, the alliance's group, first
            and last day of the overlap, and whether the last day is assumed.

    Returns:
        Number of pairs, each alliance giving a pair once.
    """
    organization, start, end = rows
    low, high, facts = pairs
    opens, closes = window
    count = 0
    for g in range(group.size - 1):
        if not use[g]:
            continue
        finish = group[g + 1]
        a = group[g]
        while a < finish:
            a_end = a + 1
            while a_end < finish and organization[a_end] == organization[a]:
                a_end += 1
            if excluded[organization[a]]:
                a = a_end
                continue
            b = a_end
            while b < finish:
                b_end = b + 1
                while b_end < finish and organization[b_end] == organization[b]:
                    b_end += 1
                if not excluded[organization[b]]:
                    found = False
                    for i in range(a, a_end):
                        for j in range(b, b_end):
                            begins = max(start[i], start[j])
                            ends = min(end[i], end[j])
                            if max(begins, opens) > min(ends, closes):
                                continue
                            stated_i = end[i] == ends and not assumed[i]
                            stated_j = end[j] == ends and not assumed[j]
                            guess = not (stated_i or stated_j)
                            if not found:
                                found = True
                                low[count] = organization[a]
                                high[count] = organization[b]
                                facts[4 * count] = g
                                facts[4 * count + 1] = begins
                                facts[4 * count + 2] = ends
                                facts[4 * count + 3] = guess
                            else:
                                facts[4 * count + 1] = min(facts[4 * count + 1], begins)
                                if ends > facts[4 * count + 2]:
                                    facts[4 * count + 2] = ends
                                    facts[4 * count + 3] = guess
                    if found:
                        count += 1
                b = b_end
            a = a_end
    return count


@njit(I4(READ_I4, READ_I4, int64, int64, int64))
def order_pairs(low: Ids, high: Ids, size: int, begin: int, end: int) -> Ids:
    """Return the stable order by (low, high) of pairs whose low is in begin..end-1: two counting sorts.

    Args:
        low: One number of each pair, in 0..size-1.
        high: The other.
        size: One more than the largest number there may be.
        begin: First low that is wanted.
        end: One after the last.
    """
    count = np.zeros(size + 1, dtype=np.int64)
    wanted = 0
    for at in range(low.size):
        if begin <= low[at] < end:
            count[high[at] + 1] += 1
            wanted += 1
    for value in range(size):
        count[value + 1] += count[value]
    by_high = np.empty(wanted, dtype=np.int32)
    for at in range(low.size):
        if begin <= low[at] < end:
            by_high[count[high[at]]] = at
            count[high[at]] += 1
    count[:] = 0
    for pair in by_high:
        count[low[pair] + 1] += 1
    for value in range(size):
        count[value + 1] += count[value]
    order = np.empty(wanted, dtype=np.int32)
    for pair in by_high:
        order[count[low[pair]]] = pair
        count[low[pair]] += 1
    return order


@njit(int64(READ_I4, repeated(READ_I4, 3), READ_F8, repeated(I4, 4), B1, F8, I8, I4))
def unite_pairs(
    order: Ids,
    pairs: tuple[Ids, Ids, Ids],
    share: Floats,
    ties: tuple[Ids, Ids, Days, Days],
    tie_assumed: Flags,
    weight: Floats,
    evidence: Offsets,
    groups: Ids,
) -> int:
    """Unite the pairs of each two organisations into one tie.

    Args:
        order: Order of pairs by (low, high).
        pairs: As `emit_pairs` wrote them.
        share: What each alliance adds to a tie's weight.
        ties: Written: smaller id, larger id, first and last day.
        tie_assumed: Written.
        weight: Written: sum of shares, in the order of alliances.
        evidence: Written: where each tie's alliances begin in `groups`, and their number at the end.
        groups: Written: the alliances' groups, tie after tie.

    Returns:
        Number of ties.
    """
    low, high, facts = pairs
    tie_low, tie_high, tie_first, tie_last = ties
    count = -1
    for place in range(order.size):
        at = order[place]
        source, first, last = facts[4 * at], facts[4 * at + 1], facts[4 * at + 2]
        guess = facts[4 * at + 3] != 0
        groups[place] = source
        if count >= 0 and tie_low[count] == low[at] and tie_high[count] == high[at]:
            weight[count] += share[source]
            tie_first[count] = min(tie_first[count], first)
            if last > tie_last[count]:
                tie_last[count] = last
                tie_assumed[count] = guess
            elif last == tie_last[count]:
                tie_assumed[count] = tie_assumed[count] and guess
        else:
            count += 1
            tie_low[count] = low[at]
            tie_high[count] = high[at]
            weight[count] = share[source]
            tie_first[count] = first
            tie_last[count] = last
            tie_assumed[count] = guess
            evidence[count] = place
    evidence[count + 1] = order.size
    return count + 1


@njit(void(READ_I4, repeated(READ_I4, 2), repeated(I4, 2)))
def place_ties(position: Ids, ends: tuple[Ids, Ids], placed: tuple[Ids, Ids]) -> None:
    """Write the smaller and the larger position of the two organisations of each tie."""
    one, other = ends
    low, high = placed
    for at in range(one.size):
        first, second = position[one[at]], position[other[at]]
        low[at] = min(first, second)
        high[at] = max(first, second)


@njit(void(READ_I4, repeated(READ_I4, 2), READ_F8, repeated(I4, 2), F8))
def gather_ties(
    order: Ids, ends: tuple[Ids, Ids], weight: Floats, new_ends: tuple[Ids, Ids], new_weight: Floats
) -> None:
    """Copy ends and weights of some ties in another order."""
    low, high = ends
    new_low, new_high = new_ends
    for place in range(order.size):
        at = order[place]
        new_low[place] = low[at]
        new_high[place] = high[at]
        new_weight[place] = weight[at]


@njit(void(READ_I4, repeated(READ_I4, 2), READ_B1, repeated(I4, 2), B1))
def gather_dates(
    order: Ids, dates: tuple[Days, Days], assumed: Flags, new_dates: tuple[Days, Days], new_assumed: Flags
) -> None:
    """Copy first and last days, and whether the last is assumed, into another order."""
    first, last = dates
    new_first, new_last = new_dates
    for place in range(order.size):
        at = order[place]
        new_first[place] = first[at]
        new_last[place] = last[at]
        new_assumed[place] = assumed[at]


@njit(void(READ_I4, READ_I8, READ_I4, I8, I4))
def gather_lists(order: Ids, offsets: Offsets, values: Ids, new_offsets: Offsets, new_values: Ids) -> None:
    """Copy lists of varying length into another order."""
    place = 0
    for at in range(order.size):
        new_offsets[at] = place
        for source in range(offsets[order[at]], offsets[order[at] + 1]):
            new_values[place] = values[source]
            place += 1
    new_offsets[order.size] = place


@njit(void(READ_I4, READ_I4, READ_F8, I8, I4, F8, I4))
def fill_rows(
    low: Ids, high: Ids, weight: Floats, offsets: Offsets, partner: Ids, slot_weight: Floats, tie: Ids
) -> None:
    """Lay ties, ordered by (low, high), out as a symmetric CSR; each row's partners ascend.

    Args:
        low: Smaller position of each tie.
        high: Larger position of each tie.
        weight: Weight of each tie.
        offsets: Written: first slot of each row, shape (rows + 1,).
        partner: Written: position of the partner in each slot, shape (2 * ties,).
        slot_weight: Written: weight of each slot.
        tie: Written: tie of each slot.
    """
    offsets[:] = 0
    for at in range(low.size):
        offsets[low[at] + 1] += 1
        offsets[high[at] + 1] += 1
    for row in range(offsets.size - 1):
        offsets[row + 1] += offsets[row]
    fill = offsets[:-1].copy()
    for at in range(low.size):
        # A row's smaller partners come from ties that sort before its own, so one pass keeps the order.
        slot = fill[high[at]]
        fill[high[at]] = slot + 1
        partner[slot], slot_weight[slot], tie[slot] = low[at], weight[at], at
        slot = fill[low[at]]
        fill[low[at]] = slot + 1
        partner[slot], slot_weight[slot], tie[slot] = high[at], weight[at], at
