"""Ties that come, change and go are put into a network whose other rows and ties keep their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids
from tertius.queries.network.places import Numbers, Places
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
        rows: Where rows are kept.
        touched: Rows with a tie that came, ended or changed its weight, ascending.
    """

    ties: TieNetwork
    columns: dict[str, NDArray[Any]]
    rows: Places
    touched: Ids


def rows_after(old: TieNetwork, changes: TieChanges) -> tuple[Places, Ids]:
    """Return where rows are kept after a change of the ties, and the organisations that come."""
    ended = np.concatenate([end[changes.ended] for end in (old.low, old.high)])
    new = changes.tie < 0
    begun = np.concatenate([changes.ties.low[new], changes.ties.high[new]])
    inside = begun < old.position.size
    row = np.full(begun.size, -1, dtype=np.int64)
    row[inside] = old.position[begun[inside]]
    losing, lost = np.unique(ended, return_counts=True)
    gained = np.bincount(np.searchsorted(losing, row[np.isin(row, losing)]), minlength=losing.size)
    degree = old.offsets[losing + 1] - old.offsets[losing]
    gone = losing[degree - lost + gained == 0]
    coming = np.unique(begun[row < 0])
    return Places.of(old.organization.size, gone, coming.size), coming.astype(np.int32)


def revise(
    old: TieNetwork,
    changes: TieChanges,
    carried: Mapping[str, NDArray[Any]],
    table: ParticipationTable,
    *,
    files: Revision,
    workers: Workers,
) -> Revised:
    """Put changes into a network.

    Copies the slots once; everything else takes time proportional to the changes, and to the ties of the
    rows that move.

    Args:
        old: The network.
        changes: What becomes of its ties.
        carried: Other arrays by tie, by the names of their files.
        table: The base table now.
        files: The network's files.
        workers: Threads.
    """
    rows, coming = rows_after(old, changes)
    ties = Places.of(old.low.size, changes.ended, int((changes.tie < 0).sum()))
    tie = ties.now(changes.tie)
    tie[changes.tie < 0] = ties.coming
    position = _positions(old, table, rows, coming, files)
    organization = rows.carry(files, "organization", old.organization)
    organization[rows.coming] = coming
    moved = _ties_of(old, rows.moving)
    moved = moved[~np.isin(moved, changes.ended)]
    columns = _columns(old, changes, tie, ties, position=position, moved=moved, files=files)
    slots = _Slots(old, changes, tie, (rows, ties), position=position, moved=moved, weight=columns["weight"])
    names = ("partner", "slot_weight", "slot_tie")

    def lay(at: int) -> None:
        columns[names[at]] = files.put(names[at], *slots.pieces(names[at]))

    workers.each(lay, range(len(names)))
    ends = [changes.ties.low[changes.weighty], changes.ties.high[changes.weighty]]
    ends += [old.organization[end[changes.ended]] for end in (old.low, old.high)]
    touched = np.unique(position[np.concatenate(ends)]).astype(np.int32)
    network = TieNetwork(
        **columns,
        organization=organization,
        position=position,
        active=files.put("active", changes.active),
        offsets=files.put("offsets", slots.offsets),
        participations=changes.participations,
        alliance_count=changes.alliance_count,
        left_out=changes.left_out,
    )
    others = {name: ties.carry(files, name, values) for name, values in carried.items()}
    return Revised(network, others, rows, touched[touched >= 0])


def _positions(old: TieNetwork, table: ParticipationTable, rows: Places, coming: Ids, files: Revision) -> Ids:
    """Return the row of each organisation."""
    position = files.change("position", table.organizations.size)
    position[old.position.size :] = -1
    gone, moving = old.organization[rows.gone], old.organization[rows.moving]
    position[gone] = -1
    position[moving] = rows.taken
    position[coming] = rows.coming
    files.mark("position", np.concatenate([gone, coming, moving]))
    return position


def _ties_of(ties: TieNetwork, rows: Numbers) -> Numbers:
    """Return all ties of some rows, ascending."""
    own = [ties.slot_tie[ties.offsets[row] : ties.offsets[row + 1]] for row in rows.tolist()]
    return np.unique(np.concatenate([*own, ties.slot_tie[:0]])).astype(np.int64)


