"""Communities that are carried from an earlier network: who joins which, and how well they still fit."""

from __future__ import annotations

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.ties import TieNetwork


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
    waiting = np.flatnonzero(result < 0).tolist()
    while waiting:
        joined = {row: found for row in waiting if (found := _heaviest(ties, result, row)) is not None}
        if not joined:
            break
        for row, found in joined.items():
            result[row] = found
        waiting = [row for row in waiting if row not in joined]
    following = int(result.max(initial=-1)) + 1
    for row in waiting:
        if result[row] >= 0:
            continue
        result[row], reached = following, [row]
        while reached:
            begin, end = ties.offsets[(at := reached.pop())], ties.offsets[at + 1]
            others = ties.partner[begin:end]
            reached += others[result[others] < 0].tolist()
            result[others] = following
        following += 1
    return result


def _heaviest(ties: TieNetwork, number: Ids, row: int) -> int | None:
    """Return the community to which most of a row's weight leads, None if no tie leads into any."""
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    theirs = number[ties.partner[slots]]
    known = theirs >= 0
    if not known.any():
        return None
    found, place = np.unique(theirs[known], return_inverse=True)
    return int(found[np.bincount(place, ties.slot_weight[slots][known]).argmax()])


def modularity(ties: TieNetwork, number: Ids) -> float | None:
    """Return Newman's modularity of a partition, resolution 1, on tie weights; None without ties."""
    if not ties.low.size:
        return None
    one, other = number[ties.low], number[ties.high]
    inside = np.bincount(one[one == other], ties.weight[one == other], minlength=int(number.max()) + 1)
    reach = np.bincount(one, ties.weight, minlength=inside.size)
    reach += np.bincount(other, ties.weight, minlength=inside.size)
    total = float(ties.weight.sum())
    return float((inside / total - (reach / (2 * total)) ** 2).sum())
