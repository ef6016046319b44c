"""The days of a series: evenly spaced, bounded in number, counted back from the last."""

from __future__ import annotations

from datetime import date
from typing import Final

from tertius.queries.network.dates import FIRST_DAY, add_months, from_days, to_days
from tertius.queries.network.errors import ParameterError

MOST_POINTS: Final = 60
"""Days of one series: each may need a network of its own."""

MOST_MONTHS: Final = 1200
"""Upper bound of a step."""


def series(first: date, last: date, step: int) -> list[date]:
    """Return the days from `first` to `last`, both included where the step meets them, ascending.

    Counted back from `last`, so that the newest network, which exists already, is among them.

    Args:
        first: No day lies before it.
        last: The last day.
        step: Calendar months between two days, 1..1200; a day that a month lacks becomes its last.

    Raises:
        ParameterError: The days are in the wrong order, the step is out of range, or there are too many days.
    """
    if first > last:
        raise ParameterError("from", f"{first} lies after {last}")
    if not 1 <= step <= MOST_MONTHS:
        raise ParameterError("step", f"{step} is not a number of months in 1..{MOST_MONTHS}")
    months = (last.year - first.year) * 12 + last.month - first.month
    if months // step + 1 > MOST_POINTS + 1:
        raise ParameterError("step", _too_many(step))
    days = []
    for number in range(months // step + 1):
        moved = int(add_months(to_days(last), -number * step))
        day = from_days(moved) if moved >= FIRST_DAY else None
        if day is None or day < first:
            break
        days.append(day)
    if len(days) > MOST_POINTS:
        raise ParameterError("step", _too_many(step))
    return days[::-1]


def _too_many(step: int) -> str:
    return f"{step} months give more than {MOST_POINTS} days; take a longer step or a later `from`"
