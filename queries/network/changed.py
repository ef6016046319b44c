"""Which alliances a new base table sees otherwise than an old one did."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.activity import Window, periods, window_of
from tertius.queries.network.columns import Ids
from tertius.queries.network.files import map_array
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable, Rows

_COLUMNS: Final = ("organization", "start", "end", "last_observed", "ongoing")
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)


def changed_alliances(
    old: ParticipationTable,
    new: ParticipationTable,
    before: NetworkParameters,
    after: NetworkParameters,
) -> Flags | None:
    """Find the alliances whose partners may be tied otherwise than before.

    Those are alliances with other rows, other dates, partners on whom a judgement has changed, or, where the
    as-of moved, a start or an end that the window now sees on the other side of its edge. Rows are compared
    by 64-bit digests.

    Args:
        old: The old table; the new one keeps its ids.
        new: The new table.
        before: Parameters of the old network, as-of filled in.
        after: Parameters of the new one, which may differ in the as-of alone.

    Returns:
        One flag for each alliance id of the new table, or None if the windows cannot be compared.
    """
    windows = window_of(old, before), window_of(new, after)
    if windows[0] is None or windows[1] is None or windows[0].undated != windows[1].undated:
        return None
    known = old.alliances.size
    changed = np.zeros(new.alliances.size, dtype=np.bool_)
    changed[:known] = (new.alliance_start[:known] != old.alliance_start) | (
        new.alliance_end[:known] != old.alliance_end
    )
    judged = np.zeros(new.organizations.size, dtype=np.bool_)
    judged[: old.organizations.size] = new.canonical[: old.organizations.size] != old.canonical
    for source in old.sources.keys() | new.sources.keys():
        if source in old.sources and source in new.sources and _same_files(old, new, source):
            if judged.any():
                where = new.path / "sources" / source
                changed[map_array(where, "alliance")[judged[map_array(where, "organization")]]] = True
            if windows[0] != windows[1]:
                _crossing(new, source, after, (windows[0], windows[1]), changed)
        else:
            digests = [
                _digests(table, source, changed.size) for table in (old, new) if source in table.sources
            ]
            changed |= digests[0] != (digests[1] if len(digests) > 1 else 0)
            if judged.any() and source in new.sources:
                where = new.path / "sources" / source
                changed[map_array(where, "alliance")[judged[map_array(where, "organization")]]] = True
            if windows[0] != windows[1] and source in new.sources:
                _crossing(new, source, after, (windows[0], windows[1]), changed)
    return changed


def rows_of(table: ParticipationTable, alliances: Flags) -> Rows:
    """Return all rows of some alliances, in the table's order."""
    return _chosen(table, "alliance", alliances)


def rows_with(table: ParticipationTable, organizations: Flags) -> Rows:
    """Return the rows of some organisations (after judgements), in the table's order."""
    return _chosen(table, "organization", organizations[table.canonical])


def _chosen(table: ParticipationTable, column: str, flags: Flags) -> Rows:
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_COLUMNS, "alliance")}
    for source in table.sources:
        where = table.path / "sources" / source
        picked = np.flatnonzero(flags[map_array(where, column)])
        for name, found in parts.items():
            found.append(map_array(where, name)[picked])
    joined: dict[str, Any] = {
        name: np.concatenate(found) if found else np.empty(0, np.bool_ if name == "ongoing" else np.int32)
        for name, found in parts.items()
    }
    return Rows(**joined)


def _same_files(old: ParticipationTable, new: ParticipationTable, source: str) -> bool:
    """Tell whether a source's rows are the very same files; copies of them are compared row by row."""
    one, other = ((table.path / "sources" / source / "organization.npy").stat() for table in (old, new))
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _digests(table: ParticipationTable, source: str, count: int) -> NDArray[np.uint64]:
    """Return a digest of each alliance's rows, 0 without rows; the order of rows does not matter."""
    where = table.path / "sources" / source
    alliance: Ids = map_array(where, "alliance")
    mixed = np.full(alliance.size, _ODD)
    for name in _COLUMNS:
        mixed ^= map_array(where, name).astype(np.int64).view(np.uint64)
        mixed *= _MIX
        mixed ^= mixed >> np.uint64(29)
    result = np.zeros(count, dtype=np.uint64)
    if alliance.size:
        begins = np.flatnonzero(np.r_[True, alliance[1:] != alliance[:-1]])
        result[alliance[begins]] = np.add.reduceat(mixed * _ODD, begins)
    return result


def _crossing(
    table: ParticipationTable,
    source: str,
    parameters: NetworkParameters,
    windows: tuple[Window, Window],
    changed: Flags,
) -> None:
    """Flag alliances with a start or an end between the edges of two windows."""
    where = table.path / "sources" / source
    columns = {name: map_array(where, name) for name in (*_COLUMNS, "alliance")}
    spans = periods(table, Rows(**columns), parameters.assumed_years)
    (first, last), (other_first, other_last) = ((window.first, window.last) for window in windows)
    crossing = (spans.end >= min(first, other_first)) & (spans.end < max(first, other_first))
    crossing |= (spans.start > min(last, other_last)) & (spans.start <= max(last, other_last))
    changed[columns["alliance"][crossing]] = True
