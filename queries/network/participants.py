"""Who takes part in given alliances, and in what a given organisation takes part, from the base table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids
from tertius.queries.network.files import map_array
from tertius.queries.network.table import ParticipationTable, Rows

_COLUMNS = ("organization", "alliance", "start", "end", "last_observed", "ongoing")


def rows_of_alliances(table: ParticipationTable, alliances: Ids) -> Rows:
    """Return the participations in some alliances, alliance after alliance.

    Each source's rows are sorted by alliance, so that they are found by bisection.
    """
    wanted = np.unique(alliances)
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype=np.bool_)] for name in _COLUMNS}
    for source in table.sources:
        directory = table.path / "sources" / source
        column = map_array(directory, "alliance")
        begin, end = (np.searchsorted(column, wanted, side) for side in ("left", "right"))
        places = np.concatenate(
            [np.arange(a, b) for a, b in zip(begin, end, strict=True) if b > a]
            or [np.empty(0, dtype=np.int64)]
        )
        for name in _COLUMNS:
            parts[name].append(map_array(directory, name)[places])
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    order = np.argsort(columns["alliance"], kind="stable")
    return Rows(
        organization=columns["organization"][order],
        alliance=columns["alliance"][order],
        start=columns["start"][order],
        end=columns["end"][order],
        last_observed=columns["last_observed"][order],
        ongoing=columns["ongoing"][order].astype(np.bool_),
    )


def alliances_of(table: ParticipationTable, organization: int) -> Ids:
    """Return the ids of all alliances in which an organisation, after judgements, takes part."""
    records = np.flatnonzero(table.canonical == organization)
    found = [np.empty(0, dtype=np.int32)]
    for source in table.sources:
        directory = table.path / "sources" / source
        rows = np.flatnonzero(np.isin(map_array(directory, "organization"), records))
        found.append(map_array(directory, "alliance")[rows])
    ids: Ids = np.unique(np.concatenate(found))
    return ids
