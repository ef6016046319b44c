"""Communities that are carried from an earlier network: who joins which, and how well they still fit."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_adoption import heaviest, spread, weigh
from tertius.queries.network.tie_network import TieNetwork


def adopt(ties: TieNetwork, number: Ids) -> Ids:
    """Give organisations without a community one of those that are there, or a new one.

    In rounds: everybody with ties into communities joins the one to which most of their tie weight leads,
    of equal ones the first. Those from whom no way leads into a community share a new one with all
    whom they reach, numbered after the others.

    Args:
        ties: The network.
        number: Community of each position, -1 for those without; not changed.
    """
    result = number.copy()
    waiting = np.flatnonzero(result < 0).astype(np.int32)
    joined = np.empty(waiting.size, dtype=np.int32)
    while waiting.size:
        heaviest(ties.offsets, ties.partner, ties.slot_weight, result, waiting, joined)
        found = joined[: waiting.size]
        if not (found >= 0).any():
            break
        result[waiting] = found
        waiting = waiting[found < 0]
    spread(ties.offsets, ties.partner, waiting, int(result.max(initial=-1)) + 1, result)
    return result


def dense(number: Ids) -> Ids:
    """Number parts without gaps, in the order of their numbers; all must be 0 or more."""
    there = np.bincount(number) > 0
    return (np.cumsum(there, dtype=np.int32) - 1)[number]


def modularity(ties: TieNetwork, number: Ids) -> float | None:
    """Return Newman's modularity of a partition, resolution 1, on tie weights; None without ties."""
    if not ties.low.size:
        return None
    inside, reach = np.zeros(int(number.max()) + 1), np.zeros(int(number.max()) + 1)
    weigh(ties.low, ties.high, ties.weight, number, inside, reach)
    total = float(ties.weight.sum())
    return float((inside / total - (reach / (2 * total)) ** 2).sum())
