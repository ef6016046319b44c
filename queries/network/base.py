"""Writing the base table: common ids for all sources, old ids kept, unchanged sources linked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import KEY_TYPE, PARTITIONS, Ids, Keys, ParticipationColumns
from tertius.queries.network.dates import MISSING, from_days
from tertius.queries.network.errors import ColumnsError
from tertius.queries.network.files import link_tree, map_array, read_json, write_array, write_json
from tertius.queries.network.table import ParticipationTable, find_keys
from tertius.store.files import link_or_copy


class Unchanged(Enum):
    """Stands for a source whose rows are those of the parent snapshot."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED

Source = ParticipationColumns | Unchanged


@dataclass(slots=True)
class _Register:
    """Append-only ids of one kind of key."""

    keys: Keys
    order: Ids

    def admit(self, wanted: Keys) -> Ids:
        """Return the ids of keys, giving new ids to unknown ones in the order they come."""
        ids = find_keys(self.keys, self.order, wanted.astype("U16").tolist())
        new = ids < 0
        if new.any():
            ids[new] = np.arange(self.keys.size, self.keys.size + int(new.sum()), dtype=np.int32)
            # Most keys are in order already: the new ones are sorted and put between them.
            added, known = wanted[new], self.keys.size
            by_key = np.argsort(added, kind="stable").astype(np.int32)
            places = np.searchsorted(self.keys, added[by_key], sorter=self.order)
            self.order = np.insert(self.order, places, by_key + np.int32(known))
            self.keys = np.concatenate([self.keys, added])
        return ids


def write_base(
    path: Path, parent: Path | None, sources: Mapping[str, Source], same: Mapping[str, str]
) -> ParticipationTable:
    """Write the base table of a snapshot.

    Args:
        path: Existing, empty directory.
        parent: The parent snapshot's network directory, whose ids are kept; None for the first.
        sources: Every source of the new snapshot; those not named are gone.
        same: Judgements, already closed: key of a record -> key of the one that stands for it, which no
            source of alliances need list: a register's record gets an id when one of its own is replaced.

    Raises:
        ColumnsError: Columns contradict themselves, two sources claim one alliance, or a judgement
            replaces an unknown key or leads to a record that itself is replaced.
        NetworkFormatError: The parent cannot be read.
    """
    old = ParticipationTable.open(parent) if parent else None
    nothing = np.empty(0, dtype=KEY_TYPE)
    organizations = _Register(
        old.organizations if old else nothing, old.organization_order if old else np.empty(0, np.int32)
    )
    alliances = _Register(
        old.alliances if old else nothing,
        old.alliance_order if old else np.empty(0, np.int32),
    )
    for name in sorted(sources):
        source = sources[name]
        target = path / "sources" / name
        if isinstance(source, ParticipationColumns):
            target.mkdir(parents=True)
            _write_source(target, source, organizations, alliances)
        elif parent is None or not (parent / "sources" / name).is_dir():
            raise ColumnsError(f"source {name} is said to be unchanged, but the parent has none of that name")
        else:
            link_tree(parent / "sources" / name, target)
    if same:
        organizations.admit(np.array(sorted(set(same.values())), dtype=KEY_TYPE))
    for name, register in (("organizations", organizations), ("alliances", alliances)):
        if parent and old and register.keys.size == getattr(old, name).size:
            # Keys are only ever added: as many are the same.
            for file in (f"{name}.npy", f"{name}-order.npy"):
                link_or_copy(parent / file, path / file)
        else:
            write_array(path, name, register.keys)
            write_array(path, f"{name}-order", register.order)
    _write_common(path, sorted(sources), organizations, alliances, same)
    return ParticipationTable.open(path)


def _write_source(
    target: Path, columns: ParticipationColumns, organizations: _Register, alliances: _Register
) -> None:
    columns.check()
    who, what = organizations.admit(columns.organizations), alliances.admit(columns.alliances)
    values: dict[str, NDArray[Any]] = {
        "organization": who[columns.organization],
        "alliance": what[columns.alliance],
        "role": columns.role,
        "start": columns.start,
        "end": columns.end,
        "last_observed": columns.last_observed,
        "ongoing": columns.ongoing,
    }
    order = np.lexsort(
        [
            values[name]
            for name in ("role", "ongoing", "last_observed", "end", "start", "organization", "alliance")
        ]
    )
    for name, column in values.items():
        write_array(target, name, column[order])
    write_array(target, "listed-organization", who)
    write_array(target, "listed-alliance", what)
    write_array(target, "alliance-start", columns.alliance_start)
    write_array(target, "alliance-end", columns.alliance_end)
    notations: dict[str, list[str]] = {}
    for name in PARTITIONS:
        notations[name] = sorted(set(columns.circles[name]) - {""})
        codes = {value: code for code, value in enumerate(notations[name])} | {"": -1}
        write_array(target, f"circle-{name}", np.array([codes[v] for v in columns.circles[name]], np.int32))
    write_json(
        target,
        "source",
        {
            "rows": columns.rows,
            "roles": list(columns.roles),
            "circles": notations,
            "observed": columns.observed.isoformat() if columns.observed else None,
        },
    )


