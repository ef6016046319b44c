"""Kernels that take measures again for some rows only, after their surroundings changed."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import (
    B1,
    F8,
    I4,
    I8,
    READ_F8,
    READ_I4,
    READ_I8,
    int64,
    njit,
    repeated,
    void,
)
from tertius.queries.network.kernel_roles import role
from tertius.queries.network.kernel_types import Flags, Floats, Offsets


@njit(void(READ_I8, READ_F8, READ_I4, F8))
def strengths_at(offsets: Offsets, slot_weight: Floats, rows: Ids, strength: Floats) -> None:
    """Sum the weights of some rows, in the order in which `kernel.strengths` does.

    Args:
        offsets: First slot of each row.
        slot_weight: Weight of each slot.
        rows: Rows to sum.
        strength: Written at those rows.
    """
    for row in rows:
        total = 0.0
        for slot in range(offsets[row], offsets[row + 1]):
            total += slot_weight[slot]
        strength[row] = total


@njit(int64(READ_I8, READ_I4, READ_I4, B1))
def surroundings(offsets: Offsets, partner: Ids, rows: Ids, reached: Flags) -> int:
    """Mark rows and their partners.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        rows: Rows to begin from.
        reached: False before; true for the rows and their partners afterwards.

    Returns:
        Slots that `measures_at` would visit for all rows marked.
    """
    for row in rows:
        reached[row] = True
        for slot in range(offsets[row], offsets[row + 1]):
            reached[partner[slot]] = True
    visits = 0
    for row in range(reached.size):
        if reached[row]:
            for slot in range(offsets[row], offsets[row + 1]):
                other = partner[slot]
                visits += offsets[other + 1] - offsets[other]
    return visits


@njit(
    void(
        READ_I8,
        repeated(READ_I4, 2),
        READ_F8,
        READ_F8,
        READ_I4,
        F8,
        I4,
        repeated(F8, 3),
        I8,
        I4,
    )
)
def measures_at(
    offsets: Offsets,
    slots: tuple[Ids, Ids],
    slot_weight: Floats,
    strength: Floats,
    rows: Ids,
    closure: Floats,
    shared: Ids,
    measures: tuple[Floats, Floats, Floats],
    triangles: Offsets,
    local_bridges: Ids,
) -> None:
    """Compute Burt's measures of some rows, and T and shared partners of all their ties, from scratch.

    Both ends of a tie see its shared partners in the same order, so it does not matter which end comes last.

    Args:
        offsets: First slot of each row.
        slots: Partner and tie of each slot.
        slot_weight: Weight of each slot.
        strength: Strength of each row.
        rows: Rows to measure.
        closure: Written: T of the rows' ties.
        shared: Written: shared partners of the rows' ties.
        measures: Written: constraint, effective size, hierarchy.
        triangles: Written: pairs of partners that are tied.
        local_bridges: Written: partners without a shared partner.
    """
    partner, slot_tie = slots
    constraint, effective_size, hierarchy = measures
    weight_to = np.zeros(strength.size)
    for row in rows:
        begin, end = offsets[row], offsets[row + 1]
        degree = end - begin
        for slot in range(begin, end):
            weight_to[partner[slot]] = slot_weight[slot]
        scale = 1.0 / strength[row]
        total, spread, redundant = 0.0, 0.0, 0.0
        closed, bridges = np.int64(0), np.int32(0)
        for slot in range(begin, end):
            other, tie = partner[slot], slot_tie[slot]
            through, double, top, common = 0.0, 0.0, 0.0, np.int32(0)
            for further in range(offsets[other], offsets[other + 1]):
                weight = slot_weight[further]
                top = max(top, weight)
                third = partner[further]
                if weight_to[third] > 0.0:
                    product = weight_to[third] * weight
                    through += product / strength[third]
                    double += product
                    common += 1
            closure[tie] = through
            shared[tie] = common
            share = (slot_weight[slot] + through) * scale
            dyadic = share * share
            total += dyadic
            spread += dyadic * np.log(dyadic)
            redundant += double / top
            closed += common
            if common == 0:
                bridges += 1
        for slot in range(begin, end):
            weight_to[partner[slot]] = 0.0
        constraint[row] = total
        effective_size[row] = degree - redundant * scale
        triangles[row] = closed // 2
        local_bridges[row] = bridges
        if degree == 1:
            hierarchy[row] = 1.0
        else:
            index = spread / total + np.log(degree / total)
            hierarchy[row] = max(index / np.log(degree), 0.0)


@njit(void(READ_I8, READ_I4, READ_I4, READ_I4, I8))
def take_closed_of(offsets: Offsets, partner: Ids, part: Ids, rows: Ids, roles: Offsets) -> None:
    """Take the closed two-paths through some rows off their numbers; see `kernel_roles.take_closed_at`.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        part: Part of each row, -1 where unknown.
        rows: The rows.
        roles: Taken from: five numbers for each row of the network.
    """
    tied = np.zeros(offsets.size - 1, dtype=np.bool_)
    for row in rows:
        for slot in range(offsets[row], offsets[row + 1]):
            tied[partner[slot]] = True
        own = part[row]
        for slot in range(offsets[row], offsets[row + 1]):
            one = partner[slot]
            for further in range(offsets[one], offsets[one + 1]):
                other = partner[further]
                if other > one and tied[other]:
                    roles[5 * row + role(own, part[one], part[other])] -= 1
        for slot in range(offsets[row], offsets[row + 1]):
            tied[partner[slot]] = False
