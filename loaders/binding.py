"""Which file plays which part, and where in its rows each column of the alliance table stands."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tertius.loaders import columns
from tertius.loaders.mapping import FileRole, Mapping
from tertius.loaders.problems import Problem
from tertius.loaders.tables import Table, TableError
from tertius.loaders.values import ValueProblem, parse_date

Part = Literal["participations", "alliances"]

_DAY: Final = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")

_NEEDED: Final[dict[Part, tuple[str, ...]]] = {
    "participations": columns.REQUIRED,
    "alliances": ("alliance",),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """One file's header, understood.

    Attributes:
        part: What the file is.
        places: Column of the alliance table -> place in the row.
        headers: The header as written, for messages.
        remarks: Place in the row -> value (folded) -> what to say of rows that have it.
        notes: Columns that are not used.
        snapshot: Day of all its observations, where the file's name tells it.
    """

    part: Part
    places: dict[str, int]
    headers: tuple[str, ...]
    remarks: dict[int, dict[str, str]]
    notes: tuple[Problem, ...]
    snapshot: dt.date | None = None

    def header(self, column: str) -> str:
        """Return the header under which the file has a column."""
        return self.headers[self.places[column]]


def bind(table: Table, mapping: Mapping) -> Binding:
    """Tell a file's part from its header, and find its columns.

    Raises:
        TableError: If two columns have one name, the header lacks what every part needs, or nothing tells the
            day of observations.
    """
    positions = _positions(table)
    part = _part(table.path, positions, mapping)
    role = _role(mapping, part)
    allowed = columns.ALLIANCE if part == "alliances" else columns.KNOWN
    places = {}
    for column, header in role.columns.items():
        if header in positions:
            places[column] = positions[header]
        elif header not in role.optional:
            raise _missing(table, [header], positions)
    taken = set(places.values())
    for header, place in positions.items():
        own = header in allowed or (part == "participations" and columns.is_column(header))
        if own and header not in places and place not in taken and header not in role.ignore:
            places[header] = place
    remarks = {
        positions[header]: {given.casefold(): said for given, said in table_.items()}
        for header, table_ in mapping.remarks.items()
        if header in positions and part == "participations"
    }
    return Binding(
        part=part,
        places=places,
        headers=tuple(table.header),
        remarks=remarks,
        notes=tuple(_unused(table, role, set(places.values()) | set(remarks), positions, places)),
        snapshot=_snapshot(table.path, mapping, places) if part == "participations" else None,
    )


def _snapshot(path: Path, mapping: Mapping, places: dict[str, int]) -> dt.date | None:
    """Read the day of observations off the file's name, where no column has it."""
    if not mapping.observed or columns.SNAPSHOT in places:
        return None
    for found in _DAY.findall(path.name):
        try:
            return parse_date(found, end=False).day
        except ValueProblem:
            continue
    header = mapping.files.participations.columns.get(columns.SNAPSHOT)
    column = f"there is no column '{header}', and " if header else ""
    message = (
        f"{column}the file's name holds no day such as 2024-07-01; "
        "nothing tells when its memberships were seen"
    )
    raise TableError(Problem("no-snapshot-day", message, file=path.name))


def _positions(table: Table) -> dict[str, int]:
    positions: dict[str, int] = {}
    for place, written in enumerate(table.header):
        name = columns.normalize(written)
        if name and name in positions:
            message = f"two columns are called '{written}'; rename one"
            raise TableError(Problem("duplicate-column", message, table.path.name, table.header_row, written))
        if name:
            positions[name] = place
    return positions


def _role(mapping: Mapping, part: Part) -> FileRole:
    role = mapping.files.participations if part == "participations" else mapping.files.alliances
    return role or FileRole()


def needed_headers(mapping: Mapping, part: Part) -> list[str]:
    """Return the headers without which a file cannot be a part."""
    role = _role(mapping, part)
    return [role.columns.get(column, column) for column in _NEEDED[part] if column not in mapping.constants]


def _part(path: Path, positions: dict[str, int], mapping: Mapping) -> Part:
    """Choose the part whose needed columns are all there; of several, the one with most columns found."""
    parts: list[Part] = ["participations"]
    if mapping.files.alliances is not None:
        parts.append("alliances")
    fits: dict[Part, int] = {}
    for part in parts:
        if all(header in positions for header in needed_headers(mapping, part)):
            found = sum(header in positions for header in _role(mapping, part).columns.values())
            fits[part] = found if _role(mapping, part).columns else 1
    if fits:
        return max(fits, key=lambda part: fits[part])
    wanted = {part: [h for h in needed_headers(mapping, part) if h not in positions] for part in parts}
    closest = min(parts, key=lambda part: len(wanted[part]))
    raise _missing_for(path, wanted[closest], positions, closest if len(parts) > 1 else None)


def _missing(table: Table, wanted: list[str], positions: dict[str, int]) -> TableError:
    return _missing_for(table.path, wanted, positions, None)


def _missing_for(path: Path, wanted: list[str], positions: dict[str, int], part: Part | None) -> TableError:
    names = ", ".join(f"'{name}'{columns.suggestion(name, positions)}" for name in wanted)
    found = ", ".join(f"'{name}'" for name in list(positions)[:40])
    what = f"column {names}" if len(wanted) == 1 else f"columns {names}"
    role = f" of the {part} file" if part else ""
    return TableError(
        Problem("missing-column", f"{what}{role} not found; the header has {found}", file=path.name, row=1)
    )


def _unused(
    table: Table, role: FileRole, used: set[int], positions: dict[str, int], places: dict[str, int]
) -> list[Problem]:
    if "*" in role.ignore:
        return []
    file = table.path.name
    free = [name for name in (*columns.KNOWN, *columns.identifier_columns()) if name not in places]
    notes = []
    for header, place in positions.items():
        if place not in used and header not in role.ignore:
            message = f"the column is not used{columns.suggestion(header, free)}"
            notes.append(Problem("unused-column", message, file, column=table.header[place]))
    unnamed = ", ".join(str(place + 1) for place, written in enumerate(table.header) if not written)
    if unnamed:
        notes.append(Problem("unused-column", f"columns without a name are not used: {unnamed}", file))
    return notes
