"""What a source says, once read: organisations, alliances, and participations in compact arrays."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from tertius.loaders.circles import notation
from tertius.loaders.values import Given, Precision
from tertius.ontology.identity import key
from tertius.queries.network.columns import KEY_TYPE, PARTITIONS, ParticipationColumns
from tertius.queries.network.dates import MISSING, from_days, to_days

Place = tuple[str, int]
"""File name and row."""

ONGOING: Final = "ongoing"
"""What a table writes for the end of a participation that went on when the table was made."""


_ONGOING: Final = 1 << 4
_START_SEEN: Final = 1 << 5
_END_SEEN: Final = 1 << 6
_EQUAL: Final = ("_written", "_end", "_start", "_role", "_organization", "_alliance")
_COLUMNS: Final = (*_EQUAL, "_seen", "_row")


@dataclass(slots=True)
class Organization:
    """An organisation as a source describes it.

    Attributes:
        key: Its key.
        name: Name as given.
        number: Its place in `Facts.organizations`.
        named: Whether the name came from a column of its own, not from the one that tells partners apart.
        circles: `country`, `sector`, `type` -> text as given (a country: its ISO code).
        size: Size as given.
        identifiers: Scheme and value of each identifier.
        former: Earlier names, by the mapping's judgement.
        seen: The cells that described it last; rows that repeat them need no second look.
    """

    key: str
    name: str
    number: int
    named: bool = False
    circles: dict[str, str] = field(default_factory=dict)
    size: str = ""
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    former: frozenset[str] = frozenset()
    seen: tuple[str, ...] | None = None


@dataclass(slots=True)
class Alliance:
    """An alliance as a source describes it.

    Attributes:
        key: Its key.
        given: Its identifier as given.
        number: Its place in `Facts.alliances`.
        dates: `start` and `end`.
        texts: `alliance_name`, `purpose`, and `form` as given.
        concepts: Column -> notations.
        places: Column -> where its value was first given.
        listed: Whether a file of alliances has a row for it.
        former: Earlier names, by the mapping's judgement.
        snapshots: Days on which its members were observed, ascending; empty where they were not observed.
        seen: The cells that described it last.
    """

    key: str
    given: str
    number: int
    dates: dict[str, Given] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    concepts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    listed: bool = False
    former: frozenset[str] = frozenset()
    snapshots: Sequence[dt.date] = ()
    seen: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """Its name, or its identifier where it has none."""
        return self.texts.get("alliance_name", self.given)

    def day(self, column: str) -> dt.date | None:
        """Return the day of `start` or `end`."""
        given = self.dates.get(column)
        return given.day if given else None


@dataclass(frozen=True, slots=True)
class Participation:
    """One row of the participation arrays, for writing.

    Attributes:
        organization: Who.
        alliance: In what.
        role: As what.
        start: Since when.
        end: Until when.
        observed: Day on which it was last seen going on.
        seen: `from` or `to`, an equals sign and between which observations the date lies, where it was not
            given but observed.
    """

    organization: Organization
    alliance: Alliance
    role: str
    start: Given | None
    end: Given | None
    observed: dt.date | None
    seen: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its key: who, in what, as what, from when to when as given."""
        start = self.start.text if self.start else ""
        end = self.end.text if self.end else ONGOING if self.observed else ""
        return key(self.alliance.key, self.organization.key, self.role, start, end)


def _given(days: int, precision: int) -> Given | None:
    day = from_days(days)
    return Given(day, Precision(precision)) if day else None


def _bounds(alliance: Alliance, start: int, end: int, written: int) -> tuple[str, ...]:
    """Say between which observations a date lies that was observed."""
    found = []
    if written & _START_SEEN and (first := from_days(start)):
        place = bisect_left(alliance.snapshots, first)
        before = f"not yet {alliance.snapshots[place - 1]}" if place else "the first snapshot"
        found.append(f"from=first seen {first}, {before}")
    if written & _END_SEEN and (last := from_days(end)):
        gone = alliance.snapshots[bisect_right(alliance.snapshots, last)]
        found.append(f"to=last seen {last}, gone {gone}")
    return tuple(found)


