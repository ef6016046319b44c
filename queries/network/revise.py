"""Ties that come, change and go are put into a network whose other rows and ties keep their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids
from tertius.queries.network.revision import Revision
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_changes import TieChanges
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.workers import Workers


@dataclass(frozen=True, slots=True, eq=False)
class Revised:
    """A network with its changes in it.

    Attributes:
        ties: The network.
        columns: The arrays that are carried by tie: as before, zero for new ties.
        touched: Rows with a tie that came, ended or changed its weight, ascending.
    """

    ties: TieNetwork
    columns: dict[str, NDArray[Any]]
    touched: Ids


def keeps_rows(old: TieNetwork, changes: TieChanges) -> bool:
    """Tell whether everybody who had a tie still has one, so that no place falls empty."""
    ended = np.concatenate([old.organization[end[changes.ended]] for end in (old.low, old.high)])
    begun = np.concatenate([changes.ties.low[changes.tie < 0], changes.ties.high[changes.tie < 0]])
    size = int(max(ended.max(initial=-1), begun.max(initial=-1))) + 1
    degree = np.bincount(begun, minlength=size) - np.bincount(ended, minlength=size)
    ends = np.unique(ended)
    rows = old.position[ends]
    return bool((old.offsets[rows + 1] - old.offsets[rows] + degree[ends] > 0).all())


def revise(
    old: TieNetwork,
    changes: TieChanges,
    carried: Mapping[str, NDArray[Any]],
    table: ParticipationTable,
    *,
    revision: Revision,
    workers: Workers,
) -> Revised:
    """Put changes into a network.

    New ties take the numbers of ended ones, then the next; where more ended than came, the last ties take the
    numbers that are left. New organisations get the next rows. Copies the slots once; everything else
    takes time proportional to the changes.

    Args:
        old: The network; everybody in it keeps a tie.
        changes: What becomes of its ties.
        carried: Other arrays by tie, by the names of their files.
        table: The base table now.
        revision: The network's files.
        workers: Threads.
    """
    new = changes.tie < 0
    count = old.low.size + int(new.sum()) - changes.ended.size
    free = changes.ended[int(new.sum()) :]
    last = np.arange(count, old.low.size)
    # The last ties that stay, and the numbers they take.
    moving, taken = np.setdiff1d(last, changes.ended), free[free < count]
    tie = changes.tie.copy()
    tie[new] = np.concatenate([changes.ended, np.arange(old.low.size, max(count, old.low.size))])[: new.sum()]
    organization, position = _rows(old, changes, table, revision)
    renamed = {int(a): int(b) for a, b in zip(moving, taken, strict=True)}
    columns = _columns(
        old, changes, tie, count=count, renamed=(moving, taken), position=position, revision=revision
    )
    others: dict[str, NDArray[Any]] = {}
    for name, values in carried.items():
        others[name] = revision.change(name, count)
        others[name][taken] = values[moving]
        others[name][tie[new]] = 0
        revision.mark(name, taken)
        revision.mark(name, tie[new])
    slots = _Slots(
        old,
        changes,
        tie,
        renamed=renamed,
        position=position,
        weight=columns["weight"],
        rows=organization.size,
    )
    names = ("partner", "slot_weight", "slot_tie")

    def lay(at: int) -> None:
        columns[names[at]] = revision.put(names[at], *slots.pieces(names[at]))

    workers.each(lay, range(len(names)))
    ends = [changes.ties.low[changes.weighty], changes.ties.high[changes.weighty]]
    ends += [old.organization[end[changes.ended]] for end in (old.low, old.high)]
    ties = TieNetwork(
        **columns,
        organization=organization,
        position=position,
        active=revision.put("active", changes.active),
        offsets=revision.put("offsets", slots.offsets),
        participations=changes.participations,
        alliance_count=changes.alliance_count,
        left_out=changes.left_out,
    )
    return Revised(ties, others, np.unique(position[np.concatenate(ends)]).astype(np.int32))


def _rows(
    old: TieNetwork, changes: TieChanges, table: ParticipationTable, revision: Revision
) -> tuple[Ids, Ids]:
    """Give new organisations the next rows; return the organisation of each row and the row of each."""
    position = revision.change("position", table.organizations.size)
    position[old.position.size :] = -1
    ends = np.unique(np.concatenate([changes.ties.low, changes.ties.high]))
    coming = ends[position[ends] < 0]
    n = old.organization.size
    organization = revision.change("organization", n + coming.size)
    organization[n:] = coming
    position[coming] = np.arange(n, n + coming.size)
    revision.mark("position", coming)
    return organization, position


def _columns(
    old: TieNetwork,
    changes: TieChanges,
    tie: Ids,
    *,
    count: int,
    renamed: tuple[NDArray[np.int64], Ids],
    position: Ids,
    revision: Revision,
) -> dict[str, NDArray[Any]]:
    """Write what is known of each tie; changed lists of alliances go behind all others."""
    moving, taken = renamed
    ties = changes.ties
    ends = position[ties.low], position[ties.high]
    values: dict[str, NDArray[Any]] = {
        "low": np.minimum(*ends),
        "high": np.maximum(*ends),
        "weight": ties.weight,
        "first": ties.first,
        "last": ties.last,
        "assumed": ties.assumed,
        "evidence": ties.evidence[:-1] + old.alliances.size,
        "evidence_size": np.diff(ties.evidence),
    }
    columns: dict[str, NDArray[Any]] = {}
    for name, coming in values.items():
        columns[name] = revision.change(name, count)
        columns[name][taken] = getattr(old, name)[moving]
        columns[name][tie] = coming
        revision.mark(name, taken)
        revision.mark(name, tie)
    columns["alliances"] = revision.change("alliances", old.alliances.size + ties.alliances.size)
    columns["alliances"][old.alliances.size :] = ties.alliances
    return columns


class _Slots:
    """The slots of rows that have others than before, between those that stay."""

    def __init__(
        self,
        old: TieNetwork,
        changes: TieChanges,
        tie: Ids,
        *,
        renamed: dict[int, int],
        position: Ids,
        weight: NDArray[np.float64],
        rows: int,
    ) -> None:
        self._old = old
        gone = np.concatenate([changes.ended, np.array(list(renamed), dtype=np.int64)])
        low, high = position[changes.ties.low], position[changes.ties.high]
        row = np.unique(np.concatenate([low, high, old.low[gone], old.high[gone]]))
        degree = np.zeros(rows, dtype=np.int64)
        degree[: old.organization.size] = np.diff(old.offsets)
        mine, partner, slot_tie = self._as_they_were(row, degree)
        stay = ~np.isin(slot_tie, changes.ended)
        mine, partner, slot_tie = mine[stay], partner[stay], slot_tie[stay]
        for was in np.flatnonzero(np.isin(slot_tie, list(renamed))):
            slot_tie[was] = renamed[int(slot_tie[was])]
        new = changes.tie < 0
        mine = np.concatenate([mine, low[new], high[new]])
        partner = np.concatenate([partner, high[new], low[new]])
        slot_tie = np.concatenate([slot_tie, tie[new], tie[new]])
        order = np.lexsort([partner, mine])
        self._row = row
        self._begin = np.append(0, np.cumsum(np.bincount(np.searchsorted(row, mine), minlength=row.size)))
        self._coming: dict[str, NDArray[Any]] = {
            "partner": partner[order].astype(np.int32),
            "slot_tie": slot_tie[order].astype(np.int32),
            "slot_weight": weight[slot_tie[order]],
        }
        degree[row] = np.diff(self._begin)
        self.offsets = np.append(0, np.cumsum(degree))

    def _as_they_were(self, row: Ids, degree: NDArray[np.int64]) -> tuple[Ids, Ids, Ids]:
        """Return row, partner and tie of the old slots of some rows."""
        known = row[row < self._old.organization.size]
        length = degree[known]
        first = self._old.offsets[known] - np.append(0, np.cumsum(length[:-1]))[: known.size]
        place = np.repeat(first, length) + np.arange(int(length.sum()))
        return np.repeat(known, length), self._old.partner[place], self._old.slot_tie[place]

    def pieces(self, name: str) -> list[NDArray[Any]]:
        """Return the pieces of one of the arrays of slots, in their order."""
        old, coming = getattr(self._old, name), self._coming[name]
        offsets, n = self._old.offsets, self._old.organization.size
        result: list[NDArray[Any]] = []
        done = 0
        for at, row in enumerate(self._row.tolist()):
            if row < n:
                result.append(old[done : offsets[row]])
                done = int(offsets[row + 1])
            else:
                result.append(old[done:])
                done = old.size
            result.append(coming[self._begin[at] : self._begin[at + 1]])
        return [*result, old[done:]]
