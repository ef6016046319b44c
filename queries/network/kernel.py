"""The structural-holes kernel: every measure of Burt's from one enumeration of triangles.

Rows are in ascending order of degree and ties point from the smaller to the larger position, so that
each triangle is met once, at its vertex of lowest degree (the "forward" algorithm: Schank & Wagner
2005; Latapy 2008). Two sums over shared partners, both symmetric, carry all measures:
T_ij = sum_q w_iq w_jq / s_q for constraint and R_ij = sum_q w_iq w_jq for redundancy, since
s_i (n_i - effective size) = sum_j R_ij / max_k w_jk. A triangle adds to them at its three ties only.

Rows are divided into parts of about equal work that keep sums of their own. The parts and the order in
which they are added follow from the network alone, so that the number of threads changes no bit.
"""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import (
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
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(void(READ_I8, READ_F8, F8, F8, int64, int64))
def strengths(
    offsets: Offsets, slot_weight: Floats, strength: Floats, inverse_largest: Floats, begin: int, end: int
) -> None:
    """Sum the weights of the rows begin..end-1 and find the largest.

    Args:
        offsets: First slot of each row, shape (n + 1,).
        slot_weight: Weights, above 0, shape (2m,).
        strength: Written: s_i, shape (n,).
        inverse_largest: Written: 1 / max_k w_ik, shape (n,).
        begin: First row.
        end: Row after the last.
    """
    for row in range(begin, end):
        total = 0.0
        top = 0.0
        for slot in range(offsets[row], offsets[row + 1]):
            total += slot_weight[slot]
            top = max(top, slot_weight[slot])
        strength[row] = total
        inverse_largest[row] = 1.0 / top


@njit(I8(READ_I8, READ_I4, int64))
def even_parts(forward: Offsets, high: Ids, parts: int) -> Offsets:
    """Divide the rows so that each part has about as many oriented wedges to check.

    Returns:
        First row of each part, and the number of rows at the end; shape (parts + 1,).
    """
    n = forward.size - 1
    upto = np.empty(n + 1, dtype=np.int64)
    upto[0] = 0
    for row in range(n):
        wedges = np.int64(0)
        if forward[row + 1] - forward[row] > 1:
            for tie in range(forward[row], forward[row + 1]):
                # Fetching a row costs about as much as checking eight of its wedges.
                wedges += 8 + forward[high[tie] + 1] - forward[high[tie]]
        upto[row + 1] = upto[row] + wedges
    bounds = np.empty(parts + 1, dtype=np.int64)
    row = 0
    for part in range(parts):
        while row < n and upto[row] * parts < upto[n] * part:
            row += 1
        bounds[part] = row
    bounds[parts] = n
    return bounds


@njit(void(READ_I8, READ_I4, READ_F8, READ_F8, repeated(int64, 2), F8, I4))
def close_triangles(
    forward: Offsets,
    high: Ids,
    weight: Floats,
    strength: Floats,
    rows: tuple[int, int],
    sums: Floats,
    shared: Ids,
) -> None:
    """Enumerate, once each, the triangles whose lowest row lies in a part.

    Args:
        forward: First tie of each row among ties ordered by (low, high), shape (n + 1,).
        high: Larger end of each tie, shape (m,).
        weight: w of each tie.
        strength: s of each row.
        rows: First row of the part and the one after its last.
        sums: Written, zeros before: T and R of each tie from the part's first tie on, in turn.
        shared: Written, zeros before: partners that the two ends of those ties share.
    """
    # Unsigned places spare the compiler the test for places counted from the end.
    base = np.uint64(forward[rows[0]])
    two, one = np.uint64(2), np.uint64(1)
    tie_to = np.full(strength.size, -1, dtype=np.int32)
    closing = np.empty(strength.size, dtype=np.int32)
    for u in range(rows[0], rows[1]):
        u_begin, u_end = forward[u], forward[u + 1]
        if u_end - u_begin < 2:
            continue
        for uv in range(u_begin, u_end):
            tie_to[high[uv]] = uv
        from_u = 1.0 / strength[u]
        for uv in range(u_begin, u_end):
            v = high[uv]
            found = 0
            # Collecting first needs no branch that the processor could guess wrong.
            for vx in range(forward[v], forward[v + 1]):
                closing[found] = vx
                found += tie_to[high[vx]] >= 0
            if found == 0:
                continue
            w_uv, from_v = weight[uv], 1.0 / strength[v]
            closed, redundant = 0.0, 0.0
            for place in range(found):
                to_x = np.uint64(closing[place])
                x = np.uint64(high[to_x])
                ux = np.uint64(tie_to[x])
                w_ux, w_vx = weight[ux], weight[to_x]
                through_x = w_ux * w_vx
                through_v = w_uv * w_vx
                through_u = w_uv * w_ux
                closed += through_x / strength[x]
                redundant += through_x
                at = ux - base
                sums[two * at] += through_v * from_v
                sums[two * at + one] += through_v
                shared[at] += 1
                at = to_x - base
                sums[two * at] += through_u * from_u
                sums[two * at + one] += through_u
                shared[at] += 1
            at = np.uint64(uv) - base
            sums[two * at] += closed
            sums[two * at + one] += redundant
            shared[at] += found
        for uv in range(u_begin, u_end):
            tie_to[high[uv]] = -1


@njit(void(F8, I4, READ_F8, READ_I4, repeated(int64, 2), int64))
def add_part(
    sums: Floats, shared: Ids, part_sums: Floats, part_shared: Ids, ties: tuple[int, int], base: int
) -> None:
    """Add what one part found to the sums of all, for the ties of a range.

    Args:
        sums: Added to: T and R of each tie, in turn.
        shared: Added to.
        part_sums: The part's sums, from its first tie on.
        part_shared: The part's counts, from its first tie on.
        ties: First tie of the range and the one after its last.
        base: The part's first tie.
    """
    for tie in range(max(ties[0], base), ties[1]):
        sums[2 * tie] += part_sums[2 * (tie - base)]
        sums[2 * tie + 1] += part_sums[2 * (tie - base) + 1]
        shared[tie] += part_shared[tie - base]


@njit(
    void(
        READ_I8,
        repeated(READ_I4, 2),
        READ_F8,
        READ_F8,
        READ_I4,
        repeated(READ_F8, 2),
        repeated(F8, 3),
        I8,
        I4,
        repeated(int64, 2),
    )
)
def constrain(
    offsets: Offsets,
    slots: tuple[Ids, Ids],
    slot_weight: Floats,
    sums: Floats,
    shared: Ids,
    own: tuple[Floats, Floats],
    measures: tuple[Floats, Floats, Floats],
    triangles: Offsets,
    local_bridges: Ids,
    rows: tuple[int, int],
) -> None:
    """Sum over the partners of each row of a range.

    c_ij = ((w_ij + T_ij) / s_i)^2, Burt (1992, pp. 54-55) without the oligopoly term O_j; hierarchy is the
    Coleman-Theil index (pp. 70-71), 1 by convention where there is one partner.

    Args:
        offsets: First slot of each row.
        slots: Partner and tie of each slot.
        slot_weight: w of each slot.
        sums: T and R of each tie, in turn.
        shared: Shared partners of each tie.
        own: s and 1 / max_k w_ik of each row.
        measures: Written: constraint, effective size, hierarchy.
        triangles: Written: pairs of partners that are tied.
        local_bridges: Written: partners without a shared partner.
        rows: First row and the one after the last.
    """
    partner, slot_tie = slots
    strength, inverse_largest = own
    constraint, effective_size, hierarchy = measures
    for row in range(rows[0], rows[1]):
        begin, end = offsets[row], offsets[row + 1]
        degree = end - begin
        scale = 1.0 / strength[row]
        total, spread, redundant = 0.0, 0.0, 0.0
        closed, bridges = 0, 0
        for slot in range(begin, end):
            tie = slot_tie[slot]
            share = (slot_weight[slot] + sums[2 * tie]) * scale
            dyadic = share * share
            total += dyadic
            spread += dyadic * np.log(dyadic)
            redundant += sums[2 * tie + 1] * inverse_largest[partner[slot]]
            closed += shared[tie]
            if shared[tie] == 0:
                bridges += 1
        constraint[row] = total
        effective_size[row] = degree - redundant * scale
        triangles[row] = closed // 2
        local_bridges[row] = bridges
        if degree == 1:
            hierarchy[row] = 1.0
        else:
            # sum r ln r with r = c n / C; equal constraints give 0 up to rounding, never less.
            index = spread / total + np.log(degree / total)
            hierarchy[row] = max(index / np.log(degree), 0.0)
