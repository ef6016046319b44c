"""Kernels for what an organisation does between the parts of a partition.

Roles are kept five to a row, in the order of `roles.NAMES`: coordinator, consultant, gatekeeper,
liaison, and two-paths that touch an organisation whose part nobody knows.
"""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_jit import F8, I4, I8, READ_I4, READ_I8, int64, njit, void
from tertius.queries.network.kernel_types import Floats, Offsets


@njit(int64(int64, int64, int64))
def role(broker: int, one: int, other: int) -> int:
    """Return which role a broker plays between two others, from the parts of the three; -1: unknown."""
    if broker < 0 or one < 0 or other < 0:
        return 4
    if one == other:
        return 0 if one == broker else 1
    return 2 if broker in (one, other) else 3


@njit(void(READ_I8, READ_I4, READ_I4, int64, int64, I4, I8, F8))
def two_paths(
    offsets: Offsets,
    partner: Ids,
    part: Ids,
    begin: int,
    end: int,
    counts: Ids,
    roles: Offsets,
    participation: Floats,
) -> None:
    """Count all two-paths through the rows begin..end-1 by role, open or closed, from partners per part.

    Args:
        offsets: First slot of each row.
        partner: Partners.
        part: Part of each row, -1 where unknown.
        begin: First row.
        end: Row after the last.
        counts: For use inside, zeros before and after; one value for each part.
        roles: Written: five numbers for each row of the range, from `begin` on.
        participation: Written: 1 - sum_c (n_c / n)^2 over partners whose part is known, else NaN.
    """
    for row in range(begin, end):
        at = 5 * (row - begin)
        own = part[row]
        degree = offsets[row + 1] - offsets[row]
        known, own_partners, same = np.int64(0), np.int64(0), np.int64(0)
        for slot in range(offsets[row], offsets[row + 1]):
            theirs = part[partner[slot]]
            if theirs < 0:
                continue
            known += 1
            # The n-th partner in a part makes n - 1 pairs with those before.
            same += counts[theirs]
            counts[theirs] += 1
            if theirs == own:
                own_partners += 1
        squares = 0.0
        for slot in range(offsets[row], offsets[row + 1]):
            theirs = part[partner[slot]]
            if theirs >= 0 and counts[theirs] > 0:
                squares += float(counts[theirs]) * counts[theirs]
                counts[theirs] = 0
        participation[row - begin] = 1.0 - squares / (float(known) * known) if known else np.nan
        everything = degree * (degree - 1) // 2
        roles[at : at + 5] = 0
        if own < 0:
            roles[at + 4] = everything
            continue
        pairs = known * (known - 1) // 2
        roles[at] = own_partners * (own_partners - 1) // 2
        roles[at + 1] = same - roles[at]
        roles[at + 2] = own_partners * (known - own_partners)
        roles[at + 3] = pairs - same - roles[at + 2]
        roles[at + 4] = everything - pairs


@njit(void(READ_I8, READ_I4, READ_I4, I8))
def take_closed(forward: Offsets, high: Ids, part: Ids, roles: Offsets) -> None:
    """Take the closed two-paths off, three for each triangle, so that the open ones are left.

    Args:
        forward: First tie of each row among ties ordered by (low, high).
        high: Larger end of each tie.
        part: Part of each row, -1 where unknown.
        roles: Taken from: five numbers for each row.
    """
    n = forward.size - 1
    tied = np.zeros(n, dtype=np.bool_)
    closing = np.empty(n, dtype=np.int32)
    for u in range(n):
        begin, end = forward[u], forward[u + 1]
        if end - begin < 2:
            continue
        for uv in range(begin, end):
            tied[high[uv]] = True
        own = part[u]
        for uv in range(begin, end):
            v = high[uv]
            found = 0
            for vx in range(forward[v], forward[v + 1]):
                closing[found] = high[vx]
                found += tied[high[vx]]
            theirs = part[v]
            for place in range(found):
                x = closing[place]
                third = part[x]
                roles[5 * u + role(own, theirs, third)] -= 1
                roles[5 * v + role(theirs, own, third)] -= 1
                roles[5 * x + role(third, own, theirs)] -= 1
        for uv in range(begin, end):
            tied[high[uv]] = False


@njit(void(READ_I8, READ_I4, READ_I4, int64, I8))
def take_closed_at(offsets: Offsets, partner: Ids, part: Ids, row: int, roles: Offsets) -> None:
    """Take the closed two-paths through one row off its own five numbers."""
    tied = np.zeros(offsets.size - 1, dtype=np.bool_)
    for slot in range(offsets[row], offsets[row + 1]):
        tied[partner[slot]] = True
    own = part[row]
    for slot in range(offsets[row], offsets[row + 1]):
        one = partner[slot]
        for further in range(offsets[one], offsets[one + 1]):
            other = partner[further]
            if other > one and tied[other]:
                roles[role(own, part[one], part[other])] -= 1