@dataclass(slots=True)
class Facts:
    """Everything one source says.

    Attributes:
        organizations: In the order in which they were first mentioned.
        alliances: By identifier as given.
        roles: Role -> its number.
        observed: Day on which ongoing participations were last seen, where they have none of their own.
        sighted: Whether the source is made of dated observations, of which `observed` is the newest.
    """

    observed: dt.date | None = None
    sighted: bool = False
    organizations: list[Organization] = field(default_factory=list)
    alliances: dict[str, Alliance] = field(default_factory=dict)
    roles: dict[str, int] = field(default_factory=dict)
    _organization: array[int] = field(default_factory=lambda: array("i"))
    _alliance: array[int] = field(default_factory=lambda: array("i"))
    _role: array[int] = field(default_factory=lambda: array("B"))
    _start: array[int] = field(default_factory=lambda: array("i"))
    _end: array[int] = field(default_factory=lambda: array("i"))
    _written: array[int] = field(default_factory=lambda: array("B"))
    _seen: array[int] = field(default_factory=lambda: array("i"))
    _row: array[int] = field(default_factory=lambda: array("l"))

    def alliance(self, source: str, given: str) -> Alliance:
        """Return the alliance of an identifier, making it at its first mention."""
        known = self.alliances.get(given)
        if known is None:
            known = Alliance(key=key(source, given), given=given, number=len(self.alliances))
            self.alliances[given] = known
        return known

    def add(
        self,
        organization: Organization,
        alliance: Alliance,
        role: str,
        start: Given | None,
        end: Given | None,
        *,
        ongoing: bool,
        row: int,
        seen: dt.date | None = None,
        start_seen: bool = False,
        end_seen: bool = False,
    ) -> None:
        """Add a participation of an organisation and in an alliance of these facts.

        Args:
            organization: Who.
            alliance: In what.
            role: As what.
            start: Since when.
            end: Until when.
            ongoing: Whether it went on when it was last seen.
            row: Where it is written.
            seen: When it was last seen going on; None for the day on which the whole source was.
            start_seen: Whether the start is the first day on which it was seen.
            end_seen: Whether the end is the last day on which it was seen.
        """
        self._organization.append(organization.number)
        self._alliance.append(alliance.number)
        self._role.append(self.roles.setdefault(role, len(self.roles)))
        self._start.append(to_days(start.day if start else None))
        self._end.append(to_days(end.day if end else None))
        written = (start.precision if start else 0) | (end.precision if end else 0) << 2
        written |= _ONGOING * ongoing | _START_SEEN * start_seen | _END_SEEN * end_seen
        self._written.append(written)
        self._seen.append(to_days(seen))
        self._row.append(row)

    def __len__(self) -> int:
        return len(self._organization)

    def drop_repeats(self) -> list[tuple[int, int]]:
        """Keep the first of equal participations; return the row of each repeat and of what it repeats."""
        parts = [np.asarray(getattr(self, name)) for name in _EQUAL]
        order = np.lexsort(parts)
        same = np.zeros(len(self), dtype=np.bool_)
        if len(self) > 1:
            same[1:] = np.logical_and.reduce([part[order][1:] == part[order][:-1] for part in parts])
        leaders = np.maximum.accumulate(np.where(same, 0, np.arange(len(self))))
        repeats = order[same]
        pairs = [
            (self._row[again], self._row[first])
            for again, first in zip(repeats.tolist(), order[leaders[same]].tolist(), strict=True)
        ]
        if pairs:
            keep = np.setdiff1d(np.arange(len(self)), repeats)
            for name in _COLUMNS:
                column = getattr(self, name)
                setattr(self, name, array(column.typecode, np.asarray(column)[keep].tobytes()))
        return sorted(pairs)

    def drop_empty_alliances(self) -> int:
        """Leave out alliances without a participation; return how many there were."""
        used = np.zeros(len(self.alliances), dtype=np.bool_)
        used[np.asarray(self._alliance)] = True
        empty = int(used.size - used.sum())
        if empty:
            numbers = np.cumsum(used) - 1
            kept = [entry for entry in self.alliances.values() if used[entry.number]]
            self._alliance = array("i", numbers[np.asarray(self._alliance)].astype(np.int32).tobytes())
            for number, entry in enumerate(kept):
                entry.number = number
            self.alliances = {entry.given: entry for entry in kept}
        return empty

    def partners(self) -> list[int]:
        """Return how many distinct organisations each alliance has, in the order of `alliances`."""
        width = max(len(self.organizations), 1)
        pairs = np.unique(
            np.asarray(self._alliance, dtype=np.int64) * width
            + np.asarray(self._organization, dtype=np.int64)
        )
        counts: list[int] = np.bincount(pairs // width, minlength=len(self.alliances)).tolist()
        return counts

    def participations(self) -> Iterator[Participation]:
        """Yield the participations in the order read."""
        roles, alliances = list(self.roles), list(self.alliances.values())
        columns = (*(getattr(self, name) for name in _EQUAL), self._seen)
        for written, end, start, role, organization, alliance, seen in zip(*columns, strict=True):
            entry = alliances[alliance]
            yield Participation(
                organization=self.organizations[organization],
                alliance=entry,
                role=roles[role],
                start=_given(start, written & 3),
                end=_given(end, written >> 2 & 3),
                observed=(from_days(seen) or self.observed) if written & _ONGOING else None,
                seen=_bounds(entry, start, end, written),
            )

    def sample(self, alliances: int) -> Facts:
        """Return some alliances, spread evenly, with all their participations and organisations."""
        step = max(len(self.alliances) // alliances, 1)
        chosen = np.arange(len(self.alliances))[::step][:alliances]
        rows = np.flatnonzero(np.isin(np.asarray(self._alliance), chosen))
        who = np.unique(np.asarray(self._organization)[rows])
        every = list(self.alliances.values())
        part = Facts(
            observed=self.observed,
            sighted=self.sighted,
            organizations=[self.organizations[number] for number in who.tolist()],
            alliances={every[number].given: every[number] for number in chosen.tolist()},
            roles=self.roles,
        )
        for name in _COLUMNS:
            column = getattr(self, name)
            setattr(part, name, array(column.typecode, np.asarray(column)[rows].tobytes()))
        part._organization = array("i", np.searchsorted(who, part._organization).astype(np.int32).tobytes())
        part._alliance = array("i", np.searchsorted(chosen, part._alliance).astype(np.int32).tobytes())
        return part

    def outside(self) -> list[int]:
        """Return the rows of participations with a date that lies outside their alliance's dates."""
        alliances = list(self.alliances.values())
        rows = []
        for alliance, start, end, row in zip(self._alliance, self._start, self._end, self._row, strict=True):
            first, last = to_days(alliances[alliance].day("start")), to_days(alliances[alliance].day("end"))
            own = [day for day in (start, end) if day != MISSING]
            if own and ((first != MISSING and min(own) < first) or (last != MISSING and max(own) > last)):
                rows.append(row)
        return rows

    def columns(self) -> ParticipationColumns:
        """Return the participations as the network takes them."""
        ongoing = np.asarray(self._written, dtype=np.uint8) & _ONGOING != 0
        seen = np.asarray(self._seen, dtype=np.int32)
        seen = np.where(seen == MISSING, to_days(self.observed), seen)
        alliances = list(self.alliances.values())
        columns = ParticipationColumns(
            organizations=np.array([entry.key for entry in self.organizations], dtype=KEY_TYPE),
            circles={
                kind: tuple(notation(kind, entry.circles.get(kind, "")) for entry in self.organizations)
                for kind in PARTITIONS
            },
            alliances=np.array([entry.key for entry in alliances], dtype=KEY_TYPE),
            alliance_start=np.array([to_days(entry.day("start")) for entry in alliances], dtype=np.int32),
            alliance_end=np.array([to_days(entry.day("end")) for entry in alliances], dtype=np.int32),
            organization=np.array(self._organization, dtype=np.int32),
            alliance=np.array(self._alliance, dtype=np.int32),
            role=np.array(self._role, dtype=np.uint8),
            roles=tuple(self.roles),
            start=np.array(self._start, dtype=np.int32),
            end=np.array(self._end, dtype=np.int32),
            last_observed=np.where(ongoing, seen, MISSING).astype(np.int32),
            ongoing=ongoing,
            observed=self.observed if self.sighted or ongoing.any() else None,
        )
        columns.check()
        return columns
