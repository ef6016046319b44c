"""Days as numbers: the only date arithmetic of the network."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.errors import ColumnsError

Days = NDArray[np.int32]

EPOCH: Final = date(1970, 1, 1)

FIRST_DAY: Final = (date.min - EPOCH).days
LAST_DAY: Final = (date.max - EPOCH).days

MISSING: Final = int(np.iinfo(np.int32).min)
"""Stands for a date that was not given; smaller than every date."""

FOREVER: Final = int(np.iinfo(np.int32).max)
"""Later than every date."""


def to_days(day: date | None) -> int:
    """Return days since 1970-01-01, or `MISSING` for None."""
    return MISSING if day is None else (day - EPOCH).days


def from_days(days: int) -> date | None:
    """Return the date, or None for `MISSING` and for what lies beyond the calendar."""
    if not FIRST_DAY <= days <= LAST_DAY:
        return None
    return EPOCH + timedelta(days=int(days))


def add_years(days: Days | int, years: int) -> Days:
    """Move days by whole calendar years; 29 February becomes the 28th where it must.

    Args:
        days: Days since 1970-01-01; `MISSING` and `FOREVER` stay what they are.
        years: How many years, negative for earlier.

    Returns:
        An array of the same shape, int32.
    """
    return add_months(days, 12 * years)


def add_months(days: Days | int, months: int) -> Days:
    """Move days by whole calendar months; a day that the month lacks becomes its last.

    Args:
        days: As in `add_years`.
        months: How many months, negative for earlier.

    Returns:
        An array of the same shape, int32.
    """
    given: NDArray[Any] = np.asarray(days, dtype=np.int64)
    keep = (given == MISSING) | (given == FOREVER)
    whole = np.where(keep, 0, given).astype("datetime64[D]")
    month = whole.astype("datetime64[M]")
    day_of_month = (whole - month.astype("datetime64[D]")).astype(np.int64)
    moved = month + np.timedelta64(months, "M")
    first = moved.astype("datetime64[D]").astype(np.int64)
    length = (moved + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - first
    result = first + np.minimum(day_of_month, length - 1)
    return np.where(keep, given, result).astype(np.int32)


def check_range(name: str, days: Days) -> None:
    """Refuse days outside the calendar of Python's dates (years 1 to 9999).

    Raises:
        ColumnsError: Names the column, the row and the number.
    """
    bad = np.flatnonzero((days != MISSING) & ((days < FIRST_DAY) | (days > LAST_DAY)))
    if bad.size:
        raise ColumnsError(f"{name}: row {bad[0]} has day {days[bad[0]]}, outside the years 1 to 9999")