def _columns(
    old: TieNetwork,
    changes: TieChanges,
    tie: Numbers,
    places: Places,
    *,
    position: Ids,
    moved: Numbers,
    files: Revision,
) -> dict[str, NDArray[Any]]:
    """Write what is known of each tie; changed lists of alliances go behind all others."""
    ties = changes.ties
    columns = {
        name: places.carry(files, name, getattr(old, name))
        for name in ("low", "high", "weight", "first", "last", "assumed", "evidence", "evidence_size")
    }
    values: dict[str, NDArray[Any]] = {
        "weight": ties.weight,
        "first": ties.first,
        "last": ties.last,
        "assumed": ties.assumed,
        "evidence": ties.evidence[:-1] + old.alliances.size,
        "evidence_size": np.diff(ties.evidence),
    }
    for name, coming in values.items():
        columns[name][tie] = coming
        files.mark(name, tie)
    # Ends are other rows where a tie is new and where a row moved.
    again = np.concatenate([tie, places.now(moved)])
    one, other = (
        position[np.concatenate([mine, old.organization[theirs[moved]]])]
        for mine, theirs in ((ties.low, old.low), (ties.high, old.high))
    )
    for name, end in (("low", np.minimum(one, other)), ("high", np.maximum(one, other))):
        columns[name][again] = end
        files.mark(name, again)
    columns["alliances"] = files.change("alliances", old.alliances.size + ties.alliances.size)
    columns["alliances"][old.alliances.size :] = ties.alliances
    return columns


class _Slots:
    """The slots of rows that have others than before, between those that stay."""

    def __init__(
        self,
        old: TieNetwork,
        changes: TieChanges,
        tie: Numbers,
        places: tuple[Places, Places],
        *,
        position: Ids,
        moved: Numbers,
        weight: NDArray[np.float64],
    ) -> None:
        self._old = old
        rows, ties = places
        self._size = rows.size
        low, high = position[changes.ties.low], position[changes.ties.high]
        other = np.concatenate([changes.ended, ties.moving, moved])
        row = np.unique(np.concatenate([low, high, rows.now(old.low[other]), rows.now(old.high[other])]))
        self._row = row[row >= 0]
        mine, partner, slot_tie = self._as_they_were(rows)
        stay = ~np.isin(slot_tie, changes.ended)
        new = changes.tie < 0
        mine = np.concatenate([mine[stay], low[new], high[new]])
        partner = np.concatenate([rows.now(partner[stay]), high[new], low[new]])
        slot_tie = np.concatenate([ties.now(slot_tie[stay]), tie[new], tie[new]])
        order = np.lexsort(np.stack([partner, mine]))
        count = np.bincount(np.searchsorted(self._row, mine), minlength=self._row.size)
        self._begin = np.append(0, np.cumsum(count))
        self._coming: dict[str, NDArray[Any]] = {
            "partner": partner[order].astype(np.int32),
            "slot_tie": slot_tie[order].astype(np.int32),
            "slot_weight": weight[slot_tie[order]],
        }
        degree = np.zeros(self._size, dtype=np.int64)
        kept = min(self._size, old.organization.size)
        degree[:kept] = np.diff(old.offsets[: kept + 1])
        degree[self._row] = count
        self.offsets = np.append(0, np.cumsum(degree))

    def _as_they_were(self, rows: Places) -> tuple[Numbers, Ids, Ids]:
        """Return row now, old partner and old tie of the old slots of rows that have others now."""
        before = rows.before()[self._row]
        known = before[before >= 0]
        first = self._old.offsets[known]
        length = self._old.offsets[known + 1] - first
        begin = np.cumsum(length) - length
        place = np.repeat(first - begin, length) + np.arange(int(length.sum()))
        mine = np.repeat(self._row[before >= 0], length)
        return mine, self._old.partner[place], self._old.slot_tie[place]

    def pieces(self, name: str) -> list[NDArray[Any]]:
        """Return the pieces of one of the arrays of slots, in their order."""
        old, coming = getattr(self._old, name), self._coming[name]
        offsets, n = self._old.offsets, self._old.organization.size
        until = int(offsets[min(self._size, n)])
        result: list[NDArray[Any]] = []
        done = 0
        for at, row in enumerate(self._row.tolist()):
            end, following = (int(offsets[row]), int(offsets[row + 1])) if row < n else (until, until)
            result += [old[done:end], coming[self._begin[at] : self._begin[at + 1]]]
            done = following
        return [*result, old[done:until]]