def _write_common(
    path: Path, names: list[str], organizations: _Register, alliances: _Register, same: Mapping[str, str]
) -> None:
    """Write what holds for all sources: circles, alliance dates, judgements, the default as-of."""
    count = organizations.keys.size
    canonical = _canonical(organizations, same)
    present = np.zeros(count, dtype=np.bool_)
    start, end = (np.full(alliances.keys.size, MISSING, dtype=np.int32) for _ in range(2))
    owner = np.full(alliances.keys.size, -1, dtype=np.int32)
    newest: list[date] = []
    rows: dict[str, int] = {}
    counts: dict[str, int] = {}
    meta = {name: read_json(path / "sources" / name, "source") for name in names}
    for number, name in enumerate(names):
        directory = path / "sources" / name
        rows[name] = meta[name]["rows"]
        present[map_array(directory, "listed-organization")] = True
        listed = map_array(directory, "listed-alliance")
        taken = listed[owner[listed] >= 0]
        if taken.size:
            key, other = alliances.keys[taken[0]].decode(), names[owner[taken[0]]]
            raise ColumnsError(f"alliance {key} is in the sources {other} and {name}; its key must differ")
        owner[listed] = number
        counts[name] = listed.size
        start[listed] = map_array(directory, "alliance-start")
        end[listed] = map_array(directory, "alliance-end")
        own = map_array(directory, "start")
        effective = np.where(own == MISSING, start[map_array(directory, "alliance")], own)
        known = from_days(int(effective.max())) if effective.size else None
        observed = meta[name]["observed"]
        newest += [day for day in (known, date.fromisoformat(observed) if observed else None) if day]
    values: dict[str, list[str]] = {}
    for partition in PARTITIONS:
        values[partition] = sorted({value for name in names for value in meta[name]["circles"][partition]})
        notations = {name: meta[name]["circles"][partition] for name in names}
        codes = _circle(path, partition, notations, values[partition], canonical)
        write_array(path, f"circle-{partition}", codes)
    write_array(path, "canonical", canonical)
    write_array(path, "present", present)
    write_array(path, "alliance-start", start)
    write_array(path, "alliance-end", end)
    write_json(
        path,
        "table",
        {
            "as_of": max(newest).isoformat() if newest else None,
            "sources": rows,
            "alliances": counts,
            "circles": values,
        },
    )


def _circle(
    path: Path, partition: str, notations: Mapping[str, list[str]], values: list[str], canonical: Ids
) -> Ids:
    """Give each organisation one code: its own first source's, else that of a record judged the same."""
    number = {value: code for code, value in enumerate(values)}
    result = np.full(canonical.size, -1, dtype=np.int32)
    for name, own in notations.items():
        directory = path / "sources" / name
        local = np.array([*(number[value] for value in own), -1], dtype=np.int32)
        codes = local[map_array(directory, f"circle-{partition}")]
        listed = map_array(directory, "listed-organization")
        free = result[listed] < 0
        result[listed[free]] = codes[free]
    for replaced in np.flatnonzero(canonical != np.arange(canonical.size)):
        stands = canonical[replaced]
        if result[stands] < 0:
            result[stands] = result[replaced]
    return result


def _canonical(organizations: _Register, same: Mapping[str, str]) -> Ids:
    canonical = np.arange(organizations.keys.size, dtype=np.int32)
    records, stands = sorted(same), [same[key] for key in sorted(same)]
    replaced = find_keys(organizations.keys, organizations.order, records)
    standing = find_keys(organizations.keys, organizations.order, stands)
    if (replaced < 0).any():
        unknown = records[int(np.argmin(replaced))]
        raise ColumnsError(f"a judgement replaces {unknown}, which no source ever had")
    canonical[replaced] = standing
    loose = np.flatnonzero(canonical[canonical] != canonical)
    if loose.size:
        key = organizations.keys[loose[0]].decode()
        raise ColumnsError(f"the judgement on {key} leads to a record that is itself replaced")
    return canonical
