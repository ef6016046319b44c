"""Dated observations of who is a member of what become participations."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Final

import numpy as np
from tertius.loaders.facts import Alliance, Facts
from tertius.loaders.problems import Problem, Problems, shorten
from tertius.loaders.values import Given, Precision
from tertius.queries.network.dates import EPOCH, from_days, to_days

_SHOWN: Final = 10
"""Bodies that one note names."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A membership seen on a day.

    Attributes:
        organization: Number of the member.
        alliance: Number of the body.
        day: Day of the snapshot.
        role: As what.
        joined: Since when, where the snapshot says so.
        row: Where it is written.
    """

    organization: int
    alliance: int
    day: dt.date
    role: str
    joined: Given | None
    row: int


@dataclass(slots=True)
class Sightings:
    """Everything seen, in compact arrays."""

    _roles: dict[str, int] = field(default_factory=dict)
    _organization: array[int] = field(default_factory=lambda: array("i"))
    _alliance: array[int] = field(default_factory=lambda: array("i"))
    _day: array[int] = field(default_factory=lambda: array("i"))
    _role: array[int] = field(default_factory=lambda: array("B"))
    _joined: array[int] = field(default_factory=lambda: array("i"))
    _precision: array[int] = field(default_factory=lambda: array("B"))
    _row: array[int] = field(default_factory=lambda: array("l"))

    def append(self, one: Sighting) -> None:
        """Add one."""
        self._organization.append(one.organization)
        self._alliance.append(one.alliance)
        self._day.append(to_days(one.day))
        self._role.append(self._roles.setdefault(one.role, len(self._roles)))
        self._joined.append(to_days(one.joined.day if one.joined else None))
        self._precision.append(one.joined.precision if one.joined else 0)
        self._row.append(one.row)

    def __len__(self) -> int:
        return len(self._day)

    def __iter__(self) -> Iterator[Sighting]:
        """Yield them by body, then member, then day, then row."""
        roles = list(self._roles)
        columns = [np.asarray(c) for c in (self._row, self._day, self._organization, self._alliance)]
        for at in np.lexsort(columns).tolist():
            day, joined = _day(self._day[at]), from_days(self._joined[at])
            given = Given(joined, Precision(self._precision[at])) if joined else None
            who, what = self._organization[at], self._alliance[at]
            yield Sighting(who, what, day, roles[self._role[at]], given, self._row[at])

    def snapshots(self) -> dict[int, list[dt.date]]:
        """Return the days on which each body was seen with members, ascending."""
        days: defaultdict[int, set[int]] = defaultdict(set)
        for alliance, number in zip(self._alliance, self._day, strict=True):
            days[alliance].add(number)
        return {alliance: [_day(number) for number in sorted(found)] for alliance, found in days.items()}


def _day(number: int) -> dt.date:
    return EPOCH + dt.timedelta(days=number)


def settle(sightings: Sightings, facts: Facts, notes: Problems) -> None:
    """Turn observations into participations of the facts.

    Only snapshots that list a body at all say who is no member of it. In those, an unbroken run of presence
    is one participation: from the day on which it was first seen, or from the day of joining that the
    snapshots state where no sighting contradicts it, to the day on which it was last seen, or going on when
    last seen if that was the body's newest snapshot.

    Args:
        sightings: What was seen.
        facts: Take the participations, the snapshots of each body and the newest day of all.
        notes: Take what was decided.
    """
    alliances = list(facts.alliances.values())
    for number, days in sightings.snapshots().items():
        alliances[number].snapshots = days
    facts.sighted = True
    facts.observed = max(
        (alliance.snapshots[-1] for alliance in alliances if alliance.snapshots), default=None
    )
    repeated = unused = 0
    for (number, who), group in groupby(sightings, key=attrgetter("alliance", "organization")):
        seen = list(group)
        alliance = alliances[number]
        repeated += len(seen) - len({one.day for one in seen})
        stated = [one.joined for one in seen if one.joined]
        used: set[Given] = set()
        before: dt.date | None = None
        for run in _runs(seen, alliance):
            first, last = run[0].day, run[-1].day
            fitting = [
                joined for joined in stated if (before is None or before < joined.day) and joined.day <= first
            ]
            start = fitting[-1] if fitting else Given(first, Precision.DAY)
            used.update(fitting)
            still = last == alliance.snapshots[-1]
            facts.add(
                facts.organizations[who],
                alliance,
                run[-1].role,
                start,
                None if still else Given(last, Precision.DAY),
                ongoing=still,
                row=run[0].row,
                seen=last if still else None,
                start_seen=not fitting,
                end_seen=not still,
            )
            before = last
        unused += bool(set(stated) - used)
    _tell(facts, notes, repeated, unused)


def _runs(seen: list[Sighting], alliance: Alliance) -> Iterator[list[Sighting]]:
    """Split one membership's sightings where a snapshot of the body lacks it."""
    run: list[Sighting] = []
    for one in seen:
        place = bisect_left(alliance.snapshots, one.day)
        if run and place > bisect_left(alliance.snapshots, run[-1].day) + 1:
            yield run
            run = []
        run.append(one)
    yield run


def _tell(facts: Facts, notes: Problems, repeated: int, unused: int) -> None:
    if repeated:
        message = f"{repeated:,} rows repeat a membership that the same snapshot has in another row"
        notes.add(Problem("repeated-row", message), repeated)
    if unused:
        message = (
            f"{unused:,} memberships have a day of joining that lies after they were first seen, or before a "
            "gap in which they were not; what was seen stands"
        )
        notes.add(Problem("joined-contradicted", message), unused)
    bodies = [alliance for alliance in facts.alliances.values() if alliance.snapshots]
    days = sorted({day for body in bodies for day in body.snapshots})
    message = (
        f"{len(days)} snapshots from {days[0]} to {days[-1]}; first and last days are those on which a "
        "membership was seen, unless a day of joining is stated"
    )
    notes.add(Problem("observed", message))
    for last in days[:-1]:
        gone = [body.name for body in bodies if body.snapshots[-1] == last]
        if gone:
            following = days[days.index(last) + 1]
            new = [body.name for body in bodies if body.snapshots[0] == following]
            message = (
                f"not listed after {last}: {_names(gone)}; that ends no membership of theirs, which stay as "
                f"last observed. Bodies first listed on {following}: {_names(new) if new else 'none'}; where "
                "one was renamed, say so under 'renames' in the mapping"
            )
            notes.add(Problem("vanished-body", message), len(gone))


def _names(names: list[str]) -> str:
    shown = ", ".join(shorten(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
