"""Kernels that find ties, and put a few into a network in the place of others; the rest keeps its order."""

from __future__ import annotations

from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import I4, I8, READ_B1, READ_I4, READ_I8, njit, repeated, void
from tertius.queries.network.kernel_types import Flags, Offsets


@njit(void(repeated(READ_I4, 2), READ_B1, READ_I4, repeated(READ_I4, 2), repeated(I4, 2), I4))
def merge_ties(
    ties: tuple[Ids, Ids],
    skip: Flags,
    moved_to: Ids,
    others: tuple[Ids, Ids],
    merged: tuple[Ids, Ids],
    source: Ids,
) -> None:
    """Merge ties that stay in their order with others, both ascending by (low, high).

    Args:
        ties: Low and high end of the old ties, by old rows.
        skip: Old ties that do not stay.
        moved_to: New row of each old row, ascending for the rows of ties that stay.
        others: Low and high end of the other ties, by new rows.
        merged: Written: low and high end of all.
        source: Written: the old tie, or -1 - the place among the others.
    """
    low, high = ties
    other_low, other_high = others
    new_low, new_high = merged
    at = 0
    place = 0
    for tie in range(low.size):
        if skip[tie]:
            continue
        one, two = moved_to[low[tie]], moved_to[high[tie]]
        while place < other_low.size and (
            other_low[place] < one or (other_low[place] == one and other_high[place] < two)
        ):
            new_low[at], new_high[at], source[at] = other_low[place], other_high[place], -1 - place
            place += 1
            at += 1
        new_low[at], new_high[at], source[at] = one, two, tie
        at += 1
    while place < other_low.size:
        new_low[at], new_high[at], source[at] = other_low[place], other_high[place], -1 - place
        place += 1
        at += 1


@njit(void(READ_I4, READ_I8, READ_I4, READ_I8, READ_I4, I8, I4))
def merge_lists(
    source: Ids,
    offsets: Offsets,
    values: Ids,
    other_offsets: Offsets,
    other_values: Ids,
    new_offsets: Offsets,
    new_values: Ids,
) -> None:
    """Copy the lists of merged ties.

    Args:
        source: As `merge_ties` wrote it.
        offsets: First value of each old list.
        values: Values of the old lists.
        other_offsets: First value of each other list.
        other_values: Values of the other lists.
        new_offsets: Written.
        new_values: Written.
    """
    place = 0
    for at in range(source.size):
        new_offsets[at] = place
        tie = source[at]
        if tie >= 0:
            for value in range(offsets[tie], offsets[tie + 1]):
                new_values[place] = values[value]
                place += 1
        else:
            tie = -1 - tie
            for value in range(other_offsets[tie], other_offsets[tie + 1]):
                new_values[place] = other_values[value]
                place += 1
    new_offsets[source.size] = place


@njit(void(READ_I4, READ_I8, READ_I4, repeated(READ_I4, 2), I4))
def find_ties(position: Ids, forward: Offsets, high: Ids, ends: tuple[Ids, Ids], found: Ids) -> None:
    """Find the ties of pairs of organisations, each by bisection among its lower end's ties.

    Args:
        position: Row of each organisation id, -1 without ties.
        forward: First tie of each row as the lower end.
        high: Higher end of each tie, ascending within a row.
        ends: Organisation ids, which may be beyond those that `position` knows.
        found: Written: the tie of each pair, -1 for none.
    """
    one, other = ends
    for at in range(one.size):
        found[at] = -1
        if max(one[at], other[at]) >= position.size:
            continue
        first, second = position[one[at]], position[other[at]]
        row, sought = min(first, second), max(first, second)
        if row < 0:
            continue
        begin, end = forward[row], forward[row + 1]
        while begin < end:
            middle = (begin + end) // 2
            if high[middle] < sought:
                begin = middle + 1
            else:
                end = middle
        if begin < forward[row + 1] and high[begin] == sought:
            found[at] = begin
