"""One source's participations as columns: what a loader hands over."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.dates import MISSING, Days, check_range, to_days
from tertius.queries.network.errors import ColumnsError

PARTITIONS: Final = ("country", "sector", "type")
"""The single-valued circles that an organisation may have a value for."""

KEY_TYPE: Final = np.dtype("S16")

MOST_ROLES: Final = 256
"""Roles of one source, numbered in a byte."""

Keys = NDArray[np.bytes_]
Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class ParticipationColumns:
    """The base table of one source, dates as they were given.

    Organisations and alliances are listed once; each row points into those lists. Rows may come in
    any order; the same organisation may take part in one alliance several times.

    Attributes:
        organizations: Keys, S16, unique, shape (n,).
        circles: For each of `PARTITIONS`, n notations, `""` where unknown.
        alliances: Keys, S16, unique, shape (a,); alliances without rows are welcome.
        alliance_start: Days, `MISSING` where unknown, shape (a,).
        alliance_end: Days, `MISSING` where unknown, shape (a,).
        organization: Index into `organizations` for each row, shape (rows,).
        alliance: Index into `alliances` for each row.
        role: Index into `roles` for each row, uint8.
        roles: Names of roles, at most 256.
        start: The participation's own start, `MISSING` = the alliance's.
        end: The participation's own end, `MISSING` = the alliance's, else ongoing or unknown.
        last_observed: Day on which the participation was last seen, or `MISSING`.
        ongoing: True where it was still going on when last observed (needs `last_observed`).
        observed: Newest snapshot date of a source made of dated observations, else None.
    """

    organizations: Keys
    circles: Mapping[str, tuple[str, ...]]
    alliances: Keys
    alliance_start: Days
    alliance_end: Days
    organization: Ids
    alliance: Ids
    role: NDArray[np.uint8]
    roles: tuple[str, ...]
    start: Days
    end: Days
    last_observed: Days
    ongoing: NDArray[np.bool_]
    observed: date | None = None

    @property
    def rows(self) -> int:
        """Number of participations."""
        return int(self.organization.size)

    def check(self) -> None:
        """Refuse columns that contradict themselves.

        Raises:
            ColumnsError: Names the column and the first bad row.
        """
        self._check_shapes()
        for name, keys in (("organizations", self.organizations), ("alliances", self.alliances)):
            if keys.dtype != KEY_TYPE or keys.ndim != 1:
                raise ColumnsError(f"{name}: keys are {keys.dtype}, not {KEY_TYPE} in one dimension")
            if np.unique(keys).size != keys.size:
                raise ColumnsError(f"{name}: a key is listed twice")
        for name, top in (
            ("organization", self.organizations.size),
            ("alliance", self.alliances.size),
            ("role", len(self.roles)),
        ):
            values = getattr(self, name)
            if values.size and (int(values.min()) < 0 or int(values.max()) >= top):
                raise ColumnsError(f"{name}: an index lies outside 0..{top - 1}")
        for name in ("alliance_start", "alliance_end", "start", "end", "last_observed"):
            check_range(name, getattr(self, name))
        bad = np.flatnonzero(self.ongoing & (self.last_observed == MISSING))
        if bad.size:
            raise ColumnsError(f"ongoing: row {bad[0]} does not say when it was last observed")

    def _check_shapes(self) -> None:
        for name in ("alliance", "role", "start", "end", "last_observed", "ongoing"):
            if getattr(self, name).shape != (self.rows,):
                raise ColumnsError(f"{name}: {getattr(self, name).shape} values for {self.rows} rows")
        for name in ("alliance_start", "alliance_end"):
            if getattr(self, name).shape != self.alliances.shape:
                raise ColumnsError(f"{name}: not one value for each alliance")
        for name in PARTITIONS:
            if len(self.circles[name]) != self.organizations.size:
                raise ColumnsError(f"circles: {name} has not one value for each organization")


def _days() -> array[int]:
    return array("i")


@dataclass(slots=True)
class ColumnsBuilder:
    """Collects one source's participations row by row in compact arrays (22 bytes a row).

    Attributes:
        observed: Newest snapshot date of a source made of dated observations, else None.
    """

    observed: date | None = None
    _organizations: dict[str, int] = field(default_factory=dict)
    _circles: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PARTITIONS})
    _alliances: dict[str, int] = field(default_factory=dict)
    _roles: dict[str, int] = field(default_factory=dict)
    _alliance_start: array[int] = field(default_factory=_days)
    _alliance_end: array[int] = field(default_factory=_days)
    _organization: array[int] = field(default_factory=_days)
    _alliance: array[int] = field(default_factory=_days)
    _role: array[int] = field(default_factory=lambda: array("B"))
    _start: array[int] = field(default_factory=_days)
    _end: array[int] = field(default_factory=_days)
    _last: array[int] = field(default_factory=_days)
    _ongoing: array[int] = field(default_factory=lambda: array("b"))

    def organization(self, key: str, *, country: str = "", sector: str = "", type: str = "") -> None:  # noqa: A002
        """Add an organisation, or fill in the circles that an earlier mention left unknown.

        Args:
            key: Sixteen ASCII characters.
            country: Notation of its country circle, `""` if unknown.
            sector: Notation of its sector circle.
            type: Notation of its organisation type.

        Raises:
            ColumnsError: The key is not one.
        """
        given = (country, sector, type)
        at = self._organizations.get(key)
        if at is None:
            self._organizations[_checked(key)] = len(self._organizations)
            for name, value in zip(PARTITIONS, given, strict=True):
                self._circles[name].append(value)
            return
        for name, value in zip(PARTITIONS, given, strict=True):
            if value and not self._circles[name][at]:
                self._circles[name][at] = value

    def alliance(self, key: str, *, start: date | None = None, end: date | None = None) -> None:
        """Add an alliance with its own dates; of a key given twice the first non-missing dates stay.

        Raises:
            ColumnsError: The key is not one.
        """
        at = self._alliances.get(key)
        if at is None:
            self._alliances[_checked(key)] = len(self._alliances)
            self._alliance_start.append(to_days(start))
            self._alliance_end.append(to_days(end))
            return
        for column, day in ((self._alliance_start, start), (self._alliance_end, end)):
            if column[at] == MISSING:
                column[at] = to_days(day)

    def participation(
        self,
        organization: str,
        alliance: str,
        *,
        role: str = "partner",
        start: date | None = None,
        end: date | None = None,
        last_observed: date | None = None,
        ongoing: bool = False,
    ) -> None:
        """Add one participation of a known organisation in a known alliance.

        Args:
            organization: Key given to `organization` before.
            alliance: Key given to `alliance` before.
            role: Notation of its role.
            start: Its own start; None = the alliance's.
            end: Its own end; None = the alliance's, and if that is unknown, ongoing or unknown.
            last_observed: Day on which it was last seen.
            ongoing: Whether it was still going on then.

        Raises:
            ColumnsError: A key is unknown, there are more than 256 roles, or `ongoing` lacks its day.
        """
        if ongoing and last_observed is None:
            raise ColumnsError(f"{organization} in {alliance}: ongoing, but last_observed is missing")
        try:
            who, what = self._organizations[organization], self._alliances[alliance]
        except KeyError as error:
            raise ColumnsError(
                f"{error.args[0]}: participation of or in something not added before"
            ) from None
        if role not in self._roles and len(self._roles) == MOST_ROLES:
            raise ColumnsError(f"role {role!r}: a source may have at most {MOST_ROLES} roles")
        self._organization.append(who)
        self._alliance.append(what)
        self._role.append(self._roles.setdefault(role, len(self._roles)))
        self._start.append(to_days(start))
        self._end.append(to_days(end))
        self._last.append(to_days(last_observed))
        self._ongoing.append(ongoing)

    def finish(self) -> ParticipationColumns:
        """Return the columns, checked."""
        columns = ParticipationColumns(
            organizations=np.array([key.encode() for key in self._organizations], dtype=KEY_TYPE),
            circles={name: tuple(values) for name, values in self._circles.items()},
            alliances=np.array([key.encode() for key in self._alliances], dtype=KEY_TYPE),
            alliance_start=np.array(self._alliance_start, dtype=np.int32),
            alliance_end=np.array(self._alliance_end, dtype=np.int32),
            organization=np.array(self._organization, dtype=np.int32),
            alliance=np.array(self._alliance, dtype=np.int32),
            role=np.array(self._role, dtype=np.uint8),
            roles=tuple(self._roles),
            start=np.array(self._start, dtype=np.int32),
            end=np.array(self._end, dtype=np.int32),
            last_observed=np.array(self._last, dtype=np.int32),
            ongoing=np.array(self._ongoing, dtype=np.bool_),
            observed=self.observed,
        )
        columns.check()
        return columns


def _checked(key: str) -> str:
    if len(key) != KEY_TYPE.itemsize or not key.isascii() or "\0" in key:
        raise ColumnsError(f"{key!r}: a key has {KEY_TYPE.itemsize} ASCII characters")
    return key
