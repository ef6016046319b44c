"""The base table: one row per participation, memory-mapped, ids append-only across snapshots."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import KEY_TYPE, PARTITIONS, Ids, Keys
from tertius.queries.network.dates import Days, from_days
from tertius.queries.network.errors import UnknownOrganizationError
from tertius.queries.network.files import map_array, read_json

ROW_COLUMNS: Final = ("organization", "alliance", "role", "start", "end", "last_observed", "ongoing")

_FEW: Final = 64
"""Keys up to which looking them up one by one is quicker."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Participations as given, ordered by alliance, then organisation, then the other columns.

    Attributes:
        organization: Organisation ids as loaded, before judgements.
        alliance: Alliance ids.
        start: Days or `MISSING`.
        end: Days or `MISSING`.
        last_observed: Days or `MISSING`.
        ongoing: Still going on when last observed.
    """

    organization: Ids
    alliance: Ids
    start: Days
    end: Days
    last_observed: Days
    ongoing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GivenRow:
    """One participation as it was given, for comparing the table with the graph."""

    organization: str
    alliance: str
    role: str
    start: date | None
    end: date | None
    last_observed: date | None
    ongoing: bool


@dataclass(frozen=True, slots=True, eq=False)
class ParticipationTable:
    """Every source's participations under common ids.

    Attributes:
        path: Directory of the files.
        as_of: Default as-of: the newest start of a participation or the newest snapshot date of an
            observed source, whichever is later; None where no date is known.
        organizations: Keys by organisation id, S16.
        alliances: Keys by alliance id, S16.
        canonical: For each organisation, the id of the record that stands for it after judgements.
        present: Whether a current source lists the organisation.
        alliance_start: Days or `MISSING`, by alliance id.
        alliance_end: Days or `MISSING`, by alliance id.
        sources: Names of the sources and their numbers of rows.
        source_alliances: Names of the sources and their numbers of alliances.
        circle_values: For each partition, the notations that its codes stand for.
        circles: For each partition, each organisation's code after judgements, -1 where unknown.
        organization_order: All organisation ids in the order of their keys.
        alliance_order: All alliance ids in the order of their keys.
    """

    path: Path
    as_of: date | None
    organizations: Keys
    alliances: Keys
    canonical: Ids
    present: NDArray[np.bool_]
    alliance_start: Days
    alliance_end: Days
    sources: Mapping[str, int]
    source_alliances: Mapping[str, int]
    circle_values: Mapping[str, tuple[str, ...]]
    circles: Mapping[str, Ids]
    organization_order: Ids
    alliance_order: Ids

    @classmethod
    def open(cls, path: Path) -> ParticipationTable:
        """Map the table that `build` wrote into a snapshot's network directory.

        Raises:
            NetworkFormatError: A file is missing, damaged, or of another format version.
        """
        meta = read_json(path, "table")
        return cls(
            path=path,
            as_of=date.fromisoformat(meta["as_of"]) if meta["as_of"] else None,
            organizations=map_array(path, "organizations"),
            alliances=map_array(path, "alliances"),
            canonical=map_array(path, "canonical"),
            present=map_array(path, "present"),
            alliance_start=map_array(path, "alliance-start"),
            alliance_end=map_array(path, "alliance-end"),
            sources=meta["sources"],
            source_alliances=meta["alliances"],
            circle_values={name: tuple(values) for name, values in meta["circles"].items()},
            circles={name: map_array(path, f"circle-{name}") for name in PARTITIONS},
            organization_order=map_array(path, "organizations-order"),
            alliance_order=map_array(path, "alliances-order"),
        )

    def organization_id(self, key: str) -> int:
        """Return the id of an organisation, as loaded (before judgements).

        Raises:
            UnknownOrganizationError: No organisation has this key.
        """
        found = find_keys(self.organizations, self.organization_order, [key])[0]
        if found < 0:
            raise UnknownOrganizationError(key)
        return int(found)

    def alliance_id(self, key: str) -> int | None:
        """Return the id of an alliance, or None if no alliance has this key."""
        found = int(find_keys(self.alliances, self.alliance_order, [key])[0])
        return None if found < 0 else found

    def canonical_ids(self, keys: frozenset[str]) -> Ids:
        """Return the sorted ids, after judgements, of those keys that the snapshot knows."""
        found = find_keys(self.organizations, self.organization_order, sorted(keys))
        return np.unique(self.canonical[found[found >= 0]])

    def organization_keys(self, ids: NDArray[Any]) -> list[str]:
        """Return the keys of organisation ids."""
        return decode(self.organizations[ids])

    def alliance_keys(self, ids: NDArray[Any]) -> list[str]:
        """Return the keys of alliance ids."""
        return decode(self.alliances[ids])

    def nodes(self) -> NDArray[np.bool_]:
        """Return which organisations are records of their own: listed, and canonical after judgements."""
        mask = np.zeros(self.organizations.size, dtype=np.bool_)
        mask[self.canonical[np.flatnonzero(self.present)]] = True
        return mask

    def rows(self) -> Rows:
        """Return all sources' rows, alliance after alliance."""

        def column(name: str, kind: type[np.generic]) -> NDArray[Any]:
            parts = [map_array(self.path / "sources" / source, name) for source in self.sources]
            return np.concatenate(parts) if parts else np.empty(0, dtype=kind)

        return Rows(
            organization=column("organization", np.int32),
            alliance=column("alliance", np.int32),
            start=column("start", np.int32),
            end=column("end", np.int32),
            last_observed=column("last_observed", np.int32),
            ongoing=column("ongoing", np.bool_),
        )

    def batches(self, source: str, size: int) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
        """Yield a source's rows and the numbers of their roles, in the table's order, `size` at a time."""
        directory = self.path / "sources" / source
        columns = {name: map_array(directory, name) for name in ROW_COLUMNS}
        for at in range(0, columns["role"].size, size):
            part = {name: column[at : at + size] for name, column in columns.items()}
            role = part.pop("role")
            yield Rows(**part), role

    def given(self, source: str) -> Iterator[GivenRow]:
        """Yield a source's participations as they were given, in the table's order."""
        directory = self.path / "sources" / source
        roles = read_json(directory, "source")["roles"]
        columns = [map_array(directory, name) for name in ROW_COLUMNS]
        for at in range(0, columns[0].size, 65_536):
            who, what, role, start, end, last, ongoing = (column[at : at + 65_536] for column in columns)
            yield from (
                GivenRow(
                    key, alliance, roles[number], from_days(a), from_days(b), from_days(seen), bool(still)
                )
                for key, alliance, number, a, b, seen, still in zip(
                    self.organization_keys(who),
                    self.alliance_keys(what),
                    role.tolist(),
                    start.tolist(),
                    end.tolist(),
                    last.tolist(),
                    ongoing.tolist(),
                    strict=True,
                )
            )


def decode(keys: Keys) -> list[str]:
    """Turn S16 keys into strings."""
    return keys.astype("U16").tolist()  # type: ignore[no-any-return]


def find_keys(keys: Keys, order: Ids, wanted: list[str]) -> Ids:
    """Look keys up by bisection.

    Args:
        keys: All keys.
        order: Their positions in ascending order.
        wanted: Keys to look for; what cannot be a key is not found.

    Returns:
        Positions in `keys`, -1 where absent.
    """
    result = np.full(len(wanted), -1, dtype=np.int32)
    possible = [at for at, key in enumerate(wanted) if key.isascii() and len(key) == KEY_TYPE.itemsize]
    if not possible or not keys.size:
        return result
    sought = np.array([wanted[at].encode() for at in possible], dtype=KEY_TYPE)
    if sought.size <= _FEW:
        # numpy would copy the whole order for every call, to another width.
        found = [bisect_left(range(keys.size), key, key=lambda at: keys[order[at]]) for key in sought]
        place = np.minimum(np.array(found), keys.size - 1)
    else:
        place = np.minimum(np.searchsorted(keys, sought, sorter=order), keys.size - 1)
    candidates = order[place]
    result[possible] = np.where(keys[candidates] == sought, candidates, -1)
    return result
