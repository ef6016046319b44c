"""Ties that come and go are laid into a network as `ties.in_degree_order` would lay out all of them.

Rows whose degree changes move to their new place among the others, which keep theirs; so do the ties of
rows that stay. Sorting is left to the few ties that are new or belong to a row that moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids, Keys
from tertius.queries.network.kernel_splice import find_ties, merge_lists, merge_ties
from tertius.queries.network.kernel_ties import fill_rows, gather_lists
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.ties import TieNetwork, Ties
from tertius.queries.network.workers import Workers


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """The new network, without the numbers that only participations tell.

    Attributes:
        columns: Fields of `TieNetwork`.
        row_before: Old row of each row, -1 for none.
        tie_before: Old tie of each tie; -1 - the place among those that came for others.
    """

    columns: dict[str, NDArray[Any]]
    row_before: NDArray[np.int64]
    tie_before: Ids


def splice(old: TieNetwork, gone: Flags, come: Ties, keys: Keys, *, threads: int | None = None) -> Spliced:
    """Take ties out of a network and put others in.

    Args:
        old: The network.
        gone: Its ties that go.
        come: Ties that come; their alliances in the order that they are to have.
        keys: Keys of all organisations, which may be more than the old network knew.
        threads: At most so many threads.
    """
    organization, position, moved_to, moving = _rows(old, gone, come, keys)
    loose = gone | moving[old.low] | moving[old.high]
    stay = loose & ~gone
    others = _others(old, np.flatnonzero(stay), come, moved_to, position)
    m = old.low.size - int(loose.sum()) + others.low.size
    low, high, source = (np.empty(m, dtype=np.int32) for _ in range(3))
    merge_ties((old.low, old.high), loose, moved_to, (others.low, others.high), (low, high), source)
    here = np.flatnonzero(source < 0)
    there = -1 - source[here]
    columns: dict[str, NDArray[Any]] = {
        "organization": organization,
        "position": position,
        "low": low,
        "high": high,
    }
    staying = np.maximum(source, 0)
    lost = int(np.diff(old.evidence)[loose].sum())
    evidence = np.empty(m + 1, dtype=np.int64)
    alliances = np.empty(old.alliances.size - lost + others.alliances.size, dtype=np.int32)
    n = organization.size
    offsets, partner, slot_tie = (
        np.empty(n + 1, np.int64),
        np.empty(2 * m, np.int32),
        np.empty(2 * m, np.int32),
    )
    slot_weight = np.empty(2 * m)

    def column(name: str) -> None:
        values = getattr(old, name).take(staying)
        values[here] = getattr(others, name)[there]
        columns[name] = values

    def rows() -> None:
        column("weight")
        fill_rows(low, high, columns["weight"], offsets, partner, slot_weight, slot_tie)

    def lists() -> None:
        for name in ("first", "last", "assumed"):
            column(name)
        merge_lists(
            source, old.evidence, old.alliances, others.evidence, others.alliances, evidence, alliances
        )

    with Workers(threads) as workers:
        workers.each(lambda which: (rows, lists)[which](), range(2))
    columns |= {
        "evidence": evidence,
        "alliances": alliances,
        "offsets": offsets,
        "partner": partner,
        "slot_tie": slot_tie,
        "slot_weight": slot_weight,
        "forward": np.append(0, np.cumsum(np.bincount(low, minlength=n))).astype(np.int64),
    }
    source[here] = others.source[there]
    row_before = np.full(keys.size, -1, dtype=np.int64)
    row_before[: old.position.size] = old.position
    return Spliced(columns, row_before[organization], source)


def _rows(old: TieNetwork, gone: Flags, come: Ties, keys: Keys) -> tuple[Ids, Ids, Ids, Flags]:
    """Return the new order, the row of each organisation id and of each old row, and which old rows move."""
    before = np.diff(old.offsets)
    ended = np.concatenate([old.organization[end[gone]] for end in (old.low, old.high)])
    begun = np.concatenate([come.low, come.high])
    ends = np.unique(np.concatenate([ended, begun]))
    row = np.full(ends.size, -1, dtype=np.int64)
    known = ends < old.position.size
    row[known] = old.position[ends[known]]
    degree = np.where(row >= 0, before[row], 0) if before.size else np.zeros(ends.size, np.int64)
    after = degree + np.bincount(np.searchsorted(ends, begun), minlength=ends.size)
    after -= np.bincount(np.searchsorted(ends, ended), minlength=ends.size)
    changed = after != degree
    ends, row, after = ends[changed], row[changed], after[changed]
    moving = np.zeros(old.organization.size, dtype=np.bool_)
    moving[row[row >= 0]] = True
    kept = np.flatnonzero(~moving)
    entering = np.flatnonzero(after > 0)
    entering = entering[np.lexsort([keys[ends[entering]], after[entering]])]
    # Where each enters among all old rows, then among those that stay.
    places = [_place(old, before, keys, int(after[at]), ends[at]) for at in entering.tolist()]
    among = np.searchsorted(kept, np.array(places, dtype=np.int64))
    organization = np.insert(old.organization[kept], among, ends[entering]).astype(np.int32)
    position = np.full(keys.size, -1, dtype=np.int32)
    position[organization] = np.arange(organization.size, dtype=np.int32)
    return organization, position, position[old.organization], moving


def _place(old: TieNetwork, degrees: NDArray[np.int64], keys: Keys, degree: int, who: int) -> int:
    """Return the first old row that comes after an organisation of a degree, by degree and then key."""
    low = int(np.searchsorted(degrees, degree, side="left"))
    high = int(np.searchsorted(degrees, degree, side="right"))
    while low < high:
        middle = (low + high) // 2
        if keys[old.organization[middle]] < keys[who]:
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True, eq=False)
class _Others:
    """Ties that find new places, ascending, by new rows."""

    low: Ids
    high: Ids
    first: Ids
    last: Ids
    assumed: Flags
    weight: NDArray[np.float64]
    evidence: NDArray[np.int64]
    alliances: Ids
    source: NDArray[np.int64]


def _others(old: TieNetwork, stay: NDArray[np.int64], come: Ties, moved_to: Ids, position: Ids) -> _Others:
    one = np.concatenate([moved_to[old.low[stay]], position[come.low]])
    other = np.concatenate([moved_to[old.high[stay]], position[come.high]])
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort([high, low])
    length = np.diff(old.evidence)[stay]
    begins, values = np.empty(stay.size + 1, np.int64), np.empty(int(length.sum()), np.int32)
    gather_lists(stay.astype(np.int32), old.evidence, old.alliances, begins, values)
    offsets = np.concatenate([begins, come.evidence[1:] + values.size])
    both = np.concatenate([values, come.alliances])
    evidence, alliances = np.empty(order.size + 1, np.int64), np.empty(both.size, np.int32)
    gather_lists(order.astype(np.int32), offsets, both, evidence, alliances)

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(old, name)[stay], getattr(come, name)])[order]

    return _Others(
        low=low[order],
        high=high[order],
        first=column("first"),
        last=column("last"),
        assumed=column("assumed"),
        weight=column("weight"),
        evidence=evidence,
        alliances=alliances,
        source=np.concatenate([stay, -1 - np.arange(come.low.size)])[order],
    )


def tie_of(ties: TieNetwork, one: Ids, other: Ids) -> Ids:
    """Return the tie of each pair of organisation ids, -1 for none; ids may be beyond the network's.

    Costs the logarithm of the lower end's partners for each pair.
    """
    found = np.empty(one.size, dtype=np.int32)
    find_ties(ties.position, ties.forward, ties.high, (one, other), found)
    return found
