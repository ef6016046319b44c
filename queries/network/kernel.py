"""The structural-holes kernel: every measure of Burt's from one enumeration of triangles.

Rows are in ascending order of degree and ties point from the smaller to the larger position, so that
each triangle is met once, at its vertex of lowest degree (the "forward" algorithm: Schank & Wagner
2005; Latapy 2008). With T_ij = sum_q w_iq w_jq / s_q, which is symmetric, a triangle adds to three
values of T and to three organisations' redundancy; nothing larger than the ties is held.
"""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import F8, I4, I8, READ_F8, READ_I4, READ_I8, njit, void
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(void(READ_I8, READ_F8, F8, F8))
def strengths(offsets: Offsets, slot_weight: Floats, strength: Floats, largest: Floats) -> None:
    """Sum each row's weights and find the largest.

    Args:
        offsets: First slot of each row, shape (n + 1,).
        slot_weight: Weights, above 0, shape (2m,).
        strength: Written: s_i, shape (n,).
        largest: Written: max_k w_ik, shape (n,).
    """
    for row in range(strength.size):
        total = 0.0
        top = 0.0
        for slot in range(offsets[row], offsets[row + 1]):
            total += slot_weight[slot]
            top = max(top, slot_weight[slot])
        strength[row] = total
        largest[row] = top


@njit(void(READ_I8, READ_I4, READ_F8, READ_F8, READ_F8, F8, I4, F8, I8))
def close_triangles(
    forward: Offsets,
    high: Ids,
    weight: Floats,
    strength: Floats,
    largest: Floats,
    closure: Floats,
    shared: Ids,
    redundancy: Floats,
    triangles: Offsets,
) -> None:
    """Enumerate triangles once each.

    Args:
        forward: First tie of each row among ties ordered by (low, high), shape (n + 1,).
        high: Larger end of each tie, shape (m,).
        weight: w of each tie.
        strength: s of each row.
        largest: Largest weight of each row.
        closure: Written, zeros before: T_ij of each tie.
        shared: Written, zeros before: partners that the two ends share.
        redundancy: Written, zeros before: s_i (n_i - effective size) of each row.
        triangles: Written, zeros before: triangles at each row.
    """
    tie_to = np.full(strength.size, -1, dtype=np.int32)
    for u in range(strength.size):
        u_begin, u_end = forward[u], forward[u + 1]
        if u_end - u_begin < 2:
            continue
        for uv in range(u_begin, u_end):
            tie_to[high[uv]] = uv
        s_u, top_u = strength[u], largest[u]
        redundant_u = 0.0
        found_u = 0
        for uv in range(u_begin, u_end):
            v = high[uv]
            w_uv, s_v, top_v = weight[uv], strength[v], largest[v]
            closed_uv, redundant_v, found_uv = 0.0, 0.0, 0
            for vx in range(forward[v], forward[v + 1]):
                x = high[vx]
                ux = tie_to[x]
                if ux < 0:
                    continue
                w_ux, w_vx, top_x = weight[ux], weight[vx], largest[x]
                closed_uv += w_ux * w_vx / strength[x]
                closure[ux] += w_uv * w_vx / s_v
                closure[vx] += w_uv * w_ux / s_u
                redundant_u += w_vx * (w_ux / top_v + w_uv / top_x)
                redundant_v += w_ux * (w_vx / top_u + w_uv / top_x)
                redundancy[x] += w_uv * (w_vx / top_u + w_ux / top_v)
                shared[ux] += 1
                shared[vx] += 1
                triangles[x] += 1
                found_uv += 1
            closure[uv] += closed_uv
            shared[uv] += found_uv
            redundancy[v] += redundant_v
            triangles[v] += found_uv
            found_u += found_uv
        redundancy[u] += redundant_u
        triangles[u] += found_u
        for uv in range(u_begin, u_end):
            tie_to[high[uv]] = -1


@njit(void(READ_I8, READ_F8, READ_I4, READ_F8, READ_F8, F8, F8))
def constrain(
    offsets: Offsets,
    slot_weight: Floats,
    slot_tie: Ids,
    closure: Floats,
    strength: Floats,
    constraint: Floats,
    hierarchy: Floats,
) -> None:
    """Sum dyadic constraints and measure how concentrated they are.

    c_ij = ((w_ij + T_ij) / s_i)^2, Burt (1992, pp. 54-55) without the oligopoly term O_j; hierarchy is the
    Coleman-Theil index (pp. 70-71), 1 by convention where there is one partner.

    Args:
        offsets: First slot of each row.
        slot_weight: w of each slot.
        slot_tie: Tie of each slot.
        closure: T of each tie.
        strength: s of each row.
        constraint: Written: C_i.
        hierarchy: Written: H_i.
    """
    for row in range(strength.size):
        begin, end = offsets[row], offsets[row + 1]
        degree = end - begin
        total = 0.0
        for slot in range(begin, end):
            share = (slot_weight[slot] + closure[slot_tie[slot]]) / strength[row]
            total += share * share
        constraint[row] = total
        if degree == 1:
            hierarchy[row] = 1.0
            continue
        scale = degree / total
        summed = 0.0
        for slot in range(begin, end):
            share = (slot_weight[slot] + closure[slot_tie[slot]]) / strength[row]
            ratio = share * share * scale
            summed += ratio * np.log(ratio)
        # Equal constraints give 0 up to rounding; the index is never negative.
        hierarchy[row] = max(summed / (degree * np.log(degree)), 0.0)
