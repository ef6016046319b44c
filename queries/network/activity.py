"""Which participations are active when: dates as given become periods, and a window keeps some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.dates import FOREVER, MISSING, Days, add_years, to_days
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable, Rows

ALWAYS: Final = MISSING
"""An unknown start, seen from `window=all`: before every date."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Active periods, one per participation, both ends included.

    Attributes:
        start: First day, `ALWAYS` where nobody knows it.
        end: Last day, `FOREVER` where neither it nor a start to count from is known.
        assumed: True where the end follows from `assumed_years`.
    """

    start: Days
    end: Days
    assumed: Flags


@dataclass(frozen=True, slots=True)
class Window:
    """The days that count, and what happens to participations without a start.

    Attributes:
        first: First day.
        last: Last day.
        undated: Whether participations without any start count.
    """

    first: int
    last: int
    undated: bool


@dataclass(frozen=True, slots=True)
class Active:
    """Participations active in a window, by alliance, then organisation after judgements, then start.

    Attributes:
        organization: Organisation ids after judgements.
        alliance: Alliance ids.
        start: First day of the whole period, not cut to the window.
        end: Last day of the whole period.
        assumed: Whether the end is assumed.
        window: The window.
    """

    organization: Ids
    alliance: Ids
    start: Days
    end: Days
    assumed: Flags
    window: Window


def periods(table: ParticipationTable, rows: Rows, assumed_years: int) -> Periods:
    """Turn dates as given into active periods.

    A missing start is the alliance's; a missing end is the alliance's, else `last_observed` +
    `assumed_years` if the participation was ongoing then, else the start + `assumed_years` but never
    before it was last observed.

    Args:
        table: For the alliances' own dates.
        rows: Participations as given.
        assumed_years: Years until an end nobody stated.
    """
    start = np.where(rows.start == MISSING, table.alliance_start[rows.alliance], rows.start)
    end = np.where(rows.end == MISSING, table.alliance_end[rows.alliance], rows.end)
    open_ended = np.flatnonzero(end == MISSING)
    assumed = np.zeros(end.size, dtype=np.bool_)
    assumed[open_ended] = True
    begun, seen = start[open_ended], rows.last_observed[open_ended]
    counted = np.where(begun == MISSING, FOREVER, np.maximum(add_years(begun, assumed_years), seen))
    end[open_ended] = np.where(rows.ongoing[open_ended], add_years(seen, assumed_years), counted)
    return Periods(start, end, assumed)


def window_of(table: ParticipationTable, parameters: NetworkParameters) -> Window | None:
    """Return the days that count, or None if none can (nothing is dated and the window needs dates)."""
    as_of = parameters.as_of or table.as_of
    if parameters.window is None:
        if as_of == table.as_of:
            return Window(ALWAYS, FOREVER, undated=True)
        return Window(ALWAYS, to_days(as_of), undated=False)
    if as_of is None:
        return None
    last = to_days(as_of)
    if parameters.window == 0:
        return Window(last, last, undated=False)
    return Window(int(add_years(last, -parameters.window)) + 1, last, undated=False)


def active(table: ParticipationTable, parameters: NetworkParameters, rows: Rows | None = None) -> Active:
    """Return the participations active in the window, before exclusions.

    A participation whose end lies before its start was never active.

    Args:
        table: The base table.
        parameters: As-of and window.
        rows: Participations to look at, alliance after alliance; None for all.
    """
    rows = table.rows() if rows is None else rows
    spans = periods(table, rows, parameters.assumed_years)
    window = window_of(table, parameters) or Window(FOREVER, ALWAYS, undated=False)
    keep = (spans.end >= spans.start) & (spans.start <= window.last) & (spans.end >= window.first)
    if not window.undated:
        keep &= spans.start != MISSING
    chosen = np.flatnonzero(keep)
    organization = table.canonical[rows.organization[chosen]]
    alliance = rows.alliance[chosen]
    start = spans.start[chosen]
    following = alliance[1:] != alliance[:-1]
    if not _ascending(following, organization, start):
        # Judgements, or starts taken from the alliance, changed the order that the table has.
        order = np.lexsort([start, organization, np.append(0, np.cumsum(following))[: alliance.size]])
        organization, alliance = organization[order], alliance[order]
        start, chosen = start[order], chosen[order]
    return Active(
        organization=organization,
        alliance=alliance,
        start=start,
        end=spans.end[chosen],
        assumed=spans.assumed[chosen],
        window=window,
    )


def _ascending(following: Flags, *columns: Days | Ids) -> bool:
    """Tell whether rows of one alliance ascend by the columns, the first counting most.

    Args:
        following: Whether each row but the first belongs to another alliance than the one before.
        columns: The columns.
    """
    settled = following.copy()
    for column in columns:
        if np.any(~settled & (column[1:] < column[:-1])):
            return False
        settled |= column[1:] > column[:-1]
    return True
